//! What directives do, and what happens when their commands fail. No sample is needed for that.
//!
//! Must not know: samples.

use crate::checkout::{Checkout, Said};

fn failing(chapter: &str) -> Said {
    Checkout::new(chapter).run(&["build"])
}

fn page(chapter: &str) -> String {
    let checkout = Checkout::new(chapter);
    checkout.build();
    checkout.page()
}

#[test]
fn a_failing_command_is_named_with_its_chapter_and_its_stderr() {
    failing("# The map\n\n<!-- cmdrun echo the desk is gone >&2; exit 3 -->\n").complains_of(&[
        "chapter map.md (“The map”)",
        "echo the desk is gone >&2; exit 3",
        "returned exit code 3",
        "--- stderr\nthe desk is gone\n---",
    ]);
}

#[test]
fn every_way_to_fail_is_a_failure() {
    for (command, part) in [
        ("kill -KILL $$", "ended before completing"),
        ("no-such-program", "not found"),
        ("echo 'unclosed", "ated"),
        ("-1 true", "returned exit code 0 instead of 1"),
        ("--nonsense true", "Unrecognized cmdrun flag --nonsense"),
        ("book-tool output nobody", "no recording of a sample `nobody`"),
        ("sleep 3555 >/dev/null & true", "left processes behind"),
    ] {
        failing(&format!("<!-- cmdrun {command} -->\n")).complains_of(&["map.md", command, part]);
    }
}

#[test]
fn a_command_that_hangs_is_killed_and_named() {
    let said = failing("<!-- cmdrun echo waiting >&2; sleep 3666 | cat -->\n");
    said.complains_of(&[
        "map.md",
        "sleep 3666",
        "still running after 5.0 s and was killed",
        "waiting",
    ]);
}

#[test]
fn all_failing_directives_of_all_chapters_are_told_at_once() {
    let checkout = Checkout::new("<!-- cmdrun exit 4 -->\n\n<!-- cmdrun exit 5 -->\n");
    checkout.write("book/chapters/SUMMARY.md", "- [The map](map.md)\n- [Other](other.md)\n");
    checkout.write("book/chapters/other.md", "<!-- cmdrun exit 6 -->\n");
    checkout.run(&["build"]).complains_of(&[
        "map.md",
        "exit code 4",
        "exit code 5",
        "other.md",
        "exit code 6",
    ]);
}

#[test]
fn outputs_are_not_scanned_for_directives() {
    let page = page(
        "<!-- cmdrun printf '<!-- cmd%s echo nested --\\076\\n' run -->\n\nEnd <!-- cmdrun printf 'a' -->.\n",
    );
    assert!(page.contains("<!-- cmdrun echo nested -->"), "{page}");
    assert!(!page.contains("nested\n"), "{page}");
}

#[test]
fn a_directive_in_code_is_text() {
    let page = page("```text\n<!-- cmdrun exit 1 -->\n```\n\nAnd `<!-- cmdrun exit 2 -->` too.\n");
    assert!(
        page.contains("&lt;!-- cmdrun exit 1 --&gt;")
            && page.contains("&lt;!-- cmdrun exit 2 --&gt;"),
        "{page}"
    );
}

#[test]
fn a_command_passes_to_the_shell_untouched_and_runs_in_the_folder_of_its_chapter() {
    let page = page(
        "In <!-- cmdrun printf '%s' \"two  spaces, $(ls map.md)\" -->.\n\nAlso <!-- cmdrun -3 sh -c 'echo three; exit 3' -->.\n",
    );
    assert!(page.contains("In two  spaces, map.md."), "{page}");
    assert!(page.contains("Also three."), "{page}");
}
