"""Agent frameworks through the gateway: each one's own loop, over one session, under a scripted model. What a step came to
is what docs/clients.md claims of it; with LEEWAY_WRITE_TABLE=1 the table is written anew."""

import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))

from harness import DEADLINE_S, ROOT, TOOLS, Leeway, node_server, system  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
INSTALLED = TOOLS / "frameworks"
DOCUMENT = ROOT / "docs" / "clients.md"
SURE = {"confidence": 0.95, "reason": "asked for by the office"}
# Nothing is told to anybody, and no model is asked.
QUIET = {
    "DO_NOT_TRACK": "1", "OTEL_SDK_DISABLED": "true", "OPENAI_AGENTS_DISABLE_TRACING": "1", "LANGSMITH_TRACING": "false",
    "CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false", "MASTRA_TELEMETRY_DISABLED": "1",
}

WORKFLOW = """
name = "office"
title = "Office"
owner = "owner@example.com"
[grants]
files__read_text_file = "read"
files__write_file = "update"
files__move_file = "high-impact"
files__create_directory = "blocked"
graph__read_graph = "read"

[[guardrail]]
id = "nothing-is-moved"
text = "Documents stay where they are."
then = "block"
when = { tools = ["files__move_file"] }
"""

# A client's name in the table, its driver, and the packages whose versions are told. The driver's name is that of its pins.
CLIENTS = [
    ("Pydantic AI", "pydantic-ai.py", ["pydantic-ai-slim", "mcp"]),
    ("OpenAI Agents SDK (Python)", "openai-agents.py", ["openai-agents", "mcp"]),
    ("LangChain (Python)", "langchain.py", ["langchain", "langchain-mcp-adapters", "mcp"]),
    ("LlamaIndex", "llama-index.py", ["llama-index-core", "llama-index-tools-mcp", "mcp"]),
    ("CrewAI", "crewai.py", ["crewai", "crewai-tools", "mcp"]),
    ("FastMCP client", "fastmcp.py", ["fastmcp", "mcp"]),
    ("smolagents", "smolagents.py", ["smolagents", "mcpadapt", "mcp"]),
    ("Google ADK", "google-adk.py", ["google-adk", "mcp"]),
    ("Vercel AI SDK", "ai.mjs", ["ai", "@ai-sdk/mcp"]),
    ("LangChain (JavaScript)", "langchain-js.mjs", ["langchain", "@langchain/mcp-adapters"]),
    ("OpenAI Agents SDK (JavaScript)", "openai-agents-js.mjs", ["@openai/agents"]),
    ("Mastra", "mastra.mjs", ["@mastra/core", "@mastra/mcp"]),
]

# What a step came to.
YES, ERROR, NO = "yes", "error", "**no**"


# Between a key and its value: models are shown lines, JSON, or either within other JSON.
IS = r"""[\\"']*: ?[\\"']*"""


def says(*parts):
    """Whether a text has all of these, in the lines of an answer or in its structure."""
    return lambda text: all(re.search(part, text, re.S) for part in parts)


def status(word):
    return f"status{IS}{word}"


WRITTEN = f"result{IS}.*Successfully wrote to"
EDITED = f"as edited by a reviewer|edited_by_reviewer{IS}[Tt]rue"


class Steps:
    """What each step of a client came to, and what was seen of it."""

    def __init__(self):
        self.came_to, self.seen = {}, {}

    def record(self, step, said, holds):
        """The model was told, or the framework ended the run with an error that says it, or neither."""
        told, raised = said.get("saw"), said.get("raised")
        came_to = YES if told and holds(told) else ERROR if raised and holds(raised) else NO
        self.came_to[step], self.seen[step] = came_to, told or raised


