//! Where the work was done: at how many desks, whose, and at the same time or not. Must not know
//! what came of it.

use std::collections::BTreeSet;

use super::{count, desks, matches, processes};
use crate::evidence::{Alone, Evidence};
use crate::verdict::Finding;

/// No analysis was done in the program's own process, one after the other.
pub fn not_at_your_own_desk(evidence: &Evidence) -> Option<Finding> {
    let own = evidence.own_runs().len();
    if own == 0 {
        return None;
    }
    let finding =
        Finding::new("own-desk", "Timothy is doing the work himself, and the desks stand empty.")
            .seen(format!(
                "{} of {} analyzed by process {}, which is your own program, one after the \
                 other.",
                own,
                matches(evidence.slips.len()),
                evidence.subject
            ))
            .expected(format!(
                "all of them analyzed at {} of an agency: in other processes.",
                desks(evidence.desks)
            ))
            .why(
                "A loop keeps one core busy, and a crash in one match takes your whole program \
                 with it. A pool hands each match to a process of its own.",
            )
            .read(&["agency", "map"]);
    Some(finding)
}

/// No analysis was done on other threads of the program's own process.
pub fn not_on_threads(evidence: &Evidence) -> Option<Finding> {
    let own = evidence.own_runs();
    let threads: BTreeSet<i32> = own.iter().map(|r| r.thread).collect();
    if threads.len() < 2 {
        return (evidence.most_at_one_desk > 1).then(|| threads_at_a_desk(evidence));
    }
    let finding = Finding::new("threads", "Everybody is working, but all at Timothy’s own desk.")
        .seen(format!(
            "{} analyzed on {} threads of process {}, which is your own program.",
            matches(own.len()),
            threads.len(),
            evidence.subject
        ))
        .expected(format!("{}, in other processes.", desks(evidence.desks)))
        .why(
            "Threads share one memory: no wall stands between them, so one crash ends all of \
             them, and none can be sent home alone. Desks are processes.",
        )
        .read(&["agency"]);
    Some(finding)
}

fn threads_at_a_desk(evidence: &Evidence) -> Finding {
    Finding::new("threads-at-a-desk", "Somebody has brought his family to the desk.")
        .seen(format!(
            "{} under way at the same time in one worker process.",
            matches(evidence.most_at_one_desk)
        ))
        .expected(format!("{}, and one match at a time at each.", desks(evidence.desks)))
        .why(
            "Several threads in a worker have one memory and one fate: a crash in one match takes the others with it, \
             and the agency counts one desk where there are several.",
        )
        .read(&["agency"])
}

/// Whoever did an analysis runs our program, as the workers of a pool do.
pub fn no_stranger(evidence: &Evidence) -> Option<Finding> {
    let stranger = evidence.runs.iter().find(|r| !r.same_program)?;
    let finding = Finding::new("stranger", "A stranger has handed in an analysis.")
        .seen(format!("process {} runs another program than yours.", stranger.pid))
        .expected(
            "the analyses are done by workers of your pool, which are copies of your \
             program.",
        )
        .why(
            "A worker runs the function that you gave it. Another program would have to bring \
             its own.",
        )
        .read(&["agency"]);
    Some(finding)
}

/// Not more desks than asked for, neither at once nor one lot after the other; a worker that falls is replaced.
pub fn not_too_many(evidence: &Evidence) -> Option<Finding> {
    too_many_of(evidence, evidence.workers().len(), evidence.desks + evidence.falls)
}

/// The same of the analyses of these matches alone, where each list has an agency of its own.
pub fn not_too_many_for(evidence: &Evidence, list: &[u32]) -> Option<Finding> {
    let theirs = evidence.runs.iter().filter(|run| list.contains(&run.slip[0]));
    let pids: BTreeSet<u32> = theirs.map(|run| run.pid).collect();
    too_many_of(evidence, pids.len(), evidence.desks)
}

fn too_many_of(evidence: &Evidence, all: usize, most: usize) -> Option<Finding> {
    let asked = evidence.desks;
    if all <= most {
        return idle_desks(evidence);
    }
    let finding = if evidence.most_alive > asked {
        too_many(asked).seen(format!(
            "{} analyzed matches, {} of them alive at the same time.",
            processes(all),
            evidence.most_alive
        ))
    } else {
        Finding::new(
            "hired-anew",
            "Hired in the morning, dismissed at noon, and the same again after lunch.",
        )
        .seen(format!(
            "{} analyzed matches, though never more than {} of them were alive at the same \
             time.",
            processes(all),
            evidence.most_alive
        ))
        .expected(format!(
            "{} in all: who is done takes the next slip.",
            count(most, "worker", "workers")
        ))
        .why(
            "Starting a process costs far more than handing it a slip. One agency serves \
             the whole list.",
        )
        .read(&["agency"])
    };
    Some(finding)
}

