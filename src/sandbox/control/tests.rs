//! Operations on stores in memory and in folders.

use std::fs;
use std::io::{Read, Seek, Write};

use super::*;
use crate::sandbox::seed;
use crate::sandbox::state::State;

/// A store with an uploaded file, whose content is `a,b\n`.
struct Sandbox {
    store: Store,
    /// The folder of a store that has one.
    _home: tempfile::TempDir,
}

const UPLOADED: &str = "d1f7a3c9-0e52-46b8-9a4d-c28b6e5f1766";

impl Sandbox {
    /// One in memory, and one in a folder.
    fn both() -> [Self; 2] {
        [false, true].map(|is_folder| {
            let home = crate::private::temporary_folder("croud-test-").expect("a folder");
            let initial = seed::state(seed::ORGANIZATION_ID);
            let store = match is_folder {
                true => Store::folder(home.path(), initial).expect("a store").0,
                false => Store::memory(initial).expect("a store"),
            };
            fs::write(store.content_path(UPLOADED).expect("a path"), "a,b\n").expect("a file");
            let change = |state: &mut State| (state.organizations[0].files[2].file_size = Some(4), true);
            store.access(change).expect("a change");
            Self { store, _home: home }
        })
    }

    fn run(&self, control: Control) -> Result<Value, String> {
        run(&self.store, control).map_err(|refused| refused.to_string())
    }

    fn rename(&self, name: &str) {
        self.store.access(|state| (name.clone_into(&mut state.organizations[0].name), true)).expect("a change");
    }

    /// The name of the first organization, and the content of the uploaded file.
    fn seen(&self) -> (String, Option<String>) {
        let name = self.store.access(|state| (state.organizations[0].name.clone(), false)).expect("a state");
        (name, fs::read_to_string(self.store.content_path(UPLOADED).expect("a path")).ok())
    }

    /// What is in the folder beside the state and its locks.
    fn folders(&self) -> Vec<String> {
        let entries = fs::read_dir(self.store.root()).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
        let mut names: Vec<String> = names.filter(|name| !name.starts_with("state.")).collect();
        names.sort();
        names
    }

    fn export(&self) -> Vec<u8> {
        let mut file = tempfile::tempfile().expect("a file");
        self.run(Control::Export(file.try_clone().expect("a file"))).expect("an export");
        file.rewind().expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("a file");
        bytes
    }

    fn import(&self, bytes: &[u8]) -> Result<Value, String> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("a file");
        file.rewind().expect("a file");
        self.run(Control::Import(file))
    }
}

fn a_reset() -> Control {
    Control::Reset { organization_id: None, seed: None }
}

fn name(text: &str) -> SnapshotName {
    text.parse().expect(text)
}

fn seen(name: &str, content: Option<&str>) -> (String, Option<String>) {
    (name.to_owned(), content.map(str::to_owned))
}

#[test]
fn a_snapshot_brings_back_the_state_and_the_content_of_files() {
    for sandbox in Sandbox::both() {
        let save = |overwrite| sandbox.run(Control::SaveSnapshot { name: name("one"), overwrite });
        assert_eq!(save(false).expect("a row")["name"], "one");
        sandbox.rename("changed");
        fs::write(sandbox.store.content_path(UPLOADED).expect("a path"), "other").expect("a file");
        sandbox.run(Control::RestoreSnapshot(name("one"))).expect("a restored state");
        assert_eq!(sandbox.seen(), seen("my-org", Some("a,b\n")));

        sandbox.run(a_reset()).expect("a reset");
        assert_eq!(sandbox.seen(), seen("my-org", None));
        sandbox.run(Control::RestoreSnapshot(name("one"))).expect("a restored state");
        assert_eq!(sandbox.seen(), seen("my-org", Some("a,b\n")));

        let refused = save(false).expect_err("the name is taken");
        assert!(refused.starts_with("There is a snapshot `one` already."), "{refused}");
        sandbox.rename("renamed");
        save(true).expect("a row");
        sandbox.run(a_reset()).expect("a reset");
        sandbox.run(Control::RestoreSnapshot(name("one"))).expect("a restored state");
        assert_eq!(sandbox.seen(), seen("renamed", Some("a,b\n")));

        let list = sandbox.run(Control::ListSnapshots).expect("a list");
        assert_eq!((list[0]["name"].as_str(), list.as_array().map(Vec::len)), (Some("one"), Some(1)));
        sandbox.run(Control::DeleteSnapshot(name("one"))).expect("a deleted snapshot");
        assert_eq!(sandbox.run(Control::ListSnapshots), Ok(Value::Array(Vec::new())));
        for control in [Control::DeleteSnapshot(name("one")), Control::RestoreSnapshot(name("one"))] {
            let refused = sandbox.run(control).expect_err("there is none");
            assert!(refused.starts_with("There is no snapshot `one`."), "{refused}");
        }
        assert_eq!(sandbox.folders(), ["files", "snapshots"]);
    }
}

#[test]
fn the_name_of_a_snapshot_is_not_a_path() {
    for valid in ["a", "before-test", "2024-01-31_v1.5", "A", &"x".repeat(64)] {
        assert!(valid.parse::<SnapshotName>().is_ok(), "{valid}");
    }
    for wrong in ["", ".", "..", ".hidden", "-a", "_a", "a/b", "../a", "a\\b", "a b", "é", "a\n", &"x".repeat(65)] {
        assert!(wrong.parse::<SnapshotName>().is_err(), "{wrong}");
    }
}

