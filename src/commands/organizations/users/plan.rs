//! The plan of `users apply`: a pure function of the file and of the current users and invitations.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::ADMIN;
use crate::suggest::quoted;

/// A row of the file: a user and the desired role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The email address.
    pub(super) email: String,
    /// The FQN of the role.
    pub(super) role: String,
}

/// A member of the organization, or a user with an open invitation.
#[derive(Clone, Debug)]
pub(super) struct Present {
    /// The email address.
    pub(super) email: String,
    /// The FQN of the role, if the API gives one.
    pub(super) role: Option<String>,
    /// Whether they are a member, and the ID for requests.
    pub(super) person: Person,
}

/// The user that a step changes, with the ID for requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Person {
    /// Neither a member nor invited.
    New,
    /// A member, by the ID of the user.
    Member(String),
    /// An invited user, by the ID of the invitation.
    Invited(String),
}

/// The change to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    /// They are added, or invited if they have no account.
    Add,
    /// Their role, or that of their invitation, is changed.
    Change,
    /// They are removed, or their invitation is withdrawn.
    Remove,
    /// Nothing is changed.
    Keep,
}

/// The outcome of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// Not done yet.
    Planned,
    /// There was nothing to do.
    Unchanged,
    /// Not done, to keep an admin or the user who runs the command.
    Protected,
    /// Done.
    Done,
    /// Done: an invitation was sent.
    Invited,
    /// The request was sent, and a signal ended the wait for its reply.
    Unknown,
    /// The request failed.
    Failed,
}

/// A line of the plan.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Step {
    /// What is done.
    pub(super) action: Action,
    /// The email address of the person.
    pub(super) email: String,
    /// The role before.
    pub(super) old_role: Option<String>,
    /// The role afterwards.
    pub(super) role: Option<String>,
    /// The outcome.
    pub(super) outcome: Outcome,
    /// The error, or the reason why nothing is done.
    pub(super) message: Option<String>,
    /// The user that the step changes.
    #[serde(skip)]
    pub(super) person: Person,
}

/// The limits of a plan.
#[derive(Default)]
pub(super) struct Limits<'a> {
    /// Remove the people who are not in the file.
    pub(super) prune: bool,
    /// The ID of the user who runs the command. They keep their role, unless they are in `allowed`.
    pub(super) caller: &'a str,
    /// The email addresses that name the caller or the last admin explicitly.
    pub(super) allowed: &'a [String],
}

/// Compares the file with the people in the organization. The steps are in the order of the file, and the
/// removals follow.
pub(super) fn plan(wanted: &[Wanted], present: &[Present], limits: &Limits<'_>) -> Vec<Step> {
    let by_email: HashMap<String, &Present> = present.iter().map(|person| (key(&person.email), person)).collect();
    let mut steps: Vec<Step> = wanted
        .iter()
        .map(|Wanted { email, role }| match by_email.get(&key(email)) {
            None => Step::new(Action::Add, email, Person::New).roles(None, Some(role)),
            Some(person) => {
                let action = if person.role.as_ref() == Some(role) { Action::Keep } else { Action::Change };
                Step::new(action, email, person.person.clone()).roles(person.role.as_ref(), Some(role))
            }
        })
        .collect();
    if limits.prune {
        let wanted: HashSet<String> = wanted.iter().map(|row| key(&row.email)).collect();
        let missing = present.iter().filter(|person| !wanted.contains(&key(&person.email)));
        steps.extend(missing.map(|person| {
            Step::new(Action::Remove, &person.email, person.person.clone()).roles(person.role.as_ref(), None)
        }));
    }
    protect(&mut steps, present, limits);
    steps
}

/// The key by which email addresses are compared, without regard to case.
pub(super) fn key(email: &str) -> String {
    email.to_lowercase()
}

/// Cancels the steps that remove or demote the caller or the last admin, unless `--allow` names them.
fn protect(steps: &mut [Step], present: &[Present], limits: &Limits<'_>) {
    let is_allowed = |step: &Step| limits.allowed.iter().any(|email| key(email) == key(&step.email));
    for step in steps.iter_mut() {
        let is_caller = matches!(&step.person, Person::Member(id) if id == limits.caller);
        if is_caller && (step.action == Action::Remove || step.demotes_an_admin()) && !is_allowed(step) {
            step.protect("You would lose your own role");
        }
    }
    // A new user may only be invited, and so does not count as an admin.
    let roles: HashMap<String, &Option<String>> = steps.iter().map(|step| (key(&step.email), &step.role)).collect();
    let mut members = present.iter().filter(|person| matches!(person.person, Person::Member(_)));
    if members.any(|member| {
        let role = roles.get(&key(&member.email)).copied().unwrap_or(&member.role);
        role.as_deref() == Some(ADMIN)
    }) {
        return;
    }
    if let Some(step) = steps.iter_mut().find(|step| step.demotes_an_admin() && !is_allowed(step)) {
        step.protect("No admin would be left");
    }
}

impl Step {
    fn new(action: Action, email: &str, person: Person) -> Self {
        let outcome = if action == Action::Keep { Outcome::Unchanged } else { Outcome::Planned };
        Self { action, email: email.to_owned(), old_role: None, role: None, outcome, message: None, person }
    }

