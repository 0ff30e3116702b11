//! The tree that the user types: a file a noun, flags and behaviour together.

use crate::run::{Verb, noun};

mod api_keys;
mod config;
mod help;
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
            Status(Verb<status::Status>),
            Me(me::Me),
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
