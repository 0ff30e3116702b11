"""A sign-in in a real browser: headless Chromium opens the sandbox's page, picks a user, and lands on
the callback; then croud.yaml has the token.

    python3 browser.py CROUD    # the program; chromium and chromedriver must be there
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PROCESSES = []
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """Chromium, by the WebDriver protocol."""

    def __init__(self, folder):
        self.driver = start(["chromedriver", "--port=0", "--log-level=SEVERE"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for line in self.driver.stdout:
            if "on port" in line and "started" in line:
                self.port = int(line.rstrip(".\n").rsplit(" ", 1)[1])
                break
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}"]}
        if shutil.which("chromium"):
            options["binary"] = shutil.which("chromium")
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        self.session = self.ask("POST", "/session", wanted, base="")["sessionId"]

    def ask(self, method, path, body=None, base=None):
        base = f"/session/{self.session}" if base is None else base
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{base}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def click(self, text):
        found = self.ask("POST", "/element", {"using": "partial link text", "value": text})
        self.ask("POST", f"/element/{found[ELEMENT]}/click", {})

    def text(self):
        found = self.ask("POST", "/element", {"using": "css selector", "value": "body"})
        return self.ask("GET", f"/element/{found[ELEMENT]}/text")

    def run(self, script):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def start(argv, **how):
    """A process that ends with this one, however that goes."""
    process = subprocess.Popen(argv, text=True, **how)
    PROCESSES.append(process)
    return process


def check(condition, what):
    if not condition:
        raise SystemExit(f"failed: {what}")
    print(f"ok: {what}")


def main():
    croud = os.path.abspath(sys.argv[1])
    if not shutil.which("chromedriver"):
        raise SystemExit("not there: chromedriver")
    # The callback's port is fixed: one sign-in at a time, on all of this machine.
    lock = open(os.path.join(tempfile.gettempdir(), "croud-test-port-8400.lock"), "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        env = {"HOME": home, "PATH": "/nonexistent", "XDG_CONFIG_HOME": os.path.join(home, "config")}
        served = start([croud, "sandbox", "serve"], stdout=subprocess.PIPE, env=env)
        endpoint = json.loads(served.stdout.readline())["endpoint"]
        config = os.path.join(home, "config", "Crate", "croud.yaml")
        os.makedirs(os.path.dirname(config))
        with open(config, "w") as file:
            file.write(f"default-format: table\ncurrent-profile: p\nprofiles:\n  p:\n    endpoint: {endpoint}\n")
        os.chmod(config, 0o600)
        login = start([croud, "login", "--idp", "github"], stderr=subprocess.PIPE, env=env)
        line = login.stderr.readline()
        check("Sign in here: " in line, "the address is printed first")
        browser = Browser(os.path.join(home, "chromium"))
        try:
            # A page of another site tries first: whatever it does, it is no sign-in.
            browser.open("data:text/html,<title>evil</title>")
            browser.run("return fetch('http://localhost:8400/?token=stolen', {mode: 'no-cors'}).catch(() => null)")
            browser.run("document.body.appendChild(new Image()).src = 'http://localhost:8400/?token=stolen'")
            time.sleep(1)
            check(login.poll() is None, "another page's request is waited past")
            browser.open(line.split("Sign in here: ")[1].strip())
            check("Sign in to the sandbox" in browser.text(), "the sandbox shows its page")
            browser.click("Max Member")
            end = time.monotonic() + 20
            while "You are signed in" not in browser.text() and time.monotonic() < end:
                time.sleep(0.1)
            check("Max Member <member@example.com>" in browser.text(), "the last page says who is signed in")
        finally:
            browser.close()
        login.wait(timeout=20)
        check(login.returncode == 0, "the login is done")
        with open(config) as file:
            text = file.read()
        check("auth-token: " in text and "stolen" not in text and "auth-token: null" not in text, "croud.yaml has the token")
        who = subprocess.run([croud, "me", "-o", "json"], capture_output=True, env=env, text=True)
        check(json.loads(who.stdout)["email"] == "member@example.com", "the token is the member's")
        served.terminate()
        check(served.wait() == 0, "the sandbox ends cleanly")


try:
    main()
finally:
    for process in PROCESSES:
        process.kill()
