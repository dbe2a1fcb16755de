"""What a system lists, writes and answers harms itself alone: one odd tool costs itself, an endless line its session,
a hanging system its own calls, a refused credential is said, a replaced one taken up."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from harness import BINARY, Api, Leeway, Refused, wait_until
from mcp_stand_in import StandIn, schema

TEXT = {"type": "string"}
PACK = 'name = "{0}"\ntitle = "{0}"\n'
READ = '[tool."{}"]\neffect = "read"\n'
WORKFLOW = 'name = "desk"\ntitle = "Desk"\nowner = "owner@example.com"\nconfidence_threshold = 0.5\nsend_delay_s = 0\n[grants]\n'


class Odd(StandIn):
    """Lists what a test says, in pages."""

    def __init__(self, pages, serve=lambda name, arguments: {"did": name}):
        super().__init__({}, serve)
        self.pages = pages

    def answer(self, method, params):
        if method != "tools/list":
            return super().answer(method, params)
        place = int(params.get("cursor") or 0)
        more = {"nextCursor": str(place + 1)} if place + 1 < len(self.pages) else {}
        return {"tools": self.pages[place], **more}


def office(systems, tools, packs=None, more=None):
    """A business with these systems (name → file's text), whose tools (system → names) are reads an agent may make."""
    grants = "".join(f'"{system}__{tool}" = "read"\n' for system, names in tools.items() for tool in names)
    flows = {"desk": WORKFLOW + grants, **(more or {})}
    leeway = Leeway(flows, {}, [])
    for system, names in tools.items():
        text = (packs or {}).get(system) or PACK.format(system) + "".join(READ.format(name) for name in names)
        (leeway.config / "packs" / f"{system}.toml").write_text(text)
    leeway.configure(flows, systems, [])
    leeway.start()
    leeway.auditor = leeway.person("auditor@example.com", "auditor")
    leeway.clerk = Api(leeway.url, leeway.agent("clerk", "desk"))
    return leeway


def over_http(name, system):
    return f'name = "{name}"\ntitle = "{name}"\npack = "{name}"\nurl = "{system.url}"\nallow_private = true\ntimeout_s = 5\n'


def state(leeway, name):
    return next(one for one in leeway.auditor.get("/v1/systems")["systems"] if one["name"] == name)


def act(leeway, tool, arguments=None, agent=None):
    return (agent or leeway.clerk).post("/v1/actions", {"tool": tool, "arguments": arguments or {}, "confidence": 0.9})


def rpc(leeway, method, **params):
    """One request of the stateless protocol; returns its result."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    named = {"Mcp-Name": params["name"]} if "name" in params else {}
    request = urllib.request.Request(leeway.url + "/mcp/desk", json.dumps(body).encode(), {
        "Authorization": f"Bearer {leeway.clerk.token}", "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, **named})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["result"]


def listed(leeway):
    """The tools as an agent's client gets them."""
    return {tool["name"]: tool for tool in rpc(leeway, "tools/list")["tools"]}


def call(leeway, tool, arguments):
    return rpc(leeway, "tools/call", name=tool, arguments=arguments)


ODD = {
    "none": {"name": "none", "description": "no schema"},
    "true": {"name": "true", "inputSchema": True},
    "text": {"name": "text", "inputSchema": {"type": "string"}},
    "number": {"name": "number", "inputSchema": {"type": 7}},
    "date": {"name": "date", "inputSchema": {"type": "object", "properties": {"at": {"type": "date"}}}},
    "large": {"name": "large", "description": "x" * 600_000, "inputSchema": {"type": "object"}},
    "twice": {"name": "twice", "inputSchema": {"type": "object"}},
}
GOOD = {
    "plain": {"name": "plain", "inputSchema": schema()},
    "same": {"name": "same", "inputSchema": schema()},
    "open": {"name": "open", "inputSchema": {}},
    "either": {"name": "either", "inputSchema": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": TEXT, "b": TEXT}}},
    "with.dots": {"name": "with.dots", "inputSchema": schema("$filter", **{"$filter": TEXT})},
    "x" * 90: {"name": "x" * 90, "inputSchema": schema()},
}


@pytest.fixture(scope="module")
def odd():
    nameless = [{"inputSchema": {}}, {"name": 7, "inputSchema": {}}, "a text"]
    again = [{**ODD["twice"], "description": "another"}, GOOD["same"]]
    system = Odd([[*ODD.values(), *nameless], [*GOOD.values()], again])
    leeway = office({"odd": over_http("odd", system)}, {"odd": [*ODD, *GOOD]}).ready("odd")
    leeway.system = system
    yield leeway
    leeway.stop()
    system.stop()


def test_one_odd_tool_costs_itself_alone_and_is_named(odd):
    for tool in ("plain", "same", "open"):
        assert act(odd, f"odd__{tool}")["status"] == "executed", tool
    assert act(odd, "odd__either", {"a": "1"})["status"] == "executed"
    seen = state(odd, "odd")
    assert {one["tool"] for one in seen["unusable"]} == set(ODD)
    assert all(one["why"] for one in seen["unusable"])
    assert any(why.startswith("3 of the tools") for why in seen["left_out"]), seen
    for tool in ODD:
        before = len(odd.system.called)
        with pytest.raises(Refused) as refused:
            act(odd, f"odd__{tool}")
        assert refused.value.code == "tool-unusable" and tool in str(refused.value), tool
        assert len(odd.system.called) == before, "nothing was called"
    lines = odd.cli("systems", "list")
    assert lines["systems"][0]["unusable"]


def test_every_model_takes_the_list(odd):
    tools = listed(odd)
    own = {"leeway_check_action", "leeway_answer_question", "leeway_withdraw_action"}
    assert len([name for name in tools if name not in own]) == len(GOOD), sorted(tools)
    plain = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    for name, tool in tools.items():
        assert 0 < len(name) <= 64 and set(name) <= plain, name
        assert tool["inputSchema"]["type"] == "object", name
        for key in tool["inputSchema"]["properties"]:
            assert 0 < len(key) <= 64 and set(key) <= plain, (name, key)
    governance = tools["odd__plain"]["inputSchema"]["properties"]["governance"]
    assert governance["additionalProperties"] is False and len(json.dumps(governance)) < 1000
    for ours in own & set(tools):
        assert tools[ours]["title"] and tools[ours]["annotations"]["destructiveHint"] is False


def test_what_is_shown_under_another_name_is_understood_by_it(odd):
    tools = listed(odd)
    long = next(name for name in tools if name.startswith("odd__xxx"))
    dotted = next(name for name in tools if name.startswith("odd__with"))
    key = next(key for key in tools[dotted]["inputSchema"]["properties"] if key != "governance")
    for name, arguments, sent in ((long, {}, {}), (dotted, {key: "a eq b"}, {"$filter": "a eq b"})):
        result = call(odd, name, {**arguments, "governance": {"confidence": 0.9}})
        assert not result["isError"], result
        assert odd.system.called[-1][1] == sent, name


def test_a_list_without_end_is_left_and_the_rest_of_the_system_works():
    class Endless(Odd):
        def answer(self, method, params):
            if method != "tools/list":
                return super().answer(method, params)
            place = int(params.get("cursor") or 0)
            tools = [{"name": f"t{place * 50 + n}", "inputSchema": schema()} for n in range(50)]
            return {"tools": tools, "nextCursor": str(place + 1)}

    system = Endless([])
    leeway = office({"odd": over_http("odd", system)}, {"odd": ["t0"]}).ready("odd")
    assert act(leeway, "odd__t0")["status"] == "executed"
    assert any("more than the 2000" in why for why in state(leeway, "odd")["left_out"])
    leeway.stop()
    system.stop()


# A stdio server in a few lines: what it does besides is a test's.
PROGRAM = """
import json, sys, time
{before}
for line in sys.stdin:
    m = json.loads(line)
    if "id" not in m: continue
    if m["method"] == "initialize":
        r = {{"protocolVersion": "2025-06-18", "capabilities": {{"tools": {{}}}}, "serverInfo": {{"name": "p", "version": "1"}}}}
    elif m["method"] == "tools/list":
        r = {{"tools": [{{"name": "go", "inputSchema": {{"type": "object"}}}}]}}
    elif m["method"] == "tools/call":
        {call}
        r = {{"content": [{{"type": "text", "text": "done"}}]}}
    else:
        print(json.dumps({{"jsonrpc": "2.0", "id": m["id"], "error": {{"code": -32601, "message": "no"}}}}), flush=True); continue
    print(json.dumps({{"jsonrpc": "2.0", "id": m["id"], "result": r}}), flush=True)
"""


def program(before="", call="pass", timeout_s=30):
    file = pathlib.Path(tempfile.mkdtemp(prefix="leeway-odd-")) / "server.py"
    file.write_text(PROGRAM.format(before=before, call=call))
    return f'name = "odd"\ntitle = "odd"\npack = "odd"\ncommand = "{sys.executable}"\nargs = ["{file}"]\ntimeout_s = {timeout_s}\n'


def memory_mb(leeway):
    status = pathlib.Path(f"/proc/{leeway.process.pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def test_a_line_without_end_is_not_kept():
    noise = "import threading; threading.Thread(target=lambda: [sys.stderr.write('x' * 1000000) for _ in range(600)], daemon=True).start()"
    leeway = office({"odd": program(before=noise)}, {"odd": ["go"]}).ready("odd")
    for _ in range(5):
        assert act(leeway, "odd__go")["status"] == "executed"
    assert memory_mb(leeway) < 400
    leeway.stop()


def test_an_answer_without_end_ends_the_session_and_nothing_else():
    flood = "[sys.stdout.write('x' * 1000000) for _ in range(300)]"
    leeway = office({"odd": program(call=flood)}, {"odd": ["go"]}).ready("odd")
    ended = act(leeway, "odd__go")
    assert ended["status"] != "executed"
    assert memory_mb(leeway) < 600
    leeway.ready("odd")
    leeway.stop()


def test_a_system_that_is_slow_to_start_is_waited_for_and_one_that_dies_says_what_it_wrote():
    leeway = office({"odd": program(before="time.sleep(12)", timeout_s=60)}, {"odd": ["go"]}).ready("odd")
    assert act(leeway, "odd__go")["status"] == "executed"
    leeway.stop()
    dies = "import os; sys.stderr.write('no license for \\x1b[31mthis machine, key ' + os.environ['KEY'] + '\\n'); sys.exit(3)"
    os.environ["LEEWAY_TEST_KEY"] = "s3cr3t-value"
    text = program(before=dies) + '[env]\nKEY = "env:LEEWAY_TEST_KEY"\n'
    leeway = office({"odd": text}, {"odd": ["go"]}, more={"elsewhere": WORKFLOW.replace("desk", "elsewhere")})
    wrote = wait_until(lambda: state(leeway, "odd")["wrote"], "it is heard")
    assert "no license for" in wrote[0] and "\x1b" not in wrote[0] and "s3cr3t-value" not in wrote[0], wrote
    # People read it, and no agent: it may say anything.
    with pytest.raises(Refused) as refused:
        act(leeway, "odd__go")
    assert refused.value.code == "system-down" and "license" not in str(refused.value), refused.value
    stranger = Api(leeway.url, leeway.agent("stranger", "elsewhere"))
    with pytest.raises(Refused) as refused:
        act(leeway, "odd__go", agent=stranger)
    assert refused.value.code == "unknown-tool", refused.value
    leeway.stop()


def test_a_refused_credential_is_said_and_a_replaced_one_taken_up():
    good = ["one"]

    class Door(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            allowed = self.headers["Authorization"] == f"Bearer {good[0]}"
            body = b'{"id": "a"}' if allowed else b'{"error": "expired"}'
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    token = pathlib.Path(tempfile.mkdtemp(prefix="leeway-token-")) / "token"
    token.write_text("Bearer one\n")
    text = (f'name = "odd"\ntitle = "odd"\npack = "odd"\nopenapi = "odd.json"\nbase_url = "http://127.0.0.1:{server.server_port}"\n'
            f'allow_private = true\n[headers]\nAuthorization = "file:{token}"\n')
    document = {"openapi": "3.1.0", "info": {"title": "odd", "version": "1"}, "paths": {"/a": {"get": {"operationId": "go", "responses": {"200": {"description": "it"}}}}}}
    grants = 'odd__go = "read"\n'
    leeway = Leeway({"desk": WORKFLOW + grants}, {"odd": text}, [], files={"odd.json": json.dumps(document)})
    (leeway.config / "packs" / "odd.toml").write_text(PACK.format("odd") + READ.format("go"))
    leeway.start().ready("odd")
    leeway.auditor, leeway.clerk = leeway.person("auditor@example.com", "auditor"), Api(leeway.url, leeway.agent("clerk", "desk"))
    assert act(leeway, "odd__go")["status"] == "executed"
    good[0] = "two"
    assert "401" in json.dumps(act(leeway, "odd__go")["result"])
    down = state(leeway, "odd")
    assert down["health"] == "down" and "not signed in" in down["why"], down
    token.write_text("Bearer two\n")
    assert "401" not in json.dumps(act(leeway, "odd__go")["result"])
    assert state(leeway, "odd")["health"] == "ready"
    leeway.stop()
    server.shutdown()


def test_a_hanging_system_keeps_only_its_own_waiting():
    pack = PACK.format("{0}") + '[tool.put]\neffect = "create"\nchanges = "."\ndetails = ["id"]\nundo = {{ kind = "none", why = "it stays" }}\n'
    hold = threading.Event()
    slow = Odd([[{"name": "put", "inputSchema": schema("id", id=TEXT)}]], lambda name, arguments: hold.wait(60) and {"id": 1})
    quick = Odd([[{"name": "put", "inputSchema": schema("id", id=TEXT)}]])
    grants = 'slow__put = "draft"\nquick__put = "draft"\n'
    leeway = Leeway({"desk": WORKFLOW + grants}, {}, [])
    systems = {name: over_http(name, system).replace("timeout_s = 5", "timeout_s = 60") for name, system in (("slow", slow), ("quick", quick))}
    for name in systems:
        (leeway.config / "packs" / f"{name}.toml").write_text(pack.format(name))
    leeway.configure({"desk": WORKFLOW + grants}, systems, [])
    leeway.start().ready("slow", "quick")
    leeway.auditor, owner = leeway.person("auditor@example.com", "auditor"), leeway.person("owner@example.com", "owner")
    leeway.clerk = Api(leeway.url, leeway.agent("clerk", "desk"))
    held = [act(leeway, "slow__put", {"id": str(n)})["id"] for n in range(40)]
    for one in held:
        owner.decide(one, "approve", wait_s=0)
    wait_until(lambda: state(leeway, "slow")["running"] >= 16, "the slow one is full")
    began = time.monotonic()
    waits = act(leeway, "quick__put", {"id": "q"})["id"]
    assert owner.approve(waits, wait_s=20)["status"] == "executed"
    assert time.monotonic() - began < 20
    wait_until(lambda: state(leeway, "slow")["hanging"] >= 16, "it is said that they hang")
    hold.set()
    wait_until(lambda: all(owner.action(one)["status"] == "executed" for one in held), "all of them ran once they could")
    assert len(slow.calls("put")) == 40
    leeway.stop()
    slow.stop()
    quick.stop()


def test_inner_addresses_are_not_reached_by_an_mcp_system_either():
    leeway = office({"odd": 'name = "odd"\ntitle = "odd"\npack = "odd"\nurl = "http://127.0.0.1:9/mcp"\ntimeout_s = 2\n'}, {"odd": ["go"]})
    why = wait_until(lambda: state(leeway, "odd")["why"], "it says why")
    assert "address-forbidden" in why and "allow_private" in why, why
    told = subprocess.run([BINARY, "check", leeway.config], capture_output=True, text=True)
    assert "address-forbidden" in told.stdout + told.stderr, told
    leeway.stop()


def test_a_schema_that_stands_for_billions_of_parts_costs_only_its_tool():
    defs = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(34)} | {"d34": {"type": "object"}}
    bomb = {"type": "object", "$ref": "#/$defs/d0", "$defs": defs}
    loop = {"type": "object", "properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}}
    odd = Odd([[{"name": "bomb", "inputSchema": bomb}, {"name": "loop", "inputSchema": loop}, {"name": "go", "inputSchema": schema()}]])
    leeway = office({"odd": over_http("odd", odd)}, {"odd": ["bomb", "loop", "go"]})
    leeway.ready("odd")
    unusable = state(leeway, "odd")["unusable"]
    assert [one["tool"] for one in unusable] == ["bomb"] and "parts" in unusable[0]["why"], unusable
    with pytest.raises(Refused) as refused:
        act(leeway, "odd__bomb")
    assert refused.value.code == "tool-unusable"
    deep = {}
    for _ in range(50):
        deep = {"a": deep}
    with pytest.raises(Refused) as refused:
        act(leeway, "odd__loop", deep)
    assert refused.value.code == "arguments-invalid" and "deeper" in str(refused.value)
    assert act(leeway, "odd__loop", {"a": {"a": {}}})["status"] == "executed"
    assert act(leeway, "odd__go")["status"] == "executed"
    leeway.stop()
    odd.stop()
