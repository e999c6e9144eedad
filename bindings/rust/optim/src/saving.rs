//! Saving and loading.

use std::any::Any;
use std::ffi::CString;
use std::io::{self, Read, Write};
use std::os::raw::{c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::path::Path;
use std::{ptr, slice};

use optim_sys as sys;

use crate::{Error, Optimizer, Result, Status};

/// What a load found, in tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// They were in the file.
    pub restored: usize,
    /// They were not, and start fresh ("load_strict" 0).
    pub fresh: usize,
    /// They were in the file and are not in the optimizer ("load_strict" 0).
    pub ignored: usize,
}

impl Optimizer<'_> {
    /// Save everything the next steps depend on; with "save_weights" at 1 the parameters too. The file at `path` is the
    /// old one or the new one, whole, whatever happens.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path_to_c(path.as_ref())?;
        // SAFETY: as for step; nothing is written to the tensors.
        self.check(unsafe { sys::optim_save(self.as_ptr(), path.as_ptr()) })
    }

    /// Load what was saved by an optimizer of the same chain with tensors of the same names, shapes and types. All of
    /// it, or nothing changes.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<Loaded> {
        let path = path_to_c(path.as_ref())?;
        // SAFETY: as for step.
        self.check(unsafe { sys::optim_load(self.as_ptr(), path.as_ptr()) })?;
        self.last_load()
    }

    /// [`save`](Self::save) to anywhere.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("adam")?;
    /// let weight = opt.add("weight", &[3], vec![1.0_f32; 3])?;
    /// opt.step()?;
    /// let mut saved = Vec::new();
    /// if let Err(error) = opt.write(&mut saved) {
    ///     assert_eq!(error.status(), optim::Status::Unsupported); // the library was built without saving
    ///     return Ok(());
    /// }
    /// opt.step()?;
    /// opt.read(&saved[..])?;
    /// assert_eq!(opt.steps(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// With what the writer has panicked with.
    pub fn write(&self, writer: impl Write) -> Result<()> {
        let mut stream = Stream { stream: writer, failure: None };
        let run = writer_of(&stream);
        // SAFETY: the context is what the callback expects, and lasts longer than the call.
        let code = unsafe { sys::optim_write(self.as_ptr(), Some(run), &mut stream as *mut _ as *mut c_void) };
        self.end("write", code, stream.failure)
    }

    /// [`load`](Self::load) from anywhere, from front to back. Nothing that follows the state is read.
    ///
    /// # Panics
    ///
    /// With what the reader has panicked with.
    pub fn read(&mut self, reader: impl Read) -> Result<Loaded> {
        let mut stream = Stream { stream: reader, failure: None };
        let run = reader_of(&stream);
        // SAFETY: as for write.
        let code = unsafe { sys::optim_read(self.as_ptr(), Some(run), &mut stream as *mut _ as *mut c_void) };
        self.end("read", code, stream.failure)?;
        self.last_load()
    }

    /// What the last load found; all 0 before the first.
    pub fn last_load(&self) -> Result<Loaded> {
        let mut loaded = Loaded { restored: 0, fresh: 0, ignored: 0 };
        // SAFETY: the arguments are valid.
        self.check(unsafe {
            sys::optim_loaded(self.as_ptr(), &mut loaded.restored, &mut loaded.fresh, &mut loaded.ignored)
        })?;
        Ok(loaded)
    }

    fn end(&self, function: &str, code: c_int, failure: Option<Failure>) -> Result<()> {
        match failure {
            Some(Failure::Panic(panic)) => resume_unwind(panic),
            Some(Failure::Error(error)) => Err(Error::new(Status::Io, function).because_of(error)),
            None => self.check(code),
        }
    }
}

fn path_to_c(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| Error::new(Status::Argument, format!("{path:?} has a zero byte in it")))
}

/// What the library's callbacks work with; neither an error nor a panic may go through it.
struct Stream<S> {
    stream: S,
    failure: Option<Failure>,
}

enum Failure {
    Error(io::Error),
    Panic(Box<dyn Any + Send>),
}

impl<S> Stream<S> {
    fn attempt(&mut self, call: impl FnOnce(&mut S) -> io::Result<()>) -> c_int {
        let stream = &mut self.stream;
        match catch_unwind(AssertUnwindSafe(|| call(stream))) {
            Ok(Ok(())) => return 0,
            Ok(Err(error)) => self.failure = Some(Failure::Error(error)),
            Err(panic) => self.failure = Some(Failure::Panic(panic)),
        }
        1
    }
}

type Writer = unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> c_int;
type Reader = unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> c_int;

fn writer_of<W: Write>(_: &Stream<W>) -> Writer {
    unsafe extern "C" fn run<W: Write>(context: *mut c_void, data: *const c_void, size: usize) -> c_int {
        // SAFETY: the library gives back the context, and so many bytes.
        let (stream, bytes) = (&mut *(context as *mut Stream<W>), slice::from_raw_parts(data as *const u8, size));
        stream.attempt(|stream| stream.write_all(bytes))
    }
    run::<W>
}

fn reader_of<R: Read>(_: &Stream<R>) -> Reader {
    unsafe extern "C" fn run<R: Read>(context: *mut c_void, data: *mut c_void, size: usize) -> c_int {
        // A reader may look at what it is given, and the library's memory may not be initialized.
        ptr::write_bytes(data as *mut u8, 0, size);
        // SAFETY: as above.
        let (stream, bytes) = (&mut *(context as *mut Stream<R>), slice::from_raw_parts_mut(data as *mut u8, size));
        stream.attempt(|stream| stream.read_exact(bytes))
    }
    run::<R>
}
