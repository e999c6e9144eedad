//! Saving and loading: files, streams, what these return and panic with, and what a load finds.

use std::error::Error as _;
use std::io::{self, Read, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::PathBuf;
use std::{env, fs, process};

use optim::{Loaded, Optimizer, Result, Status, Tensor};

const RESTORED: Loaded = Loaded { restored: 2, fresh: 0, ignored: 0 };

struct Model {
    opt: Optimizer<'static>,
    weight: Tensor<f32>,
    bias: Tensor<f64>,
}

impl Model {
    fn new() -> Model {
        let mut opt = Optimizer::new("lookahead(adam)").unwrap();
        let weight = opt.add_with_gradient("weight", &[10, 10], vec![1.0_f32; 100], vec![0.5; 100]).unwrap();
        let bias = opt.add_with_gradient("bias", &[7], vec![1.0_f64; 7], vec![-0.25; 7]).unwrap();
        opt.set("lr", 0.01).unwrap();
        Model { opt, weight, bias }
    }

    fn after(steps: usize) -> Model {
        let mut model = Model::new();
        model.steps(steps);
        model
    }

    fn steps(&mut self, count: usize) {
        for _ in 0..count {
            self.opt.step().unwrap();
        }
    }

    /// A model that was loaded goes on with the bits of the one that was saved.
    fn goes_on_as(&mut self, saved: &mut Model) {
        self.opt.params_mut(self.weight).copy_from_slice(saved.opt.params(saved.weight));
        self.opt.params_mut(self.bias).copy_from_slice(saved.opt.params(saved.bias));
        saved.steps(8);
        self.steps(8);
        assert_eq!(self.opt.params(self.weight), saved.opt.params(saved.weight));
        assert_eq!(self.opt.params(self.bias), saved.opt.params(saved.bias));
        assert_eq!(self.opt.steps(), saved.opt.steps());
    }
}

/// Whether the library was built with saving.
fn saves() -> bool {
    match Model::new().opt.write(io::sink()) {
        Err(error) if error.status() == Status::Unsupported => false,
        result => result.map(|()| true).unwrap(),
    }
}

struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn files() -> Result<()> {
    if !saves() {
        return Ok(());
    }
    let path = Removed(env::temp_dir().join(format!("optim-rust-{}.safetensors", process::id())));
    let (mut saved, mut loaded, mut other) = (Model::after(7), Model::new(), Model::new());
    saved.opt.save(&path.0)?;
    assert_eq!(loaded.opt.last_load()?.restored, 0);
    assert_eq!(loaded.opt.load(&path.0)?, RESTORED);
    assert_eq!(loaded.opt.last_load()?, RESTORED);
    loaded.goes_on_as(&mut saved);

    other.opt.add("more", &[3], vec![0.0_f32; 3])?;
    let error = other.opt.load(&path.0).unwrap_err();
    assert_eq!(error.status(), Status::Mismatch);
    assert!(error.message().contains("more"), "{error}");
    other.opt.set("load_strict", 0.0)?;
    assert_eq!(other.opt.load(&path.0)?, Loaded { restored: 2, fresh: 1, ignored: 0 });
    for error in [saved.opt.save("/nowhere/at/all").unwrap_err(), saved.opt.load("/nowhere/at/all").unwrap_err()] {
        assert_eq!(error.status(), Status::Io);
        assert!(error.message().contains("/nowhere/at/all"), "{error}");
    }
    assert_eq!(saved.opt.save("\0").unwrap_err().status(), Status::Argument);
    Ok(())
}

#[test]
fn streams() -> Result<()> {
    if !saves() {
        return Ok(());
    }
    let (mut saved, mut loaded, mut other) = (Model::after(6), Model::new(), Model::new());
    let mut bytes = Vec::new();
    saved.opt.write(&mut bytes)?;
    let whole = bytes.len();
    bytes.extend(b"what follows");
    let mut stream = &bytes[..];
    assert_eq!(loaded.opt.read(&mut stream)?, RESTORED);
    assert_eq!(stream, b"what follows");
    loaded.goes_on_as(&mut saved);

    let error = other.opt.read(&bytes[..whole / 2]).unwrap_err();
    assert_eq!(error.status(), Status::Io);
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>()).unwrap();
    assert_eq!(source.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::UnexpectedEof);
    let nonsense = b"no state at all, however long one reads it";
    assert_eq!(other.opt.read(&nonsense[..]).unwrap_err().status(), Status::Format);
    let error = other.opt.write(&mut [0_u8; 10][..]).unwrap_err();
    assert_eq!(error.status(), Status::Io);
    assert_eq!(other.opt.steps(), 0);
    Ok(())
}

struct Panics;

impl Read for Panics {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("no reader");
    }
}

impl Write for Panics {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("no writer");
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A panic comes through the library as it is.
#[test]
fn panics() {
    if !saves() {
        return;
    }
    let mut model = Model::after(3);
    let panic = catch_unwind(AssertUnwindSafe(|| model.opt.read(Panics))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"no reader"));
    let panic = catch_unwind(AssertUnwindSafe(|| model.opt.write(Panics))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"no writer"));
    model.steps(1);
    assert_eq!(model.opt.steps(), 4);
}
