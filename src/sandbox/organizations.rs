//! Organizations and their audit logs.

use serde::Serialize;
use serde_json::{Value, json};

use super::cloud::{Answer, Outcome, Scene, denied, invalid, moment, refuse};
use super::seed;
use super::state::{Dates, Event, Member, Organization, State};

pub(super) fn list(scene: &mut Scene) -> Outcome {
    let is_superuser = scene.is_superuser();
    let organizations = scene.state.organizations.iter();
    let rows = organizations
        .filter(|organization| is_superuser || organization.role(&scene.uid).is_some())
        .map(|organization| show(organization, &scene.uid))
        .collect();
    Ok(Answer::json(200, Value::Array(rows)))
}

pub(super) fn get(scene: &mut Scene) -> Outcome {
    let uid = scene.uid.clone();
    let organization = scene.organization()?;
    Ok(Answer::json(200, show(organization, &uid)))
}

pub(super) fn create(scene: &mut Scene) -> Outcome {
    let name = scene.required("name")?;
    let plan_type = plan_type(scene)?;
    let (id, now, uid) = (scene.new_id(), scene.now(), scene.uid.clone());
    let organization = Organization {
        dc: Dates::new(&now),
        members: vec![Member { uid: uid.clone(), role_fqn: "org_admin".to_owned() }],
        ..seed::organization(&id, &name, plan_type.unwrap_or(3))
    };
    let shown = show(&organization, &uid);
    scene.state.organizations.push(organization);
    scene.record(&id, "organization.create", json!({"organization_id": id}));
    scene.record(&id, "organization.add_user", json!({"user_id": uid, "role_fqn": "org_admin"}));
    Ok(Answer::json(201, shown).changed())
}

pub(super) fn edit(scene: &mut Scene) -> Outcome {
    scene.administered()?;
    let (name, email, plan_type) = (scene.text("name")?, scene.text("email")?, plan_type(scene)?);
    if name.as_ref().is_some_and(String::is_empty) {
        return Err(invalid("name", "Shorter than minimum length 1."));
    }
    let notifications = match scene.field("notifications_enabled") {
        None => None,
        Some(Value::Bool(enabled)) => Some(*enabled),
        Some(_) => return Err(invalid("notifications_enabled", "Not a valid boolean.")),
    };
    let (now, uid) = (scene.now(), scene.uid.clone());
    let organization = scene.administered()?;
    organization.name = name.unwrap_or_else(|| organization.name.clone());
    organization.email = email.or_else(|| organization.email.take());
    organization.plan_type = plan_type.unwrap_or(organization.plan_type);
    organization.notifications_enabled = notifications.unwrap_or(organization.notifications_enabled);
    organization.dc.modified = now;
    let (shown, id) = (show(organization, &uid), organization.id.clone());
    scene.record(&id, "organization.edit", json!({"organization_id": id}));
    Ok(Answer::json(200, shown).changed())
}

pub(super) fn delete(scene: &mut Scene) -> Outcome {
    let organization = scene.administered()?;
    if organization.project_count > 0 {
        let related: Vec<Value> = (1..=organization.project_count)
            .map(|n| json!({"type": "project", "name": format!("project-{n}")}))
            .collect();
        let mut refused = refuse(400, "The organization has projects. Delete them first.");
        if let super::cloud::Payload::Json(Value::Object(body)) = &mut refused.payload {
            body.insert("errors".to_owned(), json!({"related_resources": related}));
            body.insert("related_resources".to_owned(), Value::Array(related));
        }
        return Err(refused);
    }
    let id = organization.id.clone();
    let files = organization.files.iter().map(|file| file.id.clone()).collect();
    scene.state.organizations.retain(|organization| organization.id != id);
    Ok(Answer::none().changed().gone(files))
}

