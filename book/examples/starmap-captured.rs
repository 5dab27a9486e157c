//! What the compiler says about a closure with something in its pocket: nothing when it checks, and enough when it builds.
//!
//! Must not know how it says so: that differs from version to version.
//!
//! ```toml
//! output = "invariant"
//! deadline_s = 300
//!
//! [[lines]]
//! like = '\$ cargo (check|build)'
//! count = 2
//! distinct = 2
//!
//! [[lines]]
//! like = '\(not a word\)'
//! count = 1
//!
//! [[lines]]
//! like = '.*: error\[E0080\]:.*'
//! at_least = 1
//!
//! [[lines]]
//! like = '.*has captures.*'
//! at_least = 1
//!
//! [[lines]]
//! like = '.*'
//! ```

mod compiler;

use std::io;

fn main() -> io::Result<()> {
    println!("$ cargo check");
    let silence = compiler::says("check", "starmap-captures")?;
    println!("{}", if silence.is_empty() { "(not a word)" } else { &silence });
    println!("$ cargo build");
    print!("{}", compiler::says("build --release", "starmap-captures")?);
    Ok(())
}
