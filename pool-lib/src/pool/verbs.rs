//! The verbs of a pool with its default settings.
//!
//! Must not do anything of their own: each is a [`Call`](super::Call) without further settings.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Pool;
use crate::error::TaskError;
use crate::handle::{Imap, ImapUnordered, MapHandle, TaskHandle};
use crate::task::StarFn;

impl Pool {
    /// Runs `f` on one argument in a worker and waits for the result.
    ///
    /// ```
    /// let pool = pool_lib::Pool::builder().processes(1).build()?;
    /// let pid = pool.apply(|()| std::process::id(), ())?;
    /// assert_ne!(pid, std::process::id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever kept the task from having a result.
    pub fn apply<F, A, R>(&self, f: F, argument: A) -> Result<R, TaskError>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.call().apply(f, argument)
    }

    /// Runs `f` on each item and waits for all results, in the order of the items.
    ///
    /// ```
    /// let pool = pool_lib::Pool::builder().processes(2).build()?;
    /// assert_eq!(pool.map(|n: u64| n * n, 1..=4)?, [1, 4, 9, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the lowest index, if any task has none. All tasks run all the same, unless
    /// the call says [`fail_fast`](crate::Call::fail_fast).
    ///
    /// # Panics
    ///
    /// If the iterator does; what was submitted is then called off.
    pub fn map<F, A, R, I>(&self, f: F, items: I) -> Result<Vec<R>, TaskError>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = A>,
    {
        self.call().map(f, items)
    }

    /// Runs `f` on the fields of each tuple, as so many arguments (one to twelve), and waits for all
    /// results, in the order of the tuples.
    ///
    /// ```
    /// let pool = pool_lib::Pool::builder().processes(2).build()?;
    /// let powers = pool.starmap(|base: u64, exponent: u32| base.pow(exponent), [(2, 10), (3, 4)])?;
    /// assert_eq!(powers, [1024, 81]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the lowest index, if any task has none.
    ///
    /// # Panics
    ///
    /// If the iterator does; what was submitted is then called off.
    pub fn starmap<F, Args, I>(&self, f: F, tuples: I) -> Result<Vec<F::Output>, TaskError>
    where
        F: StarFn<Args>,
        F::Output: Serialize + DeserializeOwned + 'static,
        Args: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = Args>,
    {
        self.call().starmap(f, tuples)
    }

    /// Runs `f` on each item and returns an iterator over the results, in the order of the items,
    /// each as soon as it is there. Pulls the source only a little ahead; it may be infinite.
    /// Nothing runs before the first `next`. See [`Imap`].
    pub fn imap<F, A, R, I>(&self, f: F, items: I) -> Imap<I::IntoIter, R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = A>,
    {
        self.call().imap(f, items)
    }

    /// As [`imap`](Self::imap), with results in the order in which they come about. See
    /// [`ImapUnordered`].
    pub fn imap_unordered<F, A, R, I>(&self, f: F, items: I) -> ImapUnordered<I::IntoIter, R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = A>,
    {
        self.call().imap_unordered(f, items)
    }

    /// Submits one task and returns at once. See [`TaskHandle`].
    pub fn apply_async<F, A, R>(&self, f: F, argument: A) -> TaskHandle<R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.call().apply_async(f, argument)
    }

    /// Submits a task for each item and returns as soon as the items are read. See [`MapHandle`].
    ///
    /// # Panics
    ///
    /// If the iterator does; what was submitted is then called off.
    pub fn map_async<F, A, R, I>(&self, f: F, items: I) -> MapHandle<R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = A>,
    {
        self.call().map_async(f, items)
    }

    /// Submits a task for each tuple, as [`starmap`](Self::starmap) does, and returns as soon as
    /// the tuples are read. See [`MapHandle`].
    ///
    /// # Panics
    ///
    /// If the iterator does; what was submitted is then called off.
    pub fn starmap_async<F, Args, I>(&self, f: F, tuples: I) -> MapHandle<F::Output>
    where
        F: StarFn<Args>,
        F::Output: Serialize + DeserializeOwned + 'static,
        Args: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = Args>,
    {
        self.call().starmap_async(f, tuples)
    }
}
