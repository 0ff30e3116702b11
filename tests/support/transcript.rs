//! The output of a running program.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long a test waits for an event. The event takes much less time, even on a slow machine.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// The output that was read from a program so far.
#[derive(Clone, Default)]
pub(super) struct Transcript(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    has_ended: bool,
}

impl Transcript {
    /// Reads `source` to its end on a separate thread.
    pub(super) fn read(mut source: impl Read + Send + 'static) -> Self {
        let transcript = Self::default();
        let shared = Arc::clone(&transcript.0);
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            // Reading from a terminal fails once the program has ended.
            while let Ok(count @ 1..) = source.read(&mut buffer) {
                shared.state.lock().unwrap().bytes.extend(&buffer[..count]);
                shared.changed.notify_all();
            }
            shared.state.lock().unwrap().has_ended = true;
            shared.changed.notify_all();
        });
        transcript
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.state.lock().unwrap().bytes.clone()
    }

    /// The output so far, as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// Waits until `text` was read. Fails the test if it does not arrive.
    pub(super) fn until(&self, text: &str) {
        let has_come = |state: &State| String::from_utf8_lossy(&state.bytes).contains(text);
        self.wait_for(|state| state.has_ended || has_come(state));
        assert!(has_come(&self.0.state.lock().unwrap()), "{text:?} never came; seen was {:?}", self.text());
    }

    /// Waits until the program, and every other process that has its output, has closed it. Fails the test
    /// if they do not.
    pub(super) fn until_end(&self) {
        self.wait_for(|state| state.has_ended);
        assert!(self.0.state.lock().unwrap().has_ended, "the output stays open; seen was {:?}", self.text());
    }

    /// Waits until `is_true`, or for as long as [`LIMIT`].
    fn wait_for(&self, is_true: impl Fn(&State) -> bool) {
        let state = self.0.state.lock().unwrap();
        drop(self.0.changed.wait_timeout_while(state, LIMIT, |state| !is_true(state)).unwrap());
    }
}

/// Polls until `is_done` returns true. Fails the test if it never does.
pub(crate) fn poll(what: &str, is_done: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_done() {
        assert!(start.elapsed() < LIMIT, "{what}: still not after {LIMIT:?}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
