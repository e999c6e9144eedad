//! Introspection says what the C interface says, and everything it names can be made.

use std::ffi::{CStr, CString};

use optim::{Optimizer, Result, Schedule};

#[test]
fn algorithms() -> Result<()> {
    let all: Vec<_> = optim::algorithms().collect();
    assert_eq!(all.len(), unsafe { optim_sys::optim_algorithm_count() });
    for algorithm in all {
        let name = CString::new(algorithm.name).unwrap();
        let summary = unsafe { CStr::from_ptr(optim_sys::optim_algorithm_summary(name.as_ptr())) };
        assert_eq!(algorithm.summary, summary.to_str().unwrap());
        assert_eq!(algorithm.parameters().count(), unsafe { optim_sys::optim_param_count(name.as_ptr()) });
        assert_eq!(algorithm.slots().count(), unsafe { optim_sys::optim_slot_count(name.as_ptr()) });
        let opt = match algorithm.wraps {
            true => Optimizer::new("sgd")?.wrap(algorithm.name)?,
            false => Optimizer::new(algorithm.name)?,
        };
        for parameter in algorithm.parameters() {
            assert_eq!(Some(opt.get(parameter.name)?), parameter.initial, "{}: {}", algorithm.name, parameter.name);
            assert!(parameter.min <= parameter.max && !parameter.help.is_empty(), "{parameter:?}");
        }
    }
    Ok(())
}

#[test]
fn schedules() -> Result<()> {
    let all: Vec<_> = optim::schedules().collect();
    assert_eq!(all.len(), unsafe { optim_sys::optim_schedule_count() });
    for kind in all {
        let schedule = match kind.wraps {
            true => Schedule::new("constant")?.wrap(kind.name)?,
            false => Schedule::new(kind.name)?,
        };
        for parameter in kind.parameters() {
            assert_eq!(schedule.get(parameter.name)?, parameter.initial, "{}: {}", kind.name, parameter.name);
        }
        assert!(!kind.summary.is_empty(), "{kind:?}");
    }
    assert!(optim::schedules().any(|kind| kind.parameters().any(|parameter| parameter.initial.is_none())));
    assert_eq!(optim::version(), unsafe { CStr::from_ptr(optim_sys::optim_version()) }.to_str().unwrap());
    Ok(())
}
