//! Twenty clerks hired by hand, one line each, and asked for their results, one line each: one line is missing.
//!
//! Must not know the pool. It waits for the forgotten clerk at its end, so that nobody is left behind.
//!
//! ```toml
//! output = "exact"
//! ```

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

use nix::sys::wait::wait;

// ANCHOR: clerk
fn hire(id: u32) -> Result<Child, Box<dyn Error>> {
    let mut clerk = Command::new(env::current_exe()?);
    Ok(clerk.arg(id.to_string()).stdout(Stdio::piped()).spawn()?)
}

fn ask(clerk: Child) -> Result<String, Box<dyn Error>> {
    Ok(String::from_utf8(clerk.wait_with_output()?.stdout)?)
}
// ANCHOR_END: clerk

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(id) = env::args().nth(1) {
        // This copy is a clerk. Whoever hired it may not be listening anymore.
        let _ = writeln!(io::stdout(), "Result for Match #{id}: Analysis Clear");
        return Ok(());
    }
    publish()?;
    let count = |start: &str| {
        let program = include_str!("foreman.rs").lines();
        program.filter(|line| line.trim_start().starts_with(start)).count()
    };
    println!("Lines that hire: {}", count("let clerk_"));
    println!("Lines that ask: {}", count("bulletin += &ask(clerk_"));
    wait()?;
    Ok(())
}

// The compiler has seen what is wrong; the build of this book fails if it ever stops saying so.
#[expect(unused_variables)]
fn publish() -> Result<(), Box<dyn Error>> {
    let clerk_1 = hire(1)?;
    let clerk_2 = hire(2)?;
    let clerk_3 = hire(3)?;
    let clerk_4 = hire(4)?;
    let clerk_5 = hire(5)?;
    let clerk_6 = hire(6)?;
    let clerk_7 = hire(7)?;
    let clerk_8 = hire(8)?;
    let clerk_9 = hire(9)?;
    let clerk_10 = hire(10)?;
    let clerk_11 = hire(11)?;
    // ANCHOR: hired
    let clerk_12 = hire(12)?;
    let clerk_13 = hire(13)?;
    let clerk_14 = hire(14)?;
    let clerk_15 = hire(15)?;
    // ANCHOR_END: hired
    let clerk_16 = hire(16)?;
    let clerk_17 = hire(17)?;
    let clerk_18 = hire(18)?;
    let clerk_19 = hire(19)?;
    let clerk_20 = hire(20)?;

    let mut bulletin = String::new();
    bulletin += &ask(clerk_1)?;
    bulletin += &ask(clerk_2)?;
    bulletin += &ask(clerk_3)?;
    bulletin += &ask(clerk_4)?;
    bulletin += &ask(clerk_5)?;
    bulletin += &ask(clerk_6)?;
    bulletin += &ask(clerk_7)?;
    bulletin += &ask(clerk_8)?;
    bulletin += &ask(clerk_9)?;
    bulletin += &ask(clerk_10)?;
    bulletin += &ask(clerk_11)?;
    // ANCHOR: asked
    bulletin += &ask(clerk_12)?;
    bulletin += &ask(clerk_13)?;
    bulletin += &ask(clerk_15)?;
    bulletin += &ask(clerk_16)?;
    // ANCHOR_END: asked
    bulletin += &ask(clerk_17)?;
    bulletin += &ask(clerk_18)?;
    bulletin += &ask(clerk_19)?;
    bulletin += &ask(clerk_20)?;
    print!("{bulletin}");
    Ok(())
}
