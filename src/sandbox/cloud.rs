//! The cloud itself: a pure function from the state and a call to an answer.
//!
//! No socket, no file and no clock is in here; the moment and the randomness come with the call.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use super::routes::{self, Route};
use super::seed;
use super::state::{Event, Organization, Session, State, User};

/// From this age on a session's token is renewed, in seconds.
const RENEWED_AFTER: i64 = 3600;
/// At this age it ends.
const ENDS_AFTER: i64 = 24 * 3600;

/// What was decided when the cloud was started.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// How many computed audit events the first organization has, in place of the seed's.
    pub(crate) events: Option<u64>,
    /// How many users the first organization has at least; those that the state lacks are computed.
    pub(crate) users: u64,
    /// Events a page.
    pub(crate) page_size: usize,
    /// Unknown fields and parameters are refused.
    pub(crate) strict: bool,
    /// The seeded admin is a superuser too.
    pub(crate) admin_is_superuser: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { events: None, users: 0, page_size: 50, strict: false, admin_is_superuser: false }
    }
}

/// A request, as far as the cloud cares.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: String,
    /// The path as it was sent.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    /// The `session` cookie.
    pub(super) token: Option<String>,
    /// Key and secret.
    pub(super) key: Option<(String, String)>,
    pub(super) sudo: bool,
    pub(super) body: Body,
    pub(super) now: Timestamp,
    pub(super) entropy: u64,
    /// How the client calls this server: `http://` and its Host header.
    pub(super) base: String,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    None,
    Json(Value),
    /// It is no JSON.
    Broken,
}

/// What comes back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) payload: Payload,
    pub(super) location: Option<String>,
    /// The session's new token.
    pub(super) renewed: Option<String>,
    /// The path is none that this cloud knows.
    pub(super) is_unknown: bool,
    /// The state is another one now.
    pub(super) changed: bool,
    /// Files whose bytes are gone with it.
    pub(super) gone: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Payload {
    None,
    Json(Value),
    /// JSON that is written already: long lists.
    Text(String),
    Html(String),
}

impl Answer {
    fn new(status: u16, payload: Payload) -> Self {
        Self { status, payload, location: None, renewed: None, is_unknown: false, changed: false, gone: Vec::new() }
    }

    pub(super) fn json(status: u16, value: Value) -> Self {
        Self::new(status, Payload::Json(value))
    }

    pub(super) fn text(status: u16, json: String) -> Self {
        Self::new(status, Payload::Text(json))
    }

    pub(super) fn none() -> Self {
        Self::new(204, Payload::None)
    }

    pub(super) fn html(page: String) -> Self {
        Self::new(200, Payload::Html(page))
    }

    pub(super) fn redirect(location: String) -> Self {
        Self { location: Some(location), ..Self::new(302, Payload::None) }
    }

    /// The state was changed on the way.
    pub(super) fn changed(self) -> Self {
        Self { changed: true, ..self }
    }

    pub(super) fn gone(self, files: Vec<String>) -> Self {
        Self { gone: files, ..self }
    }
}

/// Why a call is not done. Boxed: it is the rare case.
pub(super) type Outcome = Result<Answer, Box<Answer>>;

/// A refusal in the API's shape.
pub(super) fn refuse(status: u16, message: &str) -> Box<Answer> {
    Box::new(Answer::json(status, json!({"message": message, "success": false})))
}

/// A refusal of what was sent, field by field.
pub(super) fn invalid(field: &str, problem: &str) -> Box<Answer> {
    Box::new(Answer::json(400, json!({"message": "Invalid input.", "errors": {field: [problem]}, "success": false})))
}

pub(super) fn not_found() -> Box<Answer> {
    refuse(404, "Resource not found.")
}

pub(super) fn denied() -> Box<Answer> {
    refuse(403, "Permission denied for user.")
}

/// Answer a call. The state is only another one afterwards if the answer says so.
pub(super) fn answer(state: &mut State, rules: &Rules, call: &Call) -> Answer {
    let (route, params) = match routes::find(&call.method, &call.path) {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    let mut scene =
        Scene { state, rules, call, params, uid: String::new(), rng: fastrand::Rng::with_seed(call.entropy) };
    let mut changed = false;
    let mut renewed = None;
    if route.needs_user {
        match scene.authenticate() {
            Ok(entered) => (changed, renewed) = (entered.changed, entered.renewed),
            Err(refused) => return *refused,
        }
    }
    let outcome = scene.check(route).and_then(|()| (route.run)(&mut scene));
    let mut answer = outcome.unwrap_or_else(|refused| *refused);
    answer.changed |= changed;
    answer.renewed = renewed;
    answer
}

/// One call being answered.
pub(super) struct Scene<'a> {
    pub(super) state: &'a mut State,
    pub(super) rules: &'a Rules,
    pub(super) call: &'a Call,
    /// What stands in the route's places, decoded.
    pub(super) params: Vec<String>,
    /// Who calls.
    pub(super) uid: String,
    rng: fastrand::Rng,
}

