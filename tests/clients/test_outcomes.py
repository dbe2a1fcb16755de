"""Outcomes are what is known: an error may come after the act, the same call may come again, and what nobody knows is
attested with the record beside it."""

import json
import re
import subprocess
import threading
import urllib.parse
import urllib.request
from types import SimpleNamespace

import pytest
from harness import BINARY, PASSWORD, Api, Leeway, Refused, wait_until
from mcp_stand_in import ErrorResult, HttpStatus, RpcError, StandIn, schema
from test_odd_systems import call

TEXT = {"type": "string"}
TOOLS = {
    "get_contact": schema("id", id=TEXT),
    "update_contact": schema("id", id=TEXT, note=TEXT, owner_id={"type": "integer"}, score={"type": "number"}),
    "create_task": schema("title", title=TEXT, secret=TEXT),
}
PACK = """
name = "crm"
title = "CRM"
redact = ["secret"]

[tool.get_contact]
effect = "read"
record = { type = "contact", id = ".id" }
read = { tool = "get_contact", arguments = "{id: .id}", fields = ".json", missing = "no contact" }

[tool.update_contact]
effect = "update"
record = { type = "contact", id = ".id" }
changes = "del(.id)"
read = { tool = "get_contact", arguments = "{id: .id}", fields = ".json", missing = "no contact" }
undo = { kind = "exact", tool = "update_contact", arguments = ". as $call | {id: .id} + ($before | with_entries(select(.key as $key | $call | has($key))))", summary = "Writes the old values back." }

[tool.create_task]
effect = "create"
changes = "."
undo = { kind = "none", why = "a task stays" }
"""
WORKFLOW = """
name = "desk"
title = "Desk"
owner = "owner@example.com"
confidence_threshold = 0.5
{more}
[grants]
crm__get_contact = "read"
crm__update_contact = "high-impact"
crm__create_task = "update"
"""


class Crm:
    """A CRM whose contact and tasks a test sees, and whose next call ends as the test says in `after` (once it was done)
    or `instead` (before anything is)."""

    def __init__(self):
        self.contact, self.tasks, self.after, self.instead, self.hold = {"note": None, "owner_id": None, "score": None}, [], None, None, None
        self.system = StandIn(TOOLS, self.serve)

    def serve(self, name, arguments):
        if name == "get_contact":
            return self.contact
        for when in ("instead", "after"):
            if when == "after":
                if name == "update_contact":
                    self.contact.update({key: value for key, value in arguments.items() if key != "id"})
                else:
                    self.tasks.append(arguments)
                if self.hold:
                    self.hold.wait(30)
            error, _ = getattr(self, when), setattr(self, when, None)
            if error:
                raise error
        return {"id": len(self.tasks)}


class Desk:
    def __init__(self, more=""):
        self.crm = Crm()
        flow = {"desk": WORKFLOW.format(more=more)}
        self.leeway = Leeway(flow, {}, [])
        (self.leeway.config / "packs" / "crm.toml").write_text(PACK)
        system = f'name = "crm"\ntitle = "CRM"\npack = "crm"\nurl = "{self.crm.system.url}"\ntimeout_s = 5\n'
        # Where addresses inside have to be allowed for MCP systems too.
        for allowed in ("allow_private = true\n", ""):
            self.leeway.configure(flow, {"crm": system + allowed}, [])
            if subprocess.run([BINARY, "check", self.leeway.config], capture_output=True).returncode == 0:
                break
        self.leeway.start().ready("crm")
        self.owner = self.leeway.person("owner@example.com", "owner")
        self.clerk = Api(self.leeway.url, self.leeway.agent("clerk", "desk"))

    def act(self, tool, arguments, agent=None, **more):
        body = {"tool": f"crm__{tool}", "arguments": arguments, "confidence": 0.95, "reason": "asked", **more}
        return (agent or self.clerk).post("/v1/actions", body)

    def note(self, text, **more):
        return self.through(self.act("update_contact", {"id": "c1", "note": text}, **more))

    def through(self, ended):
        """Approved where it waits, as the agent is told of it then."""
        if ended["status"] == "held":
            self.owner.approve(ended["id"])
            ended = self.clerk.action(ended["id"], wait_s=20)
        return ended

    def task(self, title, **more):
        return self.act("create_task", {"title": title}, **more)

    def stop(self):
        self.leeway.stop()
        self.crm.system.stop()


@pytest.fixture(scope="module")
def desk():
    desk = Desk()
    yield desk
    verified = desk.leeway.verify()
    assert verified["ok"], verified
    desk.stop()


