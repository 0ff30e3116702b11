"""Count the connections, the requests and the round trips of each command."""

import os
import sys

from measuring import ORGANIZATION, home, nginx, once, sandbox
from proxy import BEHIND, Proxy

# The round-trip time in seconds that the time of a command is divided by.
RTT = 0.2
ORG = ("--org-id", ORGANIZATION)
FILE, SECRET = "327ad0e6-607f-4f99-a4cc-c1e98bf28e4d", "71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5"
CREDIT, INVITATION = "4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99", "0a9c6f4e-2b7d-4e83-a5f1-3d8b1c6e9f44"
CUSTOMER = ("--name", "Company", "--email", "billing@example.com", "--phone", "+33987654321", "--country", "FR", "--city", "Paris",
            "--line1", "1 rue", "--postal-code", "75001")
AWS = ("--name", "mine", "--type", "AWS", "--access-key", "AKIAEXAMPLE", "--secret-key", "secret")

# Each command: its words, its other options, and those of the Python program, or None if that has no such command.
# They run on one sandbox, one after another.
COMMANDS = [
    ("organizations list", (), ()),
    ("organizations get", (ORGANIZATION,), (ORGANIZATION,)),
    ("organizations get --org my-org", (), None),
    ("organizations create", ("--name", "new"), ("--name", "new")),
    ("organizations edit", ("--name", "my-org"), (*ORG, "--name", "my-org")),
    ("organizations auditlogs list", ORG, ORG),
    ("organizations users list", (), ORG),
    ("organizations users add", ("--user", "jane@example.com", "--role", "org_member"), (*ORG, "--user", "jane@example.com", "--role", "org_member")),
    ("organizations users edit", ("--user", "member@example.com", "--role", "org_admin"), None),
    ("organizations users apply --dry-run", ("--file", "{folder}/four.csv"), None),
    ("organizations users apply", ("--file", "{folder}/four.csv", "--yes"), None),
    ("organizations users remove", ("--user", "member@example.com"), (*ORG, "--user", "member@example.com")),
    ("organizations invitations list", (), None),
    ("organizations invitations delete", ("--invitation-id", INVITATION), None),
    ("organizations files list", (), ORG),
    ("organizations files get", ("--file-id", FILE), (*ORG, "--file-id", FILE)),
    ("organizations files get --file nyc_taxi.csv.gz", (), None),
    ("organizations files create", ("--file-path", "{folder}/four.csv"), (*ORG, "--file-path", "{folder}/four.csv")),
    ("organizations files get --file four.csv --overwrite --download", ("{folder}/kept",), None),
    ("organizations files delete", ("--file-id", FILE), (*ORG, "--file-id", FILE)),
    ("organizations files prune", ("--older-than", "0s", "--yes"), None),
    ("organizations secrets list", (), ORG),
    ("organizations secrets create", AWS, (*ORG, *AWS)),
    ("organizations secrets rotate", ("--secret", SECRET, "--access-key", "AKIAOTHER", "--secret-key", "secret"), None),
    ("organizations secrets delete --secret blob-imports", (), None),
    ("organizations credits list", (), ORG),
    ("organizations customer get", (), ORG),
    ("organizations customer edit", CUSTOMER, (*ORG, *CUSTOMER)),
    ("organizations customer edit --merge", ("--phone", "+33123456789"), None),
    ("organizations delete", ("--yes", *ORG), ("--yes", *ORG)),
    ("me", (), ()),
    ("status", (), None),
    ("users roles list", (), ()),
    ("regions list", (), ()),
    ("api-keys list", (), None),
]


class Endpoint:
    """A new sandbox, behind a network and perhaps behind TLS."""

    def __init__(self, program, folder, rtt, has_tls):
        self.processes = []
        process, port = sandbox(program, address=BEHIND)
        self.processes.append(process)
        self.api = self.network = Proxy(port)
        endpoint = f"http://127.0.0.1:{port}"
        if has_tls:
            process, _, tls = nginx(folder, BEHIND, port)
            self.processes.append(process)
            self.network = Proxy(tls, is_http=False)
            endpoint = f"https://localhost:{tls}"
        self.network.rtt = rtt
        self.env = {**home(folder, "home", endpoint, "sandbox-token-admin"), "SSL_CERT_FILE": str(folder / "all.pem")}

    def run(self, argv):
        """Run a command. Return the connections, the requests, and the seconds that it took."""
        self.api.reset()
        self.network.reset()
        seconds = once(argv, self.env)[0]
        return self.network.connections, self.api.requests, seconds

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait()


def table(ours, theirs, folder):
    """The lines of a table with a row for each command. `folder` has the certificates."""
    (folder / "four.csv").write_text("email,role\n" + "".join(f"new-{number}@example.com,org_member\n" for number in range(4)))
    columns = ("command", "requests", "HTTP: connections", "round trips", "TLS: connections", "round trips",
               "Python: requests", "connections")
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    endpoints = {}
    try:
        for name, rtt in (("http", 0), ("http", RTT), ("tls", 0), ("tls", RTT), ("python", 0)):
            place = folder / f"trips-{name}-{rtt}"
            place.mkdir()
            for file in ("cert.pem", "key.pem", "all.pem"):
                os.link(folder / file, place / file)
            endpoints[name, rtt] = Endpoint(ours, place, rtt, has_tls=name == "tls")
        for words, options, python in COMMANDS:
            def run(name, rtt, program, more):
                return endpoints[name, rtt].run([word.format(folder=folder) for word in (program, *words.split(), *more)])

            def trips(name):
                """How often the round-trip time fits into the time that it adds to a command."""
                connections, requests, none = run(name, 0, ours, options)
                return connections, requests, round((run(name, RTT, ours, options)[2] - none) / RTT)

            mine, secure = trips("http"), trips("tls")
            other = ("", "") if python is None else run("python", 0, theirs, python)
            cells = f"`{words}`", mine[1], mine[0], mine[2], secure[0], secure[2], other[1], other[0]
            lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
            print(lines[-1], file=sys.stderr, flush=True)
    finally:
        for endpoint in endpoints.values():
            endpoint.close()
    return lines
