//! What a caller holds while tasks run: handles to wait on, and iterators that deliver.
//!
//! Must not know how tasks are scheduled. User code (sources, encoding, decoding) runs here, on the caller's own thread.

mod feeder;
mod cursor;
mod heard;
mod imap;
mod map_handle;
mod results;
mod task_handle;
mod window;

pub(crate) use feeder::Feeder;
pub use imap::{Imap, ImapUnordered};
pub use map_handle::MapHandle;
pub(crate) use results::{Ahead, run_all};
pub use task_handle::TaskHandle;
pub(crate) use task_handle::only;
pub(crate) use window::Window;
