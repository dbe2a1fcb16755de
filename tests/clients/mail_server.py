"""A real mail server to send to (MailDev), one that refuses as told, and a stateful receiver of chat
webhooks that keeps what it was sent."""

import http.server
import json
import pathlib
import socketserver
import subprocess
import tempfile
import threading
import urllib.request

from harness import TOOLS, free_port, wait_until

SYSTEMS = TOOLS / "systems"
NODE = next(iter(SYSTEMS.glob("node_modules/node-linux-*/bin/node")), "node")


class MailDev:
    """MailDev: takes every mail and shows it by its own REST API."""

    def __init__(self):
        self.smtp, self.web = free_port(), free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="maildev-"))
        self.process = None
        self.start()

    def start(self):
        program = SYSTEMS / "node_modules" / "maildev" / "dist" / "bin" / "maildev.js"
        self.process = subprocess.Popen(
            [NODE, program, "--ip", "127.0.0.1", "--web-ip", "127.0.0.1", "-s", str(self.smtp), "-w", str(self.web),
             "--mail-directory", self.folder / "mails"],
            stdout=(self.folder / "log").open("a"), stderr=subprocess.STDOUT)
        wait_until(self.alive, "MailDev answers")

    def alive(self):
        try:
            return self.get("/api/healthz") is not None
        except OSError:
            return False

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=10) as answer:
            text = answer.read()
            return json.loads(text) if text[:1] in b"[{t" else text.decode()

    def mails(self, to=None):
        """Every mail, oldest first; only those to one address when told."""
        found = self.get("/api/email")
        mine = [mail for mail in found if to is None or any(one["address"] == to for one in mail["to"])]
        return sorted(mine, key=lambda mail: mail["time"])

    def source(self, mail):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/api/email/{mail['id']}/source", timeout=10) as answer:
            return answer.read().decode()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)


class RefusingMailServer:
    """Speaks just enough SMTP to answer RCPT with the lines it is given, in order, the last for ever."""

    def __init__(self, *answers):
        self.answers, self.asked, self.taken = list(answers), 0, []
        outer = self

        class Session(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                self.say("220 refusing.example ESMTP")
                for raw in self.rfile:
                    verb = raw.decode(errors="replace").strip().upper()
                    if verb.startswith("EHLO") or verb.startswith("HELO"):
                        self.say("250 refusing.example")
                    elif verb.startswith("RCPT"):
                        self.say(outer.next())
                    elif verb.startswith("DATA"):
                        self.say("354 go on")
                        lines = []
                        for line in self.rfile:
                            if line == b".\r\n":
                                break
                            lines.append(line)
                        outer.taken.append(b"".join(lines).decode())
                        self.say("250 taken")
                    elif verb.startswith("QUIT"):
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self.server = Server(("127.0.0.1", 0), Session)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class WebhookReceiver:
    """Keeps every body posted to it, and answers with the status it is told."""

    def __init__(self):
        self.posts, self.status = [], 200
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.status == 200:
                    outer.posts.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/services/T0/B0/secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
