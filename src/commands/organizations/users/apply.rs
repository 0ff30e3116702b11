//! `users apply`: changes the users of an organization to those in a file.

use anyhow::Result;
use clap::Args;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::plan::{Action, Limits, Outcome, Person, Present, Step, plan};
use super::{ADMIN, members_file, role_in};
use crate::api::{self, Api, Json};
use crate::context::Context;
use crate::error::{self, Failure, Level};
use crate::options::Organization;
use crate::output::Column;
use crate::run::{Reply, Run};
use crate::stop::Hold;

/// The most requests at a time.
const CONCURRENT: usize = 4;

const COLUMNS: &[Column] = &[
    Column::new("action"),
    Column::new("email"),
    Column::new("old_role").without_null(),
    Column::new("role").without_null(),
    Column::new("outcome"),
    Column::new("message").first_line(),
];

/// Apply a file of users to an organization
///
/// The file is CSV with the columns `email` and `role`; the output of `users list -o csv` is accepted, too. Missing users are added or invited, and roles that differ are changed. Without --prune, no user is removed. A second run makes only the changes that are left.
///
/// You and the last admin are neither removed nor demoted, unless --allow names them.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud organizations users apply --file members.csv --dry-run\n  croud organizations users apply --file members.csv --prune --yes"
)]
pub(crate) struct Apply {
    /// CSV file with the columns email and role; `-` is stdin
    #[arg(long)]
    file: String,

    /// Also remove the users and the invitations that are not in the file
    #[arg(long)]
    prune: bool,

    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Skip the confirmation
    #[arg(short, long)]
    yes: bool,

    /// Allow removing or demoting this user, even yourself or the last admin; repeatable
    #[arg(long, value_name = "EMAIL")]
    allow: Vec<String>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Apply {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let wanted = members_file::read(&self.file)?;
        let api = cx.api()?;
        let (present, caller) = tokio::join!(present(api, &org), api.get(&["users", "me"]));
        let (present, caller) = (present?, text_of(&api::value(caller?)?, "uid"));
        let limits = Limits { prune: self.prune, caller: &caller, allowed: &self.allow };
        let mut steps = plan(&wanted, &present, &limits);
        for step in steps.iter().filter(|step| step.outcome == Outcome::Protected) {
            cx.warn(&format!("{} is not changed. {}", step.email, step.message.as_deref().unwrap_or_default()));
        }
        let changes = steps.iter().filter(|step| step.outcome == Outcome::Planned).count();
        if changes == 0 {
            cx.info("There is nothing to change.");
            return Ok(Reply::of(Some(json!(steps))));
        }
        if self.dry_run {
            return Ok(reply(&steps, Level::Info, "Nothing was changed (--dry-run).".to_owned()));
        }
        if !self.yes {
            cx.info(&listed(&steps));
            let these = if changes == 1 { "this change".to_owned() } else { format!("these {changes} changes") };
            if !cx.confirm(&format!("Make {these} to organization {org}?"))? {
                return Ok(Reply::info("Nothing was changed."));
            }
        }
        let hold = cx.hold();
        let stopped = tokio::select! {
            biased;
            failure = hold.stopped_with_report() => Some(failure),
            () = apply(api, &org, &mut steps) => None,
        };
        Ok(match stopped {
            Some(failure) => interrupted(&steps, failure, hold),
            None => result(&steps),
        })
    }
}

/// Requests the members and the open invitations, both at once.
async fn present(api: &Api, org: &str) -> Result<Vec<Present>> {
    let (members_path, invited_path) = (["organizations", org, "users"], ["organizations", org, "invitations"]);
    let members = api.get(&members_path);
    let invited = api.get_with(&invited_path, &[("status", "PENDING")]);
    let (members, invited) = tokio::join!(members, invited);
    let people = |reply: Option<Json>, person: fn(String) -> Person| -> Result<Vec<Present>> {
        let rows = match api::value(reply)? {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        };
        let people = rows.into_iter().filter(|row| !is_expired(row)).map(|row| {
            let (email, id) = (text_of(&row, "email"), text_of(&row, "uid"));
            Present {
                email: if email.is_empty() { id.clone() } else { email },
                role: role_in(row.get("organization_roles")).and_then(Value::as_str).map(str::to_owned),
                person: person(id),
            }
        });
        Ok(people.collect())
    };
    Ok([people(members?, Person::Member)?, people(invited?, Person::Invited)?].concat())
}

