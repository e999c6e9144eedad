//! Raw declarations of liboptim, as `optim/optim.h` has them; that header says what each function does. The crate
//! `optim` is the safe way to use them. The library is found through pkg-config.
//!
//! ```
//! let version = unsafe { std::ffi::CStr::from_ptr(optim_sys::optim_version()) };
//! println!("liboptim {}", version.to_str().unwrap());
//! ```

#![allow(non_camel_case_types)]

use std::marker::{PhantomData, PhantomPinned};
use std::os::raw::{c_char, c_int, c_void};

/// An optimizer, and the tensors it updates.
#[repr(C)]
pub struct optim {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

/// A factor that changes with time, for a hyperparameter.
#[repr(C)]
pub struct optim_schedule {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

pub const OPTIM_OK: c_int = 0;
pub const OPTIM_ERROR_MEMORY: c_int = -1;
pub const OPTIM_ERROR_ARGUMENT: c_int = -2;
pub const OPTIM_ERROR_NAME: c_int = -3;
pub const OPTIM_ERROR_RANGE: c_int = -4;
pub const OPTIM_ERROR_DTYPE: c_int = -5;
pub const OPTIM_ERROR_SIZE: c_int = -6;
pub const OPTIM_ERROR_DUPLICATE: c_int = -7;
pub const OPTIM_ERROR_ALIGNMENT: c_int = -8;
pub const OPTIM_ERROR_CONFLICT: c_int = -9;
pub const OPTIM_ERROR_STATE: c_int = -10;
pub const OPTIM_ERROR_UNSUPPORTED: c_int = -11;
pub const OPTIM_ERROR_NONFINITE: c_int = -12;
pub const OPTIM_ERROR_IO: c_int = -13;
pub const OPTIM_ERROR_FORMAT: c_int = -14;
pub const OPTIM_ERROR_MISMATCH: c_int = -15;
pub const OPTIM_F32: c_int = 1;
pub const OPTIM_F64: c_int = 2;
pub const OPTIM_BF16: c_int = 3;
pub const OPTIM_F16: c_int = 4;

pub type optim_writer = Option<unsafe extern "C" fn(context: *mut c_void, data: *const c_void, size: usize) -> c_int>;
pub type optim_reader = Option<unsafe extern "C" fn(context: *mut c_void, data: *mut c_void, size: usize) -> c_int>;

/// A piece of a step, which is never null, and what runs all pieces: see `optim_set_executor`.
pub type optim_task = unsafe extern "C" fn(job: *mut c_void, index: usize);
pub type optim_executor =
    Option<unsafe extern "C" fn(context: *mut c_void, count: usize, task: optim_task, job: *mut c_void)>;

extern "C" {
    pub fn optim_version() -> *const c_char;
    pub fn optim_strerror(status: c_int) -> *const c_char;
    pub fn optim_errmsg(opt: *const optim) -> *const c_char;
    pub fn optim_create(out: *mut *mut optim, algorithm: *const c_char) -> c_int;
    pub fn optim_wrap(out: *mut *mut optim, wrapper: *const c_char, inner: *mut optim) -> c_int;
    pub fn optim_destroy(opt: *mut optim);
    pub fn optim_reset(opt: *mut optim) -> c_int;
    pub fn optim_name(opt: *const optim) -> *const c_char;
    pub fn optim_add(
        opt: *mut optim,
        name: *const c_char,
        dtype: c_int,
        ndim: usize,
        shape: *const usize,
        param: *mut c_void,
        grad: *const c_void,
    ) -> c_int;
    pub fn optim_bind(opt: *mut optim, tensor: usize, param: *mut c_void, grad: *const c_void) -> c_int;
    pub fn optim_count(opt: *const optim) -> usize;
    pub fn optim_set(opt: *mut optim, name: *const c_char, value: f64) -> c_int;
    pub fn optim_set_for(opt: *mut optim, pattern: *const c_char, name: *const c_char, value: f64) -> c_int;
    pub fn optim_get(opt: *const optim, name: *const c_char, value: *mut f64) -> c_int;
    pub fn optim_get_for(opt: *const optim, tensor: *const c_char, name: *const c_char, value: *mut f64) -> c_int;
    pub fn optim_step(opt: *mut optim) -> c_int;
    pub fn optim_steps(opt: *const optim) -> u64;
    pub fn optim_skipped(opt: *const optim) -> u64;
    pub fn optim_norm(opt: *const optim, norm: *mut f64) -> c_int;
    pub fn optim_epoch(opt: *mut optim, metric: f64) -> c_int;
    pub fn optim_epochs(opt: *const optim) -> u64;
    pub fn optim_swap(opt: *mut optim) -> c_int;
    pub fn optim_schedule_create(out: *mut *mut optim_schedule, kind: *const c_char) -> c_int;
    pub fn optim_schedule_wrap(out: *mut *mut optim_schedule, kind: *const c_char, inner: *mut optim_schedule)
        -> c_int;
    pub fn optim_schedule_destroy(s: *mut optim_schedule);
    pub fn optim_schedule_set(s: *mut optim_schedule, name: *const c_char, value: f64) -> c_int;
    pub fn optim_schedule_get(s: *const optim_schedule, name: *const c_char, value: *mut f64) -> c_int;
    pub fn optim_schedule_point(s: *mut optim_schedule, at: f64, factor: f64) -> c_int;
    pub fn optim_schedule_factor(s: *const optim_schedule, t: u64, factor: *mut f64) -> c_int;
    pub fn optim_attach(opt: *mut optim, hyperparameter: *const c_char, s: *mut optim_schedule) -> c_int;
    pub fn optim_attach_for(
        opt: *mut optim,
        pattern: *const c_char,
        hyperparameter: *const c_char,
        s: *mut optim_schedule,
    ) -> c_int;
    pub fn optim_detach(opt: *mut optim, hyperparameter: *const c_char) -> c_int;
    pub fn optim_save(opt: *const optim, path: *const c_char) -> c_int;
    pub fn optim_load(opt: *mut optim, path: *const c_char) -> c_int;
    pub fn optim_write(opt: *const optim, write: optim_writer, context: *mut c_void) -> c_int;
    pub fn optim_read(opt: *mut optim, read: optim_reader, context: *mut c_void) -> c_int;
    pub fn optim_loaded(opt: *const optim, restored: *mut usize, fresh: *mut usize, ignored: *mut usize) -> c_int;
    pub fn optim_set_threads(opt: *mut optim, threads: c_int) -> c_int;
    pub fn optim_set_executor(opt: *mut optim, run: optim_executor, context: *mut c_void) -> c_int;
    pub fn optim_algorithm_count() -> usize;
    pub fn optim_algorithm_name(i: usize) -> *const c_char;
    pub fn optim_algorithm_summary(algorithm: *const c_char) -> *const c_char;
    pub fn optim_algorithm_wraps(algorithm: *const c_char) -> c_int;
    pub fn optim_param_count(algorithm: *const c_char) -> usize;
    pub fn optim_param_info(
        algorithm: *const c_char,
        i: usize,
        name: *mut *const c_char,
        initial: *mut f64,
        min: *mut f64,
        max: *mut f64,
        help: *mut *const c_char,
    ) -> c_int;
    pub fn optim_schedule_count() -> usize;
    pub fn optim_schedule_name(i: usize) -> *const c_char;
    pub fn optim_schedule_summary(kind: *const c_char) -> *const c_char;
    pub fn optim_schedule_wraps(kind: *const c_char) -> c_int;
    pub fn optim_schedule_param_count(kind: *const c_char) -> usize;
    pub fn optim_schedule_param_info(
        kind: *const c_char,
        i: usize,
        name: *mut *const c_char,
        initial: *mut f64,
        min: *mut f64,
        max: *mut f64,
        help: *mut *const c_char,
    ) -> c_int;
    pub fn optim_slot_count(algorithm: *const c_char) -> usize;
    pub fn optim_slot_name(algorithm: *const c_char, i: usize) -> *const c_char;
    pub fn optim_state(
        opt: *const optim,
        tensor: usize,
        slot: *const c_char,
        data: *mut *mut c_void,
        dtype: *mut c_int,
        count: *mut usize,
    ) -> c_int;
}
