//! The processes that a command started, also those that left its session. Only Linux can find them: there,
//! a process whose parent ends becomes a child of this one.

#[cfg(target_os = "linux")]
pub(super) use linux::Descendants;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::time::Duration;

    use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, wait};

    /// How long a process may take to end after SIGTERM.
    const TERM_LIMIT: Duration = Duration::from_millis(500);
    /// How long to wait for processes after SIGKILL. Only one that the kernel blocks takes that long.
    const KILL_LIMIT: Duration = Duration::from_secs(1);
    /// The time between two looks at the processes.
    const PAUSE: Duration = Duration::from_millis(10);

    /// The descendants of this process. They are killed if it is dropped.
    pub(in crate::commands::sandbox) struct Descendants(());

    impl Descendants {
        /// Becomes the parent of orphaned descendants, so that they can be found.
        pub(in crate::commands::sandbox) fn adopt() -> Self {
            // Old kernels cannot do it. Then only the descendants whose parents still run are found.
            let _ = set_child_subreaper(Some(getpid()));
            Self(())
        }

        /// Ends all of them: with SIGTERM, then with SIGKILL. Returns once they are gone.
        pub(in crate::commands::sandbox) async fn end(self) {
            for (signal, limit) in [(Signal::TERM, TERM_LIMIT), (Signal::KILL, KILL_LIMIT)] {
                let all_gone = async {
                    while signal_all(signal) > 0 {
                        tokio::time::sleep(PAUSE).await;
                    }
                };
                if tokio::time::timeout(limit, all_gone).await.is_ok() {
                    return;
                }
            }
        }
    }

    impl Drop for Descendants {
        fn drop(&mut self) {
            signal_all(Signal::KILL);
        }
    }

    /// Sends a signal to all descendants, and returns how many there are.
    fn signal_all(signal: Signal) -> usize {
        // Remove those that ended from the table of processes.
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        let descendants = descendants();
        for pid in &descendants {
            // The process may have ended meanwhile.
            let _ = kill_process(*pid, signal);
        }
        descendants.len()
    }

    /// The descendants of this process, also those that have ended and were not waited for.
    fn descendants() -> Vec<Pid> {
        let names = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = names.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let parents: HashMap<i32, i32> = pids.filter_map(|pid| Some((pid, parent(pid)?))).collect();
        let own = getpid().as_raw_nonzero().get();
        let is_descendant = |pid: &i32| {
            let ancestors = std::iter::successors(parents.get(pid), |pid| parents.get(*pid));
            ancestors.take(parents.len()).any(|ancestor| *ancestor == own)
        };
        parents.keys().filter(|pid| is_descendant(pid)).filter_map(|pid| Pid::from_raw(*pid)).collect()
    }

    /// The parent of a process. `None` if there is no such process.
    fn parent(pid: i32) -> Option<i32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name is in parentheses and can contain anything; state and parent follow it.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    }
}

/// Other systems have no way to find the descendants.
#[cfg(not(target_os = "linux"))]
pub(super) struct Descendants;

#[cfg(not(target_os = "linux"))]
impl Descendants {
    pub(super) fn adopt() -> Self {
        Self
    }

    pub(super) async fn end(self) {}
}
