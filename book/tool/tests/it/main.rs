//! Runs the program as people and mdBook run it, on small checkouts of its own.
//!
//! Must not know: the inside of the program, and the real book.

mod checkout;
mod directives;
mod faults;
mod pages;
mod protocol;
mod recordings;
mod scripts;
mod serving;
