//! The declarations are those of the header that is installed with the library: the same functions, callbacks and
//! constants, with the same types.

use std::collections::BTreeMap;
use std::env;
use std::process::Command;

const DECLARATIONS: &str = include_str!("../src/lib.rs");

/// The text of the installed header, without its comments.
fn header() -> String {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = Command::new(program).args(["--variable=includedir", "optim"]).output().expect("pkg-config runs");
    let folder = String::from_utf8(output.stdout).unwrap();
    let mut text = std::fs::read_to_string(format!("{}/optim/optim.h", folder.trim())).expect("the header is there");
    while let Some(begin) = text.find("/*") {
        let end = begin + text[begin..].find("*/").expect("comments end") + 2;
        text.replace_range(begin..end, " ");
    }
    text
}

/// A type of C, as Rust has it.
fn rust_type(c: &str) -> String {
    let words = c.replace('*', " * ");
    let mut words = words.split_whitespace();
    let mut first = words.next().expect("a type");
    let constant = first == "const";
    if constant {
        first = words.next().expect("a type");
    }
    let mut rust = match first {
        "int" => "c_int",
        "char" => "c_char",
        "void" => "c_void",
        "double" => "f64",
        "size_t" => "usize",
        "uint64_t" => "u64",
        own => own,
    }
    .to_string();
    for (depth, star) in words.enumerate() {
        assert_eq!(star, "*", "{c}");
        rust = format!("{} {rust}", if constant && depth == 0 { "*const" } else { "*mut" });
    }
    rust
}

/// `(const char *name, size_t i)` as `(*const c_char, usize)`.
fn rust_parameters(c: &str) -> String {
    let parameters: Vec<String> = c
        .split(',')
        .filter(|parameter| parameter.trim() != "void")
        .map(|parameter| {
            let parameter = parameter.trim();
            let name = parameter.rfind(|c: char| !c.is_alphanumeric() && c != '_').expect("parameters have names") + 1;
            rust_type(&parameter[..name])
        })
        .collect();
    format!("({})", parameters.join(", "))
}

fn rust_return(c: &str) -> String {
    match c.trim() {
        "void" => String::new(),
        other => format!(" -> {}", rust_type(other)),
    }
}

/// The functions, as name and type, of the header.
fn declared_in_c(header: &str) -> BTreeMap<String, String> {
    let code: String = header.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line} ")).collect();
    code.split(';')
        .filter_map(|statement| statement.split_once("OPTIM_API "))
        .map(|(_, declaration)| {
            let (head, parameters) = declaration.split_once('(').unwrap();
            let begin = head.rfind("optim_").expect("a function of the library");
            let parameters = rust_parameters(parameters.trim_end().trim_end_matches(')'));
            (head[begin..].to_string(), parameters + &rust_return(&head[..begin]))
        })
        .collect()
}

/// The callbacks: `typedef int (*optim_writer)(void *context, ...)`.
fn callbacks_in_c(header: &str) -> BTreeMap<String, String> {
    header
        .split(';')
        .filter_map(|statement| statement.split_once("typedef ").filter(|(_, rest)| rest.contains("(*")))
        .map(|(_, declaration)| {
            let (result, rest) = declaration.split_once("(*").unwrap();
            let (name, parameters) = rest.split_once(")(").unwrap();
            let parameters = rust_parameters(parameters.trim_end().trim_end_matches(')'));
            (name.to_string(), parameters + &rust_return(result))
        })
        .collect()
}

/// `(opt: *mut optim, i: usize) -> c_int` as `(*mut optim, usize) -> c_int`.
fn without_names(declaration: &str) -> String {
    let (parameters, result) = declaration.trim_start_matches('(').split_once(')').unwrap();
    let types: Vec<&str> =
        parameters.split(',').filter_map(|parameter| parameter.split_once(':')).map(|(_, kind)| kind.trim()).collect();
    format!("({}){}", types.join(", "), result.trim_end_matches('>'))
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn declared_in_rust() -> BTreeMap<String, String> {
    in_one_line(DECLARATIONS)
        .split(';')
        .filter_map(|statement| statement.split_once("pub fn "))
        .map(|(_, declaration)| {
            let (name, rest) = declaration.split_once('(').unwrap();
            (name.to_string(), without_names(rest))
        })
        .collect()
}

fn callbacks_in_rust() -> BTreeMap<String, String> {
    in_one_line(DECLARATIONS)
        .split(';')
        .filter_map(|statement| statement.split_once("pub type "))
        .map(|(_, declaration)| {
            let (name, rest) = declaration.split_once(" = ").unwrap();
            let (_, rest) = rest.split_once("unsafe extern \"C\" fn(").unwrap();
            (name.to_string(), without_names(rest))
        })
        .collect()
}

#[test]
fn functions() {
    let c = declared_in_c(&header());
    assert!(c.len() > 50, "{c:?}");
    assert_eq!(declared_in_rust(), c);
}

#[test]
fn callbacks() {
    let c = callbacks_in_c(&header());
    assert_eq!(c.len(), 4, "{c:?}");
    assert_eq!(callbacks_in_rust(), c);
}

#[test]
fn constants() {
    let header = header();
    let c: BTreeMap<&str, i32> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .filter_map(|(name, value)| Some((name, value.trim().trim_matches(&['(', ')'][..]).parse().ok()?)))
        .collect();
    let rust: BTreeMap<&str, i32> = DECLARATIONS
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.strip_suffix(';')?.split_once(": c_int = "))
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect();
    assert!(c.len() > 15, "{c:?}");
    assert_eq!(rust, c);
}

#[test]
fn the_library_that_runs_is_not_older_than_the_crate() {
    let version = unsafe { std::ffi::CStr::from_ptr(optim_sys::optim_version()) }.to_str().unwrap();
    let numbers = |text: &str| text.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    assert!(numbers(version) >= numbers(env!("CARGO_PKG_VERSION")), "{version}");
}
