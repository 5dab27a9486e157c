//! Values that are handed over instead of being copied.
//!
//! Must not measure how fast that is, nor what it leaves behind in a process: benchmarks and `leftovers` do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use pool_lib::{Blob, BlobMut, Pool, Resource, Shared, StartMethod, TaskErrorKind};
use serde::{Deserialize, Deserializer, Serialize};

use crate::pool;

/// Pools over rings and over sockets.
fn pools(method: StartMethod, processes: usize) -> impl Iterator<Item = Pool> {
    [false, true].into_iter().map(move |sockets| {
        let builder = Pool::builder().start_method(method).processes(processes);
        builder.over_sockets(sockets).build().unwrap()
    })
}

/// Which pages of which file lie in this process at a place: the kernel's own words. Equal ones of two processes are the same
/// memory, because the mapping is shared.
fn pages(bytes: &[u8]) -> String {
    let place = bytes.as_ptr() as usize;
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| {
        let (range, _) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let number = |text| usize::from_str_radix(text, 16).unwrap();
        (number(start)..number(end)).contains(&place)
    });
    let words: Vec<_> = line.unwrap().split_whitespace().take(5).skip(1).collect();
    assert!(words[0] == "r--s" && words[3] != "0", "{line:?}");
    words.join(" ")
}

#[derive(Serialize, Deserialize)]
struct Season {
    name: String,
    games: Vec<Option<Blob>>,
}

both_ways! {
    fn blob_not_copied(method) {
        for pool in pools(method, 2) {
            let blob = Blob::copy_of(&vec![7_u8; 3 << 20]).unwrap();
            let there = |blob: Blob| (process::id(), pages(&blob), blob.iter().all(|byte| *byte == 7));
            let (pid, seen, right) = pool.apply(there, blob.clone()).unwrap();
            assert!(pid != process::id() && right);
            assert_eq!(seen, pages(&blob));
            // Back: made by a worker, and the worker's own argument.
            let back = |blob: Blob| {
                let mut made = BlobMut::zeroed(1 << 20).unwrap();
                made.numbers_mut::<u64>()[1 << 10] = 9;
                let made = made.freeze().unwrap();
                (pages(&made), made, blob)
            };
            let (seen, made, same) = pool.apply(back, blob.clone()).unwrap();
            assert_eq!((seen, made.numbers::<u64>()[1 << 10]), (pages(&made), 9));
            assert_eq!(pages(&same), pages(&blob));
        }
    }
}

both_ways! {
    fn a_blob_goes_inside_of_anything_any_number_of_times(method) {
        for pool in pools(method, 2) {
            let [one, two] = [b"opening", b"endgame"].map(|text| Blob::copy_of(text).unwrap());
            let games = vec![Some(one.clone()), None, Some(two), Some(one)];
            let season = Season { name: "1972".to_owned(), games };
            let swap = |mut season: Season, by: usize| {
                season.games.rotate_left(by);
                // What was one is one still, and takes one descriptor.
                let distinct: BTreeSet<_> = season.games.iter().flatten().map(|game| pages(game)).collect();
                (season, distinct.len())
            };
            let seasons = pool.starmap(swap, [(season, 1)]).unwrap();
            let [(season, distinct)] = &seasons[..] else { panic!("one season") };
            assert_eq!((&season.name[..], *distinct), ("1972", 2));
            let text = |game: &Option<Blob>| game.as_ref().map(|game| game.to_vec());
            let games: Vec<_> = season.games.iter().map(text).collect();
            let [one, two] = [b"opening", b"endgame"].map(|text| Some(text.to_vec()));
            assert_eq!(games, [None, two, one.clone(), one]);
            // Among tasks that have none, in chunks and in order.
            let mark = Blob::copy_of(&[5_u8]).unwrap();
            let items = (0..500_u32).map(|n| (n, (n % 7 == 3).then(|| mark.clone())));
            let add = |(n, mark): (u32, Option<Blob>)| (n + mark.as_ref().map_or(0, |mark| u32::from(mark[0])), mark);
            for (n, (sum, mark)) in (0..).zip(pool.map(add, items).unwrap()) {
                assert_eq!((sum, mark.is_some()), (if n % 7 == 3 { n + 5 } else { n }, n % 7 == 3));
            }
        }
    }
}

static KEPT: Mutex<Option<Blob>> = Mutex::new(None);

both_ways! {
    /// Whoever looks at it has it: a worker whose caller has let go, and a caller whose worker is dead.
    fn a_blob_lives_as_long_as_somebody_looks(method) {
        for pool in pools(method, 1) {
            let keep = |blob: Blob| *KEPT.lock().unwrap() = Some(blob);
            pool.apply(keep, Blob::copy_of(&[1_u32, 2, 3]).unwrap()).unwrap();
            let recall = |()| KEPT.lock().unwrap().take();
            let blob = pool.apply(recall, ()).unwrap().unwrap();
            drop(pool);
            assert_eq!(blob.numbers::<u32>(), [1, 2, 3]);
        }
        // And a handle keeps what has not been waited for.
        let pool = pool(method, 1);
        let handle = pool.apply_async(|blob: Blob| blob, Blob::copy_of(b"late").unwrap());
        assert_eq!(pool.apply(|n: u8| n, 3), Ok(3));
        pool.close();
        pool.join();
        assert_eq!(&handle.wait().unwrap()[..], b"late");
    }
}