/// Events, the newest first, a page at a time.
pub(super) fn audit_logs(scene: &mut Scene) -> Outcome {
    scene.administered()?;
    let bound = |name: &str| match scene.parameter(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => moment(text).map(Some).ok_or_else(|| invalid(name, "Not a valid datetime.")),
    };
    let (from, to) = (bound("from")?, bound("to")?);
    let filter = |name| scene.parameter(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let (action, cluster_id, last) = (filter("action"), filter("cluster_id"), filter("last"));
    let (rules, is_first) = (scene.rules, scene.state.organizations.first().is_some_and(|o| o.id == scene.params[0]));
    let organization = scene.administered()?;
    let seeded = rules.events.filter(|_| is_first).unwrap_or(organization.seeded_events);

    // New events first, then those of the seed, which are never made but for the page.
    let mut page: Vec<Event> = Vec::new();
    let mut is_after = last.is_none();
    for event in organization.events.iter().rev() {
        if page.len() == rules.page_size {
            break;
        }
        let created = moment(&event.created);
        let is_wanted = is_after
            && action.as_ref().is_none_or(|action| event.action == *action)
            && cluster_id.as_ref().is_none_or(|id| event.context.get("cluster_id").is_some_and(|value| value == id))
            && from.is_none_or(|from| created.is_some_and(|created| created >= from))
            && to.is_none_or(|to| created.is_some_and(|created| created <= to));
        if is_wanted {
            page.push(event.clone());
        }
        is_after |= last.as_ref() == Some(&event.id);
    }
    let newest = match last.as_ref().filter(|_| !is_after) {
        None => 0,
        Some(last) => seed::back_of(last).map_or(u64::MAX, |back| back.saturating_add(1)),
    };
    let newest = newest.max(to.map_or(0, |to| seed::newer_than(to.as_second())));
    for back in newest..seeded {
        let is_over = from.is_some_and(|from| seed::moment(back) < from.as_second());
        if is_over || page.len() == rules.page_size {
            break;
        }
        let is_wanted = action.as_ref().is_none_or(|action| seed::action(back) == action)
            && cluster_id
                .as_ref()
                .is_none_or(|id| seed::action(back).starts_with("cluster.") && seed::cluster_id(back) == *id);
        if is_wanted {
            page.push(seed::event(back));
        }
    }
    let rows: Vec<Shown> = page.iter().map(|event| Shown::new(event, scene.state)).collect();
    let text = serde_json::to_string(&rows).map_err(|error| refuse(500, &error.to_string()))?;
    Ok(Answer::text(200, text))
}

fn show(organization: &Organization, uid: &str) -> Value {
    json!({
        "id": organization.id,
        "name": organization.name,
        "plan_type": organization.plan_type,
        "email": organization.email,
        "notifications_enabled": organization.notifications_enabled,
        "project_count": organization.project_count,
        "role_fqn": organization.role(uid),
        "dc": organization.dc,
    })
}

/// An event as it is shown. There may be very many: they are written without a detour.
#[derive(Serialize)]
struct Shown<'e> {
    id: &'e str,
    action: &'e str,
    actor: Actor<'e>,
    context: &'e Value,
    created: &'e str,
}

#[derive(Serialize)]
struct Actor<'e> {
    id: Option<&'e str>,
    email: Option<&'e str>,
    name: Option<&'e str>,
    username: Option<&'e str>,
    picture: (),
}

impl<'e> Shown<'e> {
    fn new(event: &'e Event, state: &'e State) -> Self {
        let user = event.actor.as_ref().and_then(|uid| state.user(uid));
        let actor = Actor {
            id: event.actor.as_deref(),
            email: user.map(|user| user.email.as_str()),
            name: user.map(|user| user.name.as_str()),
            username: user.map(|user| user.username.as_str()),
            picture: (),
        };
        Self { id: &event.id, action: &event.action, actor, context: &event.context, created: &event.created }
    }
}

/// The plan that was sent, which superusers alone may choose.
fn plan_type(scene: &Scene) -> Result<Option<u64>, Box<Answer>> {
    let Some(value) = scene.field("plan_type") else { return Ok(None) };
    let plan_type = value.as_u64().filter(|plan_type| (1..=6).contains(plan_type));
    let plan_type = plan_type.ok_or_else(|| invalid("plan_type", "Must be one of: 1, 2, 3, 4, 5, 6."))?;
    match scene.is_superuser() {
        true => Ok(Some(plan_type)),
        false => Err(denied()),
    }
}
