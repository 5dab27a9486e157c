//! A shared library that has a pool of its own, and gives it functions that lie in the library.
//!
//! Must not be linked to the program that loads it: it is to be found at run time.

use std::ffi::{CString, c_char};

use pool_lib::{Pool, PoolBuilder, StartMethod};

fn double(n: u64) -> u64 {
    n * 2
}

fn builder(method: StartMethod) -> PoolBuilder {
    Pool::builder().processes(1).start_method(method)
}

fn errors(method: StartMethod) -> Vec<String> {
    let pool = builder(method).build().unwrap();
    let mut errors = vec![
        pool.apply(double, 4).unwrap_err().to_string(),
        pool.map(|n: u64| n + 1, 0..9).unwrap_err().to_string(),
        pool.imap(double, 0..).next().unwrap().unwrap_err().to_string(),
        pool.apply_async(double, 4).wait().unwrap_err().to_string(),
        builder(method).initializer(|| ()).build().unwrap_err().to_string(),
    ];
    if method == StartMethod::ForkServer {
        errors.push(builder(method).preload(|| ()).build().unwrap_err().to_string());
    }
    errors
}

/// What every way of handing over one of the library's functions leads to, a line each. The text is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_errors(spawn: bool) -> *const c_char {
    let method = if spawn { StartMethod::Spawn } else { StartMethod::ForkServer };
    let lines = std::panic::catch_unwind(|| errors(method).join("\n"));
    let lines = lines.unwrap_or_else(|_| "the plug-in panicked".to_owned());
    CString::new(lines).expect("no zero byte in an error").into_raw()
}
