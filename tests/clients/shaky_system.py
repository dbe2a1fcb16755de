"""A system with an HTTP interface that keeps notes, and fails as it is told to: a stateful stand-in for a
vendor's system on a bad day."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import Leeway

WORKFLOW = """
name = "{name}"
title = "Desk"
owner = "owner@example.com"
confidence_threshold = 0.5
expires_after_s = 3600
[grants]
notes__get_note = "read"
notes__update_note = "{grant}"
"""

DOCUMENT = """
openapi: 3.1.0
info: { title: Notes, version: "1" }
paths:
  /notes/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: get_note, summary: Reads a note. }
    patch:
      operationId: update_note
      summary: Changes fields of a note.
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, properties: { text: { type: string }, topic: { type: string }, remark: { type: string } } } } }
"""
PACK = """
name = "notes"
title = "Notes"

[tool.get_note]
effect = "read"
record = { type = "note", id = ".id" }
read = { tool = "get_note", arguments = "{id: .id}", fields = ".json" }

[tool.update_note]
effect = "update"
record = { type = "note", id = ".id" }
changes = "del(.id)"
read = { tool = "get_note", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "exact", tool = "update_note", arguments = ". as $call | {id: .id} + ($before | with_entries(select(.key as $key | $call | has($key))))", summary = "Writes the old values back." }
"""


class Notes:
    """`unread` are the reads of a note that fail, counted from the last `fail`; `lost` the notes whose next write is done
    and never answered, `dropped` those whose next write is neither done nor answered, `twisted` those that keep only the beginning of texts, whatever they answer."""

    def __init__(self, count):
        self.notes = {str(n): {"text": f"note {n}", "topic": "none", "remark": None} for n in range(1, count + 1)}
        self.reads, self.writes = {}, []
        self.unread, self.lost, self.dropped, self.twisted = set(), set(), set(), set()
        notes = self

        class Door(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                number = self.path.rsplit("/", 1)[1]
                notes.reads[number] = notes.reads.get(number, 0) + 1
                if notes.reads[number] in notes.unread:
                    return self.answer(500, {"error": "try later"})
                self.answer(200, notes.notes[number])

            def do_PATCH(self):
                number = self.path.rsplit("/", 1)[1]
                change = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if number in notes.dropped:
                    notes.dropped.discard(number)
                    return self.connection.close()
                kept = {key: value[:3] for key, value in change.items()} if number in notes.twisted else change
                notes.notes[number].update(kept)
                notes.writes.append((number, change))
                if number in notes.lost:
                    notes.lost.discard(number)
                    return self.connection.close()
                self.answer(200, notes.notes[number])

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                """A caller that died does not wait for its answer."""

        self.server = Server(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def fail(self, unread=(), lost=()):
        """From now on."""
        self.reads, self.writes = {}, []
        self.unread, self.lost = set(unread), set(lost)

    def stop(self):
        self.server.shutdown()


def desk(notes, **grants):
    """A Leeway over the notes, not started yet: a workflow by each name, with its grant of `update_note`."""
    flows = {name: WORKFLOW.format(name=name, grant=grant) for name, grant in (grants or {"desk": "high-impact"}).items()}
    leeway = Leeway(flows, {}, [])
    (leeway.config / "openapi").mkdir()
    (leeway.config / "openapi" / "notes.yaml").write_text(DOCUMENT)
    (leeway.config / "packs" / "notes.toml").write_text(PACK)
    system = (f'name = "notes"\ntitle = "Notes"\npack = "notes"\nopenapi = "openapi/notes.yaml"\n'
              f'base_url = "{notes.url}"\nallow_private = true\n')
    leeway.configure(flows, {"notes": system}, [])
    return leeway


def spoil(agent, owner, number):
    """An agent spoils a note, approved where that is needed; returns the action."""
    call = {"tool": "notes__update_note", "arguments": {"id": number, "text": "spoiled", "topic": "spam"}, "confidence": 0.9}
    action = agent.post("/v1/actions", call)
    action = owner.approve(action["id"]) if action["status"] == "held" else action
    assert action["status"] == "executed", action
    return action["id"]
