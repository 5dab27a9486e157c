//! What happens when a sample does not do what it should.
//!
//! All faulty samples of the first test stand in one checkout: they are compiled once, and all of them must be reported.
//!
//! Must not know: directives.

use crate::checkout::Checkout;

/// Name, what the header adds, body, and what must be said about it.
const FAULTY: &[(&str, &str, &str, &[&str])] = &[
    (
        "exits",
        "",
        "eprintln!(\"the lamp is out\"); std::process::exit(7);",
        &["exit status 7", "promises exit status 0", "the lamp is out"],
    ),
    ("dies", "", "std::process::abort();", &["SIGABRT", "promises exit status 0"]),
    (
        "hangs",
        "deadline_s = 3",
        "eprintln!(\"waiting\"); loop { std::thread::park(); }",
        &["still running after 3.0 s", "waiting"],
    ),
    ("floods", "", "loop { println!(\"{}\", \"x\".repeat(9999)); }", &["more than 1024 KiB"]),
    (
        "leaves",
        "",
        "std::process::Command::new(\"sleep\").arg(\"3333\").spawn().unwrap();",
        &["left processes behind", "sleep (pid "],
    ),
    ("warns", "", "eprintln!(\"careful\");", &["wrote to stderr", "careful"]),
    ("differs", "", "println!(\"two\");", &["-one", "+two", "--bless differs"]),
    ("mistyped", "outputt = 1", "", &["outputt"]),
];

#[test]
fn every_faulty_sample_is_named_with_its_chapter_and_what_it_said() {
    let names: String = FAULTY
        .iter()
        .map(|(name, ..)| format!("<!-- cmdrun book-tool output {name} -->\n\n"))
        .collect();
    let checkout = Checkout::new(&names);
    for (name, header, body, _) in FAULTY {
        let header = format!("//! ```toml\n//! output = \"exact\"\n//! {header}\n//! ```\n");
        checkout.sample(name, &format!("{header}fn main() {{ {body} }}\n"));
        checkout.write(&format!("book/examples/{name}.out"), "one\n");
    }
    checkout.sample("silent", "//! No policy.\nfn main() {}\n");
    let said = checkout.run(&["build"]);
    for (name, _, _, parts) in FAULTY {
        said.complains_of(&[&format!("sample `{name}` (used in book/chapters/map.md)")]);
        said.complains_of(parts);
    }
    said.complains_of(&["sample `silent` (used in no chapter)", "//! output = \"exact\""]);
    assert!(!checkout.path("target/book").exists(), "there are pages");
}

#[test]
fn a_sample_that_does_not_compile_is_named_with_its_chapter_and_the_compilers_words() {
    let checkout = Checkout::with_ten();
    checkout.sample("ten", "//! ```toml\n//! output = \"exact\"\n//! ```\nfn main() { let x: u32 = \"four desks\"; }\n");
    checkout.run(&["build"]).complains_of(&[
        "sample `ten` (used in book/chapters/map.md) does not compile",
        "mismatched types",
        "four desks",
    ]);
}

#[test]
fn an_interrupted_recording_leaves_no_process() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use std::io::{BufRead, BufReader};

    let checkout = Checkout::new("# The map\n");
    // Somebody else may run this test at the same time.
    let long = format!("3444{}", std::process::id());
    let body = format!(
        "std::process::Command::new(\"sleep\").arg(\"{long}\").spawn().unwrap(); loop {{ std::thread::park(); }}"
    );
    checkout.sample(
        "long",
        &format!("//! ```toml\n//! output = \"exact\"\n//! ```\nfn main() {{ {body} }}\n"),
    );
    let mut child =
        checkout.tool(&["record"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("Running long")));
    while !is_running(&long) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while is_running(&long)
        || is_running(checkout.path("target/release/examples/long").to_str().unwrap())
    {
        assert!(std::time::Instant::now() < until, "something is left");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Whether a process, and not a zombie (which has no command line), has this word on its command line.
fn is_running(word: &str) -> bool {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|line| line.split(|byte| *byte == 0).any(|part| part == word.as_bytes()))
}
