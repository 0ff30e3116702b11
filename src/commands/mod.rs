//! The tree that the user types: a file a noun, flags and behaviour together.

use crate::run::{Verb, noun};

mod config;
mod logout;
mod me;
mod organizations;
mod regions;
#[cfg(feature = "sandbox")]
mod sandbox;
mod users;

noun! {
    Command {
        Me(me::Me),
        Logout(Verb<logout::Logout>);
        Organizations(organizations::Organizations),
        Users(users::Users),
        Regions(regions::Regions),
        Config(config::Config),
        #[cfg(feature = "sandbox")]
        Sandbox(sandbox::SandboxCommand),
    }
}
