//! What there is: algorithms, kinds of schedules and their parameters, as the library tells them.
//!
//! What makes its calls safe: any number and any text that ends may be asked about, and the texts it answers with stay
//! as long as it is loaded.

use std::iter;
use std::os::raw::{c_char, c_int};
use std::ptr;

use optim_sys as sys;

use crate::text::{from_c, to_c};

/// A hyperparameter of an algorithm, or a parameter of a schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// What [`crate::Optimizer::set`] or [`crate::Schedule::set`] calls it.
    pub name: &'static str,
    /// Its value if it is not set; `None`: it must be.
    pub initial: Option<f64>,
    /// The smallest value allowed.
    pub min: f64,
    /// The largest value allowed; infinity: any finite one.
    pub max: f64,
    /// What it is, in a line.
    pub help: &'static str,
}

/// An algorithm: see [`algorithms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// What [`crate::Optimizer::new`] or [`crate::Optimizer::wrap`] calls it.
    pub name: &'static str,
    /// What it does and where it is from, in a line.
    pub summary: &'static str,
    /// Whether it is for [`crate::Optimizer::wrap`].
    pub wraps: bool,
}

/// A kind of schedule: see [`schedules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleKind {
    /// What [`crate::Schedule::new`] or [`crate::Schedule::wrap`] calls it.
    pub name: &'static str,
    /// What it does and where it is from, in a line.
    pub summary: &'static str,
    /// Whether it is for [`crate::Schedule::wrap`].
    pub wraps: bool,
}

/// All algorithms, wrappers included, in a fixed order.
///
/// ```
/// for algorithm in optim::algorithms().filter(|algorithm| !algorithm.wraps) {
///     println!("{}: {}", algorithm.name, algorithm.summary);
///     for parameter in algorithm.parameters() {
///         println!("    {} in [{}, {}]: {}", parameter.name, parameter.min, parameter.max, parameter.help);
///     }
/// }
/// ```
pub fn algorithms() -> impl Iterator<Item = Algorithm> {
    names(|i| unsafe { sys::optim_algorithm_name(i) }).map(|name| Algorithm {
        name,
        summary: with_c(name, |c| unsafe { from_c(sys::optim_algorithm_summary(c)) }),
        wraps: with_c(name, |c| unsafe { sys::optim_algorithm_wraps(c) }) == 1,
    })
}

/// All kinds of schedules, those that wrap included, in a fixed order.
pub fn schedules() -> impl Iterator<Item = ScheduleKind> {
    names(|i| unsafe { sys::optim_schedule_name(i) }).map(|name| ScheduleKind {
        name,
        summary: with_c(name, |c| unsafe { from_c(sys::optim_schedule_summary(c)) }),
        wraps: with_c(name, |c| unsafe { sys::optim_schedule_wraps(c) }) == 1,
    })
}

/// The version of the library that runs.
pub fn version() -> &'static str {
    unsafe { from_c(sys::optim_version()) }
}

impl Algorithm {
    /// Its hyperparameters.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter> {
        parameters(self.name, with_c(self.name, |c| unsafe { sys::optim_param_count(c) }), sys::optim_param_info)
    }

    /// The names of the state it can have, for [`crate::Optimizer::state`].
    pub fn slots(&self) -> impl Iterator<Item = &'static str> {
        let name = self.name;
        names(move |i| with_c(name, |c| unsafe { sys::optim_slot_name(c, i) }))
    }
}

impl ScheduleKind {
    /// Its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter> {
        let count = with_c(self.name, |c| unsafe { sys::optim_schedule_param_count(c) });
        parameters(self.name, count, sys::optim_schedule_param_info)
    }
}

type Info = unsafe extern "C" fn(
    *const c_char,
    usize,
    *mut *const c_char,
    *mut f64,
    *mut f64,
    *mut f64,
    *mut *const c_char,
) -> c_int;

fn parameters(of: &'static str, count: usize, info: Info) -> impl Iterator<Item = Parameter> {
    (0..count).map(move |i| {
        let (mut name, mut help) = (ptr::null(), ptr::null());
        let (mut initial, mut min, mut max) = (0.0, 0.0, 0.0);
        with_c(of, |c| unsafe { info(c, i, &mut name, &mut initial, &mut min, &mut max, &mut help) });
        let (name, help) = unsafe { (from_c(name), from_c(help)) };
        Parameter { name, initial: Some(initial).filter(|value| !value.is_nan()), min, max, help }
    })
}

/// What `name` says of 0, 1, ..., until it is null.
fn names(name: impl Fn(usize) -> *const c_char) -> impl Iterator<Item = &'static str> {
    let mut i = 0;
    iter::from_fn(move || {
        let found = name(i);
        i += 1;
        (!found.is_null()).then(|| unsafe { from_c(found) })
    })
}

/// Ask about a name of the library's own.
fn with_c<T>(name: &str, ask: impl FnOnce(*const c_char) -> T) -> T {
    let name = to_c(name).expect("names of the library have no zero byte");
    ask(name.as_ptr())
}
