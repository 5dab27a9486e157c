//! Which exercises there are: one directory each, with a README that says what it is worth.
//! Must not know whether any is solved.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use exercises::readme::Readme;
use strsim::levenshtein;

/// One exercise, as its directory describes it.
pub(crate) struct Exercise {
    /// Number and name, as in `e01_map`; also the name of its test target.
    pub(crate) slug: String,
    pub(crate) readme: Readme,
}

/// All exercises, in order.
pub(crate) struct Course {
    /// Where the workspace lies.
    pub(crate) root: PathBuf,
    pub(crate) exercises: Vec<Exercise>,
}

impl Course {
    pub(crate) fn read() -> Result<Course> {
        Course::at(root()?)
    }

    fn at(root: PathBuf) -> Result<Course> {
        let directory = root.join("exercises");
        let entries = fs::read_dir(&directory).with_context(|| directory.display().to_string())?;
        let mut slugs: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join("test.rs").is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| is_a_slug(name))
            .collect();
        slugs.sort();
        let exercises: Result<Vec<Exercise>> = slugs
            .into_iter()
            .map(|slug| {
                let path = directory.join(&slug).join("README.md");
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                let readme = Readme::parse(&text).map_err(anyhow::Error::msg);
                Ok(Exercise { slug, readme: readme.with_context(|| path.display().to_string())? })
            })
            .collect();
        Ok(Course { root, exercises: exercises? })
    }

    /// Where an exercise lies.
    pub(crate) fn directory(&self, exercise: &Exercise) -> PathBuf {
        self.root.join("exercises").join(&exercise.slug)
    }

    /// The exercises that go by these names, in the order of the course; all of them for none.
    pub(crate) fn choose(&self, names: &[String]) -> Result<Vec<&Exercise>> {
        if names.is_empty() {
            return Ok(self.exercises.iter().collect());
        }
        let wanted: Result<Vec<&Exercise>> = names.iter().map(|name| self.find(name)).collect();
        let wanted: Vec<&str> = wanted?.into_iter().map(|e| e.slug.as_str()).collect();
        Ok(self.exercises.iter().filter(|e| wanted.contains(&e.slug.as_str())).collect())
    }

    pub(crate) fn find(&self, name: &str) -> Result<&Exercise> {
        match self.exercises.iter().find(|e| goes_by(&e.slug, name)) {
            Some(exercise) => Ok(exercise),
            None => {
                let all: Vec<&str> = self.exercises.iter().map(|e| e.slug.as_str()).collect();
                let near = nearest(&all, name);
                let near = near.map_or_else(String::new, |slug| format!("did you mean {slug}? "));
                bail!("there is no exercise “{name}”; {near}there are {}", all.join(", "))
            }
        }
    }
}

/// A number of two digits and a name, as in `e02_closing_time`; whatever else lies there is no exercise.
pub(crate) fn is_a_slug(name: &str) -> bool {
    let Some((number, words)) = name.split_once('_') else { return false };
    let digits = number.strip_prefix('e').unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let two = digits.len() == 2 && digits.chars().all(|c| c.is_ascii_digit());
    two && words.starts_with(|c: char| c.is_ascii_lowercase()) && words.chars().all(plain)
}

/// `e02_closing_time` goes by its whole name, `closing_time`, `closing-time`, and by its number with or without the `e` and
/// any zeros: `e02`, `e2`, `2`, `002`.
fn goes_by(slug: &str, name: &str) -> bool {
    let name = name.trim_end_matches('/').replace('-', "_").to_lowercase();
    let Some((number, words)) = slug.split_once('_') else { return slug == name };
    let digits = number.trim_start_matches('e');
    let asked = name.strip_prefix('e').unwrap_or(&name);
    let same_number = asked.parse::<u32>().is_ok_and(|n| digits.parse() == Ok(n));
    slug == name || words == name || same_number
}

/// The exercise that was meant, perhaps: a name with this in it, or with a letter in three to be put right.
fn nearest<'a>(slugs: &[&'a str], name: &str) -> Option<&'a str> {
    let name = name.trim_end_matches('/').replace('-', "_").to_lowercase();
    let words = |slug: &'a str| slug.split_once('_').map_or(slug, |(_, words)| words);
    let within = slugs.iter().copied().find(|slug| name.len() > 2 && slug.contains(&name));
    let distance = |slug| levenshtein(slug, &name).min(levenshtein(words(slug), &name));
    let near = slugs.iter().copied().min_by_key(|slug| distance(slug));
    within.or(near.filter(|slug| 3 * distance(slug) <= name.chars().count()))
}

/// The checkout that cargo has been called in; the one this program was built from otherwise.
fn root() -> Result<PathBuf> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let manifest = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let root = manifest.parent().and_then(Path::parent);
    root.map(Path::to_owned).context("the grader lies two directories below the workspace")
}

/// A course of one-star exercises with these slugs and ids.
#[cfg(test)]
pub(crate) fn sample(root: &Path, slugs_and_ids: &[(&str, &str)]) -> Course {
    for (slug, id) in slugs_and_ids {
        let directory = root.join("exercises").join(slug);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("test.rs"), "").unwrap();
        let head =
            format!("<!-- id: {id} -->\n# A title\n\n- Stars: 1\n- Minutes: 5\n- Kind: build\n");
        let rest = "- Chapter: map\n- Function: `f`\n\n## Task\na\n## Hint 1\nb\n## Hint 2\nc\n## Hint 3\nd\n";
        fs::write(directory.join("README.md"), head + rest).unwrap();
    }
    Course::at(root.to_owned()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::{goes_by, nearest};

    #[test]
    fn an_exercise_goes_by_number_and_by_name() {
        for name in [
            "e02_closing_time",
            "e02",
            "2",
            "02",
            "closing_time",
            "closing-time",
            "E02",
            "e2",
            "e002",
            "002",
        ] {
            assert!(goes_by("e02_closing_time", name), "{name}");
        }
        for name in ["e2x", "1", "closing", "", "e"] {
            assert!(!goes_by("e02_closing_time", name), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_nearly_right_leads_to_its_exercise() {
        let slugs = ["e01_map", "e02_closing_time", "e03_starmap", "e10_slices"];
        let near = |name| nearest(&slugs, name);
        assert_eq!(near("closing"), Some("e02_closing_time"));
        assert_eq!(near("starmpa"), Some("e03_starmap"));
        assert_eq!(near("e10_slice"), Some("e10_slices"));
        assert_eq!((near("the_queen"), near("e15"), near("")), (None, None, None));
    }
}
