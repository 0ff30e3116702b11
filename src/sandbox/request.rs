//! What an endpoint may ask for: the fields that were sent, who sent them, the organization they are
//! about, new IDs, the time.

use serde_json::{Map, Value};

use super::call::{Call, RequestBody, Rules};
use super::response::{Response, not_found};
use super::schema::{integer, uuid};
use super::state::{Event, Organization, Session, State, User};

/// The age at which a session ends, in seconds.
pub(super) const SESSION_LIFETIME: i64 = 24 * 3600;

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
    /// A request whose caller is not known yet.
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

    /// A text field. `None` if it is missing or null: its type was checked before.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.field(name)?.as_str().map(str::to_owned)
    }

    /// An integer field. `None` if it is missing or null.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        integer(self.field(name)?)
    }

    /// A field that is true or false. `None` if it is missing or null.
    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.field(name)?.as_bool()
    }

    /// A query parameter; `None` if it is missing or empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.call.parameter(name).filter(|value| !value.is_empty())
    }

    /// Whether the caller acts as a superuser: may do so, and asked for it with `X-Auth-Sudo`.
    pub(super) fn is_superuser(&self) -> bool {
        self.call.sudo && self.state.user(&self.uid).is_some_and(|user| self.may_be_superuser(user))
    }

    /// Whether a user may act as a superuser.
    pub(super) fn may_be_superuser(&self, user: &User) -> bool {
        let is_default = || self.state.default_user().is_some_and(|default| default.uid == user.uid);
        user.is_superuser || (self.rules.admin_is_superuser && is_default())
    }

    /// The organization in the path. Whether the caller may use it was checked before.
    ///
    /// # Errors
    /// 404 if there is none.
    pub(super) fn organization(&mut self) -> Result<&mut Organization, Box<Response>> {
        let id = &self.params[0];
        self.state.organizations.iter_mut().find(|organization| organization.id == *id).ok_or_else(not_found)
    }

    /// Starts a session for the caller and returns its token. Sessions that ended are removed.
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
        uuid(self.rng.u128(..))
    }

    /// Adds an audit event of the caller to an organization.
    pub(super) fn record(&mut self, organization_id: &str, action: &'static str, context: Value) {
        let (id, created, actor) = (self.new_id(), self.call.timestamp(), Some(self.uid.clone().into()));
        if let Some(organization) = self.state.organizations.iter_mut().find(|known| known.id == organization_id) {
            organization.events.push(Event { id, action: action.into(), actor, context, created });
        }
    }
}
