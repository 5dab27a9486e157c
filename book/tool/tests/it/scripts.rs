//! Samples in Python, with a Python that is there, one that is not, and one that is a shell: what matters here is who runs, not what.
//!
//! Must not know: Python.

use std::process::Command;

use crate::checkout::{Checkout, Said};

/// Answers the question for its version, and reads scripts as a shell does.
const SHELL: &str = "#!/bin/sh\nif [ \"$1\" = -c ]; then echo 3.99.1; else exec sh \"$1\"; fi\n";
const NONE: &str = "#!/bin/sh\nexit 127\n";

const SCRIPT: &str = "# ```toml\n# output = \"exact\"\n# ```\necho the lamp is lit\n";

fn checkout() -> Checkout {
    let checkout = Checkout::new("# The map\n\n<!-- cmdrun book-tool output lamp.py -->\n");
    checkout.write("book/examples/lamp.py", SCRIPT);
    checkout
}

/// The program, with this as `python3`.
fn tool(checkout: &Checkout, python: &str, arguments: &[&str]) -> Command {
    checkout.write("bin/python3.sh", python);
    // Not written by ourselves: what another test forks at this moment would hold the file open for writing a while
    // longer, and what is written cannot be run.
    let [from, to] = ["bin/python3.sh", "bin/python3"].map(|name| checkout.path(name));
    assert!(
        Command::new("install").args(["-m", "755"]).args([from, to]).status().unwrap().success()
    );
    let path = format!("{}:{}", checkout.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = checkout.tool(arguments);
    command.env("PATH", path);
    command
}

fn run(checkout: &Checkout, python: &str, arguments: &[&str]) -> Said {
    Said::from(tool(checkout, python, arguments).output().unwrap())
}

#[test]
fn a_script_runs_with_the_python_at_hand_and_the_page_names_it() {
    let checkout = checkout();
    let said = run(&checkout, SHELL, &["record"]);
    said.complains_of(&["there is no book/examples/lamp.py.toml", "--bless lamp.py"]);
    assert!(run(&checkout, SHELL, &["record", "--bless", "lamp.py"]).is_success);
    let said = run(&checkout, SHELL, &["build"]);
    assert!(said.is_success, "{}", said.stderr);
    assert_eq!(said.ran(), [""; 0]);
    let page = checkout.page();
    assert!(page.contains("the lamp is lit"), "{page}");
    assert!(page.contains("python3 book/examples/lamp.py</code> (Python 3.99.1)"), "{page}");
    // Another Python may print something else.
    let other = SHELL.replace("3.99.1", "3.99.2");
    assert_eq!(run(&checkout, &other, &["record"]).ran(), ["lamp.py"]);
}

#[test]
fn without_python_the_accepted_run_stands_in_and_the_page_says_so() {
    let checkout = checkout();
    run(&checkout, NONE, &["record"]).complains_of(&["there is no python3", "lamp.py.toml"]);
    assert!(run(&checkout, SHELL, &["record", "--bless", "lamp.py"]).is_success);
    let said = run(&checkout, NONE, &["build"]);
    assert!(said.is_success, "{}", said.stderr);
    let page = checkout.page();
    assert!(page.contains("the lamp is lit"), "{page}");
    assert!(page.contains("recorded earlier, with Python 3.99.1"), "{page}");
    let block = run(&checkout, NONE, &["output", "lamp.py", "--caption", "A lamp"]).stdout;
    assert!(block.contains("A lamp (recorded earlier, with Python 3.99.1"), "{block}");
    run(&checkout, NONE, &["record", "--bless", "lamp.py"]).complains_of(&["no python3"]);
}

#[test]
fn a_script_that_was_edited_has_to_be_accepted_again() {
    let checkout = checkout();
    assert!(run(&checkout, SHELL, &["record", "--bless", "lamp.py"]).is_success);
    checkout.write("book/examples/lamp.py", &format!("{SCRIPT}# Nothing of importance.\n"));
    for python in [SHELL, NONE] {
        run(&checkout, python, &["record"]).complains_of(&[
            "sample `lamp.py` (used in book/chapters/map.md)",
            "the script has changed",
            "--bless lamp.py",
        ]);
    }
}

#[test]
fn a_sample_that_promises_never_to_end_is_stopped_and_one_that_ends_breaks_that_promise() {
    let checkout = checkout();
    let never = |body: &str| {
        format!(
            "# ```toml\n# output = \"exact\"\n# exit = \"never\"\n# deadline_s = 1\n# ```\necho waiting\n{body}\n"
        )
    };
    checkout.write("book/examples/lamp.py", &never("exec sleep 3555"));
    let said = run(&checkout, SHELL, &["record", "--bless", "lamp.py"]);
    assert!(said.is_success, "{}", said.stderr);
    let block = run(&checkout, SHELL, &["output", "lamp.py"]).stdout;
    assert!(block.contains(", which was still running after 1.") && block.contains("waiting\n```"));
    checkout.write("book/examples/lamp.py", &never(""));
    run(&checkout, SHELL, &["record"])
        .complains_of(&["exit status 0", "promises no end before its deadline"]);
}
