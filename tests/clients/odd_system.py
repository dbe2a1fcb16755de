"""A customer system with ways of its own: it keeps values in its own form, shows a write late, closes what it
never deletes, and sometimes answers a restore that restores nothing."""

import json
import threading
import unicodedata
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import Api, Leeway

WORKFLOW = """
name = "desk"
title = "Desk"
owner = "owner@example.com"
confidence_threshold = 0.5
expires_after_s = 3600
[grants]
odd__get_record = "read"
odd__update_record = "high-impact"
odd__create_record = "update"
odd__create_note = "update"
odd__delete_record = "high-impact"
odd__restore_record = "high-impact"
odd__reply = "external"
"""

TEXT = {"type": ["string", "null"]}
FIELDS = {"name": TEXT, "email": TEXT, "amount": {"type": ["number", "string", "null"]}, "due": TEXT, "note": TEXT,
          "phone": TEXT, "status": TEXT}


def operation(name, body=None):
    found = {"operationId": name, "summary": name, "responses": {"200": {"description": "ok"}}}
    if body is not None:
        schema = {"type": "object", "properties": body}
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


PART = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
DOCUMENT = {
    "openapi": "3.1.0", "info": {"title": "Odd", "version": "1"},
    "paths": {
        "/records": {"post": operation("create_record", {"id": {"type": "string"}, **FIELDS})},
        "/notes": {"post": operation("create_note", {"text": TEXT})},
        "/records/{id}": {"parameters": PART, "get": operation("get_record"), "patch": operation("update_record", FIELDS),
                          "delete": operation("delete_record")},
        "/records/{id}/restore": {"parameters": PART, "post": operation("restore_record")},
        "/records/{id}/replies": {"parameters": PART, "post": operation("reply", {"text": TEXT})},
        "/notes/{id}/close": {"parameters": PART, "post": operation("close_note")},
    },
}

PACK = """
name = "odd"
title = "Odd"
[tool.get_record]
effect = "read"

[tool.update_record]
effect = "update"
record = { type = "record", id = ".id" }
changes = "del(.id)"
read = { tool = "get_record", arguments = "{id: .id}", fields = ".json | del(.id)", missing = "HTTP 404" }
SETTLES
undo = { kind = "exact", tool = "update_record", arguments = "UNDO", summary = "Writes the old values back." }

[tool.create_record]
effect = "create"
changes = "."
undo = { kind = "compensating", tool = "update_record", arguments = '{id: $result.json.id, status: "deleted"}', summary = "Marks it deleted." }

[tool.create_note]
effect = "create"
changes = "."
undo = { kind = "compensating", tool = "close_note", arguments = "{id: $result.json.id}", summary = "Closes the note." }

[tool.close_note]
effect = "update"
record = { type = "note", id = ".id" }
changes = '{state: "closed"}'
undo = { kind = "none", why = "a closed note stays closed" }

[tool.delete_record]
effect = "delete"
record = { type = "record", id = ".id" }
read = { tool = "get_record", arguments = "{id: .id}", fields = ".json | del(.id)", missing = "HTTP 404" }
SETTLES
undo = { kind = "exact", tool = "restore_record", arguments = "{id: .id}", summary = "Restores it." }

[tool.restore_record]
effect = "execute"
record = { type = "record", id = ".id" }
SETTLES
undo = { kind = "none", why = "delete it again" }

[tool.reply]
effect = "send"
record = { type = "record", id = ".id" }
changes = "{reply: .text}"
text = ".text"
read = { tool = "get_record", arguments = "{id: .id}", fields = ".json | del(.id)", missing = "HTTP 404" }
undo = { kind = "none", why = "a sent reply cannot be called back" }
"""
WRITTEN_BACK = ". as $call | {id} + (del(.id) | with_entries(.key as $k | .value = $before[$k]))"
BY_HAND = "{id, name: $before.name, email: $before.email, amount: $before.amount, due: $before.due, note: $before.note, phone: $before.phone}"


def own_form(field, value):
    """The same value as the system keeps it."""
    if value is None or value == "":
        return None
    if field == "email":
        return value.lower()
    if field == "amount":
        return f"{float(value):.2f}"
    if field == "due":
        return f"{value[:10]}T00:00:00+00:00"
    if field == "note":
        return value if value.startswith("<p>") else f"<p>{value}</p>"
    return unicodedata.normalize("NFC", value)


