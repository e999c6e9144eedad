//! What went wrong.

use std::ffi::CStr;
use std::os::raw::c_int;
use std::{error, fmt, io, result};

use optim_sys as sys;

/// The class of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Memory could not be allocated.
    Memory,
    /// Something that the call cannot take.
    Argument,
    /// No algorithm, hyperparameter, tensor or slot of that name.
    Name,
    /// A value outside the allowed range, not a number, or not whole.
    Range,
    /// Not the element type.
    Dtype,
    /// More elements or bytes than an address can count.
    Size,
    /// A tensor of that name is there already.
    Duplicate,
    /// A pointer not aligned to its element type.
    Alignment,
    /// Two hyperparameters contradict each other.
    Conflict,
    /// Not possible in the state the optimizer or schedule is in.
    State,
    /// Left out of the library's build, or not possible on this machine.
    Unsupported,
    /// A gradient has an infinity or a NaN, and "check_finite" is 1.
    Nonfinite,
    /// A file or stream could not be read or written.
    Io,
    /// What was read is no saved state, or is damaged.
    Format,
    /// It is the state of another optimizer, or of other tensors.
    Mismatch,
    /// A status of a newer library that this crate does not know.
    Unknown,
}

impl Status {
    pub(crate) fn from_code(code: c_int) -> Status {
        match code {
            sys::OPTIM_ERROR_MEMORY => Status::Memory,
            sys::OPTIM_ERROR_ARGUMENT => Status::Argument,
            sys::OPTIM_ERROR_NAME => Status::Name,
            sys::OPTIM_ERROR_RANGE => Status::Range,
            sys::OPTIM_ERROR_DTYPE => Status::Dtype,
            sys::OPTIM_ERROR_SIZE => Status::Size,
            sys::OPTIM_ERROR_DUPLICATE => Status::Duplicate,
            sys::OPTIM_ERROR_ALIGNMENT => Status::Alignment,
            sys::OPTIM_ERROR_CONFLICT => Status::Conflict,
            sys::OPTIM_ERROR_STATE => Status::State,
            sys::OPTIM_ERROR_UNSUPPORTED => Status::Unsupported,
            sys::OPTIM_ERROR_NONFINITE => Status::Nonfinite,
            sys::OPTIM_ERROR_IO => Status::Io,
            sys::OPTIM_ERROR_FORMAT => Status::Format,
            sys::OPTIM_ERROR_MISMATCH => Status::Mismatch,
            _ => Status::Unknown,
        }
    }
}

/// An error: its class, and a message that says which argument, which value and what is allowed.
///
/// After an error everything is as it was before the call.
///
/// ```
/// let error = optim::Optimizer::new("adm").unwrap_err();
/// assert_eq!(error.status(), optim::Status::Name);
/// assert!(error.message().contains("adam"));
/// ```
#[derive(Debug)]
pub struct Error {
    status: Status,
    message: String,
    source: Option<io::Error>,
}

/// What the functions of this crate return.
pub type Result<T> = result::Result<T, Error>;

impl Error {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Error {
        Error { status, message: message.into(), source: None }
    }

    /// The class of the error.
    pub fn status(&self) -> Status {
        self.status
    }

    /// What exactly went wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn because_of(mut self, source: io::Error) -> Error {
        self.message = format!("{}: {source}", self.message);
        self.source = Some(source);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = error.source.as_ref().map_or(io::ErrorKind::Other, io::Error::kind);
        io::Error::new(kind, error)
    }
}

/// An error of a call that would have taken a value, which is given back, whole.
///
/// `?` turns it into an [`Error`], and drops the value.
pub struct Rejected<T> {
    error: Error,
    value: T,
}

// SAFETY: a shared reference does not reach the value.
unsafe impl<T> Sync for Rejected<T> {}

impl<T> Rejected<T> {
    pub(crate) fn new(error: Error, value: T) -> Rejected<T> {
        Rejected { error, value }
    }

    /// Why the call failed.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// What the call was given.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T> fmt::Debug for Rejected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Rejected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T> error::Error for Rejected<T> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.error.source()
    }
}

impl<T> From<Rejected<T>> for Error {
    fn from(rejected: Rejected<T>) -> Error {
        rejected.error
    }
}

/// The result of a call to the library; `handle` knows the message, or else, if it is null, the thread.
pub(crate) fn check(code: c_int, handle: *const sys::optim) -> Result<()> {
    if code == sys::OPTIM_OK {
        return Ok(());
    }
    // SAFETY: the handle is null or alive, and the text stays until the next failure.
    let message = unsafe { CStr::from_ptr(sys::optim_errmsg(handle)) };
    Err(Error::new(Status::from_code(code), message.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_library_is_known() {
        let mut code = -1;
        // SAFETY: any number may be asked about, and the text is the library's.
        let text = |code| unsafe { CStr::from_ptr(sys::optim_strerror(code)) }.to_str().unwrap();
        while text(code) != "unknown status" {
            assert_ne!(Status::from_code(code), Status::Unknown, "{code}: {}", text(code));
            code -= 1;
        }
        assert!(code < -12, "{code}");
        assert_eq!(Status::from_code(code), Status::Unknown);
    }
}
