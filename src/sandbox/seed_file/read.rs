//! Converts a seed file to a state: derives missing values, and checks that the values fit together.

mod resources;

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;
use serde_json::Value;

use super::document as file;
use super::fields::{Text, Uuid};
use super::values::{EXPIRATION, MASK, api_key, api_key_of, customer, dates, derived_id, name_or};
use crate::sandbox::seed;
use crate::sandbox::state::{self, State};

/// The state that a seed file describes.
///
/// # Errors
/// What is wrong, with the path to it.
pub(super) fn state(document: file::Document) -> Result<State, String> {
    let built_in = seed::state(seed::ORGANIZATION_ID);
    let mut reader = Reader { used: HashSet::new(), next: HashMap::new(), users: built_in.users };
    let mut sessions = built_in.sessions;
    if !document.users.is_empty() {
        (reader.users, sessions) = (Vec::new(), Default::default());
        for (at, user) in document.users.into_iter().enumerate() {
            let path = format!("users[{at}]");
            let (user, token) = reader.user(user, &path)?;
            let session = state::Session { uid: user.uid.clone(), since: None };
            if sessions.insert(token, session).is_some() {
                return Err(format!("{path}.token: another user has this token"));
            }
            reader.users.push(user);
        }
    }
    let organizations = document.organizations.into_iter().enumerate();
    let organizations = organizations
        .map(|(at, organization)| reader.organization(organization, &format!("organizations[{at}]")))
        .collect::<Result<Vec<_>, String>>()?;
    Ok(State {
        version: state::VERSION,
        clock_offset: SignedDuration::ZERO,
        default_organization_id: organizations.first().map(|first| first.id.clone()),
        users: reader.users,
        organizations,
        sessions,
    })
}

/// Reads a file from its start to its end.
struct Reader {
    /// The IDs, email addresses and keys so far: none may be given twice.
    used: HashSet<String>,
    /// For each key of derived IDs, the number of the next one.
    next: HashMap<[String; 3], u32>,
    /// The users.
    users: Vec<state::User>,
}

impl Reader {
    /// Adds a value that must be unique.
    fn unique(&mut self, value: &str, path: &str) -> Result<(), String> {
        match self.used.insert(value.to_lowercase()) {
            true => Ok(()),
            false => Err(format!("{path}: `{value}` is given twice")),
        }
    }

    /// The ID that is given, or one that is derived from the kind, the owner and the name.
    fn id(&mut self, given: Option<Uuid>, key: [&str; 3], path: &str, field: &str) -> Result<String, String> {
        let id = match given {
            Some(Uuid(id)) => id,
            None => {
                let next = self.next.entry(key.map(str::to_owned)).or_default();
                loop {
                    let id = derived_id(key, *next);
                    *next += 1;
                    if !self.used.contains(&id) {
                        break id;
                    }
                }
            }
        };
        self.unique(&id, &format!("{path}.{field}"))?;
        Ok(id)
    }

    /// The ID of the user with this ID or email address. The computed users of `--users` are also found.
    fn find_user(&self, user: &str, path: &str) -> Result<String, String> {
        let known = self.users.iter().find(|known| known.uid == user || known.email.eq_ignore_ascii_case(user));
        let computed = || seed::user_number(user).map(|number| seed::user(number).uid);
        known.map(|known| known.uid.clone()).or_else(computed).ok_or_else(|| format!("{path}: no user `{user}`"))
    }

    /// A name for addresses and tokens, derived from a username: it has plain characters only, and no other user has
    /// it.
    fn plain_name(&mut self, username: &str) -> String {
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let plain: String = username.chars().filter(is_plain).collect();
        let plain = if plain.is_empty() { "user".to_owned() } else { plain };
        let others = (2_u32..).map(|n| format!("{plain}-{n}"));
        let mut names = std::iter::once(plain.clone()).chain(others);
        // The prefix is not part of any other value in the set.
        names.find(|name| self.used.insert(format!("username {name}").to_lowercase())).unwrap_or(plain)
    }

