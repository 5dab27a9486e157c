//! Proves the exercises: each solution passes twenty times in a row, each stub fails with words that
//! teach, each wrong answer is caught with the words written for it, and each mutant of a solution is
//! caught. All answers are in this one program; each is graded in a process of its own, by the checks
//! of its `test.rs`. Must not know what any check looks at.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use exercises::readme::{KINDS, Readme};
use exercises::verdict::{Finding, LINES_MAX, Verdict};
use libtest_mimic::{Arguments, Failed, Trial};

/// An answer and the program that grades it.
struct Entry {
    exercise: &'static str,
    answer: &'static str,
    kind: Kind,
    main: fn() -> ExitCode,
}

enum Kind {
    Solution,
    /// What is handed out.
    Stub,
    /// With its text, which says by what it is to be caught.
    Wrong(&'static str),
    /// The solution with one change, which is this.
    Mutant(&'static str),
}

include!(concat!(env!("OUT_DIR"), "/answers.rs"));

mod score;

/// How often each solution has to pass in a row; `SOLUTION_TIMES` asks for another number, and
/// `BUSY_LOOPS` for company while it does.
const TIMES: usize = 20;
const WRONG_ANSWERS_MIN: usize = 5;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if let [_, flag, exercise, answer, ..] = &words[..]
        && flag == "--answer"
    {
        let entry = ENTRIES.iter().find(|e| e.exercise == exercise && e.answer == answer);
        return entry.map_or(ExitCode::FAILURE, |e| (e.main)());
    }
    let busy = std::env::var("BUSY_LOOPS").ok().and_then(|loops| loops.parse().ok());
    (0..busy.unwrap_or(0)).for_each(|_| {
        std::thread::spawn(|| {
            loop {
                std::hint::spin_loop()
            }
        });
    });
    let mut arguments = Arguments::from_args();
    // A wrong answer mostly waits, so that more of them than cores can wait together.
    arguments.test_threads = arguments.test_threads.or(Some(12));
    libtest_mimic::run(&arguments, trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let mut by_exercise: HashMap<&str, Vec<&Entry>> = HashMap::new();
    // Those that grade many times come first, or they end alone.
    let (mut long, mut trials) = (Vec::new(), Vec::new());
    for entry in ENTRIES {
        by_exercise.entry(entry.exercise).or_default().push(entry);
        let exercise = entry.exercise;
        match entry.kind {
            Kind::Solution => {
                let name = format!("{exercise}::the_solution_passes_every_time");
                long.push(Trial::test(name, || passes(entry)));
            }
            Kind::Stub => {
                let name = format!("{exercise}::the_stub_fails_with_words_that_teach");
                trials.push(Trial::test(name, || teaches(&fails(entry)?)));
            }
            Kind::Wrong(source) => {
                let name = format!("{exercise}::{}_is_caught", entry.answer);
                trials.push(Trial::test(name, || is_caught(entry, source)));
            }
            Kind::Mutant(_) => {}
        }
    }
    for (exercise, entries) in by_exercise {
        let name = format!("{exercise}::every_wrong_answer_has_words_of_its_own");
        let mutants = format!("{exercise}::every_mutant_is_caught_and_the_score_is_current");
        trials.push(Trial::test(name, {
            let entries = entries.clone();
            move || words_of_their_own(&entries)
        }));
        long.push(Trial::test(mutants, move || score::of_mutants(exercise, &entries)));
        trials.push(Trial::test(format!("{exercise}::the_readme_is_in_form"), move || {
            readme_in_form(exercise)
        }));
        trials.push(Trial::test(format!("{exercise}::no_answer_can_lend_it_a_macro"), move || {
            macros_by_name(exercise)
        }));
    }
    trials.push(Trial::test("the_course_is_what_it_says", the_course));
    for part in [&mut long, &mut trials] {
        part.sort_by(|a, b| a.name().cmp(b.name()));
    }
    long.append(&mut trials);
    long
}

fn grade(entry: &Entry) -> Result<(Verdict, bool), Failed> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let output = Command::new(program)
        .args(["--answer", entry.exercise, entry.answer, "--json"])
        .stdin(Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let verdict = serde_json::from_str(&text)
        .map_err(|e| format!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
    Ok((verdict, output.status.success()))
}

fn passes(entry: &Entry) -> Result<(), Failed> {
    for time in 1..=solution_times() {
        let (verdict, success) = grade(entry)?;
        if !verdict.passed() || !success {
            return Err(format!("time {time}:\n{}", verdict.lines().join("\n")).into());
        }
    }
    Ok(())
}

fn solution_times() -> usize {
    let asked = std::env::var("SOLUTION_TIMES").ok().and_then(|times| times.parse().ok());
    asked.unwrap_or(TIMES)
}

fn fails(entry: &Entry) -> Result<Finding, Failed> {
    let (verdict, success) = grade(entry)?;
    let finding = verdict.finding.ok_or("it passed")?;
    if success {
        return Err("it was caught, and the exit status says that all is well".into());
    }
    Ok(finding)
}

fn is_caught(entry: &Entry, source: &str) -> Result<(), Failed> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let wrong_from = source.lines().find_map(|line| line.strip_prefix("//! Cores: "));
    // With fewer cores it may be a right answer.
    if wrong_from.is_some_and(|n| n.parse().is_ok_and(|n: usize| cores < n))
        && grade(entry)?.0.passed()
    {
        return Ok(());
    }
    let finding = fails(entry)?;
    if Some(finding.check.as_str()) != caught_by(source) {
        let text = finding.lines().join("\n");
        return Err(format!("it was caught by `{}`:\n{text}", finding.check).into());
    }
    teaches(&finding)
}

/// All parts are there, short enough, and lead to a chapter that exists.
fn teaches(finding: &Finding) -> Result<(), Failed> {
    let lines = finding.lines();
    let text = lines.join("\n");
    if lines.len() > LINES_MAX {
        return Err(format!("{} lines are too many:\n{text}", lines.len()).into());
    }
    let parts = [&finding.headline, &finding.seen, &finding.expected, &finding.why];
    if parts.iter().any(|part| part.is_empty()) || text.contains("backtrace") {
        return Err(format!("this does not teach:\n{text}").into());
    }
    finding.read.iter().try_for_each(|chapter| chapter_exists(chapter))
}

fn chapter_exists(slug: &str) -> Result<(), Failed> {
    let path = exercises_directory().join(format!("../book/chapters/{slug}.md"));
    if path.is_file() {
        Ok(())
    } else {
        Err(format!("there is no chapter {}", path.display()).into())
    }
}

fn caught_by(source: &str) -> Option<&str> {
    source.lines().find_map(|line| line.strip_prefix("//! Caught by: "))
}

fn words_of_their_own(entries: &[&Entry]) -> Result<(), Failed> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for entry in entries {
        let Kind::Wrong(source) = entry.kind else { continue };
        let check = caught_by(source)
            .ok_or_else(|| format!("{}: no line `//! Caught by: …`", entry.answer))?;
        if let Some(other) = seen.insert(check, entry.answer) {
            return Err(format!("`{check}` catches both {other} and {}", entry.answer).into());
        }
    }
    if seen.len() < WRONG_ANSWERS_MIN {
        return Err(format!("{} wrong answers, of at least {WRONG_ANSWERS_MIN}", seen.len()).into());
    }
    Ok(())
}

fn readme_in_form(exercise: &str) -> Result<(), Failed> {
    let path = exercises_directory().join(exercise).join("README.md");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let readme = Readme::parse(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    chapter_exists(&readme.chapter)
}

/// An answer is compiled into the judge, and a macro that it exports would take the place of one of the same name that
/// `test.rs` has from nowhere: so every one is imported.
fn macros_by_name(exercise: &str) -> Result<(), Failed> {
    let path = exercises_directory().join(exercise).join("test.rs");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let code = || text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let imports = code().filter_map(|line| line.strip_prefix("use std::{"));
    let imported: Vec<&str> =
        imports.flat_map(|names| names.trim_end_matches("};").split(", ")).collect();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let calls = code().flat_map(|line| {
        let ends =
            line.match_indices('!').filter(|(at, _)| line[at + 1..].starts_with(['(', '[', '{']));
        ends.map(|(at, _)| line[..at].rsplit(|c| !is_name(c)).next().unwrap_or_default())
    });
    match calls.filter(|name| !name.is_empty()).find(|name| !imported.contains(name)) {
        Some(name) => {
            Err(format!("{}: `{name}!` is not imported by its name", path.display()).into())
        }
        None => Ok(()),
    }
}

/// Fourteen exercises or more, of all kinds about equally often, short and long, and the three verbs
/// of the book's first part with three exercises each.
fn the_course() -> Result<(), Failed> {
    let slugs = ENTRIES.iter().filter(|e| matches!(e.kind, Kind::Solution)).map(|e| e.exercise);
    let read = |slug| std::fs::read_to_string(exercises_directory().join(slug).join("README.md"));
    let course: Vec<Readme> = slugs
        .filter(|&slug| slug != "template")
        .map(|slug| Readme::parse(&read(slug).map_err(|e| e.to_string())?))
        .collect::<Result<_, String>>()?;
    let times = |has: &dyn Fn(&Readme) -> bool| course.iter().filter(|r| has(r)).count();
    let mut wrong = Vec::new();
    let kinds = KINDS.map(|kind| times(&|r| r.kind == kind));
    if kinds.iter().max() > kinds.iter().min().map(|least| 2 * least).as_ref() {
        wrong.push(format!("{KINDS:?} stand there {kinds:?} times"));
    }
    for verb in ["map", "starmap", "imap"] {
        if times(&|r| r.chapter == verb) < 3 {
            wrong.push(format!("fewer than three for {verb}"));
        }
    }
    for stars in 1..=3 {
        if times(&|r| r.stars == stars) == 0 {
            wrong.push(format!("none with {stars} stars"));
        }
    }
    if course.len() < 14 || times(&|r| !(5..=20).contains(&r.minutes)) > 0 {
        wrong.push(format!("{} exercises, and not all of 5 to 20 minutes", course.len()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ").into()) }
}

fn exercises_directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
