//! Who owns what: wrapping, attaching, failing in between; and what errors say.

use std::error::Error as _;

use optim::{Error, Optimizer, Rejected, Result, Schedule, Status};

fn refused<T>(result: std::result::Result<T, impl Into<Error>>, status: Status, part: &str) {
    let error: Error = match result {
        Ok(_) => panic!("nothing was refused; expected {part:?}"),
        Err(error) => error.into(),
    };
    assert_eq!(error.status(), status, "{error}");
    assert!(error.message().contains(part), "{error}: expected {part:?}");
    assert_eq!(error.message(), error.to_string());
}

#[test]
fn optimizers_are_sent_and_schedules_too() {
    fn sent<T: Send>() {}
    sent::<Optimizer<'static>>();
    sent::<Schedule>();
    sent::<Rejected<Optimizer<'static>>>();
    sent::<Error>();
    fn shared<T: Sync>() {}
    shared::<Error>();
    shared::<Rejected<Schedule>>();
}

#[test]
fn wrapping() -> Result<()> {
    let mut opt = Optimizer::new("adam")?;
    let weight = opt.add("weight", &[2], vec![1.0_f64; 2])?;
    let rejected = opt.wrap("lookahed").unwrap_err();
    assert_eq!(rejected.error().status(), Status::Name);
    assert!(rejected.to_string().contains("lookahead"), "{rejected}");
    let mut opt = rejected.into_value();
    opt.gradient_mut(weight).fill(1.0);
    opt.step()?; // still whole
    let mut opt = opt.wrap("lookahead")?.wrap("ema")?;
    assert_eq!(opt.name(), "ema(lookahead(adam))");
    opt.step()?;
    assert_eq!((opt.steps(), opt.count()), (2, 1));
    assert_eq!(opt.state(weight, "slow")?.len(), 2); // the key stays good
    refused(opt.wrap("sgd"), Status::Name, "not a wrapper");
    refused(Optimizer::new("ema(adam)")?.wrap("x\0y"), Status::Argument, "zero byte");
    Ok(())
}

#[test]
fn swapping() -> Result<()> {
    let mut opt = Optimizer::new("ema(sgd)")?;
    let weight = opt.add("weight", &[1], vec![1.0_f64])?;
    opt.set("lr", 1.0)?;
    opt.gradient_mut(weight)[0] = 1.0;
    opt.step()?;
    opt.step()?;
    assert_eq!(opt.params(weight), [-1.0]);
    let average = opt.swapped()?.params(weight)[0];
    assert!(average > -1.0 && average < 1.0, "{average}");
    assert_eq!(opt.params(weight), [-1.0]);
    opt.step()?;

    std::mem::forget(opt.swapped()?); // whose weights then stay swapped
    refused(opt.step(), Status::State, "swapped");
    refused(opt.step_with(&[weight.with(&[1.0])]), Status::State, "swapped");
    refused(opt.replace_gradient(weight, None), Status::State, "swapped");
    refused(opt.replace_params(weight, vec![9.0]), Status::State, "swapped");
    opt.swap()?;
    opt.step()?;
    refused(Optimizer::new("sgd")?.swapped(), Status::State, "no weights of its own");
    Ok(())
}

