//! `sandbox faults`.

use insta::assert_snapshot;

use crate::support::{Croud, Served};

#[test]
fn rules_are_replaced_while_the_sandbox_runs() {
    let served = Served::new(&Croud::new(), "--fault 'GET /api/v2/roles/ status=503 n=1'");
    let controller = served.controller();
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 503);
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 200);
    assert_snapshot!(controller.run("sandbox faults"), @"
    +-----------------------------------+-----------+
    | rule                              |   matched |
    |-----------------------------------+-----------|
    | GET /api/v2/roles/ status=503 n=1 |         2 |
    +-----------------------------------+-----------+
    ");
    assert_snapshot!(controller.run("sandbox faults 'GET /api/v2/regions/ status=429' slow -o jsonl"), @r#"
    {"rule":"GET /api/v2/regions/ status=429","matched":0}
    {"rule":"* /** slow","matched":0}
    [stderr]
    ==> Success: Fault rules replaced.
    "#);
    assert_eq!(served.ask(0, "GET /api/v2/regions/", "").status, 429);
    assert_snapshot!(controller.run("sandbox faults --clear"), @"
    [stderr]
    ==> Success: Fault rules removed.
    ");
    assert_eq!(served.ask(0, "GET /api/v2/regions/", "").status, 200);
}

#[test]
fn a_wrong_rule_and_a_missing_server_are_usage_errors() {
    let served = Served::new(&Croud::new(), "");
    let run = served.controller().run("sandbox faults 'GET /api/v2/roles/ stall=10'");
    assert!(run.contains("for '[RULE]...': `stall` takes no value\n") && run.ends_with("[exit 2]\n"), "{run}");
    assert_snapshot!(Croud::sandbox().run("sandbox faults"), @"
    [stderr]
    ==> Error: This needs a running sandbox: pass --server and --token, or run it inside of `croud sandbox exec`.
    [exit 2]
    ");
}
