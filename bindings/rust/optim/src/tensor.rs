//! What belongs to a tensor: its key, its memory and views of it.

use std::fmt;
use std::marker::PhantomData;
use std::os::raw::{c_int, c_void};

use optim_sys as sys;

use crate::{Buffer, Error, Result, Status};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// What tensors are made of: `f32` or `f64`.
pub trait Element: sealed::Sealed + Copy + Default + PartialEq + fmt::Debug + Send + Sync + 'static {
    #[doc(hidden)]
    const DTYPE: c_int;

    #[doc(hidden)]
    fn entry(memory: Memory<'_, Self>) -> Entry<'_>;
    #[doc(hidden)]
    fn of<'e, 'a>(entry: &'e Entry<'a>) -> Option<&'e Memory<'a, Self>>;
    #[doc(hidden)]
    fn of_mut<'e, 'a>(entry: &'e mut Entry<'a>) -> Option<&'e mut Memory<'a, Self>>;
    #[doc(hidden)]
    fn into_memory(entry: Entry<'_>) -> Option<Memory<'_, Self>>;
}

macro_rules! element {
    ($type:ty, $variant:ident, $dtype:expr) => {
        impl Element for $type {
            const DTYPE: c_int = $dtype;

            fn entry(memory: Memory<'_, Self>) -> Entry<'_> {
                Entry::$variant(memory)
            }
            fn of<'e, 'a>(entry: &'e Entry<'a>) -> Option<&'e Memory<'a, Self>> {
                match entry {
                    Entry::$variant(memory) => Some(memory),
                    _ => None,
                }
            }
            fn of_mut<'e, 'a>(entry: &'e mut Entry<'a>) -> Option<&'e mut Memory<'a, Self>> {
                match entry {
                    Entry::$variant(memory) => Some(memory),
                    _ => None,
                }
            }
            fn into_memory(entry: Entry<'_>) -> Option<Memory<'_, Self>> {
                match entry {
                    Entry::$variant(memory) => Some(memory),
                    _ => None,
                }
            }
        }
    };
}

element!(f32, F32, sys::OPTIM_F32);
element!(f64, F64, sys::OPTIM_F64);

/// The memory of a tensor.
#[doc(hidden)]
#[derive(Debug)]
pub struct Memory<'a, T> {
    pub(crate) params: Buffer<'a, T>,
    pub(crate) gradient: Option<Buffer<'a, T>>,
    /// Whether it is lent at the moment, by [`crate::Optimizer::lend`].
    pub(crate) lent: bool,
}

#[doc(hidden)]
#[derive(Debug)]
pub enum Entry<'a> {
    F32(Memory<'a, f32>),
    F64(Memory<'a, f64>),
}

impl Entry<'_> {
    pub(crate) fn take_back(&mut self) {
        match self {
            Entry::F32(memory) => memory.lent = false,
            Entry::F64(memory) => memory.lent = false,
        }
    }

    /// What the library is to be told: the parameters and the gradient.
    pub(crate) fn pointers(&self) -> (*mut c_void, *const c_void) {
        match self {
            Entry::F32(memory) => memory.pointers(),
            Entry::F64(memory) => memory.pointers(),
        }
    }
}

impl<T> Memory<'_, T> {
    fn pointers(&self) -> (*mut c_void, *const c_void) {
        let gradient = self.gradient.as_ref().map_or(std::ptr::null(), |gradient| gradient.as_ptr() as *const c_void);
        (self.params.as_ptr() as *mut c_void, gradient)
    }
}

/// The key of a tensor in the optimizer that it was added to, also when that is wrapped; of no other one.
pub struct Tensor<T> {
    pub(crate) owner: u64,
    pub(crate) index: usize,
    pub(crate) element: PhantomData<fn() -> T>,
}

impl<T> Tensor<T> {
    /// Its number, counted from 0 in the order in which tensors were added.
    pub fn index(self) -> usize {
        self.index
    }

    /// A gradient for the next step only: see [`crate::Optimizer::step_with`].
    pub fn with(self, gradient: &[T]) -> Given<'_>
    where
        T: Element,
    {
        Given {
            owner: self.owner,
            index: self.index,
            data: gradient.as_ptr() as *const c_void,
            len: gradient.len(),
            borrowed: PhantomData,
        }
    }
}

impl<T> Clone for Tensor<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Tensor<T> {}

impl<T> PartialEq for Tensor<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.owner, self.index) == (other.owner, other.index)
    }
}

