//! What a fork server answers, or anything that its process writes instead: `preload` is the user's code.
//!
//! Must not be compiled into a program.

use std::fs::File;

use super::*;
use crate::sys::open_pidfd;
use crate::wire::probe::Script;

/// Any packets are taken, and of each worker that was asked for at most one thing is told, of others nothing.
pub(crate) fn server(bytes: &[u8]) {
    let mut script = Script(bytes);
    let (control, theirs) = packet_pair().expect("two descriptors");
    let process =
        Process { pidfd: Arc::new(open_pidfd(std::process::id()).expect("a descriptor")) };
    let asked = usize::from(script.byte() % 6);
    let mut untold: BTreeSet<_> =
        (0..asked as u32).map(|slot| WorkerId { slot, generation: 0 }).collect();
    let pending = untold.clone();
    let control = Arc::new(control);
    let (stage, heard, unsent) = (Stage::Preloading, Duration::ZERO, VecDeque::new());
    let room = vec![0; PACKET];
    let mut running = Running { process, control, stage, heard, pending, unsent, packet: room };
    let beside = File::open("/dev/null").expect("the null device");
    let mut open = true;
    while open && !script.is_empty() {
        let packet = packet(&mut script);
        // A process that comes without a descriptor is killed by its number: nothing to try at random.
        let forked = matches!(codec::decode(&packet), Ok(ServerReply::Forked(..)));
        let beside = if forked { &[beside.as_fd()][..] } else { &[] };
        // Fails when the socket is full, and nothing is lost by that.
        let _ = send_with_descriptors(theirs.as_fd(), &packet, beside);
        if script.byte() % 2 == 0 {
            open = listen(&mut running, &mut untold);
        }
    }
    drop(theirs);
    assert!(!open || !listen(&mut running, &mut untold), "it is gone");
}

fn listen(running: &mut Running, untold: &mut BTreeSet<WorkerId>) -> bool {
    let mut news = Vec::new();
    let open = running.read(Duration::ZERO, &mut news);
    for told in news {
        let (News::Launched(worker, _) | News::Failed(worker, _) | News::Lost(worker, _)) = told;
        assert!(untold.remove(&worker), "of {worker} nothing was to be told");
    }
    assert_eq!(&running.pending, &*untold);
    open
}

/// An answer such as a server gives, or anything.
fn packet(script: &mut Script<'_>) -> Vec<u8> {
    let kind = script.byte();
    let number = u32::from(script.byte());
    let worker = WorkerId { slot: number % 8, generation: number / 128 };
    let reply = match kind % 4 {
        0 => ServerReply::Forked(worker, number),
        1 if kind > 250 => ServerReply::Serving,
        1 => ServerReply::Refused(worker, "no".to_owned()),
        2 if kind > 200 => {
            ServerReply::Broken(crate::error::RemotePanic::new(String::new(), None, String::new()))
        }
        _ => {
            let len = usize::from(script.byte());
            return script.bytes(len);
        }
    };
    let mut packet = Vec::new();
    codec::encode(&reply, &mut packet).expect("an answer is plain data");
    packet
}
