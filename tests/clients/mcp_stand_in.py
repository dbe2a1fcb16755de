"""An MCP server over HTTP with sessions, in a few lines, that answers a call as a test tells it: with a result, an
error result, an error of JSON-RPC, or an HTTP status in place of an answer."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class RpcError(Exception):
    def __init__(self, code, message="Internal error"):
        self.code, self.message = code, message


class HttpStatus(Exception):
    def __init__(self, status):
        self.status = status


class ErrorResult(Exception):
    def __init__(self, text, structure=None):
        self.text, self.structure = text, structure


class StandIn:
    """`tools` are definitions by name; `serve(name, arguments)` gives a value or raises one of the above. `called` are
    the calls that arrived; `sessions` how many were begun."""

    def __init__(self, tools, serve):
        self.tools, self.serve, self.called, self.sessions = tools, serve, [], 0
        outer = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.out(405, None)

            do_DELETE = do_GET

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if "id" not in body:
                    return self.out(202, None)
                try:
                    answer = {"result": outer.answer(body["method"], body.get("params") or {})}
                except RpcError as error:
                    answer = {"error": {"code": error.code, "message": error.message}}
                except HttpStatus as status:
                    # Back to the same place, for who follows it.
                    return self.out(status.status, None, {"Location": outer.url} if status.status < 400 else {})
                more = {"Mcp-Session-Id": f"s{outer.sessions}"} if body["method"] == "initialize" else {}
                self.out(200, {"jsonrpc": "2.0", "id": body["id"], **answer}, more)

            def out(self, status, value, more=None):
                data = b"" if value is None else json.dumps(value).encode()
                self.send_response(status)
                for name, text in {"Content-Type": "application/json", "Content-Length": str(len(data)), **(more or {})}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(data)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A caller that is gone does not wait for its answer."""

        self.server = Server(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/mcp"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method, params):
        if method == "initialize":
            self.sessions += 1
            return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "stand-in", "version": "1"}}
        if method == "tools/list":
            return {"tools": [{"name": name, "description": name, "inputSchema": schema} for name, schema in self.tools.items()]}
        if method != "tools/call":
            raise RpcError(-32601, "Method not found")
        name, arguments = params["name"], params.get("arguments") or {}
        self.called.append((name, arguments, time.monotonic()))
        try:
            value, failed, structure = json.dumps(self.serve(name, arguments)), False, None
        except ErrorResult as error:
            value, failed, structure = error.text, True, error.structure
        more = {"structuredContent": structure} if structure else {}
        return {"content": [{"type": "text", "text": value}], "isError": failed, **more}

    def calls(self, name):
        return [arguments for called, arguments, _ in self.called if called == name]

    def stop(self):
        self.server.shutdown()


def schema(*required, **properties):
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
