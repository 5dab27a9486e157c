//! What cargo says about one of the programs in `refused/`.
//!
//! Must not know what is wrong with it.

use std::io;
use std::process::Command;

/// How wide an answer may be.
const COLUMNS: usize = 66;

/// Gives cargo this order, word by word, for the refused program, and returns its errors: a line for each, without the way into
/// other files, broken between words where the page would end.
pub(crate) fn says(order: &str, program: &str) -> io::Result<String> {
    let mut cargo = Command::new("cargo");
    cargo.args(order.split(' ')).args(["--package", "book", "--features", "refused"]);
    cargo.args(["--example", program, "--quiet", "--message-format", "short", "--color", "never"]);
    let answer = String::from_utf8(cargo.output()?.stderr).map_err(io::Error::other)?;
    let errors = answer.lines().filter(|line| line.contains(" error[E"));
    Ok(errors.map(wrapped).collect())
}

fn wrapped(line: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for word in line.split(' ') {
        if column > 0 && column + 1 + word.len() > COLUMNS {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text += word;
        column += word.len();
    }
    text + "\n"
}
