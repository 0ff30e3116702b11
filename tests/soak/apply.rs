//! Kills `users apply` at random moments and runs it again until it is done. Afterwards the organization must have the
//! users of the file, and all other users must be unchanged.
//!
//! `CROUD_KILLS=200 cargo test --test soak apply` kills it 200 times; the default is 20.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Croud, Served};

const APPLY: &str = "organizations users apply --file ~/members.csv --yes -o csv";
/// How many users the organization has. All but two are computed ones.
const USERS: usize = 200;
/// The number of the computed users that the file does not name. They must stay as they are.
const LEFT_ALONE: usize = 20;

#[test]
fn runs_that_are_killed_end_with_the_users_of_the_file() {
    let wanted: usize = std::env::var("CROUD_KILLS").ok().map_or(20, |number| number.parse().unwrap());
    // Each request is delayed, so that some are in progress when the program is killed.
    let home = Croud::new();
    let served = Served::new(&home, &format!("--users {USERS} --fault 'POST /api/** slow=2ms..10ms'"));
    let croud = served.croud(0);
    let (mut kills, mut round) = (0, 0);
    while kills < wanted {
        let before = roles(&croud);
        let mut expected = before.clone();
        let mut file = "email,role\n".to_owned();
        for number in 2..USERS - LEFT_ALONE {
            let email = format!("user-{number:06}@example.com");
            let role = if (number + round) % 2 == 0 { "org_admin" } else { "org_member" };
            file.push_str(&format!("{email},{role}\n"));
            expected.insert(email, role.to_owned());
        }
        croud.file("members.csv", file.as_bytes());
        loop {
            let mut child = croud.command(APPLY).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let (sender, ended) = std::sync::mpsc::channel();
            let mut pipe = child.stderr.take().unwrap();
            let reader = std::thread::spawn(move || {
                let mut text = String::new();
                std::io::Read::read_to_string(&mut pipe, &mut text).unwrap();
                // The receiver is gone after the delay.
                let _ = sender.send(());
                text
            });
            let is_late = ended.recv_timeout(Duration::from_millis(fastrand::u64(0..400))).is_err();
            if is_late && kills < wanted {
                child.kill().unwrap();
            }
            let status = child.wait().unwrap();
            let stderr = reader.join().unwrap();
            match status.code() {
                None => kills += 1,
                Some(code) => {
                    assert_eq!(code, 0, "{stderr}");
                    break;
                }
            }
        }
        assert_eq!(roles(&croud), expected, "round {round}");
        round += 1;
    }
    println!("{kills} kills, {round} files");
}

/// The role of every user of the organization by email address.
fn roles(croud: &Croud) -> BTreeMap<String, String> {
    let text = croud.stdout("organizations users list -o csv --columns email,organization_roles --no-header");
    let pairs = text.lines().filter_map(|line| line.split_once(','));
    pairs.map(|(email, role)| (email.to_owned(), role.to_owned())).collect()
}
