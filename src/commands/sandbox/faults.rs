//! `sandbox faults`: the fault rules of a running sandbox.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::controlled::Controlled;
use crate::context::Context;
use crate::output::Column;
use crate::run::{Reply, Run};
use crate::sandbox::parse_fault;

const COLUMNS: &[Column] = &[Column::new("rule"), Column::new("matched")];

/// Show the fault rules of a running sandbox, or replace them
///
/// `matched` is the number of requests whose method and path a rule has matched. `croud sandbox serve --help` explains the rules.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud sandbox faults 'POST /api/** status=503 n=1'\n  croud sandbox exec --fault slow -- croud sandbox faults --clear"
)]
pub(crate) struct Faults {
    #[command(flatten)]
    controlled: Controlled,

    /// Rules that replace all others, such as `GET /api/v2/** status=503`; without any, the rules are listed
    #[arg(value_name = "RULE", value_parser = rule)]
    rules: Vec<String>,

    /// Remove all rules
    #[arg(long, conflicts_with = "rules")]
    clear: bool,
}

impl Run for Faults {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let server = self.controlled.server(cx)?;
        if self.rules.is_empty() && !self.clear {
            return Ok(Reply::of(Some(server.call("GET", &["faults"], &[], None).await?)));
        }
        let rules = server.call("PUT", &["faults"], &[], Some(json!(self.rules))).await?;
        match self.clear {
            true => Ok(Reply::nothing().done("Fault rules removed.")),
            false => Ok(Reply::of(Some(rules)).done("Fault rules replaced.")),
        }
    }
}

/// Checks a rule.
fn rule(text: &str) -> Result<String, String> {
    parse_fault(text).map(|_| text.to_owned())
}
