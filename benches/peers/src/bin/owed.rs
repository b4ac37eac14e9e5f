//! The program `owed` as it is shipped, so that its start can be timed from outside.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    owed::memory::start_small();
    owed::cli::main()
}
