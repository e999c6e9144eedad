//! The step of gradient descent: SGD, Adam, Lion, Lookahead and the rest of the family, over tensors that stay where
//! they are in memory. This is the safe side of [liboptim](optim_sys), which pkg-config must find.
//!
//! ```
//! fn main() -> optim::Result<()> {
//!     let mut opt = optim::Optimizer::new("adamw")?;
//!     let line = opt.add("line", &[2], vec![0.0, 0.0])?; // slope, intercept
//!     opt.set("lr", 0.05)?.set("weight_decay", 0.0)?;
//!     for _ in 0..1000 {
//!         let [line] = opt.views([line]);
//!         line.gradient.fill(0.0);
//!         for x in (-4..=4).map(|i| f64::from(i) / 4.0) {
//!             let error = line.params[0] * x + line.params[1] - (2.0 * x + 1.0);
//!             line.gradient[0] += error * x;
//!             line.gradient[1] += error;
//!         }
//!         opt.step()?;
//!     }
//!     assert_eq!(format!("{:.3?}", opt.params(line)), "[2.000, 1.000]");
//!     Ok(())
//! }
//! ```
//!
//! # Whose memory it is
//!
//! The library works on parameters and gradients where they are, and keeps their addresses from step to step. So an
//! [`Optimizer`] has them: it owns a `Vec` that is moved in, or borrows a slice for as long as it lives. Between steps
//! it lends them, through [`Optimizer::params`], [`Optimizer::gradient_mut`], or [`Optimizer::lend`] for several
//! tensors at once. A loan borrows the optimizer, and a step needs it mutably: there is no way to step while anybody
//! looks at a parameter, and nothing is ever copied. That is what a collection does with its elements, and the
//! reason why a model asks its optimizer for its weights.
//!
//! Memory that is moved in:
//!
//! ```
//! # fn main() -> optim::Result<()> {
//! let mut opt = optim::Optimizer::new("sgd")?;
//! let weight = opt.add("weight", &[3], vec![1.0_f32; 3])?;
//! opt.gradient_mut(weight).fill(1.0);
//! opt.step()?;
//! let sum: f32 = opt.params(weight).iter().sum();
//! # Ok(())
//! # }
//! ```
//!
//! A parameter that is still looked at, and a step:
//!
//! ```compile_fail,E0502
//! # fn main() -> optim::Result<()> {
//! # let mut opt = optim::Optimizer::new("sgd")?;
//! # let weight = opt.add("weight", &[3], vec![1.0_f32; 3])?;
//! let params = opt.params(weight);
//! opt.step()?;
//! let sum: f32 = params.iter().sum();
//! # Ok(())
//! # }
//! ```
//!
//! Memory that is borrowed, which its owner has again when the optimizer is gone:
//!
//! ```
//! # fn main() -> optim::Result<()> {
//! let (mut weight, mut gradient) = ([1.0_f32; 3], [1.0_f32; 3]);
//! let mut opt = optim::Optimizer::new("sgd")?;
//! opt.set("lr", 0.5)?;
//! opt.add_with_gradient("weight", &[3], &mut weight, &mut gradient)?;
//! opt.step()?;
//! drop(opt);
//! assert_eq!(weight, [0.5; 3]);
//! # Ok(())
//! # }
//! ```
//!
//! but not before:
//!
//! ```compile_fail,E0502
//! # fn main() -> optim::Result<()> {
//! # let mut weight = [1.0_f32; 3];
//! let mut opt = optim::Optimizer::new("sgd")?;
//! opt.add("weight", &[3], &mut weight)?;
//! assert_eq!(weight, [0.5; 3]);
//! opt.step()?;
//! # Ok(())
//! # }
//! ```
//!
//! nor can it be gone before the optimizer:
//!
//! ```compile_fail,E0597
//! # fn main() -> optim::Result<()> {
//! let mut opt = optim::Optimizer::new("sgd")?;
//! {
//!     let mut weight = [1.0_f32; 3];
//!     opt.add("weight", &[3], &mut weight)?;
//! }
//! opt.step()?;
//! # Ok(())
//! # }
//! ```
//!
//! State that is still looked at, and a step:
//!
//! ```compile_fail,E0502
//! # fn main() -> optim::Result<()> {
//! # let mut opt = optim::Optimizer::new("adam")?;
//! # let weight = opt.add("weight", &[3], vec![1.0_f32; 3])?;
//! let average = opt.state(weight, "exp_avg")?;
//! opt.step()?;
//! assert_eq!(average[0], 0.0);
//! # Ok(())
//! # }
//! ```
//!
//! A step that borrows gradients only for its own time is [`Optimizer::step_with`].
//!
//! # Threads
//!
//! An optimizer can be sent to another thread, and not be shared:
//!
//! ```
//! # fn main() -> optim::Result<()> {
//! let mut opt = optim::Optimizer::new("sgd")?;
//! std::thread::spawn(move || opt.step()).join().unwrap()?;
//! # Ok(())
//! # }
//! ```
//!
//! ```compile_fail,E0277
//! # fn main() -> optim::Result<()> {
//! let opt = optim::Optimizer::new("sgd")?;
//! std::thread::scope(|scope| {
//!     scope.spawn(|| opt.steps());
//! });
//! # Ok(())
//! # }
//! ```
//!
//! A step itself uses as many threads as [`Optimizer::set_threads`] says, or those of [`Optimizer::set_executor`].

#![warn(missing_docs, missing_debug_implementations, rust_2018_idioms)]

mod buffer;
mod error;
mod executor;
mod info;
mod optimizer;
mod saving;
mod schedule;
mod tensor;
mod text;

pub use buffer::Buffer;
pub use error::{Error, Rejected, Result, Status};
pub use executor::Pieces;
pub use info::{algorithms, schedules, version, Algorithm, Parameter, ScheduleKind};
pub use optimizer::{Optimizer, Swapped};
pub use saving::Loaded;
pub use schedule::Schedule;
pub use tensor::{Element, Given, Lender, Tensor, View};
