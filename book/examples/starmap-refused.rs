//! What the compiler says when columns have names and are in the wrong order.
//!
//! Must not know how it says so: that differs from version to version.
//!
//! ```toml
//! output = "invariant"
//! deadline_s = 300
//!
//! [[lines]]
//! like = '\$ cargo check'
//! count = 1
//!
//! [[lines]]
//! like = 'book/examples/refused/starmap-newtypes.rs:\d+:\d+: error\[E\d+\]:.*'
//! count = 1
//!
//! [[lines]]
//! like = '.*Match, Move, Depth.*'
//! at_least = 1
//!
//! [[lines]]
//! like = '.*'
//! ```

mod compiler;

use std::io;

fn main() -> io::Result<()> {
    println!("$ cargo check");
    print!("{}", compiler::says("check", "starmap-newtypes")?);
    Ok(())
}