/// Whether an invitation has expired. The API still lists it.
fn is_expired(row: &Value) -> bool {
    let date = row.get("expiration_date").and_then(Value::as_str);
    date.and_then(|date| date.parse::<jiff::Timestamp>().ok()).is_some_and(|date| date < jiff::Timestamp::now())
}

fn text_of(row: &Value, key: &str) -> String {
    row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Carries out the planned steps, a few at a time. New admins come first, so that there is always one.
async fn apply(api: &Api, org: &str, steps: &mut [Step]) {
    for only_admins in [true, false] {
        let planned = steps.iter_mut().filter(|step| step.outcome == Outcome::Planned);
        let planned = planned.filter(|step| !only_admins || step.role.as_deref() == Some(ADMIN));
        let requests = planned.map(|step| carry_out(api, org, step));
        futures_util::stream::iter(requests).buffer_unordered(CONCURRENT).collect::<()>().await;
    }
}

/// Sends the request of one step and stores its outcome. The outcome stays unknown if this is cancelled.
async fn carry_out(api: &Api, org: &str, step: &mut Step) {
    step.outcome = Outcome::Unknown;
    let reply = match (step.action, &step.person) {
        (Action::Remove, Person::Invited(id)) => api.delete(&["organizations", org, "invitations", id]).await,
        (Action::Remove, Person::Member(id)) => api.delete(&["organizations", org, "users", id]).await,
        _ => api.post(&["organizations", org, "users"], &json!({"user": step.email, "role_fqn": step.role})).await,
    };
    match reply {
        Ok(reply) => {
            let is_invited = reply.is_some_and(|reply| reply.member("invited") == Some("true"));
            step.outcome = if is_invited { Outcome::Invited } else { Outcome::Done };
        }
        Err(error) => {
            step.outcome = Outcome::Failed;
            step.message = Some(error::text(&error));
        }
    }
}

/// The plan as text, one line for each change.
fn listed(steps: &[Step]) -> String {
    let role = |role: &Option<String>| role.clone().unwrap_or_default();
    let line = |step: &Step| match step.action {
        Action::Add => format!("\nadd {} as {}", step.email, role(&step.role)),
        Action::Change => format!("\nchange {} from {} to {}", step.email, role(&step.old_role), role(&step.role)),
        Action::Remove => format!("\nremove {} ({})", step.email, role(&step.old_role)),
        Action::Keep => String::new(),
    };
    format!("The plan is:{}", steps.iter().map(line).collect::<String>())
}

/// The reply after the steps were carried out. It exits with 1 if one of them failed.
fn result(steps: &[Step]) -> Reply {
    let count = |is_counted: &dyn Fn(&Step) -> bool| steps.iter().filter(|step| is_counted(step)).count();
    let failed = count(&|step| step.outcome == Outcome::Failed);
    let done =
        |action| count(&|step| step.action == action && matches!(step.outcome, Outcome::Done | Outcome::Invited));
    let (added, changed, removed) = (done(Action::Add), done(Action::Change), done(Action::Remove));
    let counts = format!("{added} added, {changed} changed, {removed} removed.");
    if failed == 0 {
        return reply(steps, Level::Success, counts);
    }
    let all = failed + added + changed + removed;
    let problem = format!("{failed} of {all} changes failed.\nRun the command again to do what is left.");
    reply(steps, Level::Info, counts).fail(Failure::failed(problem))
}

/// The reply after a signal. The signal ends the program when the reply is printed, and `hold` is dropped.
fn interrupted(steps: &[Step], mut failure: Failure, hold: Hold) -> Reply {
    let count = |outcomes: &[Outcome]| steps.iter().filter(|step| outcomes.contains(&step.outcome)).count();
    failure.add_line(&format!(
        "Of the changes: {} made, {} failed, {} possibly made (unknown), {} not begun (planned).",
        count(&[Outcome::Done, Outcome::Invited]),
        count(&[Outcome::Failed]),
        count(&[Outcome::Unknown]),
        count(&[Outcome::Planned]),
    ));
    failure.add_line("Run the command again to do what is left.");
    Reply::of(Some(json!(steps))).finally(async move {
        drop(hold);
        Err(failure.into())
    })
}

fn reply(steps: &[Step], level: Level, message: String) -> Reply {
    Reply { message: Some((level, message.into())), ..Reply::of(Some(json!(steps))) }
}
