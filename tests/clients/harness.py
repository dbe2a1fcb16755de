"""Runs the real binary with a real data folder, and speaks to it as agents and people do."""

import http.client
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("LEEWAY_BINARY", ROOT / "target" / "debug" / "leeway"))
TOOLS = pathlib.Path(os.environ.get("LEEWAY_TEST_TOOLS", ROOT / "target" / "test-tools"))
SERVERS = TOOLS / "node_modules" / "@modelcontextprotocol"
DEADLINE_S = 60
PASSWORD = "a long enough password"


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Waits for a condition; fails naming what was waited for."""
    end = time.monotonic() + deadline_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s in vain: {what}")
        time.sleep(0.02)


class Refused(Exception):
    """An answer that is not a success."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body

    @property
    def code(self):
        return self.body.get("error", {}).get("code")


class Api:
    """The REST door under one token."""

    def __init__(self, url, token):
        self.url, self.token = url, token

    def send(self, method, path, body=None, raw=None, headers=None):
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        request = urllib.request.Request(self.url + path, data=data, method=method)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:
                text = response.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                body = json.loads(text)
            except ValueError:
                body = {"text": text.decode(errors="replace")}
            raise Refused(error.code, body) from None

    def get(self, path):
        return self.send("GET", path)

    def post(self, path, body):
        return self.send("POST", path, body)

    def action(self, action_id, wait_s=0):
        return self.get(f"/v1/actions/{action_id}?wait_s={wait_s}")

    def decide(self, action_id, what, **more):
        shown = self.action(action_id)
        return self.post(f"/v1/actions/{action_id}/{what}", {"content_hash": shown["content_hash"], **more})

    def approve(self, action_id, wait_s=20):
        return self.decide(action_id, "approve", wait_s=wait_s)


class Leeway:
    """One data folder and the server over it."""

    def __init__(self, workflows, systems, packs, files=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="leeway-test-"))
        self.data = self.folder / "data"
        self.config = self.folder / "config"
        self.process = None
        self.url = None
        self.files = files or {}
        self.configure(workflows, systems, packs)

    def configure(self, workflows, systems, packs):
        for kind, files in [("workflows", workflows), ("systems", systems)]:
            (self.config / kind).mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                if kind == "workflows" and "send_delay_s" not in text:
                    # What is approved runs at once, unless a test is about the delay.
                    text = f"send_delay_s = 0\n{text}"
                (self.config / kind / f"{name}.toml").write_text(text)
        (self.config / "packs").mkdir(exist_ok=True)
        for pack in packs:
            (self.config / "packs" / f"{pack}.toml").write_text((ROOT / "packs" / f"{pack}.toml").read_text())
        (self.config / "leeway.toml").write_text('name = "Test"\n')
        for name, text in self.files.items():
            (self.config / name).write_text(text)

    def apply(self, *more):
        return self.cli("apply", self.config, *more)

    def cli(self, *args, stdin=None, check=True, env=None):
        """Runs a command over the data folder; returns its JSON."""
        done = subprocess.run(
            [BINARY, *args, "--data", self.data, "--json"],
            input=stdin, capture_output=True, text=True, timeout=60,
            env={**os.environ, **(env or {})},
        )
        if check and done.returncode != 0:
            raise AssertionError(f"leeway {args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else done

    def start(self, *more, env=None, config=True, listen="127.0.0.1:0", files=None):
        """Starts the server, with its folder or another; without `config` it goes by what the ledger holds. With `files`
        it may open no more than so many."""
        folder = ["--config", self.config if config is True else config] if config else []
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", self.data, *folder, "--listen", listen, *more],
            stdout=subprocess.PIPE, stderr=open(self.folder / "log", "a"), text=True,
            env={**os.environ, **(env or {})},
            preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None,
        )
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Leeway listens on "):
                self.url = line.split()[-1]
                break
        else:
            raise AssertionError("the server ended:\n" + (self.folder / "log").read_text()[-4000:])
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def kill(self):
        """kill -9: no goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=DEADLINE_S)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=DEADLINE_S)

    def person(self, email, role):
        try:
            self.cli("users", "add", email, "--role", role, "--password-stdin", stdin=PASSWORD + "\n")
        except AssertionError as error:
            if "exists already" not in str(error):
                raise
        return Api(self.url, self.cli("users", "token", email)["token"])

    def agent(self, name, workflow):
        return self.cli("agents", "add", name, "--workflow", workflow)["token"]

    def ready(self, *systems):
        """Waits until the systems are up; uses an auditor made for it."""
        watcher = self.person("watcher@example.com", "auditor")
        up = lambda: {s["name"] for s in watcher.get("/v1/systems")["systems"] if s["health"] == "ready"} >= set(systems)
        wait_until(up, f"systems {systems} are ready")
        return self

    def verify(self):
        return self.cli("verify", check=False)


# What a request ends in whose server is gone.
GONE = (urllib.error.URLError, http.client.HTTPException, ConnectionError)


def clock_ahead(folder, days):
    """The environment of a program whose clock is so many days ahead."""
    built = folder / "clock_ahead.so"
    source = pathlib.Path(__file__).with_name("clock_ahead.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", built, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(built), "CLOCK_AHEAD_S": str(days * 24 * 3600)}


class Crash:
    """Has the server die at a point between two durable steps (debug builds alone can)."""

    def __init__(self, folder):
        self.file = folder / "crash"
        self.env = {"LEEWAY_CRASH_FILE": str(self.file)}

    def arm(self, text):
        new = self.file.with_suffix(".new")
        new.write_text(str(text))
        os.replace(new, self.file)

    def disarm(self):
        """Calls off what was armed: the server reads it when it passes a point."""
        self.arm("not any more")

    def forget(self):
        self.file.unlink(missing_ok=True)

    def hold(self, at):
        """Lets the server stand still at a point instead, until `go`."""
        self.arm(f"{at} hold")

    @property
    def held(self):
        return self.file.with_suffix(".held")

    def go(self):
        self.held.unlink()


def begin(api, method, path, body):
    """Sends a request and returns its connection: nobody reads the answer."""
    host, port = api.url.removeprefix("http://").split(":")
    data = json.dumps(body).encode()
    head = (f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {api.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(head.encode() + data)
    return connection


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def node_server(name, *args):
    """A system file for one of the official MCP servers."""
    entry = SERVERS / f"server-{name}" / "dist" / "index.js"
    rest = ", ".join(json.dumps(str(arg)) for arg in args)
    return f'command = "node"\nargs = [{json.dumps(str(entry))}{", " if rest else ""}{rest}]\n'


def system(name, pack, server, env=None):
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in (env or {}).items())
    return f'name = "{name}"\ntitle = "{name}"\npack = "{pack}"\n{server}' + (f"[env]\n{table}" if table else "")


def sandbox_business(workflows, files=None, env=None):
    """The sandbox business behind a workflow or several, running and ready."""
    leeway = Leeway(workflows, {}, ["sandbox"], files)
    state = str(leeway.folder / "state.json")
    server = f"command = {json.dumps(str(BINARY))}\nargs = {json.dumps(['sandbox', '--state', state])}\n"
    leeway.configure(workflows, {"sandbox": system("sandbox", "sandbox", server)}, ["sandbox"])
    return leeway.start(env=env).ready("sandbox")