/// The same, where one agency follows another or a worker takes the place of one that has fallen.
pub fn not_too_many_at_once(evidence: &Evidence) -> Option<Finding> {
    let (most, asked) = (evidence.most_at_once, evidence.desks);
    let seen = format!("{} under way at the same time.", matches(most));
    (most > asked).then(|| too_many(asked).seen(seen))
}

fn too_many(asked: usize) -> Finding {
    Finding::new("too-many-desks", "There are more desks than the room can hold.")
        .expected(format!("{}, as many as were asked for.", desks(asked)))
        .why(
            "Desks beyond the cores do not work faster, they take turns; and each of them wants its \
             own memory. The line belongs in the lobby.",
        )
        .read(&["agency"])
}

/// As many matches at the same time as there should be desks, and in some scenes to the end.
pub fn enough_at_once(evidence: &Evidence) -> Option<Finding> {
    let (most, asked) = (evidence.most_at_once, evidence.desks);
    if most >= asked {
        return evidence.alone.map(|alone| full_only_at_first(evidence, alone));
    }
    let expected = format!("{} under way at the same time, at {}.", matches(asked), desks(asked));
    // One process that is no desk may stand by as well: the one from which the pool starts workers.
    let desks_open = most + evidence.idle > asked || evidence.most_alive > 1;
    let finding = if most == 1 && desks_open {
        Finding::new("one-at-a-time", "The desks are open, and only one of them ever has a slip.")
            .seen("1 match under way at a time, while the other desks stood by with nothing to do.")
            .expected(expected)
            .why(
                "To wait for each answer before handing out the next slip is a loop with longer \
             corridors. Hand over the whole list at once.",
            )
            .read(&["map"])
    } else {
        Finding::new("too-few-desks", "The lobby is full, and most of the room is empty.")
            .seen(format!("never more than {} under way at the same time.", matches(most)))
            .expected(expected)
            .why(
                "As many matches go on at the same time as there are desks. How many there are \
                 is for you to say when the agency opens. A window narrower than the number of desks, or a thick slice, \
                 leaves desks empty as well.",
            )
            .read(&["agency"])
    };
    Some(finding)
}

fn full_only_at_first(evidence: &Evidence, alone: Alone) -> Finding {
    let asked = evidence.desks;
    Finding::new("full-only-at-first", "The room was full at eight, and by nine most lamps were out.")
        .seen(format!(
            "after {} had begun, only {} under way at a time, with more on the list and {asked} desks that had been busy \
             before.",
            matches(alone.begun),
            matches(alone.together),
        ))
        .expected(format!("{asked} under way at the same time as long as there are so many matches."))
        .why(
            "Whoever hands over a few matches and keeps the rest has an empty room as soon as those are done. A desk \
             that is done takes the next match, if all of them lie in one lobby.",
        )
        .read(&["agency", "map"])
}

/// Nobody waits behind the one that is kept: what is not under way can be had by whoever is free.
pub fn one_lobby(evidence: &Evidence) -> Option<Finding> {
    let stood = evidence.in_vain?;
    let finding =
        Finding::new("piles", "Somebody has a pile of his own, and it does not move while he does not.")
            .seen(format!(
                "while one analysis went on, {} of {} had begun, and no other did.",
                stood.begun,
                evidence.slips.len()
            ))
            .expected("one lobby for all desks: whoever is free takes the next match, whoever else is still at work.")
            .why(
                "What is dealt out beforehand, in piles, in rounds or several to a task, waits behind the longest \
                 match of all, with the others looking on.",
            )
            .read(&["agency", "map"]);
    Some(finding)
}

/// Whoever opens more desks than were asked for and hands slips to some of them.
fn idle_desks(evidence: &Evidence) -> Option<Finding> {
    let asked = evidence.desks;
    // One more may stand there that is no desk: the process from which the pool starts workers.
    let standing = evidence.most_standing.saturating_sub(1);
    let finding = Finding::new("idle-desks", "There are desks at which nobody will ever sit.")
        .seen(format!(
            "{} of your program stood ready, and only {} ever had a slip.",
            processes(standing),
            evidence.most_at_once
        ))
        .expected(format!("{} in one agency, as many as were asked for.", desks(asked)))
        .why(
            "A desk without work has its memory all the same, and its place in the process table. Keep the agency as \
             small as the work, not the work as small as a part of the agency.",
        )
        .read(&["agency", "how-many-desks"]);
    (standing > asked).then_some(finding)
}