#[test]
fn schedules() -> Result<()> {
    let mut opt = Optimizer::new("sgd")?;
    let cosine = Schedule::new("cosine")?;
    assert_eq!(cosine.get("steps")?, None);
    let rejected = opt.attach("lr", cosine).unwrap_err();
    assert_eq!(rejected.error().status(), Status::State);
    let rejected = rejected.into_value().wrap("warmup").unwrap_err();
    assert_eq!(rejected.error().status(), Status::State);
    let mut cosine = rejected.into_value();
    refused(cosine.factor(0), Status::State, "steps");
    cosine.set("steps", 10.0)?.set("steps", 20.0)?;
    assert_eq!(cosine.get("steps")?, Some(20.0));
    refused(cosine.set("step", 1.0), Status::Name, "step");
    refused(cosine.set("steps", -1.0), Status::Range, "steps");
    refused(cosine.point(0.0, 1.0), Status::Argument, "piecewise");
    let warm = cosine.wrap("warmup")?.with("steps", 4.0)?;
    let first = warm.factor(0)?;
    assert!(warm.factor(1)? < warm.factor(3)? && warm.factor(3)? > warm.factor(15)?);
    let rejected = opt.attach("nesterov", warm).unwrap_err();
    assert_eq!(rejected.error().status(), Status::Argument);
    opt.attach("lr", rejected.into_value())?;
    refused(opt.attach("lr", Schedule::new("constant")?), Status::State, "already");

    opt.add("weight", &[], vec![1.0_f32])?;
    opt.set("lr", 0.1)?;
    assert_eq!(opt.get_for("weight", "lr")?, 0.1 * first);
    opt.detach("lr")?;
    assert_eq!(opt.get_for("weight", "lr")?, 0.1);
    let mut piecewise = Schedule::new("piecewise")?;
    piecewise.point(0.0, 0.5)?.point(2.0, 0.25)?;
    opt.add("bias", &[], vec![1.0_f32])?;
    opt.attach_for("w*", "lr", piecewise)?;
    assert_eq!(opt.get_for("bias", "lr")?, 0.1);
    assert_eq!(opt.get_for("weight", "lr")?, 0.05);
    assert_eq!(opt.get("lr")?, 0.1);
    opt.epoch(1.5)?;
    assert_eq!(opt.epochs(), 1);
    Ok(())
}

#[test]
fn errors() -> Result<()> {
    refused(Optimizer::new("adm"), Status::Name, "adam");
    refused(Optimizer::new("ad\0am"), Status::Argument, "zero byte");
    refused(Schedule::new("cosin"), Status::Name, "cosine");
    refused(Schedule::new("warmup"), Status::Name, "optim_schedule_wrap");
    let mut opt = Optimizer::new("adam")?;
    refused(opt.set("beta3", 1.0), Status::Name, "beta1");
    refused(opt.set("beta1", 2.0), Status::Range, "beta1");
    refused(opt.set("beta1", f64::NAN), Status::Range, "beta1");
    refused(opt.set_for("*\0", "beta1", 0.5), Status::Argument, "zero byte");
    refused(opt.get("momentum"), Status::Name, "momentum");
    refused(opt.get_for("weight", "lr"), Status::Name, "weight");
    refused(opt.norm(), Status::State, "norm");
    refused(opt.set_threads(1 << 40), Status::Range, "threads");
    refused(opt.detach("momentum"), Status::Name, "momentum");

    let weight = opt.add("weight", &[1], vec![1.0_f32])?;
    opt.gradient_mut(weight)[0] = f32::INFINITY;
    opt.set("check_finite", 1.0)?.set("clip_norm", 3.0)?;
    refused(opt.step(), Status::Nonfinite, "\"weight\"");
    opt.set("check_finite", 2.0)?;
    opt.step()?;
    assert_eq!((opt.skipped(), opt.steps(), opt.params(weight)[0]), (1, 0, 1.0));
    opt.gradient_mut(weight)[0] = 4.0;
    opt.step()?;
    assert_eq!(opt.norm()?, 4.0);
    opt.reset()?;
    assert_eq!((opt.skipped(), opt.steps()), (0, 0));
    Ok(())
}

/// Errors go with `?` into what others use.
#[test]
fn errors_are_errors() {
    fn boxed() -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut opt = Optimizer::new("adam")?;
        opt.attach("lr", Schedule::new("cosine")?)?;
        Ok(())
    }
    fn io() -> std::io::Result<()> {
        Optimizer::new("adm")?;
        Ok(())
    }
    assert!(boxed().unwrap_err().to_string().contains("steps"));
    assert!(io().unwrap_err().to_string().contains("adam"));
    assert!(Optimizer::new("adm").unwrap_err().source().is_none());
}
