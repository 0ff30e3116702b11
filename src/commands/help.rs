//! `help`: of a command, or about a topic that belongs to none.

use anyhow::Result;
use clap::Args;
use clap::error::ErrorKind;

use crate::context::Context;
use crate::error::Failure;
use crate::run::{Reply, Run};

const ENVIRONMENT: &str = "\
Environment

CRATEDB_CLOUD_API_KEY, CRATEDB_CLOUD_API_SECRET
    An API key. It is used in place of the configured credentials, except
    with --profile where that profile has credentials of its own.
CRATEDB_CLOUD_ENDPOINT
    Where that key is valid, if not at the profile's endpoint.
CRATEDB_CLOUD_REGION, CRATEDB_CLOUD_ORGANIZATION_ID
    What is meant without --region and --org-id.
CROUD_PROFILE
    The profile to use, as --profile for a whole script. `sandbox` is the
    embedded cloud, which none of the variables above reach.
CROUD_CONFIG
    The configuration file, in place of the one in the user's folder.
CROUD_SANDBOX_STATE
    The folder of the sandbox's state.
CROUD_RETRIES
    How often a request that failed in passing is repeated (default: 3).
CROUD_TIMEOUT
    Seconds that one request may take, its reply included (default: 60).
LOG_API
    `true` shows each request and its status, with secrets blanked.
NO_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM
    Whether there is colour: never; always; `0`: never; `dumb`: never.
BROWSER
    The browser that `croud login` opens.
HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
    Proxies. An endpoint on loopback never goes through one.
SSL_CERT_FILE, SSL_CERT_DIR
    The certificates to trust, in place of the system's.
";

const EXIT_CODES: &str = "\
Exit codes

0    Done. A question that was answered with no is done, too.
1    The request failed: an error of the API, the network, a reply that
     can't be used, a local file.
2    Usage: bad, missing or contradictory arguments, or a question that
     nobody was there to answer.
4    Not logged in, or the credentials were refused.
130  Interrupted by Ctrl-C.
143  Ended by SIGTERM.

`croud sandbox exec` exits as its command does.
";

const FORMATTING: &str = "\
Formatting

-o table   The columns that matter most. Numbers stand to the right, with
           their points in line; NULL is a null, an empty cell a value that
           is not there. On a terminal that is too narrow, cells wrap.
-o wide    All columns, in the order in which they came.
-o json    The reply as it came: order of keys, digits of numbers. A list of
           pages is one list. If a late page fails, the list is left open.
-o yaml    The same as YAML, quoted so that every reader takes it for the
           same value.

Without -o, `format` of the profile is meant, then `default-format`. Data is
on stdout; questions, progress and every line that begins with ==> are on
stderr. --quiet drops the Success and Info lines.
";

const TOPICS: [(&str, &str); 3] =
    [("environment", ENVIRONMENT), ("exit-codes", EXIT_CODES), ("formatting", FORMATTING)];

/// Show the help of a command, or of a topic: environment, exit-codes, formatting
#[derive(Args)]
#[command(after_help = "Examples:\n  croud help organizations create\n  croud help environment")]
pub(crate) struct Help {
    /// Command, or topic
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
}

impl Run for Help {
    async fn run(self, cx: &Context) -> Result<Reply> {
        if let [word] = self.words.as_slice()
            && let Some((_, text)) = TOPICS.iter().find(|(name, _)| name == word)
        {
            return Ok(Reply::text((*text).to_owned()));
        }
        let args = ["croud"].into_iter().chain(self.words.iter().map(String::as_str)).chain(["--help"]);
        match cx.tree().try_get_matches_from(args) {
            Err(help) if help.kind() == ErrorKind::DisplayHelp => Ok(Reply::text(help.render().to_string())),
            _ => {
                let words = self.words.join(" ");
                let problem = format!("There is no command and no topic `{words}`: see `croud --help`.");
                Err(Failure::usage(problem).into())
            }
        }
    }
}
