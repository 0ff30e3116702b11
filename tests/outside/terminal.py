"""Manners at a real terminal: hidden questions, signals, spinner, width, colour.

    python3 terminal.py CROUD
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time


SERVED = None


class Run:
    """A command at a terminal of its own."""

    def __init__(self, argv, env, columns=200):
        self.control, self.end = pty.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(argv, stdin=self.end, stdout=self.end, stderr=self.end, env=env, preexec_fn=take_terminal)
        self.seen = ""

    def read(self, limit):
        if select.select([self.control], [], [], limit)[0]:
            self.seen += os.read(self.control, 65536).decode(errors="replace")

    def until(self, what, limit=20.0):
        end = time.monotonic() + limit
        while what not in self.seen:
            if time.monotonic() > end:
                raise SystemExit(f"{what!r} never came; seen was {self.seen!r}")
            self.read(0.1)
        return self

    def type(self, text):
        os.write(self.control, text.encode())
        return self

    def echoes(self):
        return bool(termios.tcgetattr(self.end)[3] & termios.ECHO)

    def wait(self):
        end = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        code = self.process.wait(1)
        while select.select([self.control], [], [], 0)[0]:
            self.read(0)
        return code

    def done(self):
        os.close(self.control)
        os.close(self.end)


def check(condition, what, run=None):
    if not condition:
        raise SystemExit(f"failed: {what}; seen was {run.seen if run else ''!r}")
    print(f"ok: {what}")


def until_hidden(run):
    end = time.monotonic() + 20
    while run.echoes() and time.monotonic() < end:
        run.read(0.02)
    return not run.echoes()


def main():
    croud = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        env = {"HOME": home, "PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "CROUD_PROFILE": "sandbox",
               "CROUD_SANDBOX_STATE": os.path.join(home, "state")}
        secret = [croud, "organizations", "secrets", "create", "--name", "n", "--type", "AZURE"]

        run = Run(secret, env)
        check(until_hidden(run), "a missing secret is asked for, hidden", run)
        run.type("AccountName=hush\n")
        check(run.wait() == 0 and "hush" not in run.seen and run.echoes(), "what was typed is not seen", run)
        run.done()

        for name, send, code in [("Ctrl-C", lambda run: run.type("\x03"), 130),
                                 ("SIGTERM", lambda run: run.process.send_signal(signal.SIGTERM), 143)]:
            run = Run(secret, env)
            until_hidden(run)
            send(run)
            check(run.wait() == code and run.echoes(), f"{name} at a hidden question: {code}, and the echo is back", run)
            run.done()

        os.makedirs(os.path.join(home, ".config", "Crate"))
        config = os.path.join(home, ".config", "Crate", "croud.yaml")
        with open(config, "w") as file:
            file.write("default-format: table\ncurrent-profile: a\nprofiles:\n  a: {endpoint: 'https://a.example'}\n  b: {endpoint: 'https://b.example'}\n")
        os.chmod(config, 0o600)
        plain = {key: value for key, value in env.items() if key != "CROUD_PROFILE"}
        run = Run([croud, "config", "profiles", "use"], plain).until("Profile").type("\x1b[B")
        run.until("> b").type("\r")
        check(run.wait() == 0 and "Switched to profile 'b'." in run.seen, "a profile is chosen by arrow and return", run)
        run.done()
        run = Run([croud, "config", "profiles", "use"], plain).until("Profile").type("\x03")
        check(run.wait() == 130 and run.echoes() and "\x1b[?25h" in run.seen, "Ctrl-C at a choice: 130, and the cursor is back", run)
        run.done()

        run = Run([croud, "organizations", "delete"], env).until("[yN] ").type("n\n")
        check(run.wait() == 0 and "cancelled" in run.seen, "a deletion can be declined", run)
        run.done()

        run = Run([croud, "organizations", "list"], env, columns=50)
        code = run.wait()
        lines = [line for line in run.seen.replace("\r", "").split("\n") if line]
        check(code == 0 and max(map(len, lines)) <= 50 and len(lines) > 6, "a table wraps in its cells at the terminal's width", run)
        run.done()
        piped = subprocess.run([croud, "organizations", "list"], env=env, capture_output=True, text=True)
        check(len(piped.stdout.splitlines()) == 6, "in a pipe it does not")

        create = [croud, "organizations", "create", "--name", "n"]
        for name, more, coloured in [("a terminal", {}, True), ("NO_COLOR", {"NO_COLOR": "1"}, False),
                                     ("TERM=dumb", {"TERM": "dumb"}, False), ("CLICOLOR=0", {"CLICOLOR": "0"}, False)]:
            run = Run(create, {**env, **more})
            run.wait()
            check(("\x1b[32m==> Success: " in run.seen) == coloured, f"colour: {name}", run)
            run.done()
        piped = subprocess.run(create, env={**env, "CLICOLOR_FORCE": "1"}, capture_output=True, text=True)
        check("\x1b[32m" in piped.stderr and "\x1b" not in piped.stdout, "colour: CLICOLOR_FORCE in a pipe, where there are levels")

        global SERVED
        served = SERVED = subprocess.Popen([croud, "sandbox", "serve", "--fault", "* /api/v2/roles/ slow"], stdout=subprocess.PIPE, env=env, text=True)
        ready = json.loads(served.stdout.readline())
        with open(config, "w") as file:
            file.write(f"default-format: table\ncurrent-profile: a\nprofiles:\n  a: {{endpoint: '{ready['endpoint']}', auth-token: {ready['users'][0]['token']}}}\n")
        run = Run([croud, "users", "roles", "list"], plain)
        check(run.wait() == 0 and "Waiting for the cloud" in run.seen, "a slow answer shows a spinner", run)
        run.done()
        run = Run([croud, "me"], plain)
        check(run.wait() == 0 and "Waiting" not in run.seen, "a quick one does not", run)
        run.done()
        piped = subprocess.run([croud, "users", "roles", "list"], env=plain, capture_output=True, text=True)
        check(piped.stderr == "", "nor does a pipe")
        served.terminate()
        served.wait()


try:
    main()
finally:
    if SERVED:
        SERVED.kill()
