//! The commands. Each noun has a file with the options and the behaviour of its verbs.

use crate::run::{Listing, Record, Verb, noun};

mod api;
mod api_keys;
mod config;
pub(crate) mod help;
mod login;
mod logout;
mod man;
mod me;
mod organizations;
mod regions;
#[cfg(feature = "sandbox")]
mod sandbox;
mod status;
mod users;

noun! {
    Command {
        verbs {
            Login(Verb<login::Login>),
            Logout(Verb<logout::Logout>),
            Status(Record<Verb<status::Status>>),
            Me(me::Me),
            Api(Listing<Verb<api::ApiRequest>>),
            Man(man::Man),
            Help(help::Help),
        }
        nouns {
            Organizations(organizations::Organizations),
            ApiKeys(api_keys::ApiKeys),
            Users(users::Users),
            Regions(regions::Regions),
            Config(config::Config),
            #[cfg(feature = "sandbox")]
            Sandbox(sandbox::SandboxCommand),
        }
    }
}