    fn roles(self, old_role: Option<&String>, role: Option<&String>) -> Self {
        Self { old_role: old_role.cloned(), role: role.cloned(), ..self }
    }

    /// Whether a member loses the role of an admin.
    fn demotes_an_admin(&self) -> bool {
        let is_member = matches!(self.person, Person::Member(_));
        is_member && self.old_role.as_deref() == Some(ADMIN) && self.role.as_deref() != Some(ADMIN)
    }

    fn protect(&mut self, reason: &str) {
        self.action = Action::Keep;
        self.role = self.old_role.clone();
        self.outcome = Outcome::Protected;
        self.message = Some(format!("{reason}. To do it anyway, pass --allow {}.", quoted(&self.email)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(email: &str, role: &str, person: fn(String) -> Person) -> Present {
        let id = format!("id-{}", email.to_lowercase());
        Present { email: email.to_owned(), role: Some(role.to_owned()), person: person(id) }
    }

    /// The plan for rows such as `a org_admin`, a line each.
    fn planned(rows: &[&str], present: &[Present], limits: &Limits<'_>) -> String {
        let wanted: Vec<Wanted> = rows
            .iter()
            .filter_map(|row| row.split_once(' '))
            .map(|(email, role)| Wanted { email: email.to_owned(), role: role.to_owned() })
            .collect();
        let role = |role: &Option<String>| role.clone().unwrap_or("-".to_owned());
        let line = |step: &Step| {
            let Step { action, email, old_role, role: new, outcome, .. } = step;
            let mark = if *outcome == Outcome::Protected { " protected" } else { "" };
            format!("{action:?} {email} {} {}{mark}\n", role(old_role), role(new)).replace("org_", "")
        };
        plan(&wanted, present, limits).iter().map(line).collect()
    }

    #[test]
    fn the_file_is_compared_with_members_and_invitations() {
        let present = [
            person("a", "org_admin", Person::Member),
            person("B", "org_member", Person::Member),
            person("c", "org_member", Person::Invited),
            person("d", "org_member", Person::Member),
            person("e", "org_member", Person::Invited),
        ];
        let rows = ["b org_member", "c org_admin", "D org_admin", "f org_member"];
        let without_prune = "Keep b member member\nChange c member admin\nChange D member admin\nAdd f - member\n";
        assert_eq!(planned(&rows, &present, &Limits::default()), without_prune);
        let limits = Limits { prune: true, ..Limits::default() };
        assert_eq!(planned(&rows, &present, &limits), format!("{without_prune}Remove a admin -\nRemove e member -\n"));
    }

    #[test]
    fn an_applied_plan_leaves_nothing_to_do() {
        let present = [person("a", "org_admin", Person::Member), person("b", "org_member", Person::Invited)];
        let limits = Limits { prune: true, ..Limits::default() };
        let kept = planned(&["a org_admin", "b org_member"], &present, &limits);
        assert_eq!(kept, "Keep a admin admin\nKeep b member member\n");
    }

    #[test]
    fn the_caller_and_the_last_admin_are_protected_unless_they_are_named() {
        let (a, b) = (person("a", "org_admin", Person::Member), person("b", "org_admin", Person::Member));
        let (c, d) = (person("c", "org_member", Person::Member), person("d", "org_admin", Person::Invited));
        let allowed = ["A".to_owned(), "b".to_owned()];
        for (rows, present, caller, allowed, expected) in [
            // The caller, demoted and removed.
            (&["a org_member"][..], &[&a, &b][..], "id-a", &[][..], "Keep a admin admin protected\nRemove b admin -\n"),
            (&["b org_admin"], &[&a, &b], "id-a", &[], "Keep b admin admin\nKeep a admin admin protected\n"),
            (&["b org_admin"], &[&a, &b], "id-a", &allowed, "Keep b admin admin\nRemove a admin -\n"),
            (&["a org_admin"], &[&a, &c], "id-c", &[], "Keep a admin admin\nKeep c member member protected\n"),
            // The last admin. Neither an invitation nor a new user counts as an admin.
            (&["a org_member"], &[&a, &c], "", &[], "Keep a admin admin protected\nRemove c member -\n"),
            (
                &["d org_admin", "e org_admin"],
                &[&a, &d],
                "",
                &[],
                "Keep d admin admin\nAdd e - admin\nKeep a admin admin protected\n",
            ),
            (&["c org_admin"], &[&a, &c], "", &[], "Change c member admin\nRemove a admin -\n"),
            (
                &["c org_member"],
                &[&a, &b, &c],
                "",
                &[],
                "Keep c member member\nKeep a admin admin protected\nRemove b admin -\n",
            ),
            (&["a org_member"], &[&a, &c], "", &allowed, "Change a admin member\nRemove c member -\n"),
        ] {
            let present: Vec<Present> = present.iter().map(|person| (*person).clone()).collect();
            let limits = Limits { prune: true, caller, allowed };
            assert_eq!(planned(rows, &present, &limits), expected, "{rows:?}");
        }
    }
}
