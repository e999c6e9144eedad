//! Steps on the application's own threads.

use std::any::Any;
use std::fmt;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use optim_sys as sys;

/// As many threads, and so pieces, as a step of this version of the library can have.
const MOST: usize = 1024;

/// The pieces of a step, for an executor to run on any threads: see [`crate::Optimizer::set_executor`].
pub struct Pieces<'p> {
    task: sys::optim_task,
    job: *mut c_void,
    begun: &'p [AtomicBool],
}

// SAFETY: the library lets the pieces of a job run on any threads at once.
unsafe impl Sync for Pieces<'_> {}
unsafe impl Send for Pieces<'_> {}

impl Pieces<'_> {
    /// How many there are: at least 1, at most what was given to [`crate::Optimizer::set_threads`].
    #[allow(clippy::len_without_is_empty)] // it never is
    pub fn len(&self) -> usize {
        self.begun.len()
    }

    /// Run one of them, on this thread; one that has been begun already is not run again.
    ///
    /// # Panics
    ///
    /// If there is no such piece.
    pub fn run(&self, index: usize) {
        if !self.begun[index].swap(true, Ordering::Relaxed) {
            // SAFETY: the job lasts as long as these pieces do, and each of them is begun once.
            unsafe { (self.task)(self.job, index) }
        }
    }
}

impl fmt::Debug for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// What the library has the address of.
pub(crate) struct Executor<'a> {
    run: Box<dyn FnMut(&Pieces<'_>) + Send + 'a>,
    begun: Box<[AtomicBool]>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a> Executor<'a> {
    pub(crate) fn new(run: impl FnMut(&Pieces<'_>) + Send + 'a) -> Executor<'a> {
        let begun = (0..MOST).map(|_| AtomicBool::new(false)).collect();
        Executor { run: Box::new(run), begun, panic: None }
    }

    /// What the executor panicked with in the last step.
    pub(crate) fn take_panic(&mut self) -> Option<Box<dyn Any + Send>> {
        self.panic.take()
    }

    /// The library's callback. A panic must not cross it, and all pieces must have run when it returns.
    pub(crate) unsafe extern "C" fn call(context: *mut c_void, count: usize, task: sys::optim_task, job: *mut c_void) {
        let executor = &mut *(context as *mut Executor<'a>);
        let begun = &executor.begun[..count.min(MOST)];
        begun.iter().for_each(|flag| flag.store(false, Ordering::Relaxed));
        let pieces = Pieces { task, job, begun };
        let run = &mut executor.run;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(&pieces))) {
            executor.panic = Some(panic);
        }
        (0..pieces.len()).for_each(|index| pieces.run(index));
        (MOST..count).for_each(|index| task(job, index));
    }
}
