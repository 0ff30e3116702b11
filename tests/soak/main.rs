//! Runs commands in parallel on a sandbox where one request in five fails. Afterwards the cloud must hold
//! exactly what the commands reported: what succeeded exists, what failed does not, and only what was
//! reported as uncertain may be either.
//!
//! `CROUD_SOAK=2000 cargo test --test soak` runs 2000 commands; the default is some hundred.

#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]
#![expect(clippy::print_stdout, reason = "the counts are the result")]

#[cfg(unix)]
mod apply;
#[cfg(unix)]
mod resume;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the other tests use the rest")]
mod support;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{Croud, Served};

const WORKERS: usize = 8;
/// Faults of every kind. Together they affect one request in five.
const FAULTS: &str = "--fault '* /api/** status=503 p=0.05 seed=1' --fault '* /api/** drop-before p=0.03 seed=2' \
    --fault '* /api/** drop-after p=0.03 seed=3' --fault '* /api/** truncate p=0.03 seed=4' \
    --fault '* /api/** html p=0.02 seed=5' --fault '* /api/** status=429 p=0.02 seed=6' \
    --fault '* /api/** expire p=0.01 seed=7' --fault '* /api/** stall p=0.01 seed=8' \
    --fault 'PUT /upload/** drop-before p=0.1 seed=9' --fault 'PUT /upload/** status=403 p=0.1 seed=10'";

/// The expected state of a resource after the last command on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Exists,
    Deleted,
    /// The program reported that the outcome is unknown.
    Uncertain,
}

/// The outcome that a command reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Report {
    Done,
    Failed,
    Uncertain,
    /// Done, but the result could not be shown.
    Shown,
}

/// The results of all commands.
#[derive(Default)]
struct Ledger {
    states: Mutex<HashMap<String, State>>,
    commands: AtomicUsize,
    failures: AtomicUsize,
    uncertain: AtomicUsize,
}

impl Ledger {
    fn run(&self, croud: &Croud, line: &str) -> (Report, String) {
        let output = croud.output(line);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("panicked"), "{line}: {stderr}");
        self.commands.fetch_add(1, Ordering::Relaxed);
        let report = match output.status.code() {
            Some(0) => Report::Done,
            // Only showing the result failed.
            Some(1 | 4) if stderr.contains("The file is uploaded.") => Report::Shown,
            // An uploaded file's record may be left behind; it is named.
            Some(1 | 4) if stderr.contains("may have been carried out") || stderr.contains("is left behind") => {
                self.uncertain.fetch_add(1, Ordering::Relaxed);
                Report::Uncertain
            }
            Some(1 | 4) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                Report::Failed
            }
            other => panic!("{line}: exit {other:?}: {stderr}"),
        };
        (report, String::from_utf8(output.stdout).unwrap())
    }

    fn note(&self, name: &str, state: State) {
        self.states.lock().unwrap().insert(name.to_owned(), state);
    }

    /// Creates a resource, checks it, and deletes every second one.
    fn create_and_delete(&self, croud: &Croud, name: &str, create: &str, remove: &str, number: usize) {
        let (report, printed) = self.run(croud, create);
        self.note(
            name,
            match report {
                Report::Done | Report::Shown => State::Exists,
                Report::Failed => State::Deleted,
                Report::Uncertain => State::Uncertain,
            },
        );
        if report != Report::Done || number.is_multiple_of(2) {
            return;
        }
        let value: serde_json::Value = serde_json::from_str(&printed).expect(create);
        let id = value.get(0).unwrap_or(&value)["id"].as_str().expect(create).to_owned();
        match self.run(croud, &remove.replace("{}", &id)).0 {
            Report::Done | Report::Shown => self.note(name, State::Deleted),
            Report::Failed => {}
            Report::Uncertain => self.note(name, State::Uncertain),
        }
    }
}

#[test]
fn the_cloud_holds_what_was_reported() {
    let wanted: usize = std::env::var("CROUD_SOAK").ok().map_or(240, |number| number.parse().unwrap());
    let home = Croud::new();
    let mut served = Served::new(&home, &format!("--state ~/cloud {FAULTS}"));
    let (ledger, next) = (Ledger::default(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (ledger, next, served) = (&ledger, &next, &served);
            scope.spawn(move || {
                let retries = if worker % 2 == 0 { "0" } else { "2" };
                let croud = served.croud(0).env("CROUD_RETRIES", retries).env("CROUD_TIMEOUT", "3");
                croud.file("data.csv", b"a,b\n");
                while ledger.commands.load(Ordering::Relaxed) < wanted {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let name = format!("soak-{number}");
                    let kinds = [
                        ("organizations create -o json --name", "organizations delete -y --org-id {}"),
                        (
                            "organizations secrets create -o json --type AZURE --connection-string c --name",
                            "organizations secrets delete --secret-id {}",
                        ),
                        (
                            "organizations files create -o json --file-path ~/data.csv --name",
                            "organizations files delete --file-id {}",
                        ),
                    ];
                    let (create, remove) = kinds[number % 3];
                    ledger.create_and_delete(&croud, &name, &format!("{create} {name}"), remove, number / 3);
                    ledger.run(&croud, "organizations list");
                }
            });
        }
    });
    // The state must be readable after the server was killed during a write.
    served.kill();
    let served = Served::new(&home, "--state ~/cloud");
    let croud = served.croud(0);
    let mut names = Vec::new();
    for noun in ["organizations list", "organizations secrets list", "organizations files list"] {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&croud.stdout(&format!("{noun} -o json"))).unwrap();
        names.extend(rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()));
    }
    let states = ledger.states.into_inner().unwrap();
    let (mut lost, mut left) = (Vec::new(), Vec::new());
    for (name, state) in &states {
        match (state, names.contains(name)) {
            (State::Exists, false) => lost.push(name),
            (State::Deleted, true) => left.push(name),
            _ => {}
        }
    }
    let (commands, failures, uncertain) =
        (ledger.commands.into_inner(), ledger.failures.into_inner(), ledger.uncertain.into_inner());
    println!("{commands} commands, {failures} failed, {uncertain} uncertain; lost {}, left {}", lost.len(), left.len());
    assert!(lost.is_empty() && left.is_empty(), "lost {lost:?}, left {left:?}");
    assert!(failures + uncertain > commands / 20, "too few faults struck");
}

#[cfg(unix)]
#[test]
fn confirmed_changes_survive_a_kill_under_load() {
    let home = Croud::new();
    for round in 0..3 {
        let served = Served::new(&home, "--state ~/cloud");
        let confirmed = Mutex::new(Vec::new());
        let is_over = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (served, confirmed, is_over) = (&served, &confirmed, &is_over);
                scope.spawn(move || {
                    let croud = served.croud(0);
                    for number in 0.. {
                        let name = format!("round-{round}-{worker}-{number}");
                        if croud.code(&format!("organizations create --name {name}")) != Some(0) {
                            break;
                        }
                        confirmed.lock().unwrap().push(name);
                        is_over.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            while is_over.load(Ordering::Relaxed) < 20 {
                std::thread::yield_now();
            }
            served.kill_under_load();
        });
        drop(served);
        let served = Served::new(&home, "--state ~/cloud");
        let listed = served.croud(0).stdout("organizations list -o json");
        for name in confirmed.into_inner().unwrap() {
            assert!(listed.contains(&format!("\"{name}\"")), "{name} is lost");
        }
    }
}
