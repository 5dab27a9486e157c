//! Who drives the pool: `dispatcher::shared`, the file itself, over a driver that is reduced to when it looks, sleeps and
//! rings.
//!
//! Must not copy how the driver is handed over, which is what is played here.

mod driver;
mod order;
pub mod scenes;
#[path = "../../../src/dispatcher/shared.rs"]
#[allow(dead_code)]
mod shared;

pub use order::calls;
