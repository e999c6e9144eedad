//! Random programs give the same bits through this crate and through the C interface, and are refused with the same
//! words.

use std::ffi::{CStr, CString};
use std::os::raw::{c_int, c_void};
use std::ptr;

use optim::{Algorithm, Element, Error, Optimizer, Schedule, Tensor};
use optim_sys as sys;

const PROGRAMS: u64 = 200;
const ACTIONS: usize = 40;

/// Steele and others' SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d049bb133111eb);
        (z ^ z >> 31) as usize % n
    }

    /// From -1 to 1, in steps that both element types have exactly.
    fn number(&mut self) -> f32 {
        self.below(2049) as f32 / 1024.0 - 1.0
    }

    fn numbers<T: From<f32>>(&mut self, count: usize) -> Vec<T> {
        (0..count).map(|_| self.number().into()).collect()
    }
}

/// The C side of a tensor.
struct Twin<T> {
    key: Tensor<T>,
    params: Vec<T>,
    gradient: Vec<T>,
}

struct Program {
    random: Random,
    algorithm: Algorithm,
    rust: Option<Optimizer<'static>>,
    c: *mut sys::optim,
    narrow: Vec<Twin<f32>>,
    wide: Vec<Twin<f64>>,
}

fn told<T>(result: Result<T, impl Into<Error>>) -> String {
    result.err().map_or(String::new(), |error| error.into().to_string())
}

impl Program {
    fn new(algorithm: Algorithm, seed: u64) -> Program {
        let name = CString::new(algorithm.name).unwrap();
        let mut c = ptr::null_mut();
        assert_eq!(unsafe { sys::optim_create(&mut c, name.as_ptr()) }, sys::OPTIM_OK);
        let rust = Some(Optimizer::new(algorithm.name).unwrap());
        let mut program = Program { random: Random(seed), algorithm, rust, c, narrow: Vec::new(), wide: Vec::new() };
        for i in 0..2 {
            let count = program.random.below(50);
            let twin = program.add(&format!("narrow{i}"), sys::OPTIM_F32, count);
            program.narrow.push(twin);
            let twin = program.add(&format!("wide{i}"), sys::OPTIM_F64, count);
            program.wide.push(twin);
        }
        program
    }

    fn add<T: Element + From<f32>>(&mut self, name: &str, dtype: c_int, count: usize) -> Twin<T> {
        let params: Vec<T> = self.random.numbers(count);
        let key = self.opt().add(name, &[1, count], params.clone()).unwrap();
        let mut twin = Twin { key, params, gradient: vec![0.0.into(); count] };
        let name = CString::new(name).unwrap();
        let (param, grad) = (twin.params.as_mut_ptr() as *mut c_void, twin.gradient.as_ptr() as *const c_void);
        let shape = [1, count];
        let code = unsafe { sys::optim_add(self.c, name.as_ptr(), dtype, 2, shape.as_ptr(), param, grad) };
        assert_eq!(code, sys::OPTIM_OK);
        twin
    }

