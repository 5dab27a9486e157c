//! Events as a document of Chrome's trace event format.
//!
//! Must not know where the events come from or where the document goes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::event::{Event, EventKind};
use crate::ids::CallId;

/// Chrome's format wants a process id; the pool is the only process that it shows.
const POOL: u32 = 1;

#[derive(Serialize)]
pub(super) struct Document {
    #[serde(rename = "traceEvents")]
    events: Vec<Value>,
    #[serde(rename = "displayTimeUnit")]
    unit: &'static str,
}

pub(super) fn document(events: &[Event]) -> Document {
    let mut functions: BTreeMap<CallId, &str> = BTreeMap::new();
    let mut out = Vec::new();
    for event in events {
        match &event.kind {
            EventKind::PoolBuilt { processes, name } => {
                let name = if name.is_empty() { "pool" } else { name };
                out.push(metadata("process_name", 0, name));
                for slot in 0..*processes {
                    out.push(metadata("thread_name", slot, &format!("worker {slot}")));
                }
            }
            EventKind::CallOpened { call, function } => {
                functions.insert(*call, function);
            }
            EventKind::TaskEnded { task, worker, ending, took, bytes } => {
                let start = event.at.saturating_sub(*took);
                out.push(json!({
                    "ph": "X", "pid": POOL, "tid": worker.slot,
                    "name": functions.get(&task.call).copied().unwrap_or("task"),
                    "ts": micros(start), "dur": micros(*took),
                    "args": { "call": task.call.0, "index": task.index, "ending": ending,
                              "generation": worker.generation, "bytes": bytes },
                }));
            }
            EventKind::WorkerStarted { worker, pid } => {
                out.push(instant(event.at, worker.slot, "worker started", json!({ "pid": pid })));
            }
            EventKind::WorkerEnded { worker, exit, .. } => {
                let args = json!({ "exit": exit.to_string() });
                out.push(instant(event.at, worker.slot, "worker ended", args));
            }
            _ => {}
        }
    }
    Document { events: out, unit: "ms" }
}

fn metadata(what: &str, thread: u32, name: &str) -> Value {
    json!({ "ph": "M", "pid": POOL, "tid": thread, "name": what, "args": { "name": name } })
}

fn instant(at: Duration, thread: u32, name: &str, args: Value) -> Value {
    json!({ "ph": "i", "s": "t", "pid": POOL, "tid": thread, "name": name, "ts": micros(at), "args": args })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
