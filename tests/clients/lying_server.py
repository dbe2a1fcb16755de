"""An HTTP server that keeps none of its promises, each in its own way, and remembers what it was asked."""

import http.server
import json
import socket
import threading
import time


class Lies(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status=200, body=b"{}", kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def go(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        what = self.path.split("?")[0].strip("/")
        with self.server.lock:
            self.server.asked.append(f"{self.command} {what}")
            times = self.server.asked.count(f"{self.command} {what}")
        getattr(self, what.replace("-", "_"), self.fine)(times)

    do_GET = do_POST = go

    def fine(self, times):
        self.answer(body=json.dumps({"times": times}).encode())

    def html(self, times):
        self.answer(body=b"<html>Sign in to the hotel's network</html>", kind="text/html")

    def invalid(self, times):
        self.answer(body=b'{"half": ')

    def deep(self, times):
        self.answer(body=b'{"a":' * 5000 + b"1" + b"}" * 5000)

    def endless(self, times):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        except OSError:
            self.close_connection = True

    def slow(self, times):
        self.server.held.wait(60)
        self.close_connection = True

    def hangup(self, times):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def error(self, times):
        self.answer(500, b'{"error": "inside"}')

    def refused(self, times):
        self.answer(422, b'{"error": "no such plan"}')

    def conflict(self, times):
        self.answer(409, b'{"error": "changed"}')

    def busy(self, times):
        if times < 3:
            self.answer(503, b"{}", Retry_After="0")
        else:
            self.fine(times)

    def patient(self, times):
        self.answer(503, b"{}", Retry_After="3600")

    def to_metadata(self, times):
        self.answer(302, b"", Location="http://169.254.169.254/latest/meta-data/")

    def to_neighbour(self, times):
        self.answer(302, b"", Location=self.server.neighbour)

    def to_itself(self, times):
        self.answer(302, b"", Location="/fine?from=itself")

    def circle(self, times):
        self.answer(302, b"", Location="/circle")

    def moved_write(self, times):
        self.answer(307, b"", Location="/fine")

    def seen_write(self, times):
        self.answer(303, b"", Location="/fine")

    def echo(self, times):
        said = {name.lower(): value for name, value in self.headers.items()}
        self.answer(body=json.dumps({"you_said": said, "path": self.path}).encode(), Set_Cookie="a=b", ETag='"e1"')

    def pages(self, times):
        self.answer(body=json.dumps({"list": [times], "next": "the same place"}).encode())

    def log_message(self, *args):
        pass


def start():
    """The server, and a neighbour on another port that nobody may be led to."""
    servers = []
    for _ in range(2):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lies)
        server.asked, server.lock, server.held = [], threading.Lock(), threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    servers[0].neighbour_server = servers[1]
    servers[0].neighbour = servers[1].url + "/fine"
    return servers[0]


READS = ["fine", "html", "invalid", "deep", "endless", "slow", "hangup", "error", "refused", "busy", "patient",
         "to-metadata", "to-neighbour", "to-itself", "circle", "echo", "pages"]
WRITES = ["fine", "html", "invalid", "slow", "hangup", "error", "refused", "conflict", "busy",
          "moved-write", "seen-write", "echo"]


def document():
    """An OpenAPI document of all of it."""
    paths = {}
    for name in READS:
        paths.setdefault(f"/{name}", {})["get"] = {"operationId": f"read-{name}"}
    for name in WRITES:
        body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}}}
        paths.setdefault(f"/{name}", {})["post"] = {"operationId": f"write-{name}", "requestBody": body}
    paths["/pages"]["get"]["x-leeway-pages"] = {"items": "/list", "argument": "cursor", "next": "/next", "most": 4}
    paths["/pages"]["get"]["parameters"] = [{"name": "cursor", "in": "query", "schema": {"type": "string"}}]
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Lies", "version": "1"}, "paths": paths})


def pack():
    reads = "".join(f'[tool.read-{name}]\neffect = "read"\n' for name in READS)
    writes = "".join(f'[tool.write-{name}]\neffect = "create"\nchanges = "."\nundo = {{ kind = "none", why = "a test" }}\n' for name in WRITES)
    return f'name = "lies"\ntitle = "Lies"\n{reads}{writes}'


def grants():
    return ({f"read-{name}": "read" for name in READS} | {f"write-{name}": "update" for name in WRITES})
