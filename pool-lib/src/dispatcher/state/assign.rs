//! Handing out tasks: who gets how many, and when work moves from one queue to another.
//!
//! Must not know what becomes of a task once it is handed out.

use std::time::Duration;

use super::{BEGIN_LIMIT, State};
use crate::dispatcher::call::Call;
use crate::dispatcher::hand::Run;
use crate::dispatcher::input::Command;
use crate::dispatcher::member::Member;
use crate::error::TaskErrorKind;
use crate::ids::{CallId, TaskId, WorkerId};

/// A worker whose tasks were taken back because it did not begin them, and which has done nothing
/// after this time either, is replaced. Nothing runs in it that could be lost.
const ABSENT_LIMIT: Duration = Duration::from_secs(4);
/// So often in a row a worker is given tasks that others come to do before it stirs. All of that, and what goes with it,
/// lies in its link until it reads on.
const VAIN: u32 = 8;

/// So often in a row a worker does not begin a task in time, and is given others when it stirs. Then it is replaced: it may
/// stir for ever.
pub(super) const OVERDUE: u32 = 5;

/// What a worker will have done within this time is left to it: to wake another takes as long.
const SOON: Duration = Duration::from_micros(50);

impl<R> State<R> {
    /// Puts tasks into the queue of their call by `put`, and lets the call take its turn.
    pub(super) fn enqueue(&mut self, id: CallId, put: impl FnOnce(&mut Call)) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        put(call);
        call.stand(id, &mut self.turns);
    }

    /// Lets a call stand where it belongs, after what it has to give may have changed.
    pub(super) fn line_up(&mut self, id: CallId) {
        self.enqueue(id, |_| {});
    }

    /// Hands out what can be handed out, then moves waiting work to idle workers.
    pub(super) fn assign(&mut self) {
        while let Some((call, worker, count)) = self.next_assignment() {
            self.hand_out(call, worker, count);
        }
        self.balance();
    }

    /// The call that is next, the worker that is to have some of its tasks, and how many: one that will have done them before
    /// another could be woken, or the one with the least to do.
    fn next_assignment(&self) -> Option<(CallId, WorkerId, u64)> {
        if self.turns.is_empty() {
            return None;
        }
        let (mut worker, mut member) = self.least_busy()?;
        let held = member.assigned.len();
        let id = self.turns.first_for(held)?;
        let call = &self.calls[&id];
        let available = call.available();
        let count = if call.is_fixed() {
            available
        } else if held == 0
            && let Some((busy, room)) = self.soon_done(call)
        {
            (worker, member) = busy;
            available.min(room)
        } else {
            // Never more than a fair share, so that no worker is left without.
            let share = available.div_ceil(self.takers().max(1));
            u64::from(call.depth()).saturating_sub(held).min(share).max(1)
        };
        let left = match self.limits.tasks_per_worker {
            None => u64::MAX,
            Some(limit) => limit - member.taken,
        };
        Some((id, worker, count.min(left)))
    }

    /// The busiest of those who will soon have done what they have, and some tasks of this call as well; and how many. No more
    /// than would be left to it: what is put there and taken back at once would never come to rest.
    fn soon_done(&self, call: &Call) -> Option<((WorkerId, &Member), u64)> {
        let fit = call.fit(SOON);
        let busy = self.takers_of_more().filter(|(_, member)| !member.is_idle());
        let rooms = busy.map(|busy| {
            let most = fit.min(self.soon_done_by(busy.1));
            (busy, most.saturating_sub(busy.1.assigned.len()))
        });
        rooms.filter(|(_, room)| *room > 0).max_by_key(|((_, member), _)| member.assigned.len())
    }

    /// How many tasks like its first a worker will have done before another could be woken for some of them, as far as one can
    /// know: none, if it does not get on.
    fn soon_done_by(&self, member: &Member) -> u64 {
        let call = member.assigned.first().and_then(|task| self.calls.get(&task.call));
        let gets_on = self.now < member.got_on + SOON;
        call.filter(|_| gets_on).map_or(0, |call| call.fit(SOON))
    }

    fn is_soon_done(&self, member: &Member) -> bool {
        member.assigned.len() <= self.soon_done_by(member)
    }

    fn takers(&self) -> u64 {
        let limit = self.limits.tasks_per_worker;
        self.members.members().filter(|member| member.takes_tasks(limit)).count() as u64
    }

    /// Those who may have more tasks than they have. Behind a chosen chunk nothing is put.
    fn takers_of_more(&self) -> impl Iterator<Item = (WorkerId, &Member)> {
        let limit = self.limits.tasks_per_worker;
        let more = |member: &Member| member.is_idle() || !member.fixed;
        self.members.iter().filter(move |(_, member)| member.takes_tasks(limit) && more(member))
    }

    /// The one of them with the fewest tasks at hand.
    fn least_busy(&self) -> Option<(WorkerId, &Member)> {
        self.takers_of_more().min_by_key(|(_, member)| member.assigned.len())
    }

    fn hand_out(&mut self, id: CallId, worker: WorkerId, count: u64) {
        let call = self.calls.get_mut(&id).expect("the caller found it");
        let member = self.members.get_mut(worker).expect("the caller found it");
        if member.is_idle() {
            member.got_on = self.now;
            member.begin_by.get_or_insert(self.now + BEGIN_LIMIT);
        }
        let longest = call.spec.chunk.map_or(u64::MAX, u64::from);
        let mut runs = Vec::new();
        let mut left = count;
        while let Some(tasks) = call.take(left.min(longest)) {
            left -= tasks.end - tasks.start;
            let run = Run { call: id, tasks };
            member.assigned.push(run.clone());
            runs.push(run);
        }
        debug_assert!(!runs.is_empty(), "a call that has nothing to give has its turn for ever");
        member.fixed = call.is_fixed();
        member.asked_in_vain = false;
        member.taken += count - left;
        // Behind all others.
        self.turns.leave(&mut call.place);
        call.stand(id, &mut self.turns);
        self.commands.push(Command::Send { worker, runs });
    }

    /// If a worker is idle, work that waits behind another task is asked back, unless it will soon be done. (What waits in line
    /// would have gone to the idle one.)
    fn balance(&mut self) {
        self.balance_at = None;
        let limit = self.limits.tasks_per_worker;
        if !self.members.members().any(Member::can_give_back) {
            return;
        }
        let idle = |member: &&Member| member.is_idle() && member.takes_tasks(limit);
        for _ in 0..self.members.members().filter(idle).count() {
            let givers = || self.members.iter().filter(|(_, member)| member.can_give_back());
            let late = givers().filter(|(_, member)| !self.is_soon_done(member));
            let Some((worker, _)) = late.max_by_key(|(_, member)| member.assigned.len()) else {
                self.balance_at = givers().map(|(_, member)| member.got_on + SOON).min();
                return;
            };
            self.members.get_mut(worker).expect("just found").returning = true;
            self.commands.push(Command::TakeBack { worker, unless: None });
        }
    }

    pub(super) fn taken_back(&mut self, worker: WorkerId, tasks: &[TaskId]) {
        let Some(member) = self.members.get_mut(worker).filter(|member| member.returning) else {
            return;
        };
        member.returning = false;
        let (now, by) = (self.now, member.begin_by);
        let overdue = by.is_some_and(|by| by <= now);
        // One that was only asked whether it has begun may have more to give.
        member.asked_in_vain = tasks.is_empty() && !overdue;
        for task in tasks {
            member.assigned.remove(*task, 1);
        }
        member.taken -= tasks.len() as u64;
        member.begin_by = by.filter(|_| member.is_idle());
        match member.assigned.first() {
            // One that is only late may be about to begin: whoever waited for it to stir would leave it asleep half of the time.
            None if !tasks.is_empty() => {
                member.vain += 1;
                member.overdue += u32::from(overdue);
                if overdue || member.vain >= VAIN {
                    let limit =
                        if member.overdue < OVERDUE { ABSENT_LIMIT } else { Duration::ZERO };
                    member.absent_until = by.map(|by| by.max(now) + limit);
                }
            }
            None => {}
            // What is left was begun, whether or not the worker came to say so.
            Some(begun) => {
                let timeout = self.calls.get(&begun.call).and_then(|call| call.spec.timeout);
                let deadline = timeout.and_then(|timeout| self.now.checked_add(timeout));
                member.deadline = member.deadline.or(deadline);
            }
        }
        // Last first, so that they stand in the queue as they stood here.
        for task in tasks.iter().rev() {
            self.come_back(*task);
        }
        self.kill_if_cancelled(worker);
        self.retire_if_used_up(worker);
    }

    /// Kills a worker in a task whose call was cancelled together with what runs.
    pub(super) fn kill_if_cancelled(&mut self, worker: WorkerId) {
        let Some(member) = self.members.get_mut(worker) else { return };
        let Some(task) = member.assigned.first() else { return };
        let cancelled = self.calls.get(&task.call).and_then(|call| call.cancelled);
        // While an answer to a `TakeBack` is due, the first may be one that comes back.
        if cancelled == Some(true) && member.condemned.is_none() && !member.returning {
            member.begin_by = None; // it has begun, or it would have come back
            member.condemned = Some((task, TaskErrorKind::Cancelled));
            self.commands.push(Command::KillIn { worker, task });
        }
    }
}