    /// A user, and the token of the session that never ends.
    fn user(&mut self, user: file::User, path: &str) -> Result<(state::User, String), String> {
        let name = user.name.0;
        let username =
            user.username.map_or_else(|| name.to_lowercase().replace(char::is_whitespace, "-"), |text| text.0);
        let plain = self.plain_name(&username);
        let email = user.email.map_or_else(|| format!("{plain}@example.com"), |email| email.0);
        self.unique(&email, &format!("{path}.email"))?;
        let uid = self.id(user.uid, ["user", "", &email], path, "uid")?;
        let default_key = || vec![api_key(&plain)];
        let api_keys = user.api_keys.map_or_else(default_key, |keys| keys.into_iter().map(api_key_of).collect());
        for (at, key) in api_keys.iter().enumerate() {
            self.unique(&key.key, &format!("{path}.api_keys[{at}].key"))?;
        }
        let token = user.token.map_or_else(|| format!("sandbox-token-{plain}"), |token| token.0);
        let idp = user.idp.map_or_else(|| "cognito".to_owned(), |idp| idp.0);
        let is_superuser = user.is_superuser.unwrap_or(false);
        Ok((state::User { uid, name, email, pending_email: None, username, idp, is_superuser, api_keys }, token))
    }

    fn organization(&mut self, from: file::Organization, path: &str) -> Result<state::Organization, String> {
        let name = from.name.0;
        let id = self.id(from.id, ["organization", "", &name], path, "id")?;
        let mut made = seed::organization(&id, &name, from.plan_type.map_or(3, |plan| plan.0));
        made.email = from.email.map(|email| email.0);
        made.notifications_enabled = from.notifications_enabled.unwrap_or(false);
        made.dc = dates(from.dc);
        made.members = self.members(from.users, path)?;
        made.seeded_events = from.computed_events.map_or(0, |events| events.0.unsigned_abs());
        made.customer = from.customer.map(customer);
        made.invitations =
            each(from.invitations, path, "invitations", |item, path| self.invitation(item, &id, &name, path))?;
        made.files = each(from.files, path, "files", |item, path| self.file(item, &name, path))?;
        made.secrets = each(from.secrets, path, "secrets", |item, path| self.secret(item, &name, path))?;
        made.credits = each(from.credits, path, "credits", |item, path| self.credit(item, &name, path))?;
        made.regions = each(from.regions, path, "regions", |item, path| self.region(item, &name, path))?;
        made.projects = each(from.projects, path, "projects", |item, path| self.project(item, &name, path))?;
        let projects = made.projects.clone();
        made.clusters = each(from.clusters, path, "clusters", |item, path| self.cluster(item, &projects, path))?;
        made.subscriptions =
            each(from.subscriptions, path, "subscriptions", |item, path| self.subscription(item, &name, path))?;
        made.events = each(from.events, path, "events", |item, path| self.event(item, &name, path))?;
        Ok(made)
    }

    fn members(&mut self, given: Option<Vec<file::Member>>, path: &str) -> Result<Vec<state::Member>, String> {
        let Some(given) = given else {
            let first = self.users.first().map(|user| user.uid.clone());
            return Ok(first.map(|uid| state::Member { uid, role_fqn: "org_admin".to_owned() }).into_iter().collect());
        };
        self.each_member(given.into_iter().map(|member| (member.user.0, member.role_fqn.0)), path)
    }

    /// The members of an organization or a project, from pairs of a user and a role.
    fn each_member(
        &self,
        given: impl Iterator<Item = (String, String)>,
        path: &str,
    ) -> Result<Vec<state::Member>, String> {
        let mut members: Vec<state::Member> = Vec::new();
        for (at, (user, role_fqn)) in given.enumerate() {
            let path = format!("{path}.users[{at}].user");
            let uid = self.find_user(&user, &path)?;
            if members.iter().any(|known| known.uid == uid) {
                return Err(format!("{path}: `{user}` is given twice"));
            }
            members.push(state::Member { uid, role_fqn });
        }
        Ok(members)
    }

