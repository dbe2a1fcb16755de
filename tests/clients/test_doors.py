"""The doors by hand: what is no message, too large, or of somebody else's session."""

import http.client
import json
import select
import socket
import urllib.parse

import pytest
from harness import Leeway, wait_until

WORKFLOW = 'name = "{0}"\ntitle = "{0}"\nowner = "owner@example.com"\n[grants]\n'


@pytest.fixture
def doors():
    leeway = Leeway({name: WORKFLOW.format(name) for name in ("office", "other")}, {}, []).start()
    yield leeway
    leeway.stop()


def send(leeway, token, path, body, method="POST", **headers):
    """Sends a body as it is, in pieces when it is a list; returns status, headers and JSON."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(leeway.url).netloc, timeout=30)
    head = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    if token:
        head["Authorization"] = f"Bearer {token}"
    connection.request(method, path, iter(body) if isinstance(body, list) else body, head, encode_chunked=isinstance(body, list))
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.headers["Content-Type"] == "text/event-stream":
        text = [line.removeprefix(b"data: ") for line in text.splitlines() if line.startswith(b"data: {")][-1]
    elif answer.headers["Content-Type"] != "application/json":
        text = b"null"
    return answer.status, answer.headers, json.loads(text)


def initialize():
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client})


LIST = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})


def test_what_is_no_json_rpc_is_told_so_in_json_rpc(doors):
    token = doors.agent("clerk", "office")
    for body, number, code in [
        ("{", -32700, "body-malformed"), ("", -32700, "body-malformed"),
        ("[1]", -32600, "request-invalid"), ('{"jsonrpc": "1.0"}', -32600, "request-invalid"),
        ("7", -32600, "request-invalid"),
    ]:
        status, headers, answer = send(doors, token, "/mcp/office", body)
        assert (status, headers["Content-Type"]) == (400, "application/json"), (body, answer)
        assert answer["jsonrpc"] == "2.0" and answer["id"] is None
        assert (answer["error"]["code"], answer["error"]["data"]["code"]) == (number, code), body


def test_a_body_that_is_too_large_names_the_limit_however_it_is_sent(doors):
    token = doors.agent("clerk", "office")
    for path in ("/mcp/office", "/v1/actions"):
        for body in (b"x" * 1_100_000, [b"x" * 10_000] * 110):
            status, _, answer = send(doors, token, path, body)
            assert (status, answer["error"]["code"]) == (413, "body-too-large"), path
            assert "1048576" in answer["error"]["message"], answer


def test_whoever_sends_everything_before_it_listens_still_hears_what_is_wrong(doors):
    token = doors.agent("clerk", "office")
    # More than any socket holds: closed on, the connection would be reset.
    large = (b"x" * 12_000_000, [b"x" * 100_000] * 120)
    for path, who, bodies, code in [
        ("/mcp/office", token, large, "body-too-large"), ("/v1/actions", token, large, "body-too-large"),
        ("/mcp/office", "nobody", [b"x" * 1_000_000], "token-invalid"), ("/v1/actions", None, large[1:], "token-missing"),
    ]:
        for body in bodies:
            assert send(doors, who, path, body)[2]["error"]["code"] == code, path


def test_a_body_without_end_is_not_read_for_ever(doors):
    address = urllib.parse.urlsplit(doors.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as sender:
        sender.sendall(b"POST /v1/actions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n")
        sent, part = 0, b"x" * 1_000_000
        with pytest.raises(OSError):
            while sent < 200_000_000:
                sender.sendall(part)
                sent += len(part)
    assert sent < 100_000_000, "it was closed on"


def test_a_session_is_used_by_the_agent_that_opened_it_only(doors):
    mine, others = doors.agent("clerk", "office"), doors.agent("stranger", "office")
    status, headers, _ = send(doors, mine, "/mcp/office", initialize())
    session = {"Mcp-Session-Id": headers["Mcp-Session-Id"]}
    assert status == 200
    assert send(doors, mine, "/mcp/office", LIST, **session)[0] == 200
    for method, body in (("POST", LIST), ("GET", None), ("DELETE", None)):
        status, _, answer = send(doors, others, "/mcp/office", body, method, **session)
        assert (status, answer["error"]["data"]["code"]) == (404, "session-unknown")
    assert send(doors, mine, "/mcp/office", LIST, **session)[0] == 200
    assert send(doors, mine, "/mcp/office", None, "DELETE", **session)[0] == 204
    assert send(doors, mine, "/mcp/office", LIST, **session)[0] == 404


def test_a_session_outlives_a_restart_and_stays_its_agent_s(doors):
    mine, others = doors.agent("clerk", "office"), doors.agent("stranger", "office")
    _, headers, _ = send(doors, mine, "/mcp/office", initialize())
    session = {"Mcp-Session-Id": headers["Mcp-Session-Id"]}
    doors.kill()
    doors.start()
    status, _, answer = send(doors, mine, "/mcp/office", LIST, **session)
    assert status == 200 and answer["result"]["tools"], answer
    assert send(doors, others, "/mcp/office", LIST, **session)[0] == 404
    assert send(doors, "nobody", "/mcp/office", LIST, **session)[0] == 401
    for odd in ("a b", "x" * 200):
        status, _, answer = send(doors, mine, "/mcp/office", LIST, **{"Mcp-Session-Id": odd})
        assert (status, answer["error"]["data"]["code"]) == (404, "session-unknown"), odd


def test_what_a_client_says_of_itself_at_the_start_is_bounded_and_so_are_its_sessions(doors):
    token, others = doors.agent("clerk", "office"), doors.agent("stranger", "office")
    large = initialize().replace('"name": "t"', f'"name": "{"x" * 40_000}"')
    status, _, answer = send(doors, token, "/mcp/office", large)
    assert (status, answer["error"]["data"]["code"]) == (400, "client-too-large")
    begun = [send(doors, who, "/mcp/office", initialize())[1]["Mcp-Session-Id"] for who in (others, *[token] * 101)]
    # The one that was not used for longest ended for the last; its client goes on all the same.
    for session, who in ((begun[0], others), (begun[1], token), (begun[-1], token)):
        assert send(doors, who, "/mcp/office", LIST, **{"Mcp-Session-Id": session})[0] == 200


def test_a_session_means_nothing_in_the_protocol_without_them(doors):
    token = doors.agent("clerk", "office")
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}})
    head = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list", "Mcp-Session-Id": "no such session"}
    status, _, answer = send(doors, token, "/mcp/office", body, **head)
    assert status == 200 and answer["result"]["tools"], answer


def test_pages_of_configured_origins_alone_may_use_the_door(doors):
    (doors.config / "leeway.toml").write_text('name = "Test"\norigins = ["https://app.example.com"]\n')
    doors.stop()
    doors.start()
    token = doors.agent("clerk", "office")
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version"}
    status, headers, _ = send(doors, None, "/mcp/office", None, "OPTIONS", Origin="https://app.example.com", **asked)
    assert status in (200, 204) and headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "mcp-protocol-version" in headers["Access-Control-Allow-Headers"].lower()
    assert headers["Access-Control-Allow-Credentials"] is None
    status, headers, _ = send(doors, token, "/mcp/office", initialize(), Origin="https://app.example.com")
    assert status == 200 and headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "mcp-session-id" in headers["Access-Control-Expose-Headers"].lower()
    for origin in ("https://app.example.com:444", "https://evil.example.com"):
        status, headers, _ = send(doors, None, "/mcp/office", None, "OPTIONS", Origin=origin, **asked)
        assert status == 403 and headers["Access-Control-Allow-Origin"] is None, origin


def test_bodies_that_do_not_arrive_keep_nobody_else_out(doors):
    doors.stop()
    # Room for a hundred connections, and three times as many that wait.
    doors.start(files=400)
    token = doors.agent("clerk", "office")
    host, port = urllib.parse.urlsplit(doors.url).netloc.split(":")
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nemail=a"
    waiting = []
    for n in range(300):
        one = socket.create_connection((host, int(port)), timeout=30)
        one.sendall(head)
        waiting.append(one)
        if n % 50 == 49:
            assert send(doors, None, "/healthz", None, "GET")[0] == 200, n
            assert send(doors, token, "/mcp/office", initialize())[0] == 200, n
    ended = select.select(waiting, [], [], 5)[0]
    assert len(ended) >= 200, "those that waited longest were ended"
    assert set(ended) <= set(waiting[:-50]), "and not the latest"
    for one in waiting:
        one.close()


def test_a_connection_that_does_not_say_what_it_wants_is_closed(doors):
    host, port = urllib.parse.urlsplit(doors.url).netloc.split(":")
    silent, slow = (socket.create_connection((host, int(port)), timeout=30) for _ in range(2))
    slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    for connection in (silent, slow):
        while connection.recv(1_000):
            pass
        connection.close()
    assert send(doors, None, "/healthz", None, "GET")[0] == 200


def test_a_system_that_never_answers_is_down_and_says_why(doors):
    mute = 'name = "mute"\ntitle = "Mute"\npack = "filesystem"\ncommand = "sleep"\nargs = ["600"]\ntimeout_s = 1\n'
    doors.configure({}, {"mute": mute}, ["filesystem"])
    doors.cli("apply", str(doors.config))
    auditor = doors.person("auditor@example.com", "auditor")
    down = lambda: [s for s in auditor.get("/v1/systems")["systems"] if s["health"] == "down"]
    assert "did not answer within 1 s" in wait_until(down, "the mute system is given up")[0]["why"]


def page(leeway, path, method="GET", body=None, cookie=None):
    """What a browser gets: the status, the kind of content and the text."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(leeway.url).netloc, timeout=30)
    head = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie or ""}
    connection.request(method, path, body, head)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["Content-Type"], text


def test_mistakes_of_forms_queries_and_methods_are_pages_for_browsers_and_json_for_programs(doors):
    for path, method, body, status, code in [
        ("/sign-in", "POST", "email=x", 422, "form-invalid"),
        ("/sign-in?next=a&next=b", "GET", None, 400, "query-invalid"),
        ("/sign-in", "DELETE", None, 405, "method-not-allowed"),
        ("/v1/actions", "PATCH", None, 405, "method-not-allowed"),
        ("/nothing", "GET", None, 404, "not-found"),
    ]:
        found = page(doors, path, method, body)
        assert found[:2] == (status, "text/html; charset=utf-8"), found
        assert code in found[2], found
    status, headers, answer = send(doors, None, "/v1/actions", None, "PATCH")
    assert (status, answer["error"]["code"]) == (405, "method-not-allowed")
    assert "POST" in headers["Allow"]
