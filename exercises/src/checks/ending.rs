//! How the reader's function ended. Must not know what it was to do.

use crate::evidence::{Ending, Evidence};
use crate::verdict::Finding;

/// The function came to an end of its own: it neither stood still nor took the program with it.
pub fn it_ended(evidence: &Evidence) -> Option<Finding> {
    match &evidence.ending {
        Ending::Stuck(how) => Some(
            Finding::new("stuck", "The reading room has gone quiet, and nobody goes home.")
                .seen(format!("{how}."))
                .expected("your function ends by itself.")
                .why(
                    "Somebody waits for an answer that nobody is going to give: look for what \
                     was never started, never sent or never closed.",
                )
                .read(&["agency", "closing-time"]),
        ),
        Ending::Left(status) => Some(
            Finding::new(
                "walked-out",
                "Timothy has left through the window, with the library unlocked.",
            )
            .seen(format!("the whole program ended ({status}) before your function did."))
            .expected(
                "your function returns to whoever called it, with a result or with \
                 an error.",
            )
            .why(
                "`exit` runs no destructor: whatever was to be closed on the way out \
                 stays as it is, and the caller never hears why.",
            )
            .read(&["closing-time"]),
        ),
        _ => None,
    }
}

/// How it panicked, to go on after "your function".
pub fn panicked(words: &str) -> String {
    if words.is_empty() {
        "panicked and said nothing".to_owned()
    } else {
        format!("panicked: {words}")
    }
}

/// The function returned a value.
pub fn it_returned(evidence: &Evidence) -> Option<Finding> {
    let (check, headline, seen) = match &evidence.ending {
        Ending::Failed(e) => (
            "returned-an-error",
            "Timothy came back with an excuse.",
            format!("your function returned the error “{e}”."),
        ),
        Ending::Panicked(words) => (
            "panicked",
            "There was a crash in the reading room.",
            format!("your function {}.", panicked(words)),
        ),
        _ => return None,
    };
    let finding = Finding::new(check, headline)
        .seen(seen)
        .expected("it returns without an error.")
        .why(
            "Nothing in this scene goes wrong by itself: no match is missing and no worker falls ill. If the answer is \
             still as it was handed out: the task is in the README beside it.",
        )
        .read(&["agency"]);
    Some(finding)
}
