//! Control of a sandbox: by requests below `/_sandbox/`, and by commands.

mod clock;
mod export;
mod faults;
mod journal;
mod requests;
mod snapshots;
