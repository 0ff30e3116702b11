"""Test completion in bash, zsh and fish, each on a separate terminal, and the man pages.

    python3 shells.py CROUD    # the path of the program; needs bash, zsh and fish
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

ORGANIZATION = "f6c39580-5719-431d-a508-0cee4f9e8209"
OTHER = "1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7"
CONTROLS = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|[=>78cDEHM])|\r|\x0f|\x08")


class Terminal:
    """A shell on a terminal."""

    def __init__(self, argv, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, env)
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, what, limit=20.0):
        """Read until `what` appears in new output. Fail after `limit` seconds."""
        end, new = time.monotonic() + limit, ""
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    break
                # fish asks which terminal this is, and waits for the answer.
                if "\x1b[0c" in data or "\x1b[c" in data:
                    os.write(self.fd, b"\x1b[?62;c")
                new += data
            if what in CONTROLS.sub("", new):
                self.seen += new
                return CONTROLS.sub("", new)
        raise SystemExit(f"{what!r} did not appear in this output:\n{CONTROLS.sub('', new)}")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def environment(home, croud):
    # A shell that evaluated the program's path would create the file "run".
    folder = os.path.join(home, "my $(touch run) bin")
    os.makedirs(folder, exist_ok=True)
    link = os.path.join(folder, "croud")
    if not os.path.exists(link):
        os.symlink(os.path.abspath(croud), link)
    return {
        "HOME": home,
        "PATH": folder + ":/usr/local/bin:/usr/bin:/bin",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "CROUD_PROFILE": "sandbox",
        "CROUD_SANDBOX_STATE": os.path.join(home, "state"),
    }


def try_shell(name, argv, source, croud, shows_names):
    with tempfile.TemporaryDirectory() as home:
        env = environment(home, croud)
        terminal = Terminal(argv, env)
        terminal.type("cd\n")
        terminal.type("PS1='READY> '; PROMPT='READY> '\n" if name != "fish" else "function fish_prompt; echo 'READY> '; end\n")
        terminal.type(source + "\n")
        terminal.type("echo sour''ced\n")
        terminal.until("sourced")
        # The only match is completed.
        terminal.type("croud organizations get f6\t")
        terminal.until(ORGANIZATION)
        terminal.type("\x15")
        # Behind an equals sign, after an option with one, and behind an at sign.
        for typed, completed in [
            ("--profile=sandbox org\t", "--profile=sandbox organizations"),
            ("organizations users remove --user=ad\t", "organizations users remove --user=admin@example.com"),
            ("organizations users remove --user admin@ex\t", "organizations users remove --user admin@example.com"),
        ]:
            terminal.type("\x01\x0b")
            terminal.type(f"croud {typed}")
            terminal.until(completed)
            # The line is not run but printed: this shows what the shell has, not how it is drawn.
            terminal.type("\x01echo got: \x05\n")
            terminal.until(f"got: croud {completed}")
        # Several matches are listed. zsh and fish show their descriptions, too.
        terminal.type("croud organizations edit --org-id \t")
        if name == "bash":
            terminal.type("\t")
        listed = terminal.until(OTHER)
        if shows_names and "data-lab" not in listed:
            terminal.until("data-lab")
        terminal.type("\x03")
        terminal.close()
        if os.path.exists(os.path.join(home, "run")):
            raise SystemExit(f"{name} evaluates the path of the program")
    print(f"{name}: completes an organization's id{' with its name' if shows_names else ''}")


def main():
    croud = sys.argv[1]
    missing = [shell for shell in ("bash", "zsh", "fish") if not shutil.which(shell)]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    try_shell("bash", ["bash", "--norc", "-i"], "source <(croud --print-completion bash)", croud, False)
    zsh = "autoload -U compinit && compinit -u && source <(croud --print-completion zsh)"
    try_shell("zsh", ["zsh", "-f", "-i"], zsh, croud, True)
    try_shell("fish", ["fish", "--no-config", "-i"], "croud --print-completion fish | source", croud, True)
    # `man` finds the pages.
    if shutil.which("man"):
        with tempfile.TemporaryDirectory() as home:
            env = {**environment(home, croud), "MANPATH": os.path.join(home, "man"), "PAGER": "cat", "MANPAGER": "cat"}
            subprocess.run([croud, "man", os.path.join(home, "man", "man1")], check=True, env=env, stderr=subprocess.DEVNULL)
            page = subprocess.run(["man", "croud-organizations-create"], check=True, env=env, capture_output=True, text=True)
            if "Create an organization" not in page.stdout:
                raise SystemExit("`man` does not find the page of `organizations create`")
        print("man: shows croud-organizations-create")


main()