ERRORS = [ErrorResult("Error: saved, but the log could not be written"), RpcError(-32603), RpcError(-32000, "busy"), RpcError(1, "own")]
KINDS = ["error result", "internal error", "server error", "own code"]


@pytest.mark.parametrize("error", ERRORS, ids=KINDS)
def test_an_error_after_the_act_is_read_back_and_was_done(desk, error, request):
    desk.crm.after = error
    ended = desk.note(f"done {request.node.name}")
    assert ended["status"] == "executed", ended
    assert "the new values are there" in ended["outcome"]["note"]
    assert "error" in ended["message"], "the agent is told of the error too"


@pytest.mark.parametrize("error", ERRORS, ids=KINDS)
def test_an_error_instead_of_the_act_is_read_back_and_nothing_was_done(desk, error, request):
    desk.crm.instead = error
    ended = desk.note(f"not done {request.node.name}")
    assert ended["status"] == "failed", ended
    assert "as it was before" in ended["outcome"]["note"]


@pytest.mark.parametrize("error", ERRORS, ids=KINDS)
def test_an_error_where_nothing_can_be_read_is_an_unknown_outcome(desk, error, request):
    desk.crm.after = error
    ended = desk.task(f"unknown {request.node.name}")
    assert ended["status"] == "outcome_unknown", ended
    assert "may or may not have been carried out" in ended["message"]
    assert "did not do it" not in ended["message"]


def test_who_reads_the_structure_alone_reads_what_is_known_too(desk):
    through_mcp = SimpleNamespace(url=desk.leeway.url, clerk=desk.clerk)
    desk.crm.after = ErrorResult("Error: saved, but the log could not be written", {"error": "log"})
    told = call(through_mcp, "crm__create_task", {"title": "in structure", "governance": {"confidence": 0.95, "reason": "asked"}})
    assert told["structuredContent"]["status"] == "outcome_unknown", told
    assert told["structuredContent"]["ran"]["result"]["structuredContent"] == {"error": "log"}


@pytest.mark.parametrize("code", [-32601, -32602, -32600])
def test_what_says_that_nothing_ran_is_a_failure(desk, code):
    desk.crm.instead = RpcError(code, "Invalid params")
    ended = desk.task(f"refused {code}")
    assert ended["status"] == "failed" and "Nothing was done" in ended["outcome"]["note"], ended


@pytest.mark.parametrize("status", [307, 308, 404, 410, 502])
def test_a_call_is_sent_once_whatever_http_says_and_later_calls_find_a_session(desk, status):
    begun = desk.crm.system.sessions
    desk.crm.after = HttpStatus(status)
    title = f"once {status}"
    ended = desk.task(title)
    assert ended["status"] == "outcome_unknown", ended
    assert len([task for task in desk.crm.tasks if task["title"] == title]) == 1
    assert desk.note(f"after {status}")["status"] == "executed", "the next call runs"
    assert desk.crm.system.sessions == begun + (status in (404, 410))
    assert len([task for task in desk.crm.tasks if task["title"] == title]) == 1


def test_a_key_does_not_stand_for_a_call_with_another_secret(desk):
    pay = lambda secret: desk.act("create_task", {"title": "to pay", "secret": secret}, idempotency_key="pay-1")
    first = pay("AT61 1904 3002 3457 3201")
    assert pay("AT61 1904 3002 3457 3201")["id"] == first["id"]
    with pytest.raises(Refused) as refused:
        pay("DE02 1203 0000 0000 2020 51")
    assert refused.value.status == 409


def test_a_read_whose_session_was_lost_is_read_in_the_next(desk):
    serve, lost = desk.crm.system.serve, [HttpStatus(404)]

    def once(name, arguments):
        if name == "get_contact" and lost:
            raise lost.pop()
        return serve(name, arguments)

    desk.crm.system.serve = once
    try:
        read = desk.act("get_contact", {"id": "c1"})
    finally:
        desk.crm.system.serve = serve
    assert read["status"] == "executed" and not lost, read


def test_the_same_call_joins_one_of_unknown_outcome_whoever_makes_it(desk):
    desk.crm.after = RpcError(-32603)
    first = desk.task("unknown twice")
    assert first["status"] == "outcome_unknown"
    again = desk.task("unknown twice")
    assert again["id"] == first["id"] and again["joined"]
    other = Api(desk.leeway.url, desk.leeway.agent("colleague", "desk"))
    joined = desk.task("unknown twice", agent=other)
    assert joined["id"] == first["id"]
    assert other.action(first["id"])["status"] == "outcome_unknown", "who joined may ask what became of it"
    assert len([task for task in desk.crm.tasks if task["title"] == "unknown twice"]) == 1
    attested = desk.owner.post(f"/v1/actions/{first['id']}/attest", {"outcome": "failed", "evidence": "it is not there"})
    assert attested["status"] == "failed"
    assert desk.task("unknown twice")["status"] == "executed", "what was not done may be done"


