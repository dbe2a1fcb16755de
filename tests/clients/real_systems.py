"""Third-party systems nobody here wrote, started on free ports with data of their own, and the
configurations that put Leeway in front of them."""

import base64
import http.client
import json
import pathlib
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from harness import ROOT, TOOLS, free_port, wait_until

SYSTEMS = TOOLS / "systems"
NODE = next(iter(SYSTEMS.glob("node_modules/node-linux-*/bin/node")), None)


class Running:
    """A system's process, its address and its folder."""

    def __init__(self, name, port, command, folder=None):
        self.folder = folder or pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-"))
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = self.folder / "log"
        self.process = subprocess.Popen(
            [str(part) for part in command], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=self.log.open("a"), stderr=subprocess.STDOUT)
        wait_until(self.answers, f"{name} answers on port {port}")

    def answers(self):
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


class Client:
    """A system's own API, used as its own users do: what it says is the truth of a test."""

    def __init__(self, url, headers, form=False):
        self.url, self.headers, self.form = url, headers, form

    def send(self, method, path, body=None, headers=None):
        data, more = None, dict(headers or {})
        if body is not None and self.form:
            data = urllib.parse.urlencode(body).encode()
        elif body is not None:
            data = json.dumps(body).encode()
            more.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.url + path, data=data, method=method, headers={**self.headers, **more})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return (json.loads(text) if text else None), dict(answer.headers)

    def get(self, path):
        return self.send("GET", path)[0]

    def post(self, path, body):
        return self.send("POST", path, body)[0]


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


ROUNDUP = """
import sys
from wsgiref.simple_server import make_server
from roundup.cgi.wsgi_handler import RequestDispatcher
make_server("127.0.0.1", int(sys.argv[2]), RequestDispatcher(sys.argv[1])).serve_forever()
"""
ROUNDUP_PASSWORD = "roundup-admin-password"
ROUNDUP_HISTORY = """
import json, sys
from roundup import instance
db = instance.open(sys.argv[1]).open("admin")
shown = {"title": str, "status": lambda id: db.status.get(id, "name")}
def told(id, field):
    sets = [(by, was[field]) for _, _, by, action, was in db.issue.history(id) if action == "set" and field in was]
    by = [db.issue.get(id, "creator")] + [by for by, _ in sets]
    values = [was for _, was in sets] + [db.issue.get(id, field)]
    return [[shown[field](value), db.user.get(who, "username")] for value, who in zip(values, by)]
print(json.dumps({id: {field: told(id, field) for field in shown} for id in db.issue.list()}))
"""


def roundup():
    """A Roundup help desk with its classic tracker."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="roundup-"))
    tracker, port = folder / "tracker", free_port()
    programs = SYSTEMS / "roundup" / "bin"

    def admin(*args):
        done = subprocess.run([programs / "roundup-admin", "-i", tracker, *args], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    admin("install", "classic", "sqlite")
    config = tracker / "config.ini"
    text = config.read_text()
    for key, value in [("web", f"http://127.0.0.1:{port}/"), ("domain", "example.test"), ("host", "127.0.0.1")]:
        text = text.replace(f"#{key} = NO DEFAULT", f"{key} = {value}")
    # It hashes the password with every request: with the usual 250000 rounds that takes longer than all else.
    text = text.replace("password_pbkdf2_default_rounds = 250000", "password_pbkdf2_default_rounds = 1000")
    config.write_text(text)
    admin("initialise", ROUNDUP_PASSWORD)
    running = Running("roundup", port, [programs / "python", "-c", ROUNDUP, tracker, port], folder)

    def client(name):
        headers = {**basic(name, ROUNDUP_PASSWORD), "X-Requested-With": "rest", "Origin": running.url}
        return Client(running.url + "/rest/data", headers)

    def person(name):
        admin("create", "user", f"username={name}", f"password={ROUNDUP_PASSWORD}", f"address={name}@example.test", "roles=User")
        return client(name)

    def history():
        """Of every ticket, per field: every value it had, and who wrote it."""
        return json.loads(subprocess.check_output([programs / "python", "-c", ROUNDUP_HISTORY, tracker]))

    running.api, running.person, running.history = client("admin"), person, history
    return running


LOCALSTRIPE = """
import sys
from aiohttp import web
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
"""
STRIPE_KEY = "sk_test_of_the_tests"


def localstripe():
    """A stateful Stripe."""
    port = free_port()
    running = Running("localstripe", port, [SYSTEMS / "localstripe" / "bin" / "python", "-c", LOCALSTRIPE, port])
    running.api = Client(running.url + "/v1", {"Authorization": f"Bearer {STRIPE_KEY}"}, form=True)
    return running


def emulate(service):
    """One service of `emulate`: `slack` or `google`."""
    port = free_port()
    program = SYSTEMS / "node_modules" / "emulate" / "dist" / "index.js"
    running = Running(service, port, [NODE, program, "start", "--service", service, "--port", port, "--host", "127.0.0.1"])
    running.api = Client(running.url, {"Authorization": "Bearer test_token"})
    return running


def maildev():
    """A mail server that keeps what it gets, and shows it."""
    port, mail_port = free_port(), free_port()
    program = SYSTEMS / "node_modules" / "maildev" / "dist" / "bin" / "maildev.js"
    running = Running("maildev", port, [NODE, program, "--ip", "127.0.0.1", "--web-ip", "127.0.0.1", "-s", mail_port, "-w", port,
        "--mail-directory", "mails"])
    running.mail_port = mail_port
    running.api = Client(running.url, {})
    return running


def system_file(name, pack, way, more=""):
    return f'name = "{name}"\ntitle = "{name}"\npack = "{pack}"\n{way}\n{more}'


def by_document(leeway, name, pack, base_url, more=""):
    """A system by the document shipped with a pack, which is put into the configuration folder."""
    folder = leeway.config / "openapi"
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / "packs" / "openapi" / f"{pack}.yaml", folder)
    way = f'openapi = "openapi/{pack}.yaml"\nbase_url = "{base_url}"\nallow_private = true\ntimeout_s = 60'
    return system_file(name, pack, way, more)
