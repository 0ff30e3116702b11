//! The audit log of an organization: pages of events, newest first.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, error};
use crate::sandbox::route::{Access, Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text};
use crate::sandbox::seed;
use crate::sandbox::state::{Event, State};
use crate::sandbox::time;

pub(super) const ROUTES: &[Route] = &[Route::new(
    "GET",
    "/api/v2/organizations/{organization_id}/auditlogs/",
    Access::Admin,
    &[(200, Shape::List(EVENT))],
    list,
)
.query(QUERY)];

const ANY_TEXT: Kind = Kind::Text { min: 0, max: 512 };

/// The filters. `last` is the ID of the last event of the page before.
const QUERY: &[Field] = &[
    field("action", ANY_TEXT).optional(),
    field("from", Kind::Time).optional(),
    field("to", Kind::Time).optional(),
    field("cluster_id", ANY_TEXT).optional(),
    field("last", ANY_TEXT).optional(),
];

const EVENT: &[Field] = &[
    field("id", Kind::Uuid),
    text("action"),
    field("actor", Kind::Object(ACTOR)),
    field("context", Kind::AnyObject),
    field("created", Kind::Time),
];

/// All values are null for the system, and for a user who is not known any more.
const ACTOR: &[Field] = &[
    field("id", Kind::Uuid).nullable(),
    field("email", Kind::Email).nullable(),
    text("name").nullable(),
    text("username").nullable(),
    field("picture", Kind::Url).nullable(),
];

fn list(request: &mut Request) -> Outcome {
    let filter = Filter::new(request);
    let last = request.parameter("last").map(str::to_owned);
    let first = request.state.organizations.first();
    let computed = request.rules.events.filter(|_| first.is_some_and(|first| first.id == request.params[0]));
    let page_size = request.rules.page_size;
    let organization = request.organization()?;

    // Stored events are newer than seeded ones.
    let mut page: Vec<Event> = Vec::new();
    let mut is_after_last = last.is_none();
    for event in organization.events.iter().rev() {
        if page.len() == page_size {
            break;
        }
        if is_after_last && filter.accepts(event) {
            page.push(event.clone());
        }
        is_after_last |= last.as_ref() == Some(&event.id);
    }
    // The index of the first seeded event to look at. An unknown `last` gives an empty page.
    let begin = match last.filter(|_| !is_after_last) {
        None => 0,
        Some(last) => seed::event_index(&last).map_or(u64::MAX, |index| index.saturating_add(1)),
    };
    // Start at the first event that is not newer than `to`: there may be millions.
    let begin = begin.max(filter.to.map_or(0, |to| seed::events_after(to.as_second())));
    for index in begin..computed.unwrap_or(organization.seeded_events) {
        let is_too_old = filter.from.is_some_and(|from| seed::event_time(index) < from.as_second());
        if is_too_old || page.len() == page_size {
            break;
        }
        let event = seed::event(index);
        if filter.accepts(&event) {
            page.push(event);
        }
    }
    let rows: Vec<Row> = page.iter().map(|event| Row::new(event, request.state)).collect();
    let text = serde_json::to_string(&rows).map_err(|problem| error(500, &problem.to_string()))?;
    Ok(Response::json_text(200, text))
}

/// The filters of the query.
struct Filter {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    action: Option<String>,
    cluster_id: Option<String>,
}

impl Filter {
    fn new(request: &Request) -> Self {
        let time = |name| request.parameter(name).and_then(time::parse);
        let text = |name| request.parameter(name).map(str::to_owned);
        Self { from: time("from"), to: time("to"), action: text("action"), cluster_id: text("cluster_id") }
    }

    fn accepts(&self, event: &Event) -> bool {
        // Parsed only for a limit: without one, that is an eighth of the work of a page.
        let is_created = |compare: fn(&Timestamp, &Timestamp) -> bool, limit: Timestamp| {
            time::parse(&event.created).is_some_and(|created| compare(&created, &limit))
        };
        self.action.as_ref().is_none_or(|action| event.action == *action)
            && self
                .cluster_id
                .as_ref()
                .is_none_or(|id| event.context.get("cluster_id").is_some_and(|known| known == id))
            && self.from.is_none_or(|from| is_created(Timestamp::ge, from))
            && self.to.is_none_or(|to| is_created(Timestamp::le, to))
    }
}

/// An event as the API shows it. It is serialized without a `Value` between, because a list can have
/// very many rows.
#[derive(Serialize)]
struct Row<'e> {
    id: &'e str,
    action: &'e str,
    actor: Actor<'e>,
    context: &'e Value,
    created: &'e str,
}

/// Who did it. All fields are null for the system.
#[derive(Serialize)]
struct Actor<'e> {
    id: Option<&'e str>,
    email: Option<&'e str>,
    name: Option<&'e str>,
    username: Option<&'e str>,
    picture: Option<&'e str>,
}

impl<'e> Row<'e> {
    fn new(event: &'e Event, state: &'e State) -> Self {
        let user = event.actor.as_ref().and_then(|uid| state.user(uid));
        let actor = Actor {
            id: event.actor.as_deref(),
            email: user.map(|user| user.email.as_str()),
            name: user.map(|user| user.name.as_str()),
            username: user.map(|user| user.username.as_str()),
            picture: None,
        };
        Self { id: &event.id, action: &event.action, actor, context: &event.context, created: &event.created }
    }
}
