//! The optimizer.
//!
//! What makes calls of the library safe here, where no more is said: the handle is alive as long as the optimizer,
//! texts and places for results are valid during the call, and the library keeps none of these.

use std::marker::PhantomData;
use std::ops::Deref;
use std::os::raw::{c_int, c_void};
use std::panic::resume_unwind;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, slice};

use optim_sys as sys;

use crate::error::check;
use crate::executor::{Executor, Pieces};
use crate::tensor::{find, find_mut, same_len, Element, Entry, Given, Lender, Memory, Tensor};
use crate::text::{from_c, to_c};
use crate::{Buffer, Rejected, Result, Schedule};

/// An optimizer, which has the memory of the tensors it updates: owned, or borrowed for `'a`.
///
/// See the [crate's documentation](crate) for how memory is given and lent.
pub struct Optimizer<'a> {
    handle: NonNull<sys::optim>,
    entries: Vec<Entry<'a>>,
    // From Box::into_raw: the library has its address.
    executor: Option<NonNull<Executor<'a>>>,
    // What keys of its tensors have, too.
    id: u64,
}

// SAFETY: the library lets a handle be used by one thread at a time, whichever, and what else is here can be sent. That
// it is not Sync keeps it to one thread at a time: even calls that only read leave error messages in the handle.
unsafe impl Send for Optimizer<'_> {}