impl<T> Eq for Tensor<T> {}

impl<T> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tensor").field(&self.index).finish()
    }
}

/// A gradient that is borrowed for one step: see [`Tensor::with`].
#[derive(Clone, Copy, Debug)]
pub struct Given<'g> {
    pub(crate) owner: u64,
    pub(crate) index: usize,
    pub(crate) data: *const c_void,
    pub(crate) len: usize,
    borrowed: PhantomData<&'g [f64]>,
}

/// Memory of a tensor, lent by [`crate::Optimizer::lend`].
#[derive(Debug)]
pub struct View<'o, T> {
    /// The parameters.
    pub params: &'o mut [T],
    /// The gradient for the next step; empty if the tensor has none.
    pub gradient: &'o mut [T],
}

/// Lends the memory of tensors: see [`crate::Optimizer::lend`].
#[derive(Debug)]
pub struct Lender<'o, 'a> {
    pub(crate) owner: u64,
    pub(crate) entries: *mut [Entry<'a>],
    pub(crate) borrowed: PhantomData<&'o mut [Entry<'a>]>,
}

impl<'o, 'a> Lender<'o, 'a> {
    /// The memory of a tensor, until the optimizer is used again.
    ///
    /// # Panics
    ///
    /// If it has been lent already, or the key is another optimizer's.
    pub fn view<T: Element>(&mut self, tensor: Tensor<T>) -> View<'o, T> {
        // SAFETY: the optimizer is borrowed for 'o, and its entries are only reached through this lender.
        let entries: &mut [Entry<'a>] = unsafe { &mut *self.entries };
        let memory = find_mut(entries, self.owner, tensor);
        assert!(!memory.lent, "{tensor:?} is lent already");
        memory.lent = true;
        let gradient = memory
            .gradient
            .as_ref()
            .map_or((std::ptr::NonNull::dangling().as_ptr(), 0), |gradient| (gradient.as_ptr(), gradient.len()));
        // SAFETY: both are there for 'o, and `lent` sees to it that no other view of them is made.
        unsafe {
            View {
                params: std::slice::from_raw_parts_mut(memory.params.as_ptr(), memory.params.len()),
                gradient: std::slice::from_raw_parts_mut(gradient.0, gradient.1),
            }
        }
    }
}

/// # Panics
///
/// If the key is another optimizer's.
pub(crate) fn find<'e, 'a, T: Element>(entries: &'e [Entry<'a>], owner: u64, tensor: Tensor<T>) -> &'e Memory<'a, T> {
    assert_eq!(tensor.owner, owner, "{tensor:?} is a tensor of another optimizer");
    T::of(&entries[tensor.index]).expect("the key of a tensor has its element type")
}

pub(crate) fn find_mut<'e, 'a, T: Element>(
    entries: &'e mut [Entry<'a>],
    owner: u64,
    tensor: Tensor<T>,
) -> &'e mut Memory<'a, T> {
    assert_eq!(tensor.owner, owner, "{tensor:?} is a tensor of another optimizer");
    T::of_mut(&mut entries[tensor.index]).expect("the key of a tensor has its element type")
}

pub(crate) fn same_len(function: &str, tensor: &str, what: &str, len: usize, expected: usize) -> Result<()> {
    if len == expected {
        return Ok(());
    }
    let message = format!("{function}: {tensor}: the {what} has {len} elements; its shape has {expected}");
    Err(Error::new(Status::Argument, message))
}