@pytest.mark.parametrize("secret", [None, "hunter2-hunter2"])
def test_the_same_call_joins_one_that_runs(desk, secret):
    title = "runs with a secret" if secret else "runs"
    arguments = {"title": title} | ({"secret": secret} if secret else {})
    desk.crm.hold = threading.Event()
    answers = []
    made = lambda: answers.append(desk.act("create_task", arguments))
    first = threading.Thread(target=made)
    first.start()
    wait_until(lambda: any(task["title"] == title for task in desk.crm.tasks), "the first runs")
    again = threading.Thread(target=made)
    again.start()
    again.join(0.5)
    assert again.is_alive(), "it waits for the first"
    desk.crm.hold.set()
    first.join(), again.join()
    desk.crm.hold = None
    assert [answer["status"] for answer in answers] == ["executed", "executed"]
    assert answers[0]["id"] == answers[1]["id"]
    assert len([task for task in desk.crm.tasks if task["title"] == title]) == 1
    if secret:
        assert desk.act("create_task", arguments | {"secret": "another-secret"})["id"] != answers[0]["id"]


def test_the_same_call_after_an_end_waits_and_says_of_the_first(desk):
    first = desk.task("twice on purpose")
    assert first["status"] == "executed"
    again = desk.task("twice on purpose")
    assert again["status"] == "held" and again["id"] != first["id"], again
    [reason] = [reason for reason in again["decision"]["reasons"] if reason["rule"] == "repeated-call"]
    assert first["id"] in reason["text"] and "executed" in reason["text"]
    assert first["id"] in again["message"]
    assert desk.task("twice on purpose")["id"] == again["id"], "a third joins the second"
    assert desk.owner.approve(again["id"])["status"] == "executed"
    meant = desk.task("twice on purpose", idempotency_key="meant-again")
    assert meant["status"] == "executed" and meant["id"] not in (first["id"], again["id"])
    assert desk.task("twice on purpose", idempotency_key="meant-again")["id"] == meant["id"]
    assert len([task for task in desk.crm.tasks if task["title"] == "twice on purpose"]) == 3


def test_a_key_that_joined_a_running_call_stands_for_it_afterwards(desk):
    desk.crm.hold = threading.Event()
    answers = []
    first = threading.Thread(target=lambda: answers.append(desk.task("joined by key")))
    first.start()
    wait_until(lambda: any(task["title"] == "joined by key" for task in desk.crm.tasks), "the first runs")
    again = threading.Thread(target=lambda: answers.append(desk.task("joined by key", idempotency_key="retry-1")))
    again.start()
    again.join(0.5)
    desk.crm.hold.set()
    first.join(), again.join()
    desk.crm.hold = None
    once_more = desk.task("joined by key", idempotency_key="retry-1")
    assert {answer["id"] for answer in answers} == {once_more["id"]}
    assert len([task for task in desk.crm.tasks if task["title"] == "joined by key"]) == 1


def test_identical_calls_made_at_once_run_once(desk):
    for n in range(1000):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(desk.task(f"at once {n}"))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # One that came when the other had ended already waits.
        assert {answer["status"] for answer in answers} <= {"executed", "held"}, answers
        assert len([task for task in desk.crm.tasks if task["title"] == f"at once {n}"]) == 1


def test_reads_are_read_again(desk):
    one, other = (desk.act("get_contact", {"id": "c1"}) for _ in range(2))
    assert one["status"] == other["status"] == "executed" and one["id"] != other["id"]


def test_without_a_window_the_same_call_runs_again():
    desk = Desk("repeat_window_s = 0")
    try:
        assert [desk.task("again")["status"] for _ in range(2)] == ["executed", "executed"]
        assert len(desk.crm.tasks) == 2
    finally:
        desk.stop()


@pytest.mark.parametrize("field, digits", [
    ("owner_id", "1234567890123456789012"), ("owner_id", "1915883588174806059"), ("owner_id", "-9223372036854775809"),
    ("score", "1234567890123456.789"), ("score", "0.1234567890123456789"),
])
def test_numbers_reach_the_system_and_the_record_with_every_digit(desk, field, digits):
    raw = '{"tool": "crm__update_contact", "arguments": {"id": "c1", "%s": %s}, "confidence": 0.95}' % (field, digits)
    ended = desk.through(desk.clerk.send("POST", "/v1/actions", raw=raw.encode()))
    shown = subprocess.run([BINARY, "actions", "show", ended["id"], "--data", desk.leeway.data, "--json"], capture_output=True, text=True)
    assert ended["status"] == "executed", ended
    assert digits in shown.stdout
    sent = desk.crm.system.calls("update_contact")[-1][field]
    assert repr(sent) == digits or field == "score" and sent == float(digits)


