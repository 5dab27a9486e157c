//! Watches for signs of life, and says how it goes.
//!
//! Must not touch pools: it looks at the ledger and the figures.

use std::io::{IsTerminal, Write, stdout};
use std::process;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use crate::ledger::Ledger;
use crate::report::{HANG_LIMIT, Report};

/// How finely stalls are measured.
const LOOK: Duration = Duration::from_millis(10);
/// How often the line is renewed on a terminal, and printed elsewhere.
const LIVELY: Duration = Duration::from_millis(200);
const CALM: Duration = Duration::from_secs(10);

/// Looks until told to stop; ends the program if nothing happens any more.
pub(crate) fn watch(report: &Report, ledger: &Ledger, began: Instant, go_on: impl Fn() -> bool) {
    let terminal = stdout().is_terminal();
    let every = if terminal { LIVELY } else { CALM };
    let mut said = began;
    let mut seen = (0, 0, 0);
    let mut since = began;
    while go_on() {
        // Tasks that begin and end, outcomes, pools.
        let now_seen = (ledger.len(), report.outcomes.load(Relaxed), report.pools.load(Relaxed));
        let now = Instant::now();
        if now_seen != seen {
            seen = now_seen;
            report.stalled(now - since);
            since = now;
        }
        if now - since > HANG_LIMIT {
            report.stalled(now - since);
            report.lost(1, "nothing moves any more".to_owned());
            anstream::println!("\n{}", report.figures(began.elapsed().as_secs_f64()).0);
            process::exit(1);
        }
        if now - said >= every {
            said = now;
            let line = report.line(began.elapsed().as_secs());
            match terminal {
                true => print!("\r\x1b[K{line}"),
                false => println!("{line}"),
            }
            // Nobody to tell is no reason to stop.
            let _ = stdout().flush();
        }
        thread::sleep(LOOK);
    }
}