#[test]
fn an_export_can_be_imported_elsewhere() {
    let [memory, folder] = Sandbox::both();
    memory.rename("exported");
    let bytes = memory.export();
    folder.run(a_reset()).expect("a reset");
    assert_eq!(folder.import(&bytes), Ok(Value::Null));
    assert_eq!(folder.seen(), seen("exported", Some("a,b\n")));
    assert_eq!(folder.folders(), ["files"]);
    assert_eq!(folder.export(), bytes);
}

#[test]
fn a_broken_export_is_refused_and_changes_nothing() {
    for sandbox in Sandbox::both() {
        let bytes = sandbox.export();
        sandbox.rename("kept");
        for length in (0..bytes.len()).step_by(97).chain(bytes.len() - 40..bytes.len()) {
            sandbox.import(&bytes[..length]).expect_err("it is cut off");
        }
        for at in (0..bytes.len()).step_by(89).chain(bytes.len() - 40..bytes.len()) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            sandbox.import(&changed).expect_err("a byte is wrong");
        }
        sandbox.import(&[&bytes[..], b"x"].concat()).expect_err("it is too long");
        assert_eq!(sandbox.seen(), seen("kept", Some("a,b\n")));
        assert_eq!(sandbox.folders(), ["files"]);
    }
}

#[test]
fn a_foreign_file_is_refused_with_the_reason() {
    let [sandbox, _] = Sandbox::both();
    let text = String::from_utf8_lossy(&sandbox.export()).into_owned();
    let line = text.lines().next().expect("a line");
    let state = &line[line.find("\"state\"").expect("a state")
        ..line.find(",\"files\":[{\"id\":\"d1f7a3c9-0e52-46b8-9a4d-c28b6e5f1766\",\"size\"").expect("files")];
    let with_file =
        |id: &str| format!("{{\"croud_sandbox_export\":1,{state},\"files\":[{{\"id\":\"{id}\",\"size\":4}}]}}\n");
    let foreign = "The file is not an export of a sandbox.\n`croud sandbox reset --seed FILE` reads a seed.";
    let newer = "The export was written by a newer version of this program. Use that version to import it.";
    for (text, reason) in [
        ("", foreign),
        ("PK\u{3}\u{4}", foreign),
        ("{\"version\":3}\n", foreign),
        ("{\"croud_sandbox_export\":2,\"state\":{},\"files\":[]}\n", newer),
        ("{\"croud_sandbox_export\":1,\"state\":{},\"files\":[]}\n", "The export is damaged: its state is not valid."),
        (&line.replace("\"version\":3", "\"version\":99"), newer),
        (&with_file("../../../escape"), "The export is damaged: it has no file `../../../escape` of 4 bytes."),
        (&with_file("x"), "The export is damaged: it has no file `x` of 4 bytes."),
        (&with_file(UPLOADED), "The export is damaged: its checksum is wrong."),
    ] {
        assert_eq!(sandbox.import(text.as_bytes()), Err(reason.to_owned()), "{text}");
    }
}

#[test]
fn the_clock_moves_and_is_part_of_a_snapshot() {
    for sandbox in Sandbox::both() {
        let offset = |control| sandbox.run(control).map(|clock| clock["offset_seconds"].as_i64());
        let advance = |text| Control::MoveClock(ClockChange::Advance(ClockChange::parse_duration(text).expect(text)));
        assert_eq!(offset(Control::ReadClock), Ok(Some(0)));
        assert_eq!(offset(advance("30d")), Ok(Some(30 * 86400)));
        sandbox.run(Control::SaveSnapshot { name: name("later"), overwrite: false }).expect("a snapshot");
        assert_eq!(offset(advance("90m")), Ok(Some(30 * 86400 + 5400)));
        sandbox.run(Control::RestoreSnapshot(name("later"))).expect("a restored state");
        assert_eq!(offset(Control::ReadClock), Ok(Some(30 * 86400)));
        let time = ClockChange::parse_time("2040-01-31T12:00").expect("a time");
        let clock = sandbox.run(Control::MoveClock(ClockChange::Set(time))).expect("a clock");
        assert_eq!(clock["time"], "2040-01-31T12:00:00Z");
        let beyond = "The sandbox's clock shows times from 2000 to 2099 only.";
        assert_eq!(offset(advance("40000d")), Err(beyond.to_owned()));
        sandbox.run(a_reset()).expect("a reset");
        assert_eq!(offset(Control::ReadClock), Ok(Some(0)));
    }
}

#[test]
fn times_and_durations_of_the_clock() {
    for (text, seconds) in
        [("90m", Some(5400)), ("12h", Some(43200)), ("1d", Some(86400)), ("2 weeks", Some(1_209_600))]
    {
        let duration = ClockChange::parse_duration(text).ok().map(|duration| duration.as_secs());
        assert_eq!(duration, seconds, "{text}");
    }
    for text in ["", "soon", "5", "1mo", "1y"] {
        let expected = "expected a duration such as 90m, 12h or 30d".to_owned();
        assert_eq!(ClockChange::parse_duration(text), Err(expected), "{text}");
    }
    for text in ["", "1999-12-31", "2100-01-01", "yesterday"] {
        let expected = "expected a time from 2000 to 2099, such as 2030-01-31T12:00".to_owned();
        assert_eq!(ClockChange::parse_time(text), Err(expected), "{text}");
    }
}
