//! Looks at the finished pages of the real book: outputs, links, and every page in a real browser.
//!
//! The pages are those of `cargo book build`, which does in a second whatever is still to be done.
//! Without Chromium the browser's part is skipped, visibly; with AGENCY_REQUIRE_BROWSER=1, as in CI, that is a failure.
//!
//! Must not know: how pages are made.

mod browser;
mod access;
mod lighthouse;
mod links;
mod looks;
mod outputs;
mod site;
