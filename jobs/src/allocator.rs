//! The allocator of the process, told to give back soon what is freed.
//!
//! Left to itself it keeps freed pages for a second. Buffers of columns come and go by the gigabyte in that time,
//! so that a night would seem to need twice what it holds.

use libmimalloc_sys::{mi_option_set, mi_option_t};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_arena_eager_commit`: no memory before it is asked for.
const ARENA_EAGER_COMMIT: mi_option_t = 4;
/// `mi_option_purge_delay`: milliseconds until what is freed goes back.
const PURGE_DELAY_MS: mi_option_t = 15;

/// Tells the system to give memory in pages of its usual size: of a huge one most would be cleared and held for
/// nothing, since buffers come and go all over the place.
#[cfg(target_os = "linux")]
fn use_small_pages() {
    // SAFETY: it takes numbers alone, and an answer that is no success changes nothing.
    #[allow(unsafe_code)]
    unsafe {
        libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0);
    }
}

#[cfg(not(target_os = "linux"))]
fn use_small_pages() {}

/// Sets the options; to be called before anything large is allocated.
pub fn set_up() {
    // SAFETY: both options are known to the version that is linked, and may be set at any time.
    #[allow(unsafe_code)]
    unsafe {
        mi_option_set(ARENA_EAGER_COMMIT, 0);
        mi_option_set(PURGE_DELAY_MS, 20);
    }
    use_small_pages();
}