    fn invitation(
        &mut self,
        from: file::Invitation,
        organization_id: &str,
        owner: &str,
        path: &str,
    ) -> Result<state::Invitation, String> {
        // Two organizations may invite the same address.
        let email = &from.email.0;
        if !self.used.insert(format!("invitation {organization_id} {email}").to_lowercase()) {
            return Err(format!("{path}.email: `{email}` is given twice"));
        }
        Ok(state::Invitation {
            uid: self.id(from.uid, ["invitation", owner, &from.email.0], path, "uid")?,
            email: from.email.0,
            role_fqn: from.role_fqn.map_or_else(|| "org_member".to_owned(), |role| role.0),
            expiration_date: from.expiration_date.map_or_else(|| format!("{EXPIRATION}+00:00"), |time| time.0),
        })
    }

    fn file(&mut self, from: file::File, owner: &str, path: &str) -> Result<state::File, String> {
        let id = self.id(from.id, ["file", owner, &from.name.0], path, "id")?;
        let signature = state::seeded_signature(&id);
        let file_size = from.file_size.and_then(|size| u64::try_from(size.0).ok());
        Ok(state::File { id, name: from.name.0, file_size, dc: dates(from.dc), signature })
    }

    fn secret(&mut self, from: file::Secret, owner: &str, path: &str) -> Result<state::Secret, String> {
        Ok(state::Secret {
            id: self.id(from.id, ["secret", owner, &from.name.0], path, "id")?,
            name: from.name.0,
            kind: from.kind.map_or_else(|| "AWS".to_owned(), |kind| kind.0),
            description: name_or(from.description, MASK),
            dc: dates(from.dc),
        })
    }

    fn credit(&mut self, from: file::Credit, owner: &str, path: &str) -> Result<state::Credit, String> {
        let comment = from.comment.map(|comment| comment.0);
        let remaining_amount = from.remaining_amount.unwrap_or(from.original_amount).0;
        if remaining_amount > from.original_amount.0 {
            return Err(format!("{path}.remaining_amount: {remaining_amount} is more than the original_amount"));
        }
        let expiration_date = from.expiration_date.map_or_else(|| EXPIRATION.to_owned(), |time| time.0);
        let start = || seed::dates().created.trim_end_matches("+00:00").to_owned();
        Ok(state::Credit {
            id: self.id(from.id, ["credit", owner, comment.as_deref().unwrap_or_default()], path, "id")?,
            original_amount: from.original_amount.0,
            remaining_amount,
            expiration_date,
            start_date: from.start_date.map_or_else(start, |time| time.0),
            comment,
            status: from.status.map_or_else(|| "ACTIVE".to_owned(), |status| status.0),
        })
    }

    fn event(&mut self, from: file::Event, owner: &str, path: &str) -> Result<state::Event, String> {
        let actor = match from.actor {
            // The user may have been deleted since.
            Some(Text(actor)) if !actor.contains('@') => Some(actor),
            Some(Text(actor)) => Some(self.find_user(&actor, &format!("{path}.actor"))?),
            None => None,
        };
        Ok(state::Event {
            id: self.id(from.id, ["event", owner, &from.action.0], path, "id")?,
            action: from.action.0.into(),
            actor: actor.map(Into::into),
            context: Value::Object(from.context),
            // As new as the newest computed event: the list has the newest first.
            created: from.created.map_or_else(|| seed::event(0).created, |time| time.0),
        })
    }
}

/// Reads each item of a list. The path of an item is `PATH.NAME[N]`.
fn each<From, To>(
    items: Vec<From>,
    path: &str,
    name: &str,
    mut read: impl FnMut(From, &str) -> Result<To, String>,
) -> Result<Vec<To>, String> {
    items.into_iter().enumerate().map(|(at, item)| read(item, &format!("{path}.{name}[{at}]"))).collect()
}
