//! What the process has used so far, as the operating system counts it.

/// Processor time and peak memory.
pub struct Usage {
    pub cpu_seconds: f64,
    pub memory_peak_bytes: u64,
}

/// The process's usage until now; zeros where the system does not say.
pub fn now() -> Usage {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a whole, zeroed rusage, which the call fills.
    #[allow(unsafe_code)]
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    // Linux counts in kilobytes, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Usage {
        cpu_seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        memory_peak_bytes: usage.ru_maxrss as u64 * unit,
    }
}
