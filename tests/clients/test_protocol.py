"""The protocol by hand, where no client library goes: tasks, the stateless protocol, secrets."""

import json
import pathlib

import pytest
from harness import Api, wait_until
from test_faults import calls, propose, slow, slow_business, slow_system  # noqa: F401

VERSION = "2026-07-28"
CAPABLE = {"extensions": {"io.modelcontextprotocol/tasks": {}}}


class Rpc:
    """JSON-RPC over the stateless protocol: every request carries all it needs."""

    def __init__(self, leeway, token, workflow, capabilities):
        self.api = Api(leeway.url, token)
        self.path, self.capabilities, self.id = f"/mcp/{workflow}", capabilities, 0

    def call(self, method, **params):
        self.id += 1
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": self.capabilities,
            **params.get("_meta", {}),
        }
        headers = {
            "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION, "Mcp-Method": method,
        }
        name = params.get("name") or params.get("taskId")
        if name:
            headers["Mcp-Name"] = name
        body = {"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}
        answer = self.api.send("POST", self.path, body=body, headers=headers)
        assert "error" not in answer, answer
        return answer["result"]


def test_a_held_call_is_a_task_for_clients_that_know_tasks(slow):
    rpc = Rpc(slow, slow.agent("clerk", "slow"), "slow", CAPABLE)
    owner = slow.person("owner@example.com", "owner")
    task = rpc.call("tools/call", name="slow__append", arguments={"line": "as a task"})
    assert task["resultType"] == "task" and task["status"] == "working", task
    assert calls(slow) == []
    assert rpc.call("tasks/get", taskId=task["taskId"])["status"] == "working"
    owner.approve(task["taskId"])
    done = rpc.call("tasks/get", taskId=task["taskId"])
    assert done["status"] == "completed"
    assert "appended" in json.dumps(done["result"])
    assert calls(slow) == ["as a task"]


def test_a_cancelled_task_never_runs(slow):
    rpc = Rpc(slow, slow.agent("clerk", "slow"), "slow", CAPABLE)
    owner = slow.person("owner@example.com", "owner")
    task = rpc.call("tools/call", name="slow__append", arguments={"line": "cancelled"})
    rpc.call("tasks/cancel", taskId=task["taskId"])
    assert rpc.call("tasks/get", taskId=task["taskId"])["status"] == "cancelled"
    assert owner.action(task["taskId"])["status"] == "withdrawn"
    assert calls(slow) == []


def test_without_tasks_the_answer_is_an_ordinary_result(slow):
    rpc = Rpc(slow, slow.agent("clerk", "slow"), "slow", {})
    result = rpc.call("tools/call", name="slow__append", arguments={"line": "plain"})
    assert result["isError"] is False
    told = result["structuredContent"]
    assert told["status"] == "pending_approval" and told["check_tool"] == "leeway_check_action" and told["expires_at"]
    assert "Nothing has been carried out yet" in result["content"][0]["text"]


def test_meta_carries_what_the_agent_says(slow):
    rpc = Rpc(slow, slow.agent("clerk", "slow"), "slow", {})
    owner = slow.person("owner@example.com", "owner")
    meta = {"io.leeway/governance": {"confidence": 0.9, "reason": "by meta"}}
    result = rpc.call("tools/call", name="slow__append", arguments={"line": "sure"}, _meta=meta)
    assert result["isError"] in (False, None) and calls(slow) == ["sure"]
    action = owner.action(result["_meta"]["io.leeway/action-id"])
    assert action["claim"]["reason"] == "by meta"


def test_a_malformed_claim_is_told_and_nothing_runs(slow):
    rpc = Rpc(slow, slow.agent("clerk", "slow"), "slow", {})
    result = rpc.call("tools/call", name="slow__append", arguments={"line": "x", "_governance": {"confidence": "very"}})
    assert result["isError"] and result["structuredContent"]["error"]["code"] == "governance-invalid"
    assert calls(slow) == []


def test_another_agents_action_does_not_exist(slow):
    held = propose(Api(slow.url, slow.agent("clerk", "slow")), "mine")
    rpc = Rpc(slow, slow.agent("other", "slow"), "slow", {})
    result = rpc.call("tools/call", name="leeway_check_action", arguments={"action_id": held["id"]})
    assert result["isError"] and result["structuredContent"]["error"]["code"] == "not-found"
    result = rpc.call("tools/call", name="leeway_withdraw_action", arguments={"action_id": held["id"]})
    assert result["isError"]


SECRET_PACK = """
name = "slow"
title = "Slow test system"
redact = ["line"]
[tool.append]
effect = "create"
changes = "{line: .line}"
options = ["hold_s"]
undo = { kind = "none", why = "a line in the log stays" }
[tool.look]
effect = "read"
"""


def test_a_secret_runs_as_approved_and_is_nowhere_recorded():
    secret = "hunter2-the-secret"
    leeway = slow_business()
    (leeway.config / "packs" / "slow.toml").write_text(SECRET_PACK)
    leeway.start().ready("slow")
    try:
        held = propose(Api(leeway.url, leeway.agent("clerk", "slow")), secret)
        owner = leeway.person("owner@example.com", "owner")
        shown = owner.action(held["id"])
        assert shown["arguments"]["line"] == "[redacted]"
        assert secret not in json.dumps(shown)
        assert owner.approve(held["id"])["status"] == "executed"
        assert calls(leeway) == [secret], "what runs is what was proposed"
    finally:
        leeway.stop()
    everything = b"".join(p.read_bytes() for p in leeway.data.iterdir() if p.is_file())
    everything += (leeway.folder / "log").read_bytes()
    assert secret.encode() not in everything


def test_credentials_of_systems_are_nowhere_recorded():
    credential = "sk-live-credential-4711"
    leeway = slow_business()
    text = slow_system(leeway) + '[env]\nSLOW_TOKEN = "env:SLOW_TOKEN"\n'
    (leeway.config / "systems" / "slow.toml").write_text(text)
    leeway.start(env={"SLOW_TOKEN": credential}).ready("slow")
    propose(Api(leeway.url, leeway.agent("clerk", "slow")), "x", confidence=0.9)
    leeway.stop()
    everything = b"".join(p.read_bytes() for p in leeway.data.iterdir() if p.is_file())
    assert credential.encode() not in everything + (leeway.folder / "log").read_bytes()


def test_the_interface_describes_itself_whole(slow):
    described = Api(slow.url, None).get("/v1/openapi.json")
    routes = (pathlib.Path(__file__).parents[2] / "crates/leeway/src/rest/mod.rs").read_text()
    paths = {part.split('"')[1] for part in routes.split(".route(")[1:]} | {
        line.strip().strip('",') for line in routes.splitlines() if line.strip().startswith('"/v1/')}
    wanted = {p for p in paths if p.startswith("/v1/") and "*" not in p and p != "/v1/openapi.json"}
    assert wanted == set(described["paths"]), wanted ^ set(described["paths"])
