//! The next step after an error of the API. It is printed below the message of the server.

use reqwest::StatusCode;
use serde_json::Value;

use super::{Identity, Request};
use crate::suggest;

/// How many commands are suggested at most.
const MOST_RELATED: usize = 10;

/// An error of the API.
pub(super) struct Refusal<'r> {
    /// The request that was refused.
    pub(super) request: &'r Request,
    /// The user that made it.
    pub(super) identity: &'r Identity,
    /// The status of the reply, 400 or more.
    pub(super) status: StatusCode,
    /// The message of the server.
    pub(super) message: &'r str,
    /// The body of the reply, or null.
    pub(super) body: &'r Value,
}

impl Refusal<'_> {
    /// The next step, if one is known.
    pub(super) fn next_step(&self) -> Option<String> {
        let segments: Vec<&str> = self.request.segments.iter().map(String::as_str).collect();
        match (self.status, segments.as_slice()) {
            // The line about the refused credential suggests a login already.
            (StatusCode::UNAUTHORIZED, _) => None,
            // With another message, the path may be unknown to the server, and not the ID.
            (StatusCode::NOT_FOUND, path) => self.existing(path).filter(|_| self.says(&["not found"])),
            (StatusCode::FORBIDDEN, path) => Some(self.permitted(path)),
            (StatusCode::TOO_MANY_REQUESTS, _) => None,
            (_, ["organizations", organization, "users", ..]) if self.says(&["last", "admin"]) => {
                let words = ["organizations", "users", "add", "--org-id", organization];
                let add = self.suggest(&[&words[..], &["--role", "org_admin", "--user", "USER"]].concat());
                Some(format!("Make another user an admin first: {add}"))
            }
            (_, ["organizations", organization, ..]) if self.is_quota() => {
                let path = format!("organizations/{organization}/quotas");
                Some(format!("{} shows the quotas.", self.suggest(&["api", "GET", &path])))
            }
            (_, _) if self.is_quota() => {
                let list = self.suggest(&["organizations", "list"]);
                Some(format!("{list} shows the organizations that count. Delete one, or ask the support for more."))
            }
            (_, ["organizations", organization, "credits", _]) if self.says(&["expired"]) => {
                let words = ["organizations", "credits", "create", "--org-id", organization];
                let values = ["--amount", "AMOUNT", "--expiration-date", "TIME", "--comment", "REASON"];
                Some(format!("Create a new one: {}", self.suggest(&[&words[..], &values].concat())))
            }
            (_, ["users", "me", "accept-invite"]) if self.says(&["token"]) => {
                Some("Ask an admin of the organization to invite you again.".to_owned())
            }
            _ => self.related(),
        }
    }

    /// Whether the message has all of these words, in any case.
    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().all(|word| message.contains(word))
    }

    fn is_quota(&self) -> bool {
        self.says(&["quota"]) || self.says(&["maximum number"])
    }

    /// A command in backticks that sends its requests as the same user, so with `--sudo` if that was given.
    fn suggest(&self, words: &[&str]) -> String {
        let sudo: &[&str] = if self.identity.sudo { &["--sudo"] } else { &[] };
        self.identity.suggest(&[words, sudo].concat())
    }

    /// The command that lists the existing IDs after an ID was not found.
    fn existing(&self, path: &[&str]) -> Option<String> {
        let list = match path {
            ["organizations", _] | ["organizations", _, _] => self.suggest(&["organizations", "list"]),
            ["organizations", organization, noun @ ("files" | "secrets" | "credits" | "users" | "invitations"), ..] => {
                self.suggest(&["organizations", noun, "list", "--org-id", organization])
            }
            ["users", "me", "api-keys", ..] => self.suggest(&["api-keys", "list"]),
            _ => return None,
        };
        Some(format!("{list} shows the IDs that exist."))
    }

    /// Names the users who have the missing permission.
    fn permitted(&self, path: &[&str]) -> String {
        let has_plan = self.request.body.as_ref().is_some_and(|body| body.get("plan_type").is_some());
        let is_for_superusers = match path {
            ["organizations", _, "credits", ..] => !self.request.is_read(),
            ["organizations"] | ["organizations", _] => has_plan,
            ["users"] => true,
            _ => false,
        };
        let status = self.identity.suggest(&["status"]);
        match (is_for_superusers, self.identity.sudo) {
            (true, false) => match path {
                // `--sudo` does not use the organization of the profile.
                ["organizations", organization, ..] => {
                    let options = format!("--sudo --org-id {}", suggest::quoted(organization));
                    format!("Only superusers may do this. If you are one, pass `{options}`.")
                }
                _ => "Only superusers may do this. If you are one, pass `--sudo`.".to_owned(),
            },
            (true, true) => format!("Only superusers may do this. {status} shows the current user."),
            (false, _) => format!("The current user may not do this. {status} shows who that is."),
        }
    }

    /// Names what must be deleted first, by kind: `{"related_resources": {"projects": [ID]}}`.
    fn related(&self) -> Option<String> {
        let related = self.body.get("related_resources")?.as_object()?;
        let resources = related.iter().flat_map(|(kind, ids)| {
            let ids = ids.as_array().into_iter().flatten().filter_map(Value::as_str);
            ids.map(move |id| self.suggest(&["api", "DELETE", &format!("{kind}/{id}")]))
        });
        let mut lines: Vec<String> = resources.collect();
        if lines.len() > MOST_RELATED {
            let more = lines.split_off(MOST_RELATED).len();
            lines.push(format!("and {more} more."));
        }
        (!lines.is_empty()).then(|| format!("Delete what belongs to it first:\n{}", lines.join("\n")))
    }
}
