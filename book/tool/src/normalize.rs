//! Replaces what differs from run to run and means nothing: process numbers, times, addresses.
//!
//! The same number is always replaced by the same name, so "four different processes" stays visible.
//!
//! Must not know: where the text came from, and what it is compared with.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b0x[0-9a-fA-F]+\b").unwrap());
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b\d+(?:\.\d+)?(?:\s?(?:ns|µs|us|ms|s|min)|\s(?:seconds?|milliseconds?|microseconds?|minutes?))\b")
        .unwrap()
});
static PID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b((?:pid|process|worker|child)(?:[ =:]|: | #|#|\())(\d+)\b").unwrap()
});

/// `text` with `replacements` made, then the built-in ones.
pub(crate) fn normalize(text: &str, replacements: &[(Regex, String)]) -> String {
    let mut text = text.to_owned();
    for (pattern, by) in replacements {
        text = pattern.replace_all(&text, by.as_str()).into_owned();
    }
    let text = ADDRESS.replace_all(&text, "ADDRESS");
    let text = TIME.replace_all(&text, "TIME");
    let mut names = HashMap::new();
    let text = PID.replace_all(&text, |found: &Captures<'_>| {
        let next = names.len() + 1;
        let name = names.entry(found[2].to_owned()).or_insert(next);
        format!("{}PID{name}", &found[1])
    });
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_that_vary_become_names_and_others_stay() {
        let printed = "Result for Match #3 by process 4711 in 1.27 s\nworker #4712, pid=4711, 350 ms, 12 seconds\n\
                       at 0x7ffe12ab: 10 matches, 4 desks, Child 9";
        let expected = "Result for Match #3 by process PID1 in TIME\nworker #PID2, pid=PID1, TIME, TIME\n\
                        at ADDRESS: 10 matches, 4 desks, Child PID3";
        assert_eq!(normalize(printed, &[]), expected);
    }

    #[test]
    fn replacements_of_the_sample_come_first() {
        let table = "  4711 Z    map\n  4712 Z    map";
        let own = [(Regex::new(r"(?m)^ +(\d+) Z").unwrap(), "pid $1 Z".to_owned())];
        assert_eq!(normalize(table, &own), "pid PID1 Z    map\npid PID2 Z    map");
    }

    proptest! {
        #[test]
        fn the_numbering_of_processes_does_not_matter_but_their_identity_does(pids in prop::collection::vec(2u32..9, 1..8), shift in 1u32..1000) {
            let print = |offset: u32| pids.iter().map(|p| format!("pid {}\n", p + offset)).collect::<String>();
            prop_assert_eq!(normalize(&print(0), &[]), normalize(&print(shift), &[]));
        }

        #[test]
        fn doing_it_twice_changes_nothing_more(text in "[a-z0-9 .:#=\n]{0,60}") {
            let once = normalize(&text, &[]);
            prop_assert_eq!(normalize(&once, &[]), once);
        }
    }
}
