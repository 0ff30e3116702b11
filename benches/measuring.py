"""What the measurements share: programs, servers, runs in turn, and results with bars."""

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

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# The organization that every profile has. It is the first one of the sandbox.
ORGANIZATION = "f6c39580-5719-431d-a508-0cee4f9e8209"


def programs():
    """Build this program, and install the Python program below `target`. Return their paths."""
    root = pathlib.Path(__file__).parents[1]
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=root, check=True)
    venv = root / "target" / "upstream"
    if not (venv / "bin" / "croud").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "croud==1.15.0"], check=True)
    return str(root / "target" / "release" / "croud"), str(venv / "bin" / "croud")


def once(argv, env):
    """Return the wall and CPU seconds of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"{argv} failed: {status}")
    return wall, usage.ru_utime + usage.ru_stime


def memory(argv, env, runs=3):
    """Return the peak memory of a run in KiB, as the median of some runs.

    GNU time starts the run, because a direct child of this process would count the memory of this process.
    """
    with tempfile.NamedTemporaryFile() as file:
        peaks = []
        for _ in range(runs):
            subprocess.run(["/usr/bin/time", "-f", "%M", "-o", file.name, *argv], env=env, check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            peaks.append(int(pathlib.Path(file.name).read_text().split()[-1]))
        return statistics.median(peaks)


def in_turn(commands, runs, warms=True, choose=statistics.median, measure=once):
    """Run commands, which are (argv, env), in turn. Return the medians of what `measure` returns for each.

    The first turn only warms the caches, unless `warms` is false. `choose=min` returns the shortest times: other
    load only makes a run longer.
    """
    results = [[] for _ in commands]
    for turn in range(runs + warms):
        for step in range(len(commands)):
            which = (turn + step) % len(commands)
            result = measure(*commands[which])
            if turn >= warms:
                results[which].append(result)
    return [tuple(choose(column) for column in zip(*side)) for side in results]


class Results:
    """Collects the measurements. A ratio or an amount above its bar is marked as missed; a bar of None accepts all."""

    def __init__(self):
        self.ratios, self.amounts, self.is_met = [], [], True

    def mark(self, value, bar):
        is_met = bar is None or value <= bar
        self.is_met &= is_met
        return "" if is_met else " **missed**"

    def ratio(self, task, against, ours, other, bar, unit):
        """Two values in seconds or KiB, shown as milliseconds or MiB."""
        ratio = ours / other
        ours, other = (f"{value * 1000:.3g} ms" if unit == "s" else f"{value / 1024:.3g} MiB" for value in (ours, other))
        self.ratios.append(f"| {task} | {against} | {ours} | {other} | {ratio:.3g}{self.mark(ratio, bar)} | {'' if bar is None else bar} |")
        print(self.ratios[-1], file=sys.stderr, flush=True)

    def amount(self, task, amount, bar, unit):
        self.amounts.append(f"| {task} | {amount:.3g} {unit}{self.mark(amount, bar)} | {'' if bar is None else f'{bar} {unit}'} |")
        print(self.amounts[-1], file=sys.stderr, flush=True)

    def show(self):
        print("| task | compared with | croud | the other | ratio | bar |\n|---|---|---|---|---|---|", *self.ratios, sep="\n")
        print("\n| task | amount | bar |\n|---|---|---|", *self.amounts, sep="\n")


def free_port():
    """A port that is free on every address of loopback."""
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return probe.getsockname()[1]


def wait_for(address, port):
    for _ in range(200):
        try:
            socket.create_connection((address, port), 0.1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


def receiver(address="127.0.0.1", download_url="", upload_url=""):
    """Start a server that discards what is PUT to it, and serves one file record with these URLs.

    Without an `upload_url` files are uploaded to the host and the port of the request. Return the port of the server.
    """
    listener = socket.create_server((address, free_port()))

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
                    body = json.dumps({"id": "f", "upload_url": upload_url or f"http://{fields[b'host'].decode()}/put"}).encode()
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
    return listener.getsockname()[1]


def random_file(path, size):
    """Write `size` bytes, in whole MiB, that can't be compressed."""
    piece = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            file.write(piece)


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


def nginx(folder, address="127.0.0.1", api=None):
    """Start nginx with the folder `site` over HTTP and over TLS. Return the process and the two ports.

    With `api`, the port of an API on 127.0.0.1, requests over TLS are answered by the API. Its pre-signed
    addresses are made HTTPS.
    """
    plain, tls = free_port(), free_port()
    rows = [{"id": f"0000000{i}-0000-4000-8000-000000000000", "name": f"org-{i}", "plan_type": 3} for i in range(5)]
    site = folder / "site" / "api" / "v2" / "organizations"
    site.mkdir(parents=True)
    (site / "index.json").write_text(json.dumps(rows))
    location = "" if api is None else f"""location / {{
            proxy_pass http://127.0.0.1:{api}; proxy_http_version 1.1; proxy_set_header Accept-Encoding "";
            proxy_set_header Host 127.0.0.1:{api}; proxy_request_buffering off; proxy_max_temp_file_size 0;
            sub_filter http://127.0.0.1:{api} https://$http_host; sub_filter_types application/json; sub_filter_once off; }}"""
    (folder / "nginx.conf").write_text(f"""
        worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null; daemon off;
        events {{}}
        http {{ access_log off; default_type application/json; index index.json; root {folder}/site; client_max_body_size 0;
          client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
          server {{ listen {address}:{plain}; }}
          server {{ listen {address}:{tls} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
            ssl_protocols TLSv1.2 TLSv1.3; {location} }} }}""")
    os.chmod(folder, 0o755)
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL)
    wait_for(address, plain)
    return process, plain, tls


def sandbox(program, *options, address="127.0.0.1"):
    """Start the sandbox of `program`. Return the process and the port."""
    port = free_port()
    process = subprocess.Popen([program, "sandbox", "serve", "--listen", f"{address}:{port}", *options], stdout=subprocess.PIPE)
    process.stdout.readline()  # It is printed when the sandbox listens.
    return process, port


def home(folder, name, endpoint, token="t"):
    """Write a profile for both programs. Return the environment that selects it."""
    config = folder / name / ".config" / "Crate" / "croud.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(f"current-profile: b\ndefault-format: table\nprofiles:\n  b:\n    endpoint: {endpoint}\n    auth-token: {token}\n"
                      f"    organization-id: {ORGANIZATION}\n")
    config.chmod(0o600)
    return {"HOME": str(folder / name), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