    fn opt(&mut self) -> &mut Optimizer<'static> {
        self.rust.as_mut().unwrap()
    }

    /// What the C side said of a call.
    fn said(&self, code: c_int) -> String {
        if code == sys::OPTIM_OK {
            return String::new();
        }
        unsafe { CStr::from_ptr(sys::optim_errmsg(self.c)) }.to_str().unwrap().into()
    }

    fn act(&mut self) {
        let c = self.c;
        let (rust, code) = match self.random.below(12) {
            0 | 1 => return self.set(),
            2 if self.random.below(4) == 0 => return self.wrap(),
            3 => return self.attach(),
            4 => (told(self.opt().epoch(0.5)), unsafe { sys::optim_epoch(c, 0.5) }),
            5 => (told(self.opt().swap()), unsafe { sys::optim_swap(c) }),
            6 if self.random.below(4) == 0 => (told(self.opt().reset()), unsafe { sys::optim_reset(c) }),
            7 => (self.step_with(), unsafe { sys::optim_step(c) }),
            _ => {
                self.new_gradients();
                (told(self.opt().step()), unsafe { sys::optim_step(c) })
            }
        };
        // A step that was given gradients is refused by the first function that it needs.
        assert_eq!(rust.replace("optim_bind", "optim_step"), self.said(code));
    }

    fn new_gradients(&mut self) {
        let opt = self.rust.as_mut().unwrap();
        for twin in &mut self.narrow {
            let gradient = self.random.numbers(twin.gradient.len());
            twin.gradient.copy_from_slice(&gradient);
            opt.gradient_mut(twin.key).copy_from_slice(&gradient);
        }
        for twin in &mut self.wide {
            let gradient = self.random.numbers(twin.gradient.len());
            twin.gradient.copy_from_slice(&gradient);
            opt.gradient_mut(twin.key).copy_from_slice(&gradient);
        }
    }

    /// The same gradients, but given to the step.
    fn step_with(&mut self) -> String {
        self.new_gradients();
        let opt = self.rust.as_mut().unwrap();
        let narrow = self.narrow.iter().map(|twin| twin.key.with(&twin.gradient));
        let wide = self.wide.iter().map(|twin| twin.key.with(&twin.gradient));
        let given: Vec<_> = narrow.chain(wide).collect();
        for twin in &self.narrow {
            opt.gradient_mut(twin.key).fill(9.0);
        }
        told(opt.step_with(&given))
    }

    fn set(&mut self) {
        let parameters: Vec<_> = self.algorithm.parameters().collect();
        let parameter = parameters[self.random.below(parameters.len())];
        if parameter.name == "blas" {
            return; // whose bits are another matter
        }
        let values = [parameter.initial.unwrap(), parameter.min, parameter.max, 0.0, 0.5, 1.0, -1.0, 0.01];
        let value = values[self.random.below(values.len())];
        let pattern = ["*", "wide?"][self.random.below(2)];
        let rust = told(self.opt().set_for(pattern, parameter.name, value));
        let (pattern, name) = (CString::new(pattern).unwrap(), CString::new(parameter.name).unwrap());
        let code = unsafe { sys::optim_set_for(self.c, pattern.as_ptr(), name.as_ptr(), value) };
        assert_eq!(rust, self.said(code));
        let mut value = 0.0;
        assert_eq!(unsafe { sys::optim_get(self.c, name.as_ptr(), &mut value) }, sys::OPTIM_OK);
        assert_eq!(self.opt().get(parameter.name).unwrap(), value);
    }

    fn wrap(&mut self) {
        let wrapper = ["lookahead", "ema", "swa", "accumulate", "adam"][self.random.below(5)];
        let (rust, opt) = match self.rust.take().unwrap().wrap(wrapper) {
            Ok(opt) => (String::new(), opt),
            Err(rejected) => (rejected.to_string(), rejected.into_value()),
        };
        self.rust = Some(opt);
        let (name, mut outer) = (CString::new(wrapper).unwrap(), self.c);
        let code = unsafe { sys::optim_wrap(&mut outer, name.as_ptr(), self.c) };
        assert_eq!(rust, self.said(code));
        self.c = outer;
    }

    fn attach(&mut self) {
        let mut rust = Schedule::new("linear").unwrap();
        let mut c = ptr::null_mut();
        unsafe {
            assert_eq!(sys::optim_schedule_create(&mut c, b"linear\0".as_ptr() as *const _), sys::OPTIM_OK);
            if self.random.below(4) != 0 {
                rust.set("steps", 20.0).unwrap();
                assert_eq!(sys::optim_schedule_set(c, b"steps\0".as_ptr() as *const _, 20.0), sys::OPTIM_OK);
            }
            let rust = told(self.opt().attach("lr", rust));
            let code = sys::optim_attach_for(self.c, b"*\0".as_ptr() as *const _, b"lr\0".as_ptr() as *const _, c);
            assert_eq!(rust, self.said(code));
            sys::optim_schedule_destroy(c); // which leaves an attached one alone
        }
    }

    fn same(&self) {
        let opt = self.rust.as_ref().unwrap();
        for twin in &self.narrow {
            let bits = |params: &[f32]| params.iter().map(|param| param.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(opt.params(twin.key)), bits(&twin.params), "{opt:?}");
        }
        for twin in &self.wide {
            let bits = |params: &[f64]| params.iter().map(|param| param.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(opt.params(twin.key)), bits(&twin.params), "{opt:?}");
        }
        assert_eq!(opt.steps(), unsafe { sys::optim_steps(self.c) });
        assert_eq!(opt.epochs(), unsafe { sys::optim_epochs(self.c) });
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        unsafe { sys::optim_destroy(self.c) }
    }
}

#[test]
fn random_programs() {
    let algorithms: Vec<_> = optim::algorithms().filter(|algorithm| !algorithm.wraps).collect();
    let mut steps = 0;
    for seed in 0..PROGRAMS {
        let mut program = Program::new(algorithms[seed as usize % algorithms.len()], seed);
        for _ in 0..ACTIONS {
            program.act();
            program.same();
        }
        steps += program.opt().steps();
    }
    assert!(steps > 10 * PROGRAMS, "{steps}");
}
