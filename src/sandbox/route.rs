//! One endpoint of the API: its method and path, who may call it, what it takes and what it returns.

use super::request::Request;
use super::response::Outcome;
use super::schema::{Field, Kind, field};

/// The source of the information about an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The vendor's description of the API.
    Spec,
    /// The code or documentation of the Python program.
    Upstream,
    /// An assumption.
    Guess,
}

impl Source {
    /// Its name in `sandbox coverage`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Upstream => "upstream",
            Self::Guess => "guess",
        }
    }
}

/// Who may call an endpoint. Superusers who ask for it may call everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody, without authentication.
    Public,
    /// Every user.
    User,
    /// The members of the organization in the path.
    Member,
    /// The admins of the organization in the path.
    Admin,
    /// Superusers only.
    Superuser,
}

/// The body of a reply.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Nothing.
    Empty,
    /// A page for a browser.
    Html,
    /// An object with these fields.
    Object(&'static [Field]),
    /// A list of such objects.
    List(&'static [Field]),
}

/// One endpoint.
pub(super) struct Route {
    /// The HTTP method.
    pub(super) method: &'static str,
    /// The path. A segment in braces is a placeholder for one segment.
    pub(super) path: &'static str,
    /// The source of the information about it.
    pub(super) source: Source,
    /// Who may call it.
    pub(super) access: Access,
    /// The fields of its body; `None` if it takes none.
    pub(super) body: Option<&'static [Field]>,
    /// The parameters of its query.
    pub(super) query: &'static [Field],
    /// The statuses of success, and the bodies.
    pub(super) replies: &'static [(u16, Shape)],
    /// The function that handles it.
    pub(super) run: fn(&mut Request) -> Outcome,
}

impl Route {
    /// An endpoint of the vendor's description, without body and query.
    pub(super) const fn new(
        method: &'static str,
        path: &'static str,
        access: Access,
        replies: &'static [(u16, Shape)],
        run: fn(&mut Request) -> Outcome,
    ) -> Self {
        Self { method, path, source: Source::Spec, access, body: None, query: &[], replies, run }
    }

    /// Sets the fields of its body.
    pub(super) const fn body(self, fields: &'static [Field]) -> Self {
        Self { body: Some(fields), ..self }
    }

    /// Sets the parameters of its query.
    pub(super) const fn query(self, query: &'static [Field]) -> Self {
        Self { query, ..self }
    }

    /// Sets the source of the information about it.
    pub(super) const fn source(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// The names of the placeholders in its path.
    pub(super) fn placeholders(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The statuses of its errors.
    pub(super) fn error_statuses(&self) -> Vec<u16> {
        let takes_input = self.body.is_some() || !self.query.is_empty();
        let is_about_something = self.placeholders().next().is_some();
        let conditions = [
            (302, self.access != Access::Public),
            // With `--strict`, an unknown parameter.
            (400, true),
            (401, self.access != Access::Public),
            (403, takes_input || is_about_something || matches!(self.access, Access::Public | Access::Superuser)),
            (404, is_about_something || takes_input),
        ];
        conditions.into_iter().filter(|(_, applies)| *applies).map(|(status, _)| status).collect()
    }
}

/// The fields of an error.
pub(super) const ERROR: &[Field] = &[
    field("message", Kind::Text { min: 1, max: 2000 }),
    field("success", Kind::Boolean).optional(),
    field("errors", Kind::AnyObject).optional(),
    field("related_resources", Kind::AnyObject).optional(),
];

/// The problems of a reply, compared with the description of its endpoint. For tests.
#[cfg(test)]
pub(super) fn reply_problems(route: &Route, status: u16, body: &serde_json::Value) -> Vec<String> {
    use serde_json::Value;

    use super::schema::problems;

    let object = |fields: &[Field], value: &Value| match value {
        Value::Object(object) => {
            problems(fields, object, true).iter().map(|(name, why)| format!("{name}: {why}")).collect()
        }
        other => vec![format!("not an object: {other}")],
    };
    let shape = route.replies.iter().find(|(known, _)| *known == status).map(|(_, shape)| *shape);
    match (shape, body) {
        (None, _) if status == 302 && route.error_statuses().contains(&302) => Vec::new(),
        (None, body) if route.error_statuses().contains(&status) => object(ERROR, body),
        (None, _) => vec![format!("{status} is not described")],
        (Some(Shape::Empty | Shape::Html), Value::Null) => Vec::new(),
        (Some(Shape::Empty | Shape::Html), other) => vec![format!("a body of JSON: {other}")],
        (Some(Shape::Object(fields)), body) => object(fields, body),
        (Some(Shape::List(fields)), Value::Array(items)) => {
            items.iter().flat_map(|item| object(fields, item)).collect()
        }
        (Some(Shape::List(_)), other) => vec![format!("not a list: {other}")],
    }
}
