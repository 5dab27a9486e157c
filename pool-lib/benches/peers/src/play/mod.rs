//! The competitors: one file each, with all that it takes to have it do the work.
//!
//! - `ours`: pool-lib
//! - `../../pools.py`: the pools of Python
//! - `spawned`: procspawn
//! - `threads`: rayon, and threads around a crossbeam channel: the bound that has no walls
//! - `pipe`, `ring`, `fork`: the floor, as bare as the kernel allows
//!
//! A competitor says `unsupported` to work that it has no means for. Must not know how the contest is held.

mod ours;
mod spawned;
mod threads;
mod pipe;
mod ring;
mod fork;

use clap::ValueEnum;

use crate::stage::Stage;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Competitor {
    PoolLib,
    Multiprocessing,
    ProcessPoolExecutor,
    Loky,
    Pebble,
    Mpire,
    Procspawn,
    Rayon,
    Crossbeam,
    Pipe,
    Ring,
    Fork,
}

/// What it is compared as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    /// Walls, as ours.
    Processes,
    /// No walls.
    Threads,
    /// Nothing but the way.
    Floor,
}

impl Competitor {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PoolLib => "pool-lib",
            Self::Multiprocessing => "multiprocessing.Pool",
            Self::ProcessPoolExecutor => "ProcessPoolExecutor",
            Self::Loky => "loky",
            Self::Pebble => "pebble",
            Self::Mpire => "mpire",
            Self::Procspawn => "procspawn",
            Self::Rayon => "rayon",
            Self::Crossbeam => "crossbeam",
            Self::Pipe => "bare pipe",
            Self::Ring => "bare ring",
            Self::Fork => "bare fork",
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::PoolLib => Kind::Ours,
            Self::Rayon | Self::Crossbeam => Kind::Threads,
            Self::Pipe | Self::Ring | Self::Fork => Kind::Floor,
            _ => Kind::Processes,
        }
    }

    /// The module of Python that it comes from.
    pub(crate) fn python(self) -> Option<&'static str> {
        match self {
            Self::Multiprocessing => Some("multiprocessing"),
            Self::ProcessPoolExecutor => Some("concurrent.futures"),
            Self::Loky => Some("loky"),
            Self::Pebble => Some("pebble"),
            Self::Mpire => Some("mpire"),
            _ => None,
        }
    }
}

/// Does the work and says the figures.
pub(crate) fn play(competitor: Competitor, stage: &Stage) {
    let done = match competitor {
        Competitor::PoolLib => ours::play(stage),
        Competitor::Procspawn => spawned::play(stage),
        Competitor::Rayon => threads::rayon(stage),
        Competitor::Crossbeam => threads::crossbeam(stage),
        Competitor::Pipe => pipe::play(stage),
        Competitor::Ring => ring::play(stage),
        Competitor::Fork => fork::play(stage),
        _ => false,
    };
    if !done {
        println!("unsupported");
    }
}
