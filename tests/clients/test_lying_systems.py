"""Systems by document that lie, hang, lead elsewhere or are not there: what happened is told truly,
nothing is done twice, and nothing is reached that must not be."""

import socket
import threading

import lying_server
import pytest
from harness import Api, Leeway, free_port, wait_until
from real_systems import system_file
from test_real_systems import WORKFLOW, Business, mailroom

SECRET = "the-credential-of-the-tests"


def lies(url, more="allow_private = true\n", timeout_s=2):
    def file(leeway):
        (leeway.config / "packs" / "lies.toml").write_text(lying_server.pack())
        (leeway.config / "lies.json").write_text(lying_server.document())
        return system_file("lies", "lies", f'openapi = "lies.json"\nbase_url = "{url}"\ntimeout_s = {timeout_s}\n{more}',
            'idempotency_header = "Idempotency-Key"\n[headers]\nAuthorization = "env:TEST_SECRET"\n[query]\nkey = "env:TEST_SECRET"\n')
    return file


class Liar(Business):
    def __init__(self, url, **more):
        grants = lying_server.grants()
        granted = "".join(f'lies__{tool} = "{grant}"\n' for tool, grant in grants.items())
        self.leeway, self.name = Leeway({"desk": WORKFLOW + granted}, {}, []), "lies"
        self.leeway.configure({"desk": WORKFLOW + granted}, {"lies": lies(url, **more)(self.leeway)}, [])
        self.leeway.start(env={"TEST_SECRET": SECRET})

    def ready(self):
        self.leeway.ready("lies")
        self.agent = Api(self.leeway.url, self.leeway.agent("clerk", "desk"))
        self.owner = self.leeway.person("owner@example.com", "owner")
        return self

    def health(self):
        watcher = self.leeway.person("watcher@example.com", "auditor")
        [system] = watcher.get("/v1/systems")["systems"]
        return system


@pytest.fixture(scope="module")
def server():
    running = lying_server.start()
    yield running
    running.held.set()
    running.shutdown()
    running.neighbour_server.shutdown()


@pytest.fixture(scope="module")
def liar(server):
    business = Liar(server.url).ready()
    yield business
    business.leeway.stop()


@pytest.mark.parametrize("what, why, times", [
    ("html", "content-type-unexpected", 1),
    ("invalid", "answer-invalid", 1),
    ("deep", "answer-invalid", 1),
    ("endless", "answer-too-large", 1),
    ("slow", "none within 2 s", 1),
    ("hangup", "Nothing was read", 1),
    ("error", "HTTP 500", 1),
    ("patient", "HTTP 503", 1),
    ("to-metadata", "redirect-refused", 1),
    ("to-neighbour", "redirect-refused", 1),
    ("circle", "redirect-refused", 4),
])
def test_a_read_that_is_lied_to_fails_and_says_why(server, liar, what, why, times):
    ended = liar.call(f"read-{what}", {})
    assert ended["status"] == "failed" and why in ended["outcome"]["note"], ended["outcome"]
    assert server.asked.count(f"GET {what}") == times
    assert server.neighbour_server.asked == []
    health = liar.health()
    assert health["health"] == "down" and health["why"], "the last call's trouble shows"
    assert liar.call("read-fine", {})["status"] == "executed"
    assert liar.health()["health"] == "ready"


def test_a_busy_system_is_asked_again_only_where_that_is_safe(server, liar):
    assert liar.call("read-busy", {})["status"] == "executed"
    assert server.asked.count("GET busy") == 3
    written = liar.call("write-busy", {"n": 1})
    assert written["status"] == "outcome_unknown"
    assert server.asked.count("POST busy") == 1


def test_a_redirect_within_the_origin_is_followed_for_a_read(server, liar):
    assert liar.call("read-to-itself", {})["status"] == "executed"


@pytest.mark.parametrize("what, status, why", [
    ("html", "outcome_unknown", "content-type-unexpected"),
    ("invalid", "outcome_unknown", "answer-invalid"),
    ("slow", "outcome_unknown", "none within 2 s"),
    ("hangup", "outcome_unknown", "may or may not have happened"),
    ("error", "outcome_unknown", "HTTP 500"),
    ("seen-write", "outcome_unknown", "HTTP 303"),
    ("refused", "failed", "answered with an error"),
    ("conflict", "failed", "answered with an error"),
    ("moved-write", "outcome_unknown", "HTTP 307"),
    ("fine", "executed", "done"),
])
def test_a_write_is_sent_once_and_its_outcome_is_what_is_known(server, liar, what, status, why):
    before = server.asked.count(f"POST {what}")
    ended = liar.call(f"write-{what}", {"n": 1})
    assert (ended["status"], server.asked.count(f"POST {what}") - before) == (status, 1)
    assert why in ended["outcome"]["note"]


def test_credentials_go_to_the_system_and_nowhere_else(server, liar):
    echoed = liar.call("write-echo", {"n": 1})["result"]
    said = echoed["structuredContent"]["you_said"]
    assert said["authorization"] == "[redacted]" and "key=[redacted]" in echoed["structuredContent"]["path"]
    assert said["idempotency-key"].startswith("act")
    assert echoed["_meta"]["io.leeway/http"] == {"status": 200, "etag": '"e1"'}
    assert "idempotency-key" not in liar.call("read-echo", {})["result"]["structuredContent"]["you_said"]
    liar.leaves_no_trace_of(SECRET)