struct Entered {
    changed: bool,
    renewed: Option<String>,
}

impl Scene<'_> {
    /// Find out who calls: by the session, else by the API key.
    fn authenticate(&mut self) -> Result<Entered, Box<Answer>> {
        let now = self.call.now.as_second();
        let is_alive = |session: &Session| session.since.is_none_or(|since| now - since < ENDS_AFTER);
        let session = self.call.token.as_ref().and_then(|token| self.state.sessions.get(token));
        if let Some(session) = session.filter(|session| is_alive(session)).cloned() {
            self.uid = session.uid;
            let renewed = session.since.filter(|since| now - since >= RENEWED_AFTER).map(|_| self.sign_in());
            return Ok(Entered { changed: renewed.is_some(), renewed });
        }
        let Some((key, secret)) = &self.call.key else {
            let path = super::encode(&self.call.path);
            return Err(Box::new(Answer::redirect(format!("/?rd={path}"))));
        };
        let known = self.state.users.iter_mut().find_map(|user| {
            let known = user.api_keys.iter_mut().find(|known| known.key == *key && known.secret == *secret)?;
            known.active.then_some((user.uid.clone(), known))
        });
        let Some((uid, known)) = known else { return Err(refuse(401, "Authentication required.")) };
        // To the hour: else every request would be a change.
        let hour = self.call.now.strftime("%Y-%m-%dT%H:00:00+00:00").to_string();
        let changed = known.last_used.as_ref() != Some(&hour);
        known.last_used = Some(hour);
        self.uid = uid;
        Ok(Entered { changed, renewed: None })
    }

    /// A new session for the one who calls; those that ended are forgotten.
    pub(super) fn sign_in(&mut self) -> String {
        let now = self.call.now.as_second();
        self.state.sessions.retain(|_, session| session.since.is_none_or(|since| now - since < ENDS_AFTER));
        let token = self.random(40);
        self.state.sessions.insert(token.clone(), Session { uid: self.uid.clone(), since: Some(now) });
        token
    }

    /// Refuse a body that is none, and, where it is asked for, what the API does not know.
    fn check(&self, route: &Route) -> Result<(), Box<Answer>> {
        match &self.call.body {
            Body::Broken => return Err(refuse(400, "Request body is no valid JSON.")),
            Body::Json(value) if !value.is_object() => return Err(refuse(400, "Request body must be a JSON object.")),
            _ => {}
        }
        if !self.rules.strict {
            return Ok(());
        }
        let field = self.fields().into_iter().flat_map(Map::keys).find(|field| !route.fields.contains(&field.as_str()));
        let parameter = self.call.query.iter().map(|(name, _)| name).find(|name| !route.query.contains(&name.as_str()));
        match field.or(parameter) {
            Some(unknown) => Err(invalid(unknown, "Unknown field.")),
            None => Ok(()),
        }
    }

    // What was sent.

    pub(super) fn fields(&self) -> Option<&Map<String, Value>> {
        match &self.call.body {
            Body::Json(Value::Object(map)) => Some(map),
            _ => None,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.fields()?.get(name)
    }

    /// A text of at most 512 characters, if it was sent.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Box<Answer>> {
        match self.field(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() > 512 => {
                Err(invalid(name, "Longer than maximum length 512."))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(invalid(name, "Not a valid string.")),
        }
    }

    /// A text that must be sent, and not be empty.
    pub(super) fn required(&self, name: &str) -> Result<String, Box<Answer>> {
        match self.text(name)? {
            None => Err(invalid(name, "Missing data for required field.")),
            Some(text) if text.is_empty() => Err(invalid(name, "Shorter than minimum length 1.")),
            Some(text) => Ok(text),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    // Who may do what.

    /// The one who calls acts as a superuser.
    pub(super) fn is_superuser(&self) -> bool {
        let may = |user: &User| user.is_superuser || (self.rules.admin_is_superuser && user.uid == seed::ADMIN);
        self.call.sudo && self.state.user(&self.uid).is_some_and(may)
    }

    /// The organization that the path names, for its members.
    pub(super) fn organization(&mut self) -> Result<&mut Organization, Box<Answer>> {
        let is_superuser = self.is_superuser();
        let organization = self.state.organizations.iter_mut().find(|organization| organization.id == self.params[0]);
        let organization = organization.ok_or_else(not_found)?;
        match is_superuser || organization.role(&self.uid).is_some() {
            true => Ok(organization),
            false => Err(denied()),
        }
    }

    /// The organization that the path names, for its admins.
    pub(super) fn administered(&mut self) -> Result<&mut Organization, Box<Answer>> {
        let (is_superuser, uid) = (self.is_superuser(), self.uid.clone());
        let organization = self.organization()?;
        match is_superuser || organization.role(&uid) == Some("org_admin") {
            true => Ok(organization),
            false => Err(denied()),
        }
    }

    /// The organization that the path names, for superusers.
    pub(super) fn overseen(&mut self) -> Result<&mut Organization, Box<Answer>> {
        match self.is_superuser() {
            true => self.organization(),
            false => Err(denied()),
        }
    }

    // What is new.

    pub(super) fn random(&mut self, length: usize) -> String {
        std::iter::repeat_with(|| self.rng.alphanumeric()).take(length).collect()
    }

    /// A random UUID, of version 4.
    pub(super) fn new_id(&mut self) -> String {
        let bits = (self.rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// The moment of the call, as the API writes it.
    pub(super) fn now(&self) -> String {
        self.call.now.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
    }

    /// Write an audit event of the organization.
    pub(super) fn record(&mut self, organization_id: &str, action: &'static str, context: Value) {
        let (id, created, actor) = (self.new_id(), self.now(), Some(self.uid.clone()));
        if let Some(organization) = self.state.organizations.iter_mut().find(|known| known.id == organization_id) {
            organization.events.push(Event {
                id,
                action: action.into(),
                actor: actor.map(Into::into),
                context,
                created,
            });
        }
    }
}

/// A moment as the API takes it: a date, with a time or without, with an offset or in UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.replacen(' ', "T", 1).parse::<Timestamp>() {
        return Some(moment);
    }
    let civil: DateTime = text.parse().ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec![
                "api",
                "v2",
                "organizations",
                "users",
                "files",
                "secrets",
                "credits",
                "customer",
                "auditlogs",
                "me",
                "api-keys",
                "regions",
                "roles",
                "oauth2",
                "login",
                "logout",
                "github",
                "",
                "..",
                "%2e",
                "%",
                "%ff",
                seed::ORGANIZATION_ID,
                seed::ADMIN,
                "sandbox-key-admin",
                "member@example.com",
            ])
            .prop_map(str::to_owned),
            "[a-z0-9%._-]{1,8}",
        ]
    }

    fn body() -> impl Strategy<Value = Body> {
        let name = prop::sample::select(vec![
            "name",
            "plan_type",
            "user",
            "role_fqn",
            "type",
            "data",
            "amount",
            "expiration_date",
            "comment",
            "email",
            "active",
            "phone",
            "country",
            "x",
        ]);
        let value = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            prop::sample::select(vec!["org_admin", "AWS", "a@b.cd", "2030-01-01"]).prop_map(Value::from),
            Just(json!({"aws_secret": {"access_key": "é", "secret_key": 5}})),
            Just(json!([[]])),
        ];
        let map = prop::collection::vec((name, value), 0..8)
            .prop_map(|fields| Body::Json(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()));
        prop_oneof![Just(Body::None), Just(Body::Broken), Just(Body::Json(json!([1]))), map]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn every_call_has_an_answer(
            method in prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"]),
            is_api in any::<bool>(),
            segments in prop::collection::vec(segment(), 0..7),
            query in prop::collection::vec(("last|from|to|status|action|user|x", any::<String>()), 0..4),
            (sudo, strict) in (any::<bool>(), any::<bool>()),
            (users, events) in (0u64..5, prop::option::of(0u64..1000)),
            body in body(),
            entropy in any::<u64>(),
        ) {
            let prefix = if is_api { "/api/v2/" } else { "/" };
            let call = Call {
                method: method.to_owned(),
                path: format!("{prefix}{}/", segments.join("/")),
                query,
                token: Some("sandbox-token-superuser".to_owned()),
                key: None,
                sudo,
                body,
                now: Timestamp::UNIX_EPOCH,
                entropy,
                base: String::new(),
            };
            let mut state = seed::state(seed::ORGANIZATION_ID);
            let rules = Rules { strict, users, events, ..Rules::default() };
            let before = serde_json::to_string(&state).expect("a state can be written");
            let answer = answer(&mut state, &rules, &call);
            prop_assert!((200..500).contains(&answer.status), "{}", answer.status);
            // Whatever is refused leaves everything as it was.
            if !answer.changed {
                prop_assert_eq!(serde_json::to_string(&state).expect("a state can be written"), before);
            }
        }
    }
}