class Client:
    """A framework in a process of its own, with one client of it open."""

    def __init__(self, driver, leeway, token):
        name = driver.partition(".")[0]
        installed = INSTALLED / name
        if driver.endswith(".mjs"):
            # Beside the packages, where its imports are looked for.
            place = leeway.folder / "driver"
            place.mkdir()
            for file in (HERE / "drivers" / driver, HERE / "shared" / "driver.mjs"):
                shutil.copy(file, place)
            (place / "node_modules").symlink_to(installed / "node_modules")
            # Some need a newer node than the tests do, and have it among their packages.
            command = [next(installed.glob("node_modules/node-linux-*/bin/node"), "node"), place / driver]
        else:
            command = [installed / "bin" / "python", "-P", HERE / "drivers" / driver]
        answers, written = os.pipe()
        self.errors = leeway.folder / "driver.log"
        env = {**os.environ, **QUIET, "HOME": str(leeway.folder), "PYTHONPATH": str(HERE / "shared"), "ANSWERS_FD": str(written),
               "LEEWAY_AGENT_URL": f"{leeway.url}/mcp/office", "LEEWAY_AGENT_TOKEN": token}
        with open(self.errors, "w") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=errors, stderr=errors, pass_fds=[written],
                                            env=env, text=True, cwd=leeway.folder)
        os.close(written)
        self.answers = queue.Queue()
        threading.Thread(target=self.listen, args=[answers], daemon=True).start()
        assert self.next()["ready"]

    def listen(self, answers):
        with os.fdopen(answers) as lines:
            for line in lines:
                self.answers.put(json.loads(line))
        self.answers.put(None)

    def next(self):
        """The driver's next line."""
        try:
            said = self.answers.get(timeout=DEADLINE_S)
        except queue.Empty:
            said = None
        assert said is not None, f"no answer of the client:\n{self.errors.read_text()[-6000:]}"
        return said

    def call(self, tool, **arguments):
        """Lets the agent call a tool; returns what its model was told."""
        self.process.stdin.write(json.dumps({"tool": tool, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        return self.next()

    def check(self, action_id):
        return self.call("leeway_check_action", action_id=action_id)

    def end(self):
        """Closes its input, which ends it."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def office():
    leeway = Leeway({"office": WORKFLOW}, {}, ["filesystem", "memory"])
    leeway.documents = leeway.folder / "documents"
    leeway.documents.mkdir()
    systems = {
        "files": system("files", "filesystem", node_server("filesystem", leeway.documents)),
        "graph": system("graph", "memory", node_server("memory"), {"MEMORY_FILE_PATH": str(leeway.folder / "graph.jsonl")}),
    }
    leeway.configure({"office": WORKFLOW}, systems, ["filesystem", "memory"])
    leeway.start().ready("files", "graph")
    yield leeway
    leeway.stop()


def again(leeway):
    """Stops the server and starts it at the same address."""
    address = leeway.url.removeprefix("http://")
    leeway.stop()
    leeway.start(listen=address).ready("files", "graph")


def walk(leeway, client, steps):
    """Every step, in turn, with one client that stays open."""
    owner, other = leeway.person("owner@example.com", "owner"), leeway.person("other@example.com", "owner")

    def document(name, text="net 30 days"):
        path = leeway.documents / name
        path.write_text(text)
        return path

    def held(path, step=None):
        """A call that overwrites, and so waits; returns its id, as the model read it."""
        said = client.call("files__write_file", path=str(path), content="net 60 days", governance=SURE)
        if step:
            steps.record(step, said, says(status("pending_approval"), "Nothing has been carried out yet"))
        found = re.search(rf"action_id{IS}(act_\w+)", said.get("saw") or said.get("raised"))
        assert found, said
        return found[1]

    path = document("terms.txt")
    read = client.call("files__read_text_file", path=str(path))
    steps.seen["list"] = read["offered"]
    # One of them makes one line of two.
    names = {name.replace("__", "_") for name in read["offered"]}
    missing = {"files_read_text_file", "files_write_file", "leeway_check_action"} - names
    steps.came_to["list"] = NO if missing or "files_create_directory" in names else YES
    steps.record("read", read, says("net 30 days"))

    action = held(path, "held")
    assert path.read_text() == "net 30 days"
    steps.record("waiting", client.check(action), says(status("pending_approval")))
    assert owner.approve(action)["status"] == "executed"
    assert path.read_text() == "net 60 days"
    steps.record("approved", client.check(action), says(status("executed"), WRITTEN))

    path = document("edited.txt")
    action = held(path)
    owner.decide(action, "edit", arguments={"path": str(path), "content": "net 45 days"})
    assert other.approve(action)["status"] == "executed"
    assert path.read_text() == "net 45 days"
    steps.record("edited", client.check(action), says(status("executed"), "net 45 days", EDITED, WRITTEN))

    path = document("rejected.txt")
    action = held(path)
    owner.decide(action, "reject", reason="wrong record", note="another customer's terms")
    steps.record("rejected", client.check(action), says(status("rejected"), "wrong record"))
    assert path.read_text() == "net 30 days"

    moved = leeway.documents / "moved.txt"
    blocked = client.call("files__move_file", source=str(path), destination=str(moved), governance=SURE)
    steps.record("blocked", blocked, says("nothing was carried out", "Documents stay where they are"))
    assert path.exists() and not moved.exists()

    path = document("later.txt")
    action = held(path)
    again(leeway)
    assert owner.approve(action)["status"] == "executed"
    assert path.read_text() == "net 60 days"
    steps.record("restarted", client.check(action), says(status("executed"), WRITTEN))
    after = client.call("files__read_text_file", path=str(path))
    if steps.came_to["restarted"] == YES:
        steps.record("restarted", after, says("net 60 days"))


def versions(driver, packages):
    """The versions of the pinned packages, as the table tells them."""
    pins = HERE / "pins" / driver.partition(".")[0]
    if driver.endswith(".mjs"):
        pinned = json.loads((pins / "package.json").read_text())["dependencies"]
    else:
        pinned = dict(line.split("==") for line in pins.with_suffix(".txt").read_text().split())
    return ", ".join(f"{package} {pinned[package]}" for package in packages if package in pinned)


COLUMNS = {"list": "lists tools", "read": "a read runs", "held": "a call is held", "waiting": "checked while it waits",
           "approved": "approved, then checked",
           "edited": "edited by the reviewer", "rejected": "rejected", "blocked": "blocked", "restarted": "Leeway restarted"}


def row(name, driver, packages, steps):
    cells = [name, versions(driver, packages), *(steps.came_to[step] for step in COLUMNS)]
    return f"| {' | '.join(cells)} |"


def claimed(name):
    """The row of the table about a client."""
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| {name} |")]
    return rows[0] if rows else None


def write(name, line):
    """Puts a client's row in its place in the table."""
    known = {client: claimed(client) for client, _, _ in CLIENTS}
    known[name] = line
    head = [f"| client | version | {' | '.join(COLUMNS.values())} |", "|---" * (2 + len(COLUMNS)) + "|"]
    table = "\n".join([*head, *(known[client] for client, _, _ in CLIENTS if known[client])])
    text = DOCUMENT.read_text()
    before, _, rest = text.partition("| client | version |")
    after = rest.partition("\n\n")[2]
    DOCUMENT.write_text(f"{before}{table}\n\n{after}")


@pytest.mark.parametrize(("name", "driver", "packages"), CLIENTS, ids=[driver.partition(".")[0] for _, driver, _ in CLIENTS])
def test_a_framework_goes_through_every_step(office, name, driver, packages):
    steps = Steps()
    client = Client(driver, office, office.agent("clerk", "office"))
    try:
        walk(office, client, steps)
    finally:
        client.end()
    print(json.dumps(steps.seen, indent=1))
    line = row(name, driver, packages, steps)
    assert office.verify()["ok"], "the ledger"
    if os.environ.get("LEEWAY_WRITE_TABLE") == "1":
        write(name, line)
    assert line == claimed(name), "what the models saw is printed above"