def test_a_list_that_leads_back_to_the_same_place_ends(server, liar):
    listed = liar.call("read-pages", {})["result"]
    assert server.asked.count("GET pages") == 2
    assert len(listed["structuredContent"]["list"]) == 2
    one = liar.call("read-pages", {"cursor": "here"})["result"]
    assert len(one["structuredContent"]["list"]) == 1


FORBIDDEN = {
    "loopback": ("http://127.0.0.1:{port}", "", "address-forbidden"),
    "name": ("http://localhost:{port}", "", "address-forbidden"),
    "mapped": ("http://[::ffff:127.0.0.1]:{port}", "", "address-forbidden"),
    "number": ("http://2130706433:{port}", "", "address-forbidden"),
    "metadata": ("http://169.254.169.254", "allow_private = true\n", "address-forbidden"),
    "nobody": ("http://127.0.0.1:{free}", "allow_private = true\n", "unreachable"),
}


def test_what_must_not_or_cannot_be_reached_is_down_and_says_why(server):
    asked, mail = len(server.asked), MailServer({})
    # Without credentials: those would be refused before, for going out in clear.
    leeway = Leeway({"desk": WORKFLOW}, {}, ["smtp"])
    (leeway.config / "packs" / "lies.toml").write_text(lying_server.pack())
    (leeway.config / "lies.json").write_text(lying_server.document())
    files = {"mail": system_file("mail", "smtp", f'smtp = "smtp://127.0.0.1:{mail.port}"\nfrom = "desk@example.com"')}
    for name, (url, more, _) in FORBIDDEN.items():
        base = url.format(port=server.server_port, free=free_port())
        files[name] = system_file(name, "lies", f'openapi = "lies.json"\nbase_url = "{base}"\n{more}')
    leeway.configure({"desk": WORKFLOW}, files, ["smtp"])
    leeway.start()
    try:
        watcher = leeway.person("watcher@example.com", "auditor")
        settled = lambda: [s for s in watcher.get("/v1/systems")["systems"] if s["health"] != "starting"]
        wait_until(lambda: len(settled()) == len(files), "each was looked at")
        why = {system["name"]: (system["health"], system["why"].split(":")[0]) for system in settled()}
        expected = {name: ("down", code) for name, (_, _, code) in FORBIDDEN.items()}
        assert why == {**expected, "mail": ("down", "address-forbidden")}
        assert len(server.asked) == asked and mail.heard == []
    finally:
        leeway.stop()
        mail.socket.close()


def test_a_system_that_goes_away_has_done_nothing_and_comes_back():
    server = lying_server.start()
    liar = Liar(server.url).ready()
    try:
        assert liar.call("read-fine", {})["status"] == "executed"
        server.shutdown()
        server.server_close()
        gone = liar.call("write-fine", {"n": 1})
        assert gone["status"] == "failed" and "Nothing was done" in gone["outcome"]["note"]
        wait_until(lambda: liar.health()["health"] == "down", "it shows as down")
        again = lying_server.http.server.ThreadingHTTPServer(("127.0.0.1", server.server_port), lying_server.Lies)
        again.asked, again.lock, again.held = [], threading.Lock(), threading.Event()
        threading.Thread(target=again.serve_forever, daemon=True).start()
        wait_until(lambda: liar.health()["health"] == "ready", "it is back")
        assert liar.call("write-fine", {"n": 2})["status"] == "executed"
        assert again.asked == ["POST fine"]
        again.shutdown()
    finally:
        liar.leeway.stop()


class MailServer:
    """Speaks SMTP up to a point of our choosing, then refuses, hangs up or says nothing more."""

    def __init__(self, answers):
        self.answers, self.heard = answers, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        lines = connection.makefile("rwb")
        say = lambda text: (lines.write(text.encode() + b"\r\n"), lines.flush())
        say("220 mail.example.com")
        data = False
        try:
            for line in lines:
                word = "." if data and line == b".\r\n" else "" if data else line.split()[0].decode().upper().split(":")[0]
                if not word:
                    continue
                self.heard.append(word)
                answer = self.answers.get(word, {"EHLO": "250 mail.example.com", "DATA": "354 go on"}.get(word, "250 fine"))
                if answer is None:
                    break
                say(answer)
                data = word == "DATA" and answer.startswith("354")
        except OSError:
            pass
        connection.close()


@pytest.fixture(scope="module")
def mail():
    server = MailServer({})
    office = mailroom(server.port)
    office.server = server
    yield office
    office.leeway.stop()
    server.socket.close()


@pytest.mark.parametrize("answers, status, why", [
    ({"MAIL": "550 not from you"}, "failed", "not from you"),
    ({"RCPT": "550 no such person"}, "failed", "recipient-refused: `ann@example.com`"),
    ({"RCPT": "451 come back later"}, "failed", "come back later"),
    ({"DATA": "554 no mail today"}, "failed", "no mail today"),
    ({"DATA": None}, "failed", "Nothing was done"),
    ({".": "554 it is spam"}, "failed", "it is spam"),
    ({".": None}, "outcome_unknown", "may or may not have happened"),
], ids=lambda value: str(value)[:40])
def test_a_mail_server_that_refuses_has_sent_nothing_and_silence_is_unknown(mail, answers, status, why):
    mail.server.answers, mail.server.heard[:] = answers, []
    held = mail.call("send_email", {"to": ["ann@example.com"], "subject": "Hello", "text": f"Hello {answers}"})
    ended = mail.approve(held)
    assert (ended["status"], why in ended["outcome"]["note"]) == (status, True), ended["outcome"]
    assert mail.server.heard.count("MAIL") == 1 and mail.server.heard.count(".") <= 1
