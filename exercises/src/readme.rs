//! An exercise's README as data: title, stars, minutes, kind, chapter, function, task, three hints.
//!
//! The form, which the tests hold every exercise to: its id (`<!-- id: … -->`), which no renaming
//! changes, a title (`# …`), a list of `- Name: value`,
//! then the sections `## Task`, `## Hint 1`, `## Hint 2`, `## Hint 3`. The rest is for people. Must
//! not know where the file lies.

/// What an exercise asks for.
pub const KINDS: [&str; 5] = ["repair", "complete", "build", "survive", "choose"];

/// What a README says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readme {
    /// What the exercise is remembered by: letters, digits and hyphens.
    pub id: String,
    /// The title, without the number.
    pub title: String,
    /// How hard it is, one to three.
    pub stars: u32,
    /// How long it takes somebody new to it.
    pub minutes: u32,
    /// One of [`KINDS`].
    pub kind: String,
    /// The slug of the chapter it belongs to.
    pub chapter: String,
    /// The function that the answer must provide.
    pub function: String,
    /// The task, as Markdown.
    pub task: String,
    /// From a nudge to nearly the answer, as Markdown.
    pub hints: [String; 3],
}

impl Readme {
    /// Reads a README.
    ///
    /// # Errors
    /// A sentence that says what is missing or out of form.
    pub fn parse(text: &str) -> Result<Readme, String> {
        let title =
            text.lines().find_map(|l| l.strip_prefix("# ")).ok_or("there is no title (`# …`)")?;
        let hints = [section(text, "Hint 1")?, section(text, "Hint 2")?, section(text, "Hint 3")?];
        let stars = number(text, "Stars")?;
        if !(1..=3).contains(&stars) {
            return Err(format!("`- Stars: {stars}`: one to three stars, please"));
        }
        let kind = value(text, "Kind")?;
        if !KINDS.contains(&kind.as_str()) {
            return Err(format!("`- Kind: {kind}`: one of {}, please", KINDS.join(", ")));
        }
        Ok(Readme {
            id: id(text)?,
            title: title.trim().to_owned(),
            stars,
            minutes: number(text, "Minutes")?,
            kind,
            chapter: value(text, "Chapter")?,
            function: value(text, "Function")?.trim_matches('`').to_owned(),
            task: section(text, "Task")?,
            hints,
        })
    }

    /// What solving it is worth.
    pub fn points(&self) -> u32 {
        self.stars * 10
    }
}

fn id(text: &str) -> Result<String, String> {
    let line = text.lines().find_map(|l| l.strip_prefix("<!-- id: ")?.strip_suffix(" -->"));
    let id = line.ok_or("there is no line `<!-- id: … -->`")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(plain) {
        return Err(format!("`{id}`: an id is made of small letters, digits and hyphens"));
    }
    Ok(id.to_owned())
}

fn value(text: &str, name: &str) -> Result<String, String> {
    let start = format!("- {name}: ");
    let found = text.lines().find_map(|l| l.strip_prefix(&start));
    found.map(|v| v.trim().to_owned()).ok_or_else(|| format!("there is no line `{start}…`"))
}

fn number(text: &str, name: &str) -> Result<u32, String> {
    let value = value(text, name)?;
    value.parse().map_err(|_| format!("`- {name}: {value}`: this is not a number"))
}

fn section(text: &str, name: &str) -> Result<String, String> {
    let head = format!("## {name}");
    let mut lines = text.lines().skip_while(|l| l.trim_end() != head);
    lines.next().ok_or_else(|| format!("there is no section `{head}`"))?;
    let lines = lines.take_while(|l| !l.starts_with("## "));
    // The book includes parts of the README by these.
    let body: Vec<&str> = lines.filter(|l| !l.starts_with("<!-- ANCHOR")).collect();
    let body = body.join("\n").trim().to_owned();
    if body.is_empty() { Err(format!("the section `{head}` is empty")) } else { Ok(body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "<!-- id: a-1 -->\n# A title\n\n- Stars: 2\n- Minutes: 15\n- Kind: build\n- Chapter: map\n- Function: `f`\n\n## Task\n\nDo it.\n\n\
                        ## Hint 1\n<!-- ANCHOR: hint1 -->\na\n<!-- ANCHOR_END: hint1 -->\n## Hint 2\nb\n## Hint 3\nc\n## For teachers\nd\n";

    #[test]
    fn every_part_is_found() {
        let readme = Readme::parse(GOOD).unwrap();
        assert_eq!(readme.id, "a-1");
        assert_eq!((readme.title.as_str(), readme.stars, readme.minutes), ("A title", 2, 15));
        assert_eq!((readme.chapter.as_str(), readme.function.as_str()), ("map", "f"));
        assert_eq!((readme.task.as_str(), readme.points()), ("Do it.", 20));
        assert_eq!(readme.hints, ["a", "b", "c"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let without = |part: &str| Readme::parse(&GOOD.replace(part, "")).unwrap_err();
        assert_eq!(without("## Hint 2\nb\n"), "there is no section `## Hint 2`");
        assert_eq!(without("<!-- id: a-1 -->"), "there is no line `<!-- id: … -->`");
        assert_eq!(without("- Minutes: 15\n"), "there is no line `- Minutes: …`");
        assert_eq!(without("Do it."), "the section `## Task` is empty");
        assert_eq!(
            Readme::parse(&GOOD.replace("Stars: 2", "Stars: 9")).unwrap_err(),
            "`- Stars: 9`: one to three stars, please"
        );
        assert_eq!(
            Readme::parse(&GOOD.replace("Kind: build", "Kind: guess")).unwrap_err(),
            "`- Kind: guess`: one of repair, complete, build, survive, choose, please"
        );
    }
}
