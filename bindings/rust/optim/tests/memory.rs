//! What parameters, gradients and state may be, and who has them when.

use std::panic::{catch_unwind, AssertUnwindSafe};

use optim::{Buffer, Error, Optimizer, Result, Status};

fn refused<T>(result: Result<T>, status: Status, part: &str) {
    let error: Error = result.err().unwrap_or_else(|| panic!("nothing was refused; expected {part:?}"));
    assert_eq!(error.status(), status, "{error}");
    assert!(error.message().contains(part), "{error}: expected {part:?}");
}

fn panics<T>(call: impl FnOnce() -> T) {
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
}

/// Plain gradient descent, which takes the gradient off the parameters.
fn descent<'a>() -> Optimizer<'a> {
    let mut opt = Optimizer::new("sgd").unwrap();
    opt.set("lr", 1.0).unwrap();
    opt
}

#[test]
fn all_forms() -> Result<()> {
    let (mut array, mut slice, mut vector) = ([2.0_f32; 3], [3.0_f64; 4], vec![4.0_f32; 2]);
    let mut gradient = [1.0_f64; 2];
    let mut opt = descent();
    let keys = [
        opt.add("vector", &[3, 2], vec![1.0_f32; 6])?,
        opt.add("boxed", &[1], vec![1.5_f32].into_boxed_slice())?,
        opt.add("array", &[3], &mut array)?,
        opt.add("borrowed vector", &[2, 1], &mut vector)?,
        opt.add(None, &[0, 5], Vec::<f32>::new())?,
    ];
    let slice = opt.add_with_gradient("slice", &[2], &mut slice[1..3], &mut gradient)?;
    assert_eq!(opt.count(), 6);
    assert_eq!(opt.get_for("4", "lr")?, 1.0); // called by its number
    for key in keys {
        opt.gradient_mut(key).fill(1.0);
    }
    opt.step()?;
    assert_eq!(opt.params(keys[0]), [0.0; 6]);
    assert_eq!(opt.params(keys[1]), [0.5]);
    assert_eq!(opt.params(slice), [2.0; 2]);
    assert_eq!(opt.gradient(slice), [1.0; 2]);
    assert_eq!(keys.map(|key| key.index()), [0, 1, 2, 3, 4]);
    drop(opt);
    assert_eq!((array, vector), ([1.0; 3], vec![3.0; 2]));
    Ok(())
}

#[test]
fn nothing_is_copied() -> Result<()> {
    let vector = vec![1.0_f32; 100];
    let address = vector.as_ptr();
    let mut opt = Optimizer::new("adam")?;
    let weight = opt.add("weight", &[100], vector)?;
    assert_eq!(opt.params(weight).as_ptr(), address);
    let opt = opt.wrap("lookahead")?;
    assert_eq!(opt.params(weight).as_ptr(), address);
    let [weight] = opt.into_params([weight]);
    let weight = weight.into_vec();
    assert_eq!(weight.as_ptr(), address);
    Ok(())
}

#[test]
fn refused_inputs() -> Result<()> {
    let mut opt = Optimizer::new("adam")?;
    refused(opt.add("w", &[5], vec![0.0_f32; 6]), Status::Argument, "the parameter has 6 elements; its shape has 5");
    refused(opt.add("w", &[], vec![0.0_f32; 6]), Status::Argument, "its shape has 1");
    refused(opt.add("w", &[3, 0], vec![0.0_f32; 6]), Status::Argument, "its shape has 0");
    let gradient = vec![0.0_f32; 5];
    let added = opt.add_with_gradient("w", &[2, 3], vec![0.0_f32; 6], gradient);
    refused(added, Status::Argument, "the gradient has 5 elements; its shape has 6");
    refused(opt.add("w", &[1 << 40, 1 << 40], vec![0.0_f32; 6]), Status::Size, "memory can hold");
    refused(opt.add("w\0", &[6], vec![0.0_f32; 6]), Status::Argument, "zero byte");
    assert_eq!(opt.count(), 0);

    let weight = opt.add("w", &[2, 3], vec![0.0_f32; 6])?;
    refused(opt.add("w", &[6], vec![0.0_f64; 6]), Status::Duplicate, "\"w\"");
    let wide = opt.add_without_gradient("x", &[6], vec![0.0_f64; 6])?; // what failed left nothing behind
    refused(opt.step_with(&[wide.with(&[1.0; 5])]), Status::Argument, "the gradient has 5 elements");
    refused(opt.replace_params(weight, vec![1.0; 5]), Status::Argument, "the parameter has 5 elements");
    refused(opt.replace_gradient(weight, Some(vec![1.0; 7].into())), Status::Argument, "the gradient has 7 elements");
    refused(opt.state(weight, "momentum_buffer"), Status::Name, "momentum_buffer");
    refused(opt.state(weight, "max_exp_avg_sq"), Status::State, "max_exp_avg_sq");
    opt.step()?;

    let mut other = Optimizer::new("adam")?;
    other.add("w", &[2, 3], vec![0.0_f32; 6])?;
    panics(|| other.params(weight).len());
    panics(|| other.gradient_mut(weight).len());
    panics(|| other.state(weight, "exp_avg").map(|state| state.len()));
    panics(|| other.step_with(&[weight.with(&[1.0; 6])]));
    panics(|| other.lend().view(weight).params.len());
    panics(|| opt.views([weight, weight]).len());
    panics(|| opt.into_params([weight, weight]));
    panics(|| other.into_params([weight]));
    Ok(())
}

