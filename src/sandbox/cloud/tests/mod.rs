//! Calls on a state in memory, without HTTP.

mod account;
mod endpoints;
mod permissions;
mod project_users;
mod properties;
mod regions;
mod resources;
mod sessions;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::respond;
use crate::sandbox::call::{Call, RequestBody, Rules};
use crate::sandbox::encoding::decode_query;
use crate::sandbox::response::{Response, ResponseBody};
use crate::sandbox::route::reply_problems;
use crate::sandbox::routes;
use crate::sandbox::seed;
use crate::sandbox::state::State;

/// The path of the first seeded organization.
const ORGANIZATION: &str = "/api/v2/organizations/f6c39580-5719-431d-a508-0cee4f9e8209/";

/// A cloud with the initial state and a clock that only the test moves.
struct Cloud {
    state: State,
    rules: Rules,
    now: Timestamp,
    calls: u64,
}

impl Cloud {
    fn new() -> Self {
        let now = "2025-01-01T12:00:00Z".parse().expect("a time");
        Self { state: seed::state(seed::ORGANIZATION_ID), rules: Rules::default(), now, calls: 0 }
    }

    fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Sends `METHOD TARGET` as a seeded user: `admin`, `member`, `superuser` (with `X-Auth-Sudo`), or as
    /// anybody who has the token that is given.
    fn ask(&mut self, user: &str, line: &str, body: Value) -> Response {
        let token = match user {
            "admin" | "member" | "superuser" => format!("sandbox-token-{user}"),
            token => token.to_owned(),
        };
        self.send(line, body, |call| {
            call.sudo = user == "superuser";
            call.token = Some(token);
        })
    }

    /// Sends `METHOD TARGET` with what `prepare` adds to it. A body of null is no body.
    fn send(&mut self, line: &str, body: Value, prepare: impl FnOnce(&mut Call)) -> Response {
        let (method, target) = line.split_once(' ').expect("METHOD TARGET");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        self.calls += 1;
        let mut call = Call {
            method: method.to_owned(),
            path: path.to_owned(),
            query: decode_query(query),
            token: None,
            key: None,
            sudo: false,
            region: None,
            body: if body.is_null() { RequestBody::Empty } else { RequestBody::Json(body) },
            now: self.now,
            entropy: self.calls,
            base: "http://sandbox".to_owned(),
        };
        prepare(&mut call);
        let response = respond(&mut self.state, &self.rules, &call);
        assert_described(&call, &response);
        response
    }

    /// The status and the JSON body of a reply to the admin.
    fn admin(&mut self, line: &str, body: Value) -> (u16, Value) {
        let response = self.ask("admin", line, body);
        (response.status, json_of(&response))
    }
}

/// Fails unless a reply has the status and the fields that its endpoint describes.
fn assert_described(call: &Call, response: &Response) {
    if let Ok((route, _)) = routes::find(&call.method, &call.path) {
        let problems = reply_problems(route, response.status, &json_of(response));
        assert!(problems.is_empty(), "{} {}: {} {problems:?}", call.method, call.path, response.status);
    }
}

fn json_of(response: &Response) -> Value {
    match &response.body {
        ResponseBody::Json(value) => value.clone(),
        ResponseBody::JsonText(text) => serde_json::from_str(text).expect("JSON"),
        ResponseBody::Empty | ResponseBody::Html(_) => Value::Null,
    }
}

/// The 400 for one field.
fn invalid(field: &str, problem: &str) -> (u16, Value) {
    (400, json!({"message": "Invalid input.", "errors": {field: [problem]}, "success": false}))
}
