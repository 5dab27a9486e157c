//! Tickets and the claim, as both sides see them. What a worker says is tested with the ledger.
//!
//! Must not start a process.

use std::sync::Arc;

use super::*;
use crate::ids::{CallId, WorkerId};
use crate::task::{Batch, Payload};
use crate::wire::How;

fn welcome() -> Welcome {
    Welcome {
        worker: WorkerId { slot: 0, generation: 0 },
        name: String::new(),
        initializer: None,
        core: None,
        limits: Vec::new(),
        capture: None,
        drained: false,
        memory: None,
        rings: true,
    }
}

/// Tickets wrap around, and only such can be compared as are not too far from each other.
#[test]
fn a_worker_from_which_nothing_is_taken_back_goes_on_for_ever() {
    let (mut port, _theirs) = Port::open(welcome(), false, Duration::ZERO).unwrap();
    let mut batch = Batch::default();
    batch.push(&mut 7).unwrap();
    let batch = Arc::new(batch);
    for index in 0..5000 {
        // As if so many tasks more had been sent, and had ended.
        port.ledger.leap(1 << 20);
        let task = TaskId { call: CallId(0), index };
        let function = Function { offset: 0, check: 0 };
        let (arguments, how) = (Payload::of(&batch, 0..1), How::default());
        let ticket = port.ledger.next_ticket();
        port.send(vec![Assignment { task, function, arguments, how }]);
        let claim = Claim::new(port.shared.claim());
        assert_eq!(claim.take(ticket), Ok(()), "after {index} << 20 tasks");
    }
}
