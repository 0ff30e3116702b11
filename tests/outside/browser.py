"""A sign-in in a real browser.

First a page of another site tries to sign the user in with a token of its own, in every way in which a page
can send a request. It also opens the callback while the user holds Enter or Space down. Then headless Chromium opens
the sandbox's page, picks a user, confirms on the callback's page, and croud.yaml has the token.

    python3 browser.py CROUD    # the program; chromium and chromedriver must be there
"""

import fcntl
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
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

    def press(self, text):
        found = self.ask("POST", "/element", {"using": "xpath", "value": f"//button[text()='{text}']"})
        self.ask("POST", f"/element/{found[ELEMENT]}/click", {})

    def until(self, text):
        end, seen = time.monotonic() + 20, ""
        while text not in seen:
            if time.monotonic() > end:
                raise SystemExit(f"{text!r} never came; the page shows {seen!r}")
            time.sleep(0.1)
            try:
                seen = self.text()
            except urllib.error.HTTPError:
                # The page is being replaced.
                pass

    def hold(self, key, code):
        """Press a key and hold it down for two seconds, in whatever page is shown."""
        event = {"type": "keyDown", "key": key, "code": code, "windowsVirtualKeyCode": ord(key), "text": key}
        for count in range(40):
            repeated = {"cmd": "Input.dispatchKeyEvent", "params": {**event, "autoRepeat": count > 0}}
            self.ask("POST", "/goog/cdp/execute", repeated)
            time.sleep(0.05)
        self.ask("POST", "/goog/cdp/execute", {"cmd": "Input.dispatchKeyEvent", "params": {**event, "type": "keyUp"}})

    def close_other_windows(self):
        here, *others = self.ask("GET", "/window/handles")
        for other in others:
            self.ask("POST", "/window", {"handle": other})
            self.ask("DELETE", "/window")
        self.ask("POST", "/window", {"handle": here})

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


def foreign_page(token):
    """The address of a page on another origin. Its `attack()` brings `token` to the callback."""
    address = f"http://localhost:8400/?token={token}"
    page = f"""<!doctype html><title>evil</title><body><script>
        function add(name, attributes) {{
            return document.body.appendChild(Object.assign(document.createElement(name), attributes));
        }}
        function attack() {{
            fetch('{address}', {{mode: 'no-cors', credentials: 'include'}}).catch(() => null);
            fetch('{address}', {{method: 'POST', mode: 'no-cors', body: 'nonce=0'}}).catch(() => null);
            fetch('http://localhost:8400/confirm', {{method: 'POST', mode: 'no-cors', body: 'nonce=0'}}).catch(() => null);
            add('img', {{src: '{address}'}});
            add('iframe', {{src: '{address}'}});
            add('object', {{data: '{address}'}});
            add('embed', {{src: '{address}'}});
            add('script', {{src: '{address}'}});
            add('link', {{rel: 'prefetch', href: '{address}'}});
            add('link', {{rel: 'stylesheet', href: '{address}'}});
            add('script', {{type: 'speculationrules',
                text: JSON.stringify({{prefetch: [{{source: 'list', urls: ['{address}']}}],
                                       prerender: [{{source: 'list', urls: ['{address}']}}]}})}});
            add('iframe', {{name: 'target'}});
            const form = add('form', {{action: 'http://localhost:8400/', method: 'get', target: 'target'}});
            form.append(Object.assign(document.createElement('input'), {{name: 'token', value: '{token}'}}));
            form.submit();
            const post = add('form', {{action: 'http://localhost:8400/confirm', method: 'post', target: 'target'}});
            post.append(Object.assign(document.createElement('input'), {{name: 'nonce', value: '0'}}));
            post.submit();
            const popup = window.open('{address}');
            setTimeout(() => popup && popup.close(), 1000);
            navigator.sendBeacon('{address}');
        }}
        </script>"""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


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
        ready = json.loads(served.stdout.readline())
        endpoint = ready["endpoint"]
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
            token = ready["users"][2]["token"]
            foreign = foreign_page(token)
            browser.open(foreign)
            browser.run("attack()")
            time.sleep(3)
            check(login.poll() is None, "the requests of another site are not a sign-in")
            with open(config) as file:
                check("auth-token" not in file.read(), "nothing was stored for another site")
            browser.close_other_windows()
            for name, key in [("Enter", "\r"), ("Space", " ")]:
                # A text fragment could give the focus to the button.
                for fragment in ["", "#:~:text=user.-,Sign%20in"]:
                    browser.open(foreign)
                    address = f"http://localhost:8400/?token={token}{fragment}"
                    browser.run(f"addEventListener('keydown', event => event.repeat || (location = '{address}'))")
                    browser.hold(key, name)
                    browser.until("Sign in as")
                    check(login.poll() is None, f"a foreign page can't sign in while {name} is held down")
            browser.open(line.split("Sign in here: ")[1].strip())
            check("Sign in to the sandbox" in browser.text(), "the sandbox shows its page")
            browser.click("Max Member")
            browser.until("Sign in as member@example.com (Max Member)?")
            with open(config) as file:
                check("auth-token" not in file.read(), "nothing is stored before the confirmation")
            browser.press("Sign in")
            browser.until("You are signed in")
            check("member@example.com (Max Member)" in browser.text(), "the last page shows who is signed in")
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