#[test]
fn lending() -> Result<()> {
    let mut opt = descent();
    let narrow = opt.add("narrow", &[2], vec![1.0_f32; 2])?;
    let wide = opt.add("wide", &[3], vec![1.0_f64; 3])?;
    let frozen = opt.add_without_gradient("frozen", &[1], vec![1.0_f32])?;
    for _ in 0..3 {
        let mut lender = opt.lend();
        let (narrow, wide, frozen) = (lender.view(narrow), lender.view(wide), lender.view(frozen));
        narrow.gradient.copy_from_slice(&[1.0, 2.0]);
        wide.gradient.fill(narrow.params[0].into());
        frozen.params[0] += 1.0;
        assert!(frozen.gradient.is_empty());
        opt.step()?;
    }
    assert_eq!(opt.params(narrow), [-2.0, -5.0]);
    assert_eq!(opt.params(wide), [1.0; 3]); // 1 - (1 + 0 - 1)
    assert_eq!(opt.params(frozen), [4.0]);
    let [a, b] = opt.views([narrow, frozen]);
    std::mem::swap(&mut a.params[0], &mut b.params[0]);
    assert_eq!(opt.params(narrow), [4.0, -5.0]);
    Ok(())
}

#[test]
fn gradients_for_a_step() -> Result<()> {
    let mut opt = descent();
    let weight = opt.add("weight", &[2], vec![1.0_f32; 2])?;
    let bias = opt.add_without_gradient("bias", &[1], vec![1.0_f64])?;
    opt.gradient_mut(weight).fill(10.0);
    for _ in 0..2 {
        let gradient = vec![1.0; 2];
        opt.step_with(&[weight.with(&gradient), bias.with(&[0.5])])?;
    }
    assert_eq!((opt.params(weight), opt.params(bias)), (&[-1.0_f32; 2][..], &[0.0][..]));
    opt.step_with(&[weight.with(&[5.0; 2]), weight.with(&[1.0; 2])])?; // the last one counts
    opt.step()?; // the own gradient is back, and the bias has none
    assert_eq!((opt.params(weight), opt.params(bias)), (&[-12.0_f32; 2][..], &[0.0][..]));
    Ok(())
}

#[test]
fn replacing() -> Result<()> {
    let mut opt = descent();
    let weight = opt.add("weight", &[2], vec![1.0_f32; 2])?;
    let old = opt.replace_params(weight, vec![5.0; 2])?;
    assert_eq!(&old[..], [1.0; 2]);
    let old: Option<Buffer<'_, f32>> = opt.replace_gradient(weight, Some(vec![3.0; 2].into()))?;
    assert_eq!(old.unwrap().into_vec(), [0.0; 2]);
    opt.step()?;
    assert_eq!(opt.params(weight), [2.0; 2]);
    assert_eq!(opt.replace_gradient(weight, None)?.unwrap().into_vec(), [3.0; 2]);
    opt.step()?;
    assert_eq!((opt.params(weight), opt.gradient(weight)), (&[2.0_f32; 2][..], &[][..]));
    Ok(())
}

#[test]
fn state() -> Result<()> {
    let mut opt = Optimizer::new("adam")?;
    let weight = opt.add("weight", &[3], vec![1.0_f32; 3])?;
    let none = opt.add("none", &[0], Vec::<f64>::new())?;
    opt.set("beta1", 0.5)?;
    assert_eq!(opt.state(weight, "exp_avg")?, [0.0; 3]);
    assert!(opt.state(none, "exp_avg")?.is_empty());
    opt.gradient_mut(weight).fill(6.0);
    opt.step()?;
    assert_eq!(opt.state(weight, "exp_avg")?, [3.0; 3]);
    opt.state_mut(weight, "exp_avg")?[1] = 7.0; // what is put back is used
    opt.step()?;
    assert_eq!(opt.state(weight, "exp_avg")?, [4.5, 6.5, 4.5]);
    Ok(())
}
