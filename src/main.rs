//! The `voicecart` program: everything is in the library.

use std::process::ExitCode;

/// A turn makes hundreds of small things on one thread and drops them on another, which takes glibc's allocator a fifth of
/// the turn's time more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The allocator asks for pages of 2 MiB and so holds 40 MiB more than it uses; a small machine has none to spare.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    voicecart::cli::run()
}
