//! The process's memory, watched: what passes the engine's own pools is stopped before the machine has none left.

use std::time::Duration;

use tokio::sync::watch;

/// Time between looks.
const EVERY: Duration = Duration::from_millis(100);
/// Time for what was stopped to give its memory back, before more is stopped.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells those who run each time the process holds more than it may. Ends when nobody can hear it.
pub async fn watch(limit_bytes: u64, pressure: watch::Sender<u64>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if resident_bytes().is_some_and(|held| held > limit_bytes) {
            pressure.send_modify(|times| *times += 1);
            tokio::time::sleep(PATIENCE).await;
        }
    }
}

/// If the machine runs out all the same, this process goes first, and not a night beside it.
pub fn yield_to_others() {
    // Not everywhere there is such a file, and nothing else depends on it.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}

/// What the process holds; none where the system does not say.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4_096)
}
