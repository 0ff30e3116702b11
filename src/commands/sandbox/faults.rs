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

/// What a rule can do, and examples.
const FAULTS: &str = "\
Faults:
  status=N        Reply with this status. The request has no effect.
  html            Reply 200 with an HTML page. The request has no effect.
  truncate        Close the connection after half of the reply's body.
  stall           Never reply. The request has no effect.
  slow            Reply after 500 ms.
  slow=200ms      Reply after this time.
  slow=200ms..2s  Reply after a random time in this range.
  drop-before     Close the connection. The request has no effect.
  drop-after      Close the connection after the request had its effect.
  expire          End the session of the token, then reply. An API key has no session.

Sets of rules:
  flaky           Some reads fail with 503, 429 or a closed connection, and some requests are slow.
  slow            Every reply comes after 500 ms.

Examples:
  croud sandbox faults 'POST /api/** status=503 n=1'
  croud sandbox exec --fault slow -- croud sandbox faults --clear";

/// Show the fault rules of a running sandbox, or replace them
///
/// A rule is METHOD PATH FAULT [from=N] [n=N] [p=P] [seed=N]. METHOD can be `*`. In PATH, `*` matches within a segment and `**` across segments. Of the requests that match, `n` get the fault [default: all], beginning with number `from` [default: 1], and each with the probability `p` [default: 1]. With the same `seed`, the same ones get it.
///
/// A request gets one fault at most, that of the first rule that applies. Later rules do not count this request. `matched` is the number of requests that a rule has counted.
#[derive(Args)]
#[command(after_help = FAULTS)]
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
