//! How a task went.
//!
//! Must not know how that was found out.

/// How a task went, and what its output bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Verdict {
    /// The output is the encoded result.
    Returned = 0,
    /// The output is an encoded `RemotePanic`.
    Panicked = 1,
    /// The argument could not be read; the output is the reason, as text.
    Undecodable = 2,
    /// The result could not be written; the output is the reason, as text.
    Unencodable = 3,
    /// The function is not known here; the output is empty.
    Unknown = 4,
}

impl Verdict {
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        use Verdict::{Panicked, Returned, Undecodable, Unencodable, Unknown};
        [Returned, Panicked, Undecodable, Unencodable, Unknown]
            .into_iter()
            .find(|verdict| *verdict as u8 == number)
    }
}
