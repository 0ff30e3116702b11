//! Converts a state to a seed file.

use super::document as file;
use super::fields::{
    Bytes, Cents, Channel, CreditStatus, Email, Events, IdentityProvider, LocalTime, Name, Nodes, PlanType,
    ProjectRole, Provider, Role, SecretType, SubscriptionState, Text, Time, Token, Uuid,
};
use crate::sandbox::state::{self, State};

/// The seed file of a state. It has every value, so that none is derived when it is read.
pub(super) fn document(state: &State) -> file::Document {
    file::Document {
        users: state.users.iter().map(|from| user(state, from)).collect(),
        organizations: state.organizations.iter().map(organization).collect(),
    }
}

fn user(state: &State, from: &state::User) -> file::User {
    file::User {
        name: name(&from.name),
        email: Some(Email(from.email.clone())),
        uid: id(&from.uid),
        username: Some(name(&from.username)),
        idp: Some(IdentityProvider(from.idp.clone())),
        is_superuser: Some(from.is_superuser),
        token: state.permanent_token(&from.uid).map(|token| Token(token.to_owned())),
        api_keys: Some(from.api_keys.iter().map(api_key).collect()),
    }
}

fn api_key(from: &state::ApiKey) -> file::ApiKey {
    file::ApiKey {
        key: Token(from.key.clone()),
        secret: Token(from.secret.clone()),
        active: Some(from.active),
        last_used: from.last_used.clone().map(Time),
        dc: dates(&from.dc),
    }
}

fn organization(from: &state::Organization) -> file::Organization {
    file::Organization {
        name: name(&from.name),
        id: id(&from.id),
        plan_type: Some(PlanType(from.plan_type)),
        email: from.email.clone().map(Email),
        notifications_enabled: Some(from.notifications_enabled),
        dc: dates(&from.dc),
        users: Some(from.members.iter().map(member).collect()),
        invitations: from.invitations.iter().map(invitation).collect(),
        files: from.files.iter().map(file).collect(),
        secrets: from.secrets.iter().map(secret).collect(),
        credits: from.credits.iter().map(credit).collect(),
        customer: from.customer.as_ref().map(customer),
        regions: from.regions.iter().map(region).collect(),
        projects: from.projects.iter().map(project).collect(),
        clusters: from.clusters.iter().map(cluster).collect(),
        subscriptions: from.subscriptions.iter().map(subscription).collect(),
        computed_events: i64::try_from(from.seeded_events).ok().map(Events),
        events: from.events.iter().map(event).collect(),
    }
}

fn member(from: &state::Member) -> file::Member {
    file::Member { user: text(&from.uid), role_fqn: Role(from.role_fqn.clone()) }
}

fn invitation(from: &state::Invitation) -> file::Invitation {
    file::Invitation {
        email: Email(from.email.clone()),
        role_fqn: Some(Role(from.role_fqn.clone())),
        uid: id(&from.uid),
        expiration_date: Some(Time(from.expiration_date.clone())),
    }
}

fn file(from: &state::File) -> file::File {
    file::File {
        name: name(&from.name),
        id: id(&from.id),
        file_size: from.file_size.and_then(|size| i64::try_from(size).ok()).map(Bytes),
        dc: dates(&from.dc),
    }
}

fn secret(from: &state::Secret) -> file::Secret {
    file::Secret {
        name: name(&from.name),
        kind: Some(SecretType(from.kind.clone())),
        id: id(&from.id),
        description: Some(name(&from.description)),
        dc: dates(&from.dc),
    }
}

fn credit(from: &state::Credit) -> file::Credit {
    file::Credit {
        original_amount: Cents(from.original_amount),
        remaining_amount: Some(Cents(from.remaining_amount)),
        comment: from.comment.clone().map(Text),
        expiration_date: Some(LocalTime(from.expiration_date.clone())),
        start_date: Some(LocalTime(from.start_date.clone())),
        status: Some(CreditStatus(from.status.clone())),
        id: id(&from.id),
    }
}

fn customer(from: &state::Customer) -> file::Customer {
    let name = |value: &Option<String>| value.clone().map(Name);
    let text = |value: &Option<String>| value.clone().map(Text);
    file::Customer {
        name: name(&from.name),
        email: from.email.clone().map(Email),
        phone: name(&from.phone),
        city: name(&from.city),
        country: name(&from.country),
        line1: name(&from.line1),
        line2: text(&from.line2),
        postal_code: name(&from.postal_code),
        tax_id: text(&from.tax_id),
        tax_id_type: text(&from.tax_id_type),
    }
}

fn region(from: &state::Region) -> file::Region {
    file::Region { description: text(&from.description), name: Some(name(&from.name)), dc: dates(&from.dc) }
}

fn project(from: &state::Project) -> file::Project {
    let member = |from: &state::Member| {
        let role_fqn = ProjectRole(from.role_fqn.clone());
        file::ProjectMember { user: text(&from.uid), role_fqn }
    };
    file::Project {
        name: name(&from.name),
        id: id(&from.id),
        region: Some(name(&from.region)),
        users: from.members.iter().map(member).collect(),
        dc: dates(&from.dc),
    }
}

fn cluster(from: &state::Cluster) -> file::Cluster {
    file::Cluster {
        name: name(&from.name),
        project: Some(text(&from.project_id)),
        id: id(&from.id),
        num_nodes: i64::try_from(from.num_nodes).ok().map(Nodes),
        crate_version: Some(name(&from.crate_version)),
        username: Some(name(&from.username)),
        suspended: Some(from.suspended),
        fqdn: Some(name(&from.fqdn)),
        channel: Some(Channel(from.channel.clone())),
        dc: dates(&from.dc),
    }
}

fn subscription(from: &state::Subscription) -> file::Subscription {
    file::Subscription {
        name: name(&from.name),
        id: id(&from.id),
        state: Some(SubscriptionState(from.state.clone())),
        provider: Some(Provider(from.provider.clone())),
        dc: dates(&from.dc),
    }
}

fn event(from: &state::Event) -> file::Event {
    file::Event {
        action: name(&from.action),
        actor: from.actor.as_deref().map(text),
        context: from.context.as_object().cloned().unwrap_or_default(),
        created: Some(Time(from.created.clone())),
        id: id(&from.id),
    }
}

fn name(value: &str) -> Name {
    Name(value.to_owned())
}

fn text(value: &str) -> Text {
    Text(value.to_owned())
}

fn id(value: &str) -> Option<Uuid> {
    Some(Uuid(value.to_owned()))
}

fn dates(from: &state::Dates) -> Option<file::Dates> {
    Some(file::Dates { created: Time(from.created.clone()), modified: Some(Time(from.modified.clone())) })
}
