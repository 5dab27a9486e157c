//! Faults of a worker that has a blob, or has made one.
//!
//! Must not test what any task would show as well: see `working`.

use super::pool;
use super::snapshot::leaves_nothing;
use crate::fault::{Deed, Plan, Point};
use crate::{Blob, Pool, StartMethod};

const POINTS: [Point; 5] =
    [Point::Received, Point::Claimed, Point::Started, Point::Sent, Point::Released];
/// The frame of a result of one blob, in bytes.
const FRAME: usize = 32 + 1;

/// Whatever is lost on the way is sent again, to another worker, and nothing that belongs to one task comes to another.
fn pass(pool: &Pool, what: &str) {
    let blobs = (0..12_u8).map(|n| Blob::copy_of(&[n; 3]).unwrap());
    let back = |blob: Blob| (blob[0], Blob::copy_of(&[blob[1] + 1]).unwrap());
    let results: Vec<_> = pool.call().retries(2).chunk_size(3).imap(back, blobs).collect();
    for (n, result) in (0..).zip(&results) {
        let (first, made) = result.as_ref().unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((*first, made[0]), (n, n + 1), "{what}");
    }
}

fn at_every_point(method: StartMethod, plan: &Plan, sockets: bool, deed: impl Fn() -> Deed) {
    let pool = |processes| {
        let builder = Pool::builder().start_method(method).processes(processes);
        builder.over_sockets(sockets).build().unwrap()
    };
    for point in POINTS {
        leaves_nothing(|| {
            let pool = pool(2);
            plan.once(point, deed());
            pass(&pool, &format!("{:?} at {point:?}", deed()));
            assert_eq!(plan.struck().len(), 1);
        });
    }
    leaves_nothing(|| {
        let pool = pool(2);
        for cut in 0..=FRAME {
            plan.in_result(cut, deed());
            pass(&pool, &format!("{:?} after {cut} bytes of a result", deed()));
            assert_eq!(plan.struck().len(), 1);
        }
    });
}

planned! {
    fn a_blob_survives_whoever_dies_with_it(method, plan) {
        at_every_point(method, plan, false, || Deed::Die);
        at_every_point(method, plan, true, || Deed::Die);
    }
}

planned! {
    fn a_blob_survives_who_hangs_up(method, plan) {
        at_every_point(method, plan, false, || Deed::HangUp);
    }
}

planned! {
    /// A worker that tells of descriptors and sends none is condemned, and its task is tried again.
    fn descriptors_that_were_never_sent(method, plan) {
        leaves_nothing(|| {
            let pool = pool(method, 2);
            let frame = crate::wire::Ended::header(1, crate::task::Verdict::Returned, None, 1, 1);
            let bytes = [&frame[..], &[0]].concat();
            plan.once(Point::Started, Deed::Babble(bytes));
            pass(&pool, "descriptors that never came");
            assert_eq!(plan.struck().len(), 1);
        });
    }
}
