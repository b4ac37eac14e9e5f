//! The program `owed`: what it does is in the library's room `cli`.

use std::process::ExitCode;

/// Rows and updates are many and small, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    owed::memory::start_small();
    owed::cli::main()
}
