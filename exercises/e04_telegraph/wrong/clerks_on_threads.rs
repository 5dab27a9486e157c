//! Three threads hire a clerk for every match: a pool by hand, of processes that live for one match.
//! Caught by: hired-anew

use exercises::season::{Analysis, Wire, publish};
use std::collections::BTreeMap;
use std::error::Error;

pub fn evening_edition(wire: Wire, columns: usize) -> Result<(), Box<dyn Error>> {
    use exercises::season::{hire, read_analysis};
    use std::sync::{Mutex, mpsc};
    let mut wire = wire;
    let (job_s, job_r) = mpsc::channel::<(usize, u32)>();
    let job_r = Mutex::new(job_r);
    let (res_s, res_r) = mpsc::channel::<(usize, Analysis)>();
    std::thread::scope(|s| {
        for _ in 0..3 {
            let (job_r, res_s) = (&job_r, res_s.clone());
            s.spawn(move || {
                loop {
                    let job = job_r.lock().unwrap().recv();
                    let Ok((i, id)) = job else { return };
                    let out = hire(id).unwrap().wait_with_output().unwrap();
                    let _ = res_s.send((i, read_analysis(&out.stdout).unwrap()));
                }
            });
        }
        let (mut read, mut printed, mut ready) = (0, 0, BTreeMap::new());
        while printed < columns {
            while read < columns && read - printed < 6 {
                let Some(id) = wire.next() else { break };
                job_s.send((read, id)).unwrap();
                read += 1;
            }
            let (i, a) = res_r.recv().unwrap();
            ready.insert(i, a);
            while let Some(a) = ready.remove(&printed) {
                publish(&a).unwrap();
                printed += 1;
            }
        }
        drop(job_s);
    });
    Ok(())
}
