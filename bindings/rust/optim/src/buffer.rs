//! Memory of parameters and gradients: owned or borrowed, and known to the library by its address.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

/// Elements of a tensor, that an optimizer was given or has lent: a `Vec<T>` or boxed slice that is moved in, or a
/// mutable slice, array or vector that is borrowed for `'a`. Nothing is copied.
///
/// Functions take `impl Into<Buffer>`, so that any of them can be passed as it is.
pub struct Buffer<'a, T> {
    // A raw pointer, because the library keeps the address: a Vec or &mut would claim the memory for itself when moved.
    data: NonNull<T>,
    len: usize,
    // Of the vector it is made of, if it is owned.
    capacity: Option<usize>,
    borrowed: PhantomData<&'a mut [T]>,
}

// SAFETY: it is what it was made of, a vector or a mutable slice.
unsafe impl<T: Send> Send for Buffer<'_, T> {}
unsafe impl<T: Sync> Sync for Buffer<'_, T> {}

impl<T> Buffer<'_, T> {
    /// A vector of the elements: the one it was made of, or a copy if it was borrowed.
    pub fn into_vec(self) -> Vec<T>
    where
        T: Clone,
    {
        match self.capacity {
            Some(capacity) => {
                let this = ManuallyDrop::new(self);
                // SAFETY: these are the parts of the vector, which is not dropped here.
                unsafe { Vec::from_raw_parts(this.data.as_ptr(), this.len, capacity) }
            }
            None => self.to_vec(),
        }
    }

    pub(crate) fn as_ptr(&self) -> *mut T {
        self.data.as_ptr()
    }
}

impl<T> From<Vec<T>> for Buffer<'_, T> {
    fn from(elements: Vec<T>) -> Self {
        let mut elements = ManuallyDrop::new(elements);
        let (len, capacity) = (elements.len(), elements.capacity());
        // SAFETY: a vector's pointer is never null.
        let data = unsafe { NonNull::new_unchecked(elements.as_mut_ptr()) };
        Buffer { data, len, capacity: Some(capacity), borrowed: PhantomData }
    }
}

impl<T> From<Box<[T]>> for Buffer<'_, T> {
    fn from(elements: Box<[T]>) -> Self {
        elements.into_vec().into()
    }
}

impl<'a, T> From<&'a mut [T]> for Buffer<'a, T> {
    fn from(elements: &'a mut [T]) -> Self {
        let len = elements.len();
        Buffer { data: NonNull::from(elements).cast(), len, capacity: None, borrowed: PhantomData }
    }
}

impl<'a, T> From<&'a mut Vec<T>> for Buffer<'a, T> {
    fn from(elements: &'a mut Vec<T>) -> Self {
        elements.as_mut_slice().into()
    }
}

impl<'a, T, const N: usize> From<&'a mut [T; N]> for Buffer<'a, T> {
    fn from(elements: &'a mut [T; N]) -> Self {
        elements.as_mut_slice().into()
    }
}

impl<T> Deref for Buffer<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: so many elements are there, and only reached through the buffer.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Buffer<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts_mut(self.data.as_ptr(), self.len) }
    }
}

impl<T> Drop for Buffer<'_, T> {
    fn drop(&mut self) {
        if let Some(capacity) = self.capacity {
            // SAFETY: these are the parts of the vector it was made of.
            drop(unsafe { Vec::from_raw_parts(self.data.as_ptr(), self.len, capacity) });
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Buffer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_goes_in_and_comes_out_without_a_copy() {
        let mut vector = Vec::with_capacity(9);
        vector.extend([1.0_f32, 2.0]);
        let address = vector.as_ptr();
        let mut buffer = Buffer::from(vector);
        buffer[1] = 3.0;
        let vector = buffer.into_vec();
        assert_eq!((vector.as_ptr(), vector.capacity(), &vector[..]), (address, 9, &[1.0, 3.0][..]));
    }

    #[test]
    fn what_is_borrowed_is_copied_only_to_own_it() {
        let mut array = [1.0_f64, 2.0];
        let address = array.as_ptr();
        let mut buffer = Buffer::from(&mut array);
        assert_eq!(buffer.as_ptr() as *const f64, address);
        buffer[0] = 5.0;
        let vector = buffer.into_vec();
        assert_ne!(vector.as_ptr(), address);
        assert_eq!((vector, array), (vec![5.0, 2.0], [5.0, 2.0]));
    }
}
