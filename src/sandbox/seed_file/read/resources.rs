//! What an organization runs: regions, projects, clusters and subscriptions.

use super::Reader;
use crate::sandbox::seed;
use crate::sandbox::seed_file::document as file;
use crate::sandbox::seed_file::fields::{Name, Text};
use crate::sandbox::seed_file::values::{dates, name_or};
use crate::sandbox::state;

impl Reader {
    pub(super) fn region(&mut self, from: file::Region, owner: &str, path: &str) -> Result<state::Region, String> {
        let description = from.description.0;
        let name = match from.name {
            Some(Name(name)) => {
                self.unique(&name, &format!("{path}.name"))?;
                name
            }
            None => {
                let id = self.id(None, ["region", owner, &description], path, "name")?;
                format!("{}.edge.cratedb.net", id.replace('-', ""))
            }
        };
        Ok(state::Region { name, description, dc: dates(from.dc) })
    }

    pub(super) fn project(&mut self, from: file::Project, owner: &str, path: &str) -> Result<state::Project, String> {
        Ok(state::Project {
            id: self.id(from.id, ["project", owner, &from.name.0], path, "id")?,
            name: from.name.0,
            region: name_or(from.region, seed::DEFAULT_REGION),
            members: self.each_member(from.users.into_iter().map(|member| (member.user.0, member.role_fqn.0)), path)?,
            dc: dates(from.dc),
        })
    }

    pub(super) fn cluster(
        &mut self,
        from: file::Cluster,
        projects: &[state::Project],
        path: &str,
    ) -> Result<state::Cluster, String> {
        let is_wanted = |project: &&state::Project| match &from.project {
            None => true,
            Some(Text(wanted)) => project.id == *wanted || project.name == *wanted,
        };
        let project = projects.iter().find(is_wanted).ok_or_else(|| match &from.project {
            None => format!("{path}: the organization has no project"),
            Some(Text(wanted)) => format!("{path}.project: no project `{wanted}`"),
        })?;
        let name = from.name.0;
        Ok(state::Cluster {
            id: self.id(from.id, ["cluster", &project.id, &name], path, "id")?,
            num_nodes: from.num_nodes.map_or(1, |nodes| nodes.0.unsigned_abs()),
            crate_version: name_or(from.crate_version, "5.7.2"),
            project_id: project.id.clone(),
            username: name_or(from.username, "admin"),
            suspended: from.suspended.unwrap_or(false),
            fqdn: from.fqdn.map_or_else(|| format!("{name}.{}.cratedb.example.", project.region), |fqdn| fqdn.0),
            channel: from.channel.map_or_else(|| "stable".to_owned(), |channel| channel.0),
            dc: dates(from.dc),
            name,
        })
    }

    pub(super) fn subscription(
        &mut self,
        from: file::Subscription,
        owner: &str,
        path: &str,
    ) -> Result<state::Subscription, String> {
        Ok(state::Subscription {
            id: self.id(from.id, ["subscription", owner, &from.name.0], path, "id")?,
            name: from.name.0,
            state: from.state.map_or_else(|| "active".to_owned(), |state| state.0),
            provider: from.provider.map_or_else(|| "cratedb".to_owned(), |provider| provider.0),
            dc: dates(from.dc),
        })
    }
}