impl<'a> Optimizer<'a> {
    /// Create an optimizer without tensors: "adamw", or a chain such as "lookahead(adam)".
    pub fn new(algorithm: &str) -> Result<Optimizer<'a>> {
        static IDS: AtomicU64 = AtomicU64::new(0);
        let (algorithm, mut handle) = (to_c(algorithm)?, ptr::null_mut());
        // SAFETY: both arguments are valid.
        check(unsafe { sys::optim_create(&mut handle, algorithm.as_ptr()) }, ptr::null())?;
        let handle = NonNull::new(handle).expect("the library succeeded without an optimizer");
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        Ok(Optimizer { handle, entries: Vec::new(), executor: None, id })
    }

    /// Put a wrapper such as "lookahead" around this optimizer. Keys of its tensors stay good.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let adam = optim::Optimizer::new("adam")?;
    /// let slow = adam.wrap("lookahead")?;
    /// assert_eq!(slow.name(), "lookahead(adam)");
    /// let rejected = slow.wrap("lookahed").unwrap_err();
    /// assert_eq!(rejected.into_value().name(), "lookahead(adam)"); // given back
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The optimizer that was wrapped is gone:
    ///
    /// ```compile_fail,E0382
    /// # fn main() -> optim::Result<()> {
    /// let adam = optim::Optimizer::new("adam")?;
    /// let slow = adam.wrap("lookahead")?;
    /// adam.name();
    /// # Ok(())
    /// # }
    /// ```
    pub fn wrap(mut self, wrapper: &str) -> std::result::Result<Optimizer<'a>, Rejected<Optimizer<'a>>> {
        let mut handle = ptr::null_mut();
        // SAFETY: the handle is alive; the new one owns it if there is one.
        let wrapped = to_c(wrapper).and_then(|wrapper| {
            self.check(unsafe { sys::optim_wrap(&mut handle, wrapper.as_ptr(), self.handle.as_ptr()) })
        });
        match (wrapped, NonNull::new(handle)) {
            (Ok(()), Some(handle)) => {
                self.handle = handle;
                Ok(self)
            }
            (Ok(()), None) => unreachable!("the library succeeded without an optimizer"),
            (Err(error), _) => Err(Rejected::new(error, self)),
        }
    }

    /// What it is: "adam", "lookahead(adam)".
    pub fn name(&self) -> &str {
        // SAFETY: the name stays as long as the handle.
        unsafe { from_c(sys::optim_name(self.handle.as_ptr())) }
    }

    /// Forget all state and counts of steps; keep tensors, hyperparameters, rules and schedules.
    pub fn reset(&mut self) -> Result<()> {
        self.check(unsafe { sys::optim_reset(self.handle.as_ptr()) })
    }

    // ---- Tensors

    /// Add a tensor, with a gradient of zeros that the optimizer allocates and [lends](Self::lend).
    ///
    /// `name` is a text, or `None` for the tensor's number. `params` is a vector, which is moved in, or a mutable
    /// slice, array or vector, which is borrowed as long as there is this optimizer; it has as many elements as the
    /// shape. If the call fails, what was moved in is dropped.
    pub fn add<'n, T: Element>(
        &mut self,
        name: impl Into<Option<&'n str>>,
        shape: &[usize],
        params: impl Into<Buffer<'a, T>>,
    ) -> Result<Tensor<T>> {
        let params = params.into();
        let gradient = vec![T::default(); params.len()].into();
        self.add_memory(name.into(), shape, params, Some(gradient))
    }

    /// Add a tensor with memory for its gradient, which is given like `params`.
    pub fn add_with_gradient<'n, T: Element>(
        &mut self,
        name: impl Into<Option<&'n str>>,
        shape: &[usize],
        params: impl Into<Buffer<'a, T>>,
        gradient: impl Into<Buffer<'a, T>>,
    ) -> Result<Tensor<T>> {
        self.add_memory(name.into(), shape, params.into(), Some(gradient.into()))
    }

    /// Add a tensor that steps leave alone, but for those that are [given a gradient](Self::step_with).
    pub fn add_without_gradient<'n, T: Element>(
        &mut self,
        name: impl Into<Option<&'n str>>,
        shape: &[usize],
        params: impl Into<Buffer<'a, T>>,
    ) -> Result<Tensor<T>> {
        self.add_memory(name.into(), shape, params.into(), None)
    }

    fn add_memory<T: Element>(
        &mut self,
        name: Option<&str>,
        shape: &[usize],
        params: Buffer<'a, T>,
        gradient: Option<Buffer<'a, T>>,
    ) -> Result<Tensor<T>> {
        let name = name.map(to_c).transpose()?;
        let count = shape.iter().try_fold(1_usize, |count, &length| count.checked_mul(length));
        // What cannot be counted the library refuses itself, unless a length of 0 makes it nothing after all.
        if let Some(count) = if shape.contains(&0) { Some(0) } else { count } {
            let number = self.entries.len().to_string();
            let title = name.as_ref().map_or(number.as_str().into(), |name| name.to_string_lossy());
            same_len("add", &title, "parameter", params.len(), count)?;
            same_len("add", &title, "gradient", gradient.as_ref().map_or(count, |gradient| gradient.len()), count)?;
        }
        let entry = T::entry(Memory { params, gradient, lent: false });
        let (param, grad) = entry.pointers();
        let name = name.as_ref().map_or(ptr::null(), |name| name.as_ptr());
        // SAFETY: the buffers have as many elements as the shape, and stay where they are as long as they are bound.
        self.check(unsafe {
            sys::optim_add(self.handle.as_ptr(), name, T::DTYPE, shape.len(), shape.as_ptr(), param, grad)
        })?;
        self.entries.push(entry);
        Ok(Tensor { owner: self.id, index: self.entries.len() - 1, element: PhantomData })
    }

    /// How many tensors there are.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// The parameters of a tensor.
    ///
    /// # Panics
    ///
    /// If the key is another optimizer's.
    pub fn params<T: Element>(&self, tensor: Tensor<T>) -> &[T] {
        &find(&self.entries, self.id, tensor).params
    }

    /// The parameters of a tensor, to change them between two steps.
    ///
    /// # Panics
    ///
    /// If the key is another optimizer's.
    pub fn params_mut<T: Element>(&mut self, tensor: Tensor<T>) -> &mut [T] {
        &mut find_mut(&mut self.entries, self.id, tensor).params
    }

    /// The gradient of a tensor, as the next step will use it; empty if it has none.
    ///
    /// # Panics
    ///
    /// If the key is another optimizer's.
    pub fn gradient<T: Element>(&self, tensor: Tensor<T>) -> &[T] {
        find(&self.entries, self.id, tensor).gradient.as_deref().unwrap_or(&[])
    }

    /// The gradient of a tensor, to write the next one; empty if it has none.
    ///
    /// # Panics
    ///
    /// If the key is another optimizer's.
    pub fn gradient_mut<T: Element>(&mut self, tensor: Tensor<T>) -> &mut [T] {
        find_mut(&mut self.entries, self.id, tensor).gradient.as_deref_mut().unwrap_or(&mut [])
    }

    /// Lend the parameters and gradients of any number of tensors at once, each of them once.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("adam")?;
    /// let weight = opt.add("weight", &[2, 3], vec![1.0_f32; 6])?;
    /// let scale = opt.add("scale", &[], vec![1.0_f64])?;
    ///
    /// let mut lender = opt.lend();
    /// let (weight, scale) = (lender.view(weight), lender.view(scale));
    /// for (gradient, param) in weight.gradient.iter_mut().zip(&*weight.params) {
    ///     *gradient = 2.0 * param;
    /// }
    /// scale.gradient[0] = 1.0;
    /// opt.step()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What is lent must be back before a step:
    ///
    /// ```compile_fail,E0499
    /// # fn main() -> optim::Result<()> {
    /// # let mut opt = optim::Optimizer::new("adam")?;
    /// # let weight = opt.add("weight", &[2, 3], vec![1.0_f32; 6])?;
    /// let weight = opt.lend().view(weight);
    /// opt.step()?;
    /// weight.gradient[0] = 1.0;
    /// # Ok(())
    /// # }
    /// ```
    pub fn lend(&mut self) -> Lender<'_, 'a> {
        self.entries.iter_mut().for_each(Entry::take_back);
        Lender { owner: self.id, entries: &mut self.entries[..], borrowed: PhantomData }
    }

    /// [`lend`](Self::lend) for a fixed number of tensors of the same element type.
    ///
    /// # Panics
    ///
    /// If one of them is named twice, or a key is another optimizer's.
    pub fn views<T: Element, const N: usize>(&mut self, tensors: [Tensor<T>; N]) -> [crate::View<'_, T>; N] {
        let mut lender = self.lend();
        tensors.map(|tensor| lender.view(tensor))
    }

    /// Give a tensor other memory for its parameters, of the same length, and take the old one.
    ///
    /// # Panics
    ///
    /// If the key is another optimizer's.
    pub fn replace_params<T: Element>(
        &mut self,
        tensor: Tensor<T>,
        params: impl Into<Buffer<'a, T>>,
    ) -> Result<Buffer<'a, T>> {
        let params = params.into();
        let memory = find_mut(&mut self.entries, self.id, tensor);
        same_len("replace_params", &tensor.index.to_string(), "parameter", params.len(), memory.params.len())?;
        let old = std::mem::replace(&mut memory.params, params);
        match self.bind(tensor.index) {
            Ok(()) => Ok(old),
            Err(error) => {
                find_mut(&mut self.entries, self.id, tensor).params = old;
                Err(error)
            }
        }
    }

    /// Give a tensor other memory for its gradient, of the same length, or none, and take the old one. Without a
    /// gradient, steps leave the tensor alone.
    ///
    /// # Panics
    ///
    /// If the key is another optimizer's.
    pub fn replace_gradient<T: Element>(
        &mut self,
        tensor: Tensor<T>,
        gradient: Option<Buffer<'a, T>>,
    ) -> Result<Option<Buffer<'a, T>>> {
        let memory = find_mut(&mut self.entries, self.id, tensor);
        let (len, count) = (gradient.as_ref().map_or(memory.params.len(), |new| new.len()), memory.params.len());
        same_len("replace_gradient", &tensor.index.to_string(), "gradient", len, count)?;
        let old = std::mem::replace(&mut memory.gradient, gradient);
        match self.bind(tensor.index) {
            Ok(()) => Ok(old),
            Err(error) => {
                find_mut(&mut self.entries, self.id, tensor).gradient = old;
                Err(error)
            }
        }
    }

    /// End with the parameters of some tensors; those of the others are dropped, if they are owned.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("sgd")?;
    /// let weight = opt.add("weight", &[3], vec![1.0_f32; 3])?;
    /// opt.step()?;
    /// let [weight] = opt.into_params([weight]);
    /// let weight: Vec<f32> = weight.into_vec(); // the one that was moved in
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If one of them is named twice, or a key is another optimizer's.
    pub fn into_params<T: Element, const N: usize>(mut self, tensors: [Tensor<T>; N]) -> [Buffer<'a, T>; N] {
        let owner = self.id;
        let mut entries: Vec<_> = std::mem::take(&mut self.entries).into_iter().map(Some).collect();
        drop(self); // and with it the library's pointers
        tensors.map(|tensor| {
            assert_eq!(tensor.owner, owner, "{tensor:?} is a tensor of another optimizer");
            let entry = entries[tensor.index].take().unwrap_or_else(|| panic!("{tensor:?} is named twice"));
            T::into_memory(entry).expect("the key of a tensor has its element type").params
        })
    }

    fn bind(&mut self, index: usize) -> Result<()> {
        let (param, grad) = self.entries[index].pointers();
        // SAFETY: the lengths are those that the tensor was added with.
        self.check(unsafe { sys::optim_bind(self.handle.as_ptr(), index, param, grad) })
    }

    // ---- Hyperparameters

    /// Set a hyperparameter of every tensor, those added later too.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("adamw")?;
    /// opt.set("lr", 3e-4)?.set("weight_decay", 0.1)?.set_for("*.bias", "weight_decay", 0.0)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set(&mut self, name: &str, value: f64) -> Result<&mut Self> {
        let name = to_c(name)?;
        self.check(unsafe { sys::optim_set(self.handle.as_ptr(), name.as_ptr(), value) })?;
        Ok(self)
    }

    /// Set it for the tensors whose name matches a shell pattern, those added later too; a later call wins.
    pub fn set_for(&mut self, pattern: &str, name: &str, value: f64) -> Result<&mut Self> {
        let (pattern, name) = (to_c(pattern)?, to_c(name)?);
        self.check(unsafe { sys::optim_set_for(self.handle.as_ptr(), pattern.as_ptr(), name.as_ptr(), value) })?;
        Ok(self)
    }

    /// The value that was set, for a tensor that no pattern but "*" matches, without its schedule's factor.
    pub fn get(&self, name: &str) -> Result<f64> {
        let (name, mut value) = (to_c(name)?, 0.0);
        self.check(unsafe { sys::optim_get(self.handle.as_ptr(), name.as_ptr(), &mut value) })?;
        Ok(value)
    }

    /// The value for the tensor of exactly that name, as the next step will use it.
    pub fn get_for(&self, tensor: &str, name: &str) -> Result<f64> {
        let (tensor, name, mut value) = (to_c(tensor)?, to_c(name)?, 0.0);
        self.check(unsafe { sys::optim_get_for(self.handle.as_ptr(), tensor.as_ptr(), name.as_ptr(), &mut value) })?;
        Ok(value)
    }

    /// Attach a schedule to a hyperparameter of every tensor. It is given back if that fails.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("adamw")?;
    /// opt.attach("lr", optim::Schedule::new("cosine")?.with("steps", 900.0)?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// An attached schedule is gone:
    ///
    /// ```compile_fail,E0382
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("adamw")?;
    /// let cosine = optim::Schedule::new("cosine")?.with("steps", 900.0)?;
    /// opt.attach("lr", cosine)?;
    /// cosine.factor(0)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn attach(&mut self, hyperparameter: &str, schedule: Schedule) -> std::result::Result<(), Rejected<Schedule>> {
        self.attach_for("*", hyperparameter, schedule)
    }

    /// The same for the tensors whose name matches a shell pattern, those added later too; a later call wins.
    pub fn attach_for(
        &mut self,
        pattern: &str,
        hyperparameter: &str,
        schedule: Schedule,
    ) -> std::result::Result<(), Rejected<Schedule>> {
        let attached = to_c(pattern).and_then(|pattern| {
            let hyperparameter = to_c(hyperparameter)?;
            // SAFETY: both handles are alive; the optimizer owns the schedule if the call succeeds.
            self.check(unsafe {
                let handle = self.handle.as_ptr();
                sys::optim_attach_for(handle, pattern.as_ptr(), hyperparameter.as_ptr(), schedule.as_ptr())
            })
        });
        match attached {
            Ok(()) => {
                schedule.release();
                Ok(())
            }
            Err(error) => Err(Rejected::new(error, schedule)),
        }
    }

    /// Take all schedules off a hyperparameter.
    pub fn detach(&mut self, hyperparameter: &str) -> Result<()> {
        let hyperparameter = to_c(hyperparameter)?;
        self.check(unsafe { sys::optim_detach(self.handle.as_ptr(), hyperparameter.as_ptr()) })
    }

    // ---- The step

    /// Take one step with all tensors that have a gradient.
    ///
    /// # Panics
    ///
    /// With what an executor has panicked with, when the step has been taken all the same.
    pub fn step(&mut self) -> Result<()> {
        // SAFETY: the memory of all tensors is here, and nobody else has a view of it while self is borrowed mutably.
        let code = unsafe { sys::optim_step(self.handle.as_ptr()) };
        // SAFETY: the executor is only used during a step.
        if let Some(panic) = self.executor.and_then(|mut executor| unsafe { executor.as_mut() }.take_panic()) {
            resume_unwind(panic);
        }
        self.check(code)
    }

    /// Take one step in which some tensors have other gradients, which are borrowed for its time only.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("adam")?;
    /// let weight = opt.add_without_gradient("weight", &[3], vec![1.0_f32; 3])?;
    /// let bias = opt.add_without_gradient("bias", &[1], vec![1.0_f64])?;
    /// for step in 0..10 {
    ///     let gradient = vec![0.5; 3]; // a new one each time, as automatic differentiation gives them
    ///     opt.step_with(&[weight.with(&gradient), bias.with(&[0.25])])?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A tensor that is named twice has the last one.
    ///
    /// # Panics
    ///
    /// Like [`step`](Self::step); if a key is another optimizer's.
    pub fn step_with(&mut self, gradients: &[Given<'_>]) -> Result<()> {
        for given in gradients {
            assert_eq!(given.owner, self.id, "tensor {} is one of another optimizer", given.index);
            let count = self.len_of(given.index);
            same_len("step_with", &given.index.to_string(), "gradient", given.len, count)?;
        }
        // Puts the pointers back, also when an executor panics.
        struct Bound<'o, 'a, 'g>(&'o mut Optimizer<'a>, &'g [Given<'g>]);
        impl Drop for Bound<'_, '_, '_> {
            fn drop(&mut self) {
                for given in self.1 {
                    self.0.bind(given.index).expect("what was bound before can be bound again");
                }
            }
        }
        let handle = self.handle.as_ptr();
        let mut bound = Bound(self, &[]);
        for (i, given) in gradients.iter().enumerate() {
            let (param, _) = bound.0.entries[given.index].pointers();
            // SAFETY: the gradient is as long as the tensor, of its type, and bound only until this function returns.
            bound.0.check(unsafe { sys::optim_bind(handle, given.index, param, given.data) })?;
            bound.1 = &gradients[..=i];
        }
        bound.0.step()
    }

    fn len_of(&self, index: usize) -> usize {
        match &self.entries[index] {
            Entry::F32(memory) => memory.params.len(),
            Entry::F64(memory) => memory.params.len(),
        }
    }

    /// Steps taken since creation or reset, skipped ones not counted.
    pub fn steps(&self) -> u64 {
        unsafe { sys::optim_steps(self.handle.as_ptr()) }
    }

    /// Steps skipped since then because a gradient was not finite.
    pub fn skipped(&self) -> u64 {
        unsafe { sys::optim_skipped(self.handle.as_ptr()) }
    }

    /// The norm of all gradients together in the last step, before clipping, if that step had need of it.
    pub fn norm(&self) -> Result<f64> {
        let mut norm = 0.0;
        self.check(unsafe { sys::optim_norm(self.handle.as_ptr(), &mut norm) })?;
        Ok(norm)
    }

    /// Say that an epoch has ended, and with which validation metric; NaN: no improvement.
    pub fn epoch(&mut self, metric: f64) -> Result<()> {
        self.check(unsafe { sys::optim_epoch(self.handle.as_ptr(), metric) })
    }

    /// Epochs ended since creation or reset.
    pub fn epochs(&self) -> u64 {
        unsafe { sys::optim_epochs(self.handle.as_ptr()) }
    }

    /// Exchange the weights with the outermost wrapper's own, and back at the next call. [`swapped`](Self::swapped)
    /// does both.
    pub fn swap(&mut self) -> Result<()> {
        // SAFETY: as for step.
        self.check(unsafe { sys::optim_swap(self.handle.as_ptr()) })
    }

    /// The optimizer with the outermost wrapper's own weights (Lookahead's slow ones), to evaluate with them; they are
    /// exchanged back when the result is dropped.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("ema(adam)")?;
    /// let weight = opt.add("weight", &[3], vec![1.0_f32; 3])?;
    /// opt.step()?;
    /// let sum: f32 = opt.swapped()?.params(weight).iter().sum();
    /// opt.step()?; // the weights are back
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// No step is possible with them:
    ///
    /// ```compile_fail,E0499
    /// # fn main() -> optim::Result<()> {
    /// # let mut opt = optim::Optimizer::new("ema(adam)")?;
    /// # let weight = opt.add("weight", &[3], vec![1.0_f32; 3])?;
    /// let averaged = opt.swapped()?;
    /// opt.step()?;
    /// averaged.params(weight);
    /// # Ok(())
    /// # }
    /// ```
    pub fn swapped(&mut self) -> Result<Swapped<'_, 'a>> {
        self.swap()?;
        Ok(Swapped(self))
    }

    // ---- State

    /// What the optimizer remembers of a tensor: "exp_avg", "slow", ..., see [`crate::Algorithm::slots`].
    pub fn state<T: Element>(&self, tensor: Tensor<T>, slot: &str) -> Result<&[T]> {
        let (data, count) = self.find_state(tensor, slot)?;
        // SAFETY: the library's state stays as long as the handle, and only changes through a mutable borrow of it.
        Ok(unsafe { slice::from_raw_parts(data, count) })
    }

    /// The same, to restore it.
    pub fn state_mut<T: Element>(&mut self, tensor: Tensor<T>, slot: &str) -> Result<&mut [T]> {
        let (data, count) = self.find_state(tensor, slot)?;
        // SAFETY: as above.
        Ok(unsafe { slice::from_raw_parts_mut(data, count) })
    }

    fn find_state<T: Element>(&self, tensor: Tensor<T>, slot: &str) -> Result<(*mut T, usize)> {
        find(&self.entries, self.id, tensor); // whose element type is then right
        let (slot, mut data, mut count) = (to_c(slot)?, ptr::null_mut(), 0);
        self.check(unsafe {
            let handle = self.handle.as_ptr();
            sys::optim_state(handle, tensor.index, slot.as_ptr(), &mut data, ptr::null_mut(), &mut count)
        })?;
        Ok((NonNull::new(data as *mut T).unwrap_or(NonNull::dangling()).as_ptr(), count))
    }

    // ---- Threads

    /// How many threads a step may use; 0: as many as this process may (the default).
    pub fn set_threads(&mut self, threads: usize) -> Result<&mut Self> {
        let threads = c_int::try_from(threads).unwrap_or(c_int::MAX);
        self.check(unsafe { sys::optim_set_threads(self.handle.as_ptr(), threads) })?;
        Ok(self)
    }

    /// Run steps on the application's own threads: `run` runs all pieces it is given and returns when all have run.
    /// Pieces that it leaves out, also because it panics, are run by the thread that called step.
    ///
    /// ```
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("adam")?;
    /// opt.set_threads(4)?;
    /// opt.set_executor(|pieces| {
    ///     std::thread::scope(|scope| {
    ///         for index in 0..pieces.len() {
    ///             scope.spawn(move || pieces.run(index));
    ///         }
    ///     })
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Pieces cannot be kept:
    ///
    /// ```compile_fail,E0521
    /// # fn main() -> optim::Result<()> {
    /// let mut opt = optim::Optimizer::new("adam")?;
    /// opt.set_executor(|pieces| {
    ///     std::thread::spawn(move || pieces.run(0));
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_executor(&mut self, run: impl FnMut(&Pieces<'_>) + Send + 'a) -> Result<()> {
        let executor = Box::into_raw(Box::new(Executor::new(run)));
        let context = executor as *mut c_void;
        let result = self.check(unsafe {
            // SAFETY: the executor lives until there is another one, or no handle any more.
            sys::optim_set_executor(self.handle.as_ptr(), Some(Executor::<'a>::call), context)
        });
        let old = match result {
            Ok(()) => std::mem::replace(&mut self.executor, NonNull::new(executor)),
            Err(_) => NonNull::new(executor),
        };
        free_executor(old);
        result
    }

    /// Run steps on the library's threads again.
    pub fn clear_executor(&mut self) -> Result<()> {
        self.check(unsafe { sys::optim_set_executor(self.handle.as_ptr(), None, ptr::null_mut()) })?;
        free_executor(self.executor.take());
        Ok(())
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::optim {
        self.handle.as_ptr()
    }

    pub(crate) fn check(&self, code: c_int) -> Result<()> {
        check(code, self.handle.as_ptr())
    }
}

fn free_executor(executor: Option<NonNull<Executor<'_>>>) {
    if let Some(executor) = executor {
        // SAFETY: it is from Box::into_raw, and the library does not have it any more.
        drop(unsafe { Box::from_raw(executor.as_ptr()) });
    }
}

impl Drop for Optimizer<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle; the memory that it points to is not touched.
        unsafe { sys::optim_destroy(self.handle.as_ptr()) }
        free_executor(self.executor.take());
    }
}

impl fmt::Debug for Optimizer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Optimizer");
        debug.field("name", &self.name()).field("tensors", &self.count()).field("steps", &self.steps());
        debug.finish_non_exhaustive()
    }
}

/// An optimizer while its weights are swapped: see [`Optimizer::swapped`].
#[derive(Debug)]
pub struct Swapped<'o, 'a>(&'o mut Optimizer<'a>);

impl<'a> Deref for Swapped<'_, 'a> {
    type Target = Optimizer<'a>;

    fn deref(&self) -> &Optimizer<'a> {
        self.0
    }
}

impl Drop for Swapped<'_, '_> {
    fn drop(&mut self) {
        self.0.swap().expect("what was swapped can be swapped back");
    }
}
