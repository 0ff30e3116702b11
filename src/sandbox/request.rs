//! What an endpoint may ask for: the fields that were sent, who sent them, the organization they are
//! about, new IDs, the time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::{Map, Value};

use super::call::{Call, RequestBody, Rules};
use super::response::{Response, denied, invalid, not_found};
use super::seed;
use super::state::{Event, Organization, Session, State, User};

/// The age at which a session ends, in seconds.
pub(super) const SESSION_LIFETIME: i64 = 24 * 3600;
/// The longest text that a field takes, in characters.
const LONGEST_TEXT: usize = 512;

/// One request that an endpoint handles.
pub(super) struct Request<'a> {
    /// The state. An endpoint that changes it marks its response as changed.
    pub(super) state: &'a mut State,
    /// The settings of this sandbox.
    pub(super) rules: &'a Rules,
    /// The HTTP request.
    pub(super) call: &'a Call,
    /// The decoded values of the placeholders in the route's path, in order.
    pub(super) params: Vec<String>,
    /// The ID of the authenticated user. Empty for a public route.
    pub(super) uid: String,
    rng: fastrand::Rng,
}

impl<'a> Request<'a> {
    /// A request by nobody yet.
    pub(super) fn new(state: &'a mut State, rules: &'a Rules, call: &'a Call, params: Vec<String>) -> Self {
        let rng = fastrand::Rng::with_seed(call.entropy);
        Self { state, rules, call, params, uid: String::new(), rng }
    }

    /// The JSON object that was sent, if one was.
    pub(super) fn fields(&self) -> Option<&Map<String, Value>> {
        match &self.call.body {
            RequestBody::Json(Value::Object(map)) => Some(map),
            _ => None,
        }
    }

    /// One field of the JSON object, if it was sent.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.fields()?.get(name)
    }

    /// A text field; `None` if it is missing or null.
    ///
    /// # Errors
    /// 400 if it is not a string or too long.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Box<Response>> {
        match self.field(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() > LONGEST_TEXT => {
                Err(invalid(name, "Longer than maximum length 512."))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(invalid(name, "Not a valid string.")),
        }
    }

    /// A text field that must be sent.
    ///
    /// # Errors
    /// 400 if it is missing, empty, not a string or too long.
    pub(super) fn required_text(&self, name: &str) -> Result<String, Box<Response>> {
        match self.text(name)? {
            None => Err(invalid(name, "Missing data for required field.")),
            Some(text) if text.is_empty() => Err(invalid(name, "Shorter than minimum length 1.")),
            Some(text) => Ok(text),
        }
    }

    /// A query parameter; `None` if it is missing or empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.call.parameter(name).filter(|value| !value.is_empty())
    }

    /// Whether the caller acts as a superuser: may do so, and asked for it with `X-Auth-Sudo`.
    pub(super) fn is_superuser(&self) -> bool {
        let may = |user: &User| user.is_superuser || (self.rules.admin_is_superuser && user.uid == seed::ADMIN);
        self.call.sudo && self.state.user(&self.uid).is_some_and(may)
    }

    /// The organization in the path, for its members and for superusers.
    ///
    /// # Errors
    /// 404 if there is none, 403 for anybody else.
    pub(super) fn organization(&mut self) -> Result<&mut Organization, Box<Response>> {
        let is_superuser = self.is_superuser();
        let organization = self.state.organizations.iter_mut().find(|organization| organization.id == self.params[0]);
        let organization = organization.ok_or_else(not_found)?;
        match is_superuser || organization.role(&self.uid).is_some() {
            true => Ok(organization),
            false => Err(denied()),
        }
    }

    /// The organization in the path, for its admins and for superusers.
    ///
    /// # Errors
    /// 404 if there is none, 403 for anybody else.
    pub(super) fn organization_as_admin(&mut self) -> Result<&mut Organization, Box<Response>> {
        let (is_superuser, uid) = (self.is_superuser(), self.uid.clone());
        let organization = self.organization()?;
        match is_superuser || organization.role(&uid) == Some("org_admin") {
            true => Ok(organization),
            false => Err(denied()),
        }
    }

    /// The organization in the path, for superusers.
    ///
    /// # Errors
    /// 404 if there is none, 403 for anybody else.
    pub(super) fn organization_as_superuser(&mut self) -> Result<&mut Organization, Box<Response>> {
        match self.is_superuser() {
            true => self.organization(),
            false => Err(denied()),
        }
    }

    /// Start a session for the caller and return its token. Sessions that ended are removed.
    pub(super) fn sign_in(&mut self) -> String {
        let now = self.call.now.as_second();
        self.state.sessions.retain(|_, session| session.is_alive(now, SESSION_LIFETIME));
        let token = self.random(40);
        self.state.sessions.insert(token.clone(), Session { uid: self.uid.clone(), since: Some(now) });
        token
    }

    /// Random letters and digits.
    pub(super) fn random(&mut self, length: usize) -> String {
        std::iter::repeat_with(|| self.rng.alphanumeric()).take(length).collect()
    }

    /// A random UUID, version 4.
    pub(super) fn new_id(&mut self) -> String {
        let bits = (self.rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// Add an audit event of the caller to an organization.
    pub(super) fn record(&mut self, organization_id: &str, action: &'static str, context: Value) {
        let (id, created, actor) = (self.new_id(), self.call.timestamp(), Some(self.uid.clone().into()));
        if let Some(organization) = self.state.organizations.iter_mut().find(|known| known.id == organization_id) {
            organization.events.push(Event { id, action: action.into(), actor, context, created });
        }
    }
}

/// Parse a time as the API takes it: a date, optionally with a time, optionally with an offset (UTC if
/// there is none).
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.replacen(' ', "T", 1).parse::<Timestamp>() {
        return Some(time);
    }
    let civil: DateTime = text.parse().ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}
