//! Steps on the application's own threads.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;

use optim::{Optimizer, Pieces, Result, Tensor};

const ELEMENTS: usize = 1 << 22; // enough for several pieces

/// A model big enough for several pieces a step.
fn model<'a>(threads: usize) -> (Optimizer<'a>, Tensor<f32>) {
    let mut opt = Optimizer::new("adam").unwrap();
    let weight = opt.add("weight", &[ELEMENTS], vec![1.0; ELEMENTS]).unwrap();
    for (i, gradient) in opt.gradient_mut(weight).iter_mut().enumerate() {
        *gradient = (i % 1000) as f32 / 1000.0;
    }
    opt.set_threads(threads).unwrap();
    (opt, weight)
}

fn on_threads(pieces: &Pieces<'_>) {
    thread::scope(|scope| {
        for index in 1..pieces.len() {
            scope.spawn(move || pieces.run(index));
        }
        pieces.run(0);
    });
}

fn same_as_on_one_thread(opt: &Optimizer<'_>, weight: Tensor<f32>) {
    let (mut one, expected) = model(1);
    while one.steps() < opt.steps() {
        one.step().unwrap();
    }
    assert!(opt.params(weight) == one.params(expected), "not the same bits");
}

#[test]
fn any_callable() -> Result<()> {
    let mut most = 0;
    let (mut opt, weight) = model(4);
    opt.set_executor(on_threads)?;
    opt.step()?;
    opt.set_executor(|pieces| {
        most = most.max(pieces.len()); // borrowed
        (0..pieces.len()).rev().for_each(|index| pieces.run(index));
    })?;
    opt.step()?;
    opt.clear_executor()?;
    opt.step()?;
    same_as_on_one_thread(&opt, weight);
    drop(opt);
    assert!(most > 1 && most <= 4, "{most}");
    Ok(())
}

#[test]
fn lives_as_long_as_the_optimizer() -> Result<()> {
    let calls = Arc::new(AtomicUsize::new(0));
    let (mut opt, _) = model(2);
    let own = Arc::clone(&calls);
    opt.set_executor(move |pieces| {
        own.fetch_add(1, Ordering::Relaxed);
        on_threads(pieces);
    })?;
    let mut opt = thread::spawn(move || opt.wrap("lookahead")).join().unwrap()?;
    opt.step()?;
    assert_eq!((calls.load(Ordering::Relaxed), Arc::strong_count(&calls)), (1, 2));
    opt.set_executor(on_threads)?;
    assert_eq!(Arc::strong_count(&calls), 1);
    let own = Arc::clone(&calls);
    opt.set_executor(move |pieces| on_threads(pieces_of(&own, pieces)))?;
    drop(opt);
    assert_eq!(Arc::strong_count(&calls), 1);
    Ok(())
}

fn pieces_of<'p, 'q>(calls: &AtomicUsize, pieces: &'p Pieces<'q>) -> &'p Pieces<'q> {
    calls.fetch_add(1, Ordering::Relaxed);
    pieces
}

/// The step is whole whatever an executor does, and its panic comes out of the step.
#[test]
fn careless_ones() -> Result<()> {
    let (mut opt, weight) = model(4);
    opt.set_executor(|pieces| {
        pieces.run(1);
        panic!("out of threads");
    })?;
    let panic = catch_unwind(AssertUnwindSafe(|| opt.step())).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"out of threads"));
    assert_eq!(opt.steps(), 1);
    let gradient = opt.gradient(weight).to_vec();
    catch_unwind(AssertUnwindSafe(|| opt.step_with(&[weight.with(&gradient)]))).unwrap_err();
    drop(gradient); // the own gradient is back
    opt.set_executor(|_| ())?; // runs nothing
    opt.step()?;
    opt.set_executor(|pieces| {
        on_threads(pieces);
        on_threads(pieces); // all of them twice
    })?;
    opt.step()?;
    opt.set_executor(|pieces| pieces.run(pieces.len()))?;
    catch_unwind(AssertUnwindSafe(|| opt.step())).unwrap_err();
    assert_eq!(opt.steps(), 5);
    same_as_on_one_thread(&opt, weight);
    Ok(())
}