class Odd:
    """`late` is how many readings after a write still show the record as it was; `honest` whether a restore restores, a
    deletion deletes and a write writes; `bodies` is what was written, as it came."""

    def __init__(self):
        self.records, self.bin, self.notes, self.bodies, self.shown = {}, {}, {}, [], {}
        self.late, self.honest, self.next, self.lock = 0, True, 100, threading.Lock()
        odd = self

        class Door(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def go(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else {}
                with odd.lock:
                    status, answer = odd.answer(self.command, self.path.strip("/").split("/"), body)
                data = json.dumps(answer).encode() if answer is not None else b""
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = go

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                """A caller that died does not wait for its answer."""

        self.server = Server(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method, path, body):
        one = path[1] if len(path) > 1 else None
        if method == "GET":
            return self.read(one)
        self.bodies.append((method, "/".join(path), body))
        if path[0] == "notes":
            return self.note(one, body)
        if one is None:
            self.next += 1
            one = body.pop("id", None) or str(self.next)
            self.records[one] = {field: own_form(field, body.get(field)) for field in FIELDS}
            return 201, {"id": one}
        if path[-1] == "restore":
            if self.honest and one in self.bin:
                self.write(one, self.bin.pop(one))
            return 204, None
        if one not in self.records:
            return 404, {"error": "no record"}
        if path[-1] == "replies":
            # A reply reopens what was closed.
            self.write(one, {**self.records[one], "status": "open"})
        elif method == "DELETE" and self.honest:
            self.bin[one] = self.records[one]
            self.write(one, None)
        elif method == "PATCH" and self.honest:
            self.write(one, {**self.records[one], **{field: own_form(field, value) for field, value in body.items()}})
        return 200, {"done": True}

    def note(self, one, body):
        if one is None:
            self.next += 1
            self.notes[str(self.next)] = {"text": body.get("text"), "state": "open"}
            return 201, {"id": str(self.next)}
        self.notes[one]["state"] = "closed"
        return 204, None

    def write(self, one, record):
        if self.late:
            self.shown[one] = [self.records.get(one)] * self.late
        self.records[one] = record
        if record is None:
            del self.records[one]

    def read(self, one):
        waiting = self.shown.get(one)
        found = waiting.pop() if waiting else self.records.get(one)
        return (404, {"error": "no record"}) if found is None else (200, {"id": one, **found})

    def edit(self, one, **fields):
        """A person's work in the system itself."""
        with self.lock:
            self.records[one].update(fields)

    def add(self, one, **fields):
        with self.lock:
            self.records[one] = {field: own_form(field, fields.get(field)) for field in FIELDS}

    def stop(self):
        self.server.shutdown()


def over(odd, settles_s=0, by_hand=False):
    """A Leeway over it, not started yet."""
    leeway = Leeway({"desk": WORKFLOW}, {}, [])
    (leeway.config / "openapi").mkdir()
    (leeway.config / "openapi" / "odd.json").write_text(json.dumps(DOCUMENT))
    pack = PACK.replace("UNDO", BY_HAND if by_hand else WRITTEN_BACK)
    (leeway.config / "packs" / "odd.toml").write_text(pack.replace("SETTLES", f"settles_within_s = {settles_s}" if settles_s else ""))
    system = f'name = "odd"\ntitle = "Odd"\npack = "odd"\nopenapi = "openapi/odd.json"\nbase_url = "{odd.url}"\nallow_private = true\n'
    leeway.configure({"desk": WORKFLOW}, {"odd": system}, [])
    return leeway


class Desk:
    """An agent, two owners and the odd system."""

    def __init__(self, settles_s=0, by_hand=False):
        self.odd, self.slow = Odd(), settles_s > 0
        self.leeway = over(self.odd, settles_s, by_hand).start().ready("odd")
        self.agent = Api(self.leeway.url, self.leeway.agent("clerk", "desk"))
        self.owner = self.leeway.person("owner@example.com", "owner")
        self.second = self.leeway.person("second@example.com", "owner")

    def act(self, tool, **arguments):
        body = {"tool": f"odd__{tool}", "arguments": arguments, "confidence": 0.9, "idempotency_key": f"k{len(self.odd.bodies)}-{id(arguments)}"}
        action = self.agent.post("/v1/actions", body)
        if action["status"] == "held":
            action = self.owner.approve(action["id"])
        assert action["status"] == "executed", action
        return action

    def plan(self, action, query=""):
        return self.owner.get(f"/v1/actions/{action['id']}/undo{query}")

    def undo(self, action, **choices):
        query = "&".join(f"{key}={','.join(value)}" for key, value in choices.items())
        plan = self.plan(action, f"?{query}")
        return self.owner.post(f"/v1/actions/{action['id']}/undo", {"hash": plan["hash"], "wait_s": 20, **choices})

    def stands(self, action):
        return self.owner.action(action["id"]).get("undo_state")

    def stop(self):
        assert self.leeway.verify()["ok"]
        self.leeway.stop()
        self.odd.stop()
