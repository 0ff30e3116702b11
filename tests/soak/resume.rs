//! Kills `auditlogs list --resume` at random moments, while new events appear. Its output must have every event, and
//! an event twice only if the run that printed it first was killed.
//!
//! `CROUD_KILLS=2000 cargo test --test soak resume` kills it 2000 times; the default is 200.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::{Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{Croud, Served};

const RESUME: &str = "organizations auditlogs list -o json --resume ~/state";
/// How many events appear during a run.
const EVENTS: usize = 3;

#[test]
fn no_kill_loses_an_event() {
    let wanted: usize = std::env::var("CROUD_KILLS").ok().map_or(200, |number| number.parse().unwrap());
    let home = Croud::new();
    let served = Served::new(&home, "--page-size 20");
    let croud = served.croud(0);
    let mut runs = Vec::new();
    // The longest time until a kill. It is adjusted so that about one run in five is complete, on any machine.
    let mut longest = Duration::from_millis(50);
    std::thread::scope(|scope| {
        let (start, started) = mpsc::channel();
        let served = &served;
        scope.spawn(move || {
            let organization = served.ready["organizations"][0]["id"].as_str().unwrap();
            for run in started {
                for number in 0..EVENTS {
                    let body = format!("{{\"name\": \"run-{run}-{number}\"}}");
                    let reply = served.ask(0, &format!("PUT /api/v2/organizations/{organization}/"), &body);
                    assert_eq!(reply.status, 200);
                }
            }
        });
        let (mut kills, mut run) = (0, 0);
        while kills < wanted {
            start.send(run).unwrap();
            run += 1;
            let output = killed_after(&croud, longest.mul_f64(fastrand::f64()));
            match output.status.code() {
                Some(code) => {
                    assert_eq!((code, String::from_utf8_lossy(&output.stderr).as_ref()), (0, ""));
                    longest = longest.mul_f64(0.8);
                }
                None => {
                    kills += 1;
                    longest = longest.mul_f64(1.05);
                }
            }
            runs.push(output);
        }
    });
    let last = croud.output(RESUME);
    assert_eq!(last.status.code(), Some(0));
    runs.push(last);

    let listed: Vec<serde_json::Value> =
        serde_json::from_str(&croud.stdout("organizations auditlogs list -o json")).unwrap();
    let listed: BTreeSet<String> = listed.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    let mut printed = BTreeMap::<String, Vec<usize>>::new();
    for (run, output) in runs.iter().enumerate() {
        for id in ids(output) {
            printed.entry(id).or_default().push(run);
        }
    }
    assert_eq!(printed.keys().collect::<Vec<_>>(), listed.iter().collect::<Vec<_>>());
    for (id, in_runs) in &printed {
        let (_, earlier) = in_runs.split_last().unwrap();
        let was_killed = |run: &usize| runs[*run].status.code().is_none();
        assert!(earlier.iter().all(was_killed), "{id} was printed by the runs {in_runs:?}");
    }
    let complete = runs.iter().filter(|run| run.status.success()).count();
    let killed_late = runs.iter().filter(|run| !run.status.success() && !run.stdout.is_empty()).count();
    println!(
        "{} events, {} runs, {complete} complete, {killed_late} killed after they had printed",
        listed.len(),
        runs.len()
    );
    assert!(complete > 1 && killed_late > 0, "the kills came too early or too late");
}

/// A run that is killed after `delay`, unless it closes its stdout before.
fn killed_after(croud: &Croud, delay: Duration) -> Output {
    let mut child = croud.command(RESUME).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let (sender, printed) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut stdout = Vec::new();
        pipe.read_to_end(&mut stdout).unwrap();
        // The receiver is gone after the delay.
        let _ = sender.send(());
        stdout
    });
    if printed.recv_timeout(delay).is_err() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    Output { stdout: reader.join().unwrap(), ..output }
}

/// The IDs of the events that were printed whole.
fn ids(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let events = text.split_inclusive("\n  }").filter_map(|event| event.strip_suffix("\n  }"));
    let id = |event: &str| event.split_once("\n    \"id\": \"")?.1.split_once('"').map(|(id, _)| id.to_owned());
    events.map(|event| id(event).unwrap()).collect()
}