both_ways! {
    fn a_blob_that_dies_with_its_worker_is_sent_again(method) {
        for pool in pools(method, 2) {
            let blob = Blob::copy_of(&[0_u8; 4096]).unwrap();
            let die_once = |(blob, folder): (Blob, String)| {
                if fs::create_dir(folder).is_ok() {
                    process::abort();
                }
                blob.len()
            };
            let folder = std::env::temp_dir().join(format!("pool-lib-blob-{}-{method:?}-{:?}", process::id(), pool.processes()));
            let _ = fs::remove_dir(&folder);
            let argument = (blob, folder.to_str().unwrap().to_owned());
            assert_eq!(pool.call().retries(1).apply(die_once, argument), Ok(4096));
            fs::remove_dir(folder).unwrap();
        }
    }
}

both_ways! {
    fn too_many_blobs_fail_one_task(method) {
        let pool = pool(method, 1);
        let count = |blobs: Vec<Blob>| blobs.iter().map(|blob| usize::from(blob[0])).sum::<usize>();
        let blobs: Vec<_> = (0..254).map(|_| Blob::copy_of(&[1_u8]).unwrap()).collect();
        assert_eq!(pool.apply(count, blobs[..253].to_vec()), Ok(253));
        let error = pool.apply(count, blobs.clone()).unwrap_err();
        assert!(error.to_string().contains("more than 253 blobs"), "{error}");
        assert!(matches!(error.kind(), TaskErrorKind::Encode(_)));
        let result = |n: usize| (0..n).map(|_| Blob::copy_of(&[2_u8]).unwrap()).collect::<Vec<_>>();
        let error = pool.apply(result, 254).map(|blobs| blobs.len()).unwrap_err();
        assert!(error.to_string().contains("more than 253 blobs"), "{error}");
        assert_eq!(pool.apply(count, blobs[..2].to_vec()), Ok(2));
    }
}

both_ways! {
    /// What has no room in a process fails its own task; what comes behind it is not mixed up with it.
    fn no_descriptor_left_fails_one_task(method) {
        let builder = Pool::builder().start_method(method).processes(1);
        let pool = builder.limit(Resource::OpenFiles, 20).build().unwrap();
        let sum = |blobs: Vec<Blob>| blobs.iter().map(|blob| u32::from(blob[0])).sum::<u32>();
        let blobs: Vec<_> = (0..40).map(|n| Blob::copy_of(&[n as u8]).unwrap()).collect();
        let few = |n: usize| blobs[n..n + 3].to_vec();
        let results: Vec<_> = pool.imap(sum, [few(0), blobs.clone(), few(10), blobs.clone(), few(30)]).collect();
        for (result, right) in results.iter().zip([Some(3), None, Some(33), None, Some(93)]) {
            match right {
                Some(right) => assert_eq!(result, &Ok(right)),
                None => {
                    let error = result.as_ref().unwrap_err();
                    assert!(error.to_string().contains("no descriptor left"), "{error}");
                }
            }
        }
    }
}

/// Counts how often it was decoded in this process.
#[derive(Serialize, Clone)]
struct Openings(Vec<String>);

static DECODED: AtomicU32 = AtomicU32::new(0);

impl<'de> Deserialize<'de> for Openings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        DECODED.fetch_add(1, Ordering::Relaxed);
        Vec::deserialize(from).map(Self)
    }
}

both_ways! {
    fn shared_sent_once_per_worker(method) {
        for pool in pools(method, 3) {
            let openings = Shared::new(Openings(vec!["Sicilian".into(), "Dutch".into()])).unwrap();
            let look = |openings: Shared<Openings>, place: usize| {
                let decoded = DECODED.load(Ordering::Relaxed);
                (process::id(), openings.0[place].clone(), decoded, &raw const openings.0 as usize)
            };
            let tasks = (0..600).map(|n| (openings.clone(), n % 2));
            let mut places = BTreeMap::new();
            for (n, (pid, name, decoded, place)) in pool.starmap(look, tasks).unwrap().into_iter().enumerate() {
                assert_eq!((&name, decoded), (&openings.0[n % 2], 1));
                // Always the same value, not only an equal one.
                assert_eq!(*places.entry(pid).or_insert(place), place);
            }
            assert!(places.len() <= 3 && !places.contains_key(&process::id()));
            // A new worker gets it as well.
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pool.worker_pids()[0] as i32), nix::sys::signal::Signal::SIGKILL).unwrap();
            let again = pool.starmap(look, (0..100).map(|_| (openings.clone(), 1))).unwrap();
            assert!(again.iter().all(|(_, name, decoded, _)| (&name[..], *decoded) == ("Dutch", 1)));
        }
    }
}

both_ways! {
    fn what_cannot_be_decoded_fails_each_of_its_tasks(method) {
        #[derive(Serialize)]
        struct Torn(u8);
        impl<'de> Deserialize<'de> for Torn {
            fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                Err(serde::de::Error::custom("torn"))
            }
        }
        let pool = pool(method, 1);
        let torn = Shared::new(Torn(1)).unwrap();
        for result in pool.imap(|torn: Shared<Torn>| torn.0, [torn.clone(), torn]) {
            assert!(matches!(result.unwrap_err().kind(), TaskErrorKind::Decode(_)));
        }
        assert_eq!(pool.apply(|n: u8| n, 1), Ok(1));
    }
}