def test_ids_that_differ_in_the_last_digit_are_not_the_same_for_an_undo(desk):
    base = 1915883588174806058
    desk.crm.contact["owner_id"] = base + 200
    ended = desk.through(desk.act("update_contact", {"id": "c1", "owner_id": base}))
    assert ended["status"] == "executed", ended
    desk.crm.contact["owner_id"] = base + 1
    plan = desk.owner.get(f"/v1/actions/{ended['id']}/undo")
    [field] = [field for field in plan["fields"] if field["field"] == "owner_id"]
    assert field["finding"] == "changed", plan
    assert desk.crm.contact["owner_id"] == base + 1


def test_what_nobody_knows_is_attested_together_each_for_itself(desk):
    titles = ["first of three", "second of three", "third of three"]
    ids = []
    for title in titles:
        desk.crm.after = RpcError(-32603)
        ids.append(desk.task(title)["id"])
    listed = {one["action"]["id"]: one for one in desk.owner.get("/v1/outcomes")["outcomes"]}
    assert set(ids) <= set(listed)
    one = listed[ids[0]]
    assert one["arguments"]["title"] == titles[0] and one["may_attest"] and one["unread"] is None or one["now"] is None
    said = [{"id": ids[0], "outcome": "executed", "version": listed[ids[0]]["version"]},
            {"id": ids[1], "outcome": "failed", "version": listed[ids[1]]["version"] + 7},
            {"id": ids[2], "outcome": "partial"}]
    told = desk.owner.post("/v1/outcomes", {"outcomes": said, "evidence": "looked into the CRM"})["outcomes"]
    assert told[0] == {"id": ids[0], "status": "executed"}
    assert told[1]["error"]["code"] == "changed-meanwhile"
    assert told[2]["status"] == "partial"
    assert desk.owner.action(ids[0])["outcome"]["attested_by"] == "owner@example.com"
    assert desk.owner.action(ids[1])["status"] in ("outcome_unknown", "needs_attestation")
    with pytest.raises(Refused) as refused:
        desk.owner.post("/v1/outcomes", {"outcomes": [], "evidence": "x"})
    assert refused.value.code == "outcomes-invalid"
    with pytest.raises(Refused) as refused:
        desk.clerk.get("/v1/outcomes")
    assert refused.value.status == 403
    told = desk.owner.post("/v1/outcomes", {"outcomes": [{"id": ids[1], "outcome": "failed"}], "evidence": "looked again"})
    assert told["outcomes"] == [{"id": ids[1], "status": "failed"}]


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def test_the_page_shows_each_reading_and_preselects_nothing(desk):
    desk.crm.after = RpcError(-32603)
    held = desk.task("<b>on the page</b>")
    opener = urllib.request.build_opener(NoRedirects, urllib.request.HTTPCookieProcessor())
    form = lambda path, **fields: opener.open(urllib.request.Request(desk.leeway.url + path, data=urllib.parse.urlencode(fields).encode()))
    try:
        form("/sign-in", email="owner@example.com", password=PASSWORD)
    except urllib.error.HTTPError as redirected:
        assert redirected.code == 303
    look = lambda path: opener.open(desk.leeway.url + path).read().decode()
    inbox, today = look("/inbox"), look("/desk")
    assert "All clear" not in inbox and 'href="/outcomes"' in inbox, "what nobody knows is seen where people look"
    assert "without an answer that tells" in today
    page = look("/outcomes")
    assert held["id"] in page and "&lt;b&gt;on the page" in page and "<b>on the page" not in page
    radios = re.findall(rf'<input type="radio" name="outcome.{held["id"]}"[^>]*>', page)
    assert len(radios) == 3 and not any("checked" in radio for radio in radios)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    version = re.search(rf'name="version.{held["id"]}" value="(\d+)"', page)[1]
    answer = form("/outcomes", **{"csrf": csrf, "evidence": "saw it", f"outcome.{held['id']}": "executed", f"version.{held['id']}": version}).read().decode()
    assert "1 of 1 recorded" in answer
    assert desk.owner.action(held["id"])["status"] == "executed"
    assert re.search(r"<b>It was done</b>: (<[^>]*>)*saw it", look(f"/actions/{held['id']}")), "and the verdict stands in the history"
