//! What comes back from a desk. Must not know how it got there.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What comes back from a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analysis {
    /// Which match this is about.
    pub match_id: u32,
    /// The number of the process at whose desk it was done.
    pub desk: u32,
    /// Pressed onto the slip while the analysis was done; no two are alike.
    pub seal: u64,
}

impl fmt::Display for Analysis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Result for Match #{}: Analysis Clear", self.match_id)
    }
}
