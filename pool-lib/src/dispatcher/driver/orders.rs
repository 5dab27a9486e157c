//! What callers ask for, made into inputs of the machine.
//!
//! Must not know workers.

use std::sync::Arc;

use super::bookkeeping::Arguments;
use super::{Call, Driver, Reply};
use crate::dispatcher::input::Input;
use crate::dispatcher::order::Order;
use crate::ids::CallId;
use crate::task::Batch;
use crate::trace::EventKind;
use crate::wire::How;

impl Driver {
    pub(super) fn take_orders(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        // Not more than were there at the beginning: workers must have their turn as well.
        for _ in 0..self.orders.len() {
            let Ok(order) = self.orders.try_recv() else { return };
            self.take_order(order);
        }
    }

    fn take_order(&mut self, order: Order) {
        match order {
            Order::Open { call, spec, function, name, to } => {
                let announce = spec.timeout.is_some() || self.recorder.is_watched();
                let timed = announce || self.recorder.is_detailed();
                let how = How { announce, timed, lone: false };
                let arguments = Arguments::default();
                self.calls.insert(call, Box::new(Call { function, how, arguments, to }));
                self.recorder.record_call(self.now, call, name);
                self.step(Input::Open { call, spec });
                // A call that came too late is over at once, and what follows of it was never submitted.
                self.carry_out_commands();
            }
            Order::Append { call, batch } => self.append(call, batch),
            Order::Refuse { call, kind } => {
                if let Some(record) = self.calls.get_mut(&call) {
                    record.arguments.skip();
                    self.record(EventKind::TasksSubmitted { call, count: 1, bytes: 0 });
                    self.step(Input::Refuse { call, kind });
                }
            }
            Order::Seal { call } => self.step(Input::Seal { call }),
            Order::Cancel { call, running } => self.step(Input::Cancel { call, running }),
            Order::Close => {
                self.record(EventKind::PoolClosed);
                self.end_calls(Input::Close);
            }
            Order::Drain => {
                self.record(EventKind::PoolClosed);
                self.end_calls(Input::Drain);
            }
            Order::Terminate => self.end_calls(Input::Terminate),
        }
    }

    /// By this, calls end that their callers have not sealed. What comes for them now was never submitted.
    fn end_calls(&mut self, input: Input<Reply>) {
        self.step(input);
        self.carry_out_commands();
    }

    fn append(&mut self, call: CallId, batch: Arc<Batch>) {
        let Some(record) = self.calls.get_mut(&call) else { return };
        let (count, bytes) = (batch.len() as u64, batch.size() as u64);
        record.arguments.add(batch);
        self.record(EventKind::TasksSubmitted { call, count, bytes });
        self.step(Input::Append { call, count });
    }
}
