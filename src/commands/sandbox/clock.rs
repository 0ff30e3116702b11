//! `sandbox clock`: the time in the sandbox.

use anyhow::Result;
use clap::{ArgGroup, Args};
use jiff::{SignedDuration, Timestamp};

use super::controlled::Controlled;
use crate::context::Context;
use crate::output::Column;
use crate::run::{Reply, Run};
use crate::sandbox::{ClockChange, Control};

const COLUMNS: &[Column] = &[Column::new("time"), Column::new("offset_seconds")];

/// Show the sandbox's clock, or move it
///
/// Credits, sessions and pre-signed URLs expire by this clock, and audit events get its time. Without a running sandbox, the clock is that of the profile `sandbox`. Times are in UTC.
#[derive(Args)]
#[command(
    group(ArgGroup::new("change").args(["set", "advance", "real"])),
    after_help = "Examples:\n  croud sandbox clock --set 2030-01-31T12:00 --columns time\n  croud sandbox clock --advance 30d --columns offset_seconds"
)]
pub(crate) struct Clock {
    #[command(flatten)]
    controlled: Controlled,

    /// Set it to a time such as 2030-01-31T12:00, in UTC
    #[arg(long, value_name = "TIME", value_parser = ClockChange::parse_time)]
    set: Option<Timestamp>,

    /// Advance it by a duration such as 90m, 12h or 30d; -30d sets it back
    #[arg(long, allow_hyphen_values = true, value_name = "DURATION", value_parser = ClockChange::parse_duration)]
    advance: Option<SignedDuration>,

    /// Set it to the real time
    #[arg(long)]
    real: bool,
}

impl Run for Clock {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let real = self.real.then_some(ClockChange::Offset(SignedDuration::ZERO));
        let change = self.set.map(ClockChange::Set).or(self.advance.map(ClockChange::Advance)).or(real);
        match change {
            None => Ok(Reply::of(Some(self.controlled.run(cx, Control::ReadClock).await?))),
            Some(change) => {
                let clock = self.controlled.run(cx, Control::MoveClock(change)).await?;
                Ok(Reply::of(Some(clock)).done("Clock moved."))
            }
        }
    }
}
