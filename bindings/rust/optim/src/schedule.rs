//! Factors that change with time.

use std::fmt;
use std::ptr::{self, NonNull};

use optim_sys as sys;

use crate::error::check;
use crate::text::to_c;
use crate::{Rejected, Result};

/// A factor that changes with time, for a hyperparameter: see [`crate::Optimizer::attach`].
///
/// ```
/// # fn main() -> optim::Result<()> {
/// let schedule = optim::Schedule::new("cosine")?.with("steps", 900.0)?.wrap("warmup")?.with("steps", 100.0)?;
/// assert!(schedule.factor(0)? < schedule.factor(50)?);
/// # Ok(())
/// # }
/// ```
pub struct Schedule {
    handle: NonNull<sys::optim_schedule>,
}

// SAFETY: it belongs to one thread at a time, whichever; that it is not Sync keeps it so.
unsafe impl Send for Schedule {}

impl Schedule {
    /// Create a schedule: "cosine", "exponential", ..., a kind that does not wrap.
    pub fn new(kind: &str) -> Result<Schedule> {
        let (kind, mut handle) = (to_c(kind)?, ptr::null_mut());
        // SAFETY: both arguments are valid.
        check(unsafe { sys::optim_schedule_create(&mut handle, kind.as_ptr()) }, ptr::null())?;
        Ok(Schedule::from_handle(handle))
    }

    /// Put a schedule such as "warmup" around this one: its factor is the product of both.
    pub fn wrap(self, kind: &str) -> std::result::Result<Schedule, Rejected<Schedule>> {
        let mut handle = ptr::null_mut();
        // SAFETY: the handle is alive; the new one owns it if there is one.
        let wrapped = to_c(kind).and_then(|kind| {
            check(unsafe { sys::optim_schedule_wrap(&mut handle, kind.as_ptr(), self.as_ptr()) }, ptr::null())
        });
        match wrapped {
            Ok(()) => {
                self.release();
                Ok(Schedule::from_handle(handle))
            }
            Err(error) => Err(Rejected::new(error, self)),
        }
    }

    /// Set a parameter; one that this schedule does not have goes to the one it wraps.
    pub fn set(&mut self, name: &str, value: f64) -> Result<&mut Self> {
        let name = to_c(name)?;
        // SAFETY: the handle is alive.
        check(unsafe { sys::optim_schedule_set(self.as_ptr(), name.as_ptr(), value) }, ptr::null())?;
        Ok(self)
    }

    /// [`Schedule::set`] for a schedule that is being made.
    pub fn with(mut self, name: &str, value: f64) -> Result<Schedule> {
        self.set(name, value)?;
        Ok(self)
    }

    /// A parameter; `None`: it must be set and is not yet.
    pub fn get(&self, name: &str) -> Result<Option<f64>> {
        let (name, mut value) = (to_c(name)?, 0.0);
        // SAFETY: the handle is alive.
        check(unsafe { sys::optim_schedule_get(self.as_ptr(), name.as_ptr(), &mut value) }, ptr::null())?;
        Ok(Some(value).filter(|value| !value.is_nan()))
    }

    /// Add a point to a "piecewise" one: from t = `at` on its factor is `factor`.
    pub fn point(&mut self, at: f64, factor: f64) -> Result<&mut Self> {
        // SAFETY: the handle is alive.
        check(unsafe { sys::optim_schedule_point(self.as_ptr(), at, factor) }, ptr::null())?;
        Ok(self)
    }

    /// Its factor when `t` steps have been taken, or epochs ended.
    pub fn factor(&self, t: u64) -> Result<f64> {
        let mut factor = 0.0;
        // SAFETY: the handle is alive.
        check(unsafe { sys::optim_schedule_factor(self.as_ptr(), t, &mut factor) }, ptr::null())?;
        Ok(factor)
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::optim_schedule {
        self.handle.as_ptr()
    }

    /// The library owns it from now on.
    pub(crate) fn release(self) {
        std::mem::forget(self);
    }

    fn from_handle(handle: *mut sys::optim_schedule) -> Schedule {
        Schedule { handle: NonNull::new(handle).expect("the library succeeded without a schedule") }
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle.
        unsafe { sys::optim_schedule_destroy(self.as_ptr()) }
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule").finish_non_exhaustive()
    }
}
