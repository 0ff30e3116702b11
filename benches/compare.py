"""Run the measurements for `benches/compare`. README.md in this folder explains them."""

import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

OURS, THEIRS, RUNS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3])
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def once(argv, env):
    """Return the wall and CPU seconds of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"{argv} failed: {status}")
    return wall, usage.ru_utime + usage.ru_stime


def memory(argv, env):
    """Return the peak memory of a run in KiB, as the median of three runs.

    GNU time starts the run, because a direct child of this process would count the memory of this process.
    """
    with tempfile.NamedTemporaryFile() as file:
        peaks = []
        for _ in range(3):
            subprocess.run(["/usr/bin/time", "-f", "%M", "-o", file.name, *argv], env=env, check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            peaks.append(int(pathlib.Path(file.name).read_text().split()[-1]))
        return statistics.median(peaks)


def pairs(ours, other, runs=RUNS):
    """Run two commands in turn and return the median (wall, CPU) seconds of each."""
    results = [], []
    for turn in range(runs + 1):
        for side in ((0, 1) if turn % 2 else (1, 0)):
            result = once(*(ours, other)[side])
            if turn:  # the first pair only warms the caches
                results[side].append(result)
    return [tuple(statistics.median(column) for column in zip(*side)) for side in results]


class Results:
    """Collects the measurements. A ratio or an amount above its bar is marked as missed."""

    def __init__(self):
        self.ratios, self.amounts, self.is_met = [], [], True

    def mark(self, value, bar):
        self.is_met &= value <= bar
        return "" if value <= bar else " **missed**"

    def ratio(self, task, against, ours, other, bar, unit):
        """Two values in seconds or KiB, shown as milliseconds or MiB."""
        ratio = ours / other
        ours, other = (f"{value * 1000:.3g} ms" if unit == "s" else f"{value / 1024:.3g} MiB" for value in (ours, other))
        self.ratios.append(f"| {task} | {against} | {ours} | {other} | {ratio:.3g}{self.mark(ratio, bar)} | {bar} |")
        print(self.ratios[-1], file=sys.stderr, flush=True)

    def amount(self, task, amount, bar, unit):
        self.amounts.append(f"| {task} | {amount:.3g} {unit}{self.mark(amount, bar)} | {bar} {unit} |")
        print(self.amounts[-1], file=sys.stderr, flush=True)

    def show(self):
        print("| task | compared with | croud | the other | ratio | bar |\n|---|---|---|---|---|---|", *self.ratios, sep="\n")
        print("\n| task | amount | bar |\n|---|---|---|", *self.amounts, sep="\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


def receiver(download_url):
    """Start a server that discards what is PUT to it, and serves one file record with this `download_url`."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve(stream):
        buffer, head = bytearray(1 << 20), b""
        with stream:
            while True:
                while b"\r\n\r\n" not in head:
                    data = stream.recv(65536)
                    if not data:
                        return
                    head += data
                lines, rest = head.split(b"\r\n\r\n", 1)
                fields = {line.split(b":", 1)[0].lower(): line.split(b":", 1)[1].strip() for line in lines.split(b"\r\n")[1:]}
                if fields.get(b"expect"):
                    stream.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                left = int(fields.get(b"content-length", 0)) - len(rest)
                while left > 0:
                    count = stream.recv_into(buffer, min(left, len(buffer)))
                    if not count:
                        return
                    left -= count
                head = b""
                body = b""
                if lines.startswith(b"POST"):
                    body = json.dumps({"id": "f", "upload_url": f"http://127.0.0.1:{port}/put"}).encode()
                elif b"/files/f/ " in lines:
                    body = json.dumps({"id": "f", "name": "f", "status": "UPLOADED", "download_url": download_url}).encode()
                elif lines.startswith(b"GET"):
                    body = b'[{"id": "f", "status": "UPLOADED"}]'
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def accept():
        while True:
            stream, _ = listener.accept()
            threading.Thread(target=serve, args=(stream,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return port


def certificates(folder):
    """Write a CA, a certificate for localhost, and a bundle of that CA with the CAs of the system."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout", "ca.key",
            "-out", "ca.pem", "-subj", "/CN=Bench CA", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "request.pem",
            "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", "cert.pem", "-extfile", "names")
    (folder / "all.pem").write_text((folder / "ca.pem").read_text() + pathlib.Path(BUNDLE).read_text())


def nginx(folder):
    plain, tls = free_port(), free_port()
    rows = [{"id": f"0000000{i}-0000-4000-8000-000000000000", "name": f"org-{i}", "plan_type": 3} for i in range(5)]
    site = folder / "site" / "api" / "v2" / "organizations"
    site.mkdir(parents=True)
    (site / "index.json").write_text(json.dumps(rows))
    (folder / "nginx.conf").write_text(f"""
        worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null; daemon off;
        events {{}}
        http {{ access_log off; default_type application/json; index index.json; root {folder}/site;
          client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
          server {{ listen 127.0.0.1:{plain}; }}
          server {{ listen 127.0.0.1:{tls} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; }} }}""")
    os.chmod(folder, 0o755)
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL)
    wait_for(plain)
    return process, plain, tls


def home(folder, name, endpoint, token="t"):
    config = folder / name / ".config" / "Crate" / "croud.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(f"current-profile: b\ndefault-format: table\nprofiles:\n  b:\n    endpoint: {endpoint}\n    auth-token: {token}\n"
                      "    organization-id: f6c39580-5719-431d-a508-0cee4f9e8209\n")
    config.chmod(0o600)
    return {"HOME": str(folder / name), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="croud-bench-"))
    processes = []
    try:
        results = Results()
        env = home(folder, "none", "https://localhost")
        for option in ("--version", "--help"):
            ours, other = pairs(([OURS, option], env), ([THEIRS, option], env), 5)
            results.ratio(f"`croud {option}`", "Python croud", ours[0], other[0], 0.01, "s")
        ours, other = pairs(([OURS, "--version"], env), (["/bin/true"], env), 5 * RUNS)
        results.amount("`croud --version`, more than `/bin/true`", (ours[0] - other[0]) * 1000, 1, "ms")

        certificates(folder)
        process, plain, tls = nginx(folder)
        processes.append(process)
        listing = ["organizations", "list"]
        url = f"https://localhost:{tls}/api/v2/organizations/"
        secure = home(folder, "secure", f"https://localhost:{tls}")
        bundled, single = {**secure, "SSL_CERT_FILE": str(folder / "all.pem")}, {**secure, "SSL_CERT_FILE": str(folder / "ca.pem")}
        python = {**secure, "REQUESTS_CA_BUNDLE": str(folder / "all.pem")}
        ours, other = pairs(([OURS, *listing], bundled), (["curl", "-s", "--cacert", str(folder / "all.pem"), url], secure))
        results.ratio("list over HTTPS, all CAs of the system", "`curl -s`", ours[0], other[0], 0.15, "s")
        ours, other = pairs(([OURS, *listing], bundled), ([THEIRS, *listing], python), 5)
        results.ratio("list over HTTPS, all CAs of the system", "Python croud", ours[0], other[0], 0.02, "s")
        ours, other = pairs(([OURS, *listing], single), (["curl", "-s", "--cacert", str(folder / "ca.pem"), url], secure))
        results.ratio("list over HTTPS, one CA", "`curl -s`", ours[0], other[0], 0.5, "s")
        open_env = home(folder, "plain", f"http://127.0.0.1:{plain}")
        url = f"http://127.0.0.1:{plain}/api/v2/organizations/"
        ours, curl = pairs(([OURS, *listing], open_env), (["curl", "-s", url], open_env), 5 * RUNS)
        results.ratio("list over HTTP", "`curl -s`", ours[0], curl[0], 0.45, "s")
        again, python = pairs(([OURS, *listing], open_env), ([THEIRS, *listing], open_env), 5)
        results.ratio("list over HTTP", "Python croud", again[0], python[0], 0.012, "s")
        mine = memory([OURS, *listing], open_env)
        results.ratio("peak memory of a list over HTTP", "`curl -s`", mine, memory(["curl", "-s", url], open_env), 0.6, "KiB")
        results.ratio("peak memory of a list over HTTP", "Python croud", mine, memory([THEIRS, *listing], open_env), 0.2, "KiB")
        sandboxed = {**open_env, "CROUD_PROFILE": "sandbox", "CROUD_SANDBOX_STATE": str(folder / "state")}
        ours, plainly = pairs(([OURS, *listing], sandboxed), ([OURS, *listing], open_env), 5 * RUNS)
        results.amount("list on the sandbox, more than over HTTP", (ours[0] - plainly[0]) * 1000, 5, "ms")
        first = {**open_env, "HOME": str(folder / "nobody"), "CROUD_PROFILE": "sandbox", "CROUD_SANDBOX_STATE": str(folder / "state")}
        ours, plainly = pairs(([OURS, *listing], first), ([OURS, *listing], open_env), 5 * RUNS)
        results.amount("the same without a configuration file", (ours[0] - plainly[0]) * 1000, 5, "ms")
        complete = {**open_env, "COMPLETE": "fish"}
        ours, true = pairs(([OURS, "--", "croud", "organizations", "g"], complete), (["/bin/true"], env), RUNS)
        results.amount("completion of a command, more than `/bin/true`", (ours[0] - true[0]) * 1000, 5, "ms")
        ours, true = pairs(([OURS, "--", "croud", "organizations", "get", ""], complete), (["/bin/true"], env), RUNS)
        results.amount("completion of an ID, more than `/bin/true`", (ours[0] - true[0]) * 1000, 10, "ms")

        def served(events):
            process = subprocess.Popen([OURS, "sandbox", "serve", "--events", str(events), "--page-size", "100"], stdout=subprocess.PIPE, text=True, env=env)
            processes.append(process)
            return json.loads(process.stdout.readline())["endpoint"]

        audit = ["organizations", "auditlogs", "list", "--org-id", "f6c39580-5719-431d-a508-0cee4f9e8209"]
        hundred = home(folder, "hundred", served(100_000), "sandbox-token-admin")
        for form, bar in (("table", 0.05), ("json", 0.08)):
            ours, python = pairs(([OURS, *audit, "-o", form], hundred), ([THEIRS, *audit, "-o", form], hundred), 5)
            results.ratio(f"list 100,000 audit log events as {form}", "Python croud", ours[0], python[0], bar, "s")
        growth = []
        for events in (1_000, 10_000, 100_000, 1_000_000):
            there = home(folder, f"events-{events}", served(events), "sandbox-token-admin")
            both = [[OURS, *audit], [OURS, *audit, "-o", "json"]]
            growth.append((events, *((once(argv, there)[0], memory(argv, there) / 1024) for argv in both)))
        for events, as_table, as_json in growth[2:]:
            results.amount(f"peak memory, {events:,} audit log events as table", as_table[1], round(10 + events * 100 / 2**20, 1), "MiB")
            results.amount(f"peak memory, {events:,} audit log events as json", as_json[1], 10, "MiB")

        # Both programs upload and download the same file, which nginx serves.
        path, kept = folder / "site" / "moved.bin", folder / "kept.bin"
        port = receiver(f"http://127.0.0.1:{plain}/moved.bin")
        there = home(folder, "files", f"http://127.0.0.1:{port}")
        space = shutil.disk_usage(folder).free
        sizes = [size for size in (1 << 20, 16 << 20, 256 << 20, 1 << 30, 4 << 30) if size * 4 < space]
        files = [OURS, "organizations", "files"]
        works = {
            "upload": ([*files, "create", "--file-path", str(path)], ["curl", "-s", "-T", str(path), f"http://127.0.0.1:{port}/put"]),
            "download": ([*files, "get", "--file-id", "f", "--download", str(kept), "--force"],
                         ["curl", "-s", "-o", str(kept), f"http://127.0.0.1:{plain}/moved.bin"]),
        }
        moved = {name: [] for name in works}
        for size in sizes:
            with open(path, "wb") as file:
                piece = os.urandom(1 << 20)
                for _ in range(size >> 20):
                    file.write(piece)
            for name, (mine, curls) in works.items():
                ours, curl = pairs((mine, there), (curls, there), 5 if size >= 1 << 30 else RUNS)
                peaks = memory(mine, there), memory(curls, there)
                moved[name].append((size, (ours[0], peaks[0] / 1024), (curl[0], peaks[1] / 1024)))
                if name == "upload" and size == 1 << 30:
                    for what, column, bar in (("time", 0, 1.1), ("CPU time", 1, 1.1)):
                        results.ratio(f"upload of 1 GiB: {what}", "`curl -T`", ours[column], curl[column], bar, "s")
                    results.ratio("upload of 1 GiB: peak memory", "`curl -T`", *peaks, 0.8, "KiB")
        results.amount("size of the program", os.path.getsize(OURS) / 1e6, 7.5, "MB")
        results.show()

        print("\n| events | table: s | MiB | json: s | MiB |\n|---|---|---|---|---|")
        for events, as_table, as_json in growth:
            print(f"| {events:,} | {as_table[0]:.3f} | {as_table[1]:.1f} | {as_json[0]:.3f} | {as_json[1]:.1f} |")
        for name, sizes in moved.items():
            print(f"\n| {name} | s | MiB | curl: s | MiB |\n|---|---|---|---|---|")
            for size, ours, curl in sizes:
                print(f"| {size >> 20:,} MiB | {ours[0]:.3f} | {ours[1]:.1f} | {curl[0]:.3f} | {curl[1]:.1f} |")
        return 0 if results.is_met else 1
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
