//! Text on its way to the library and back.

use std::ffi::{CStr, CString};
use std::os::raw::c_char;

use crate::{Error, Result, Status};

pub(crate) fn to_c(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::new(Status::Argument, format!("{text:?} has a zero byte in it")))
}

/// A text that belongs to the library; "" for null.
///
/// # Safety
///
/// `text` is null or stays as it is for `'a`.
pub(crate) unsafe fn from_c<'a>(text: *const c_char) -> &'a str {
    if text.is_null() {
        return "";
    }
    CStr::from_ptr(text).to_str().unwrap_or("")
}
