"""The official Python client as an agent, over streamable HTTP, in both protocols."""

import anyio
import httpx2
import pytest
from harness import wait_until
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

SURE = {"confidence": 0.95, "reason": "asked for by the office", "trigger": "a test"}


class Agent:
    """One MCP session of one agent."""

    def __init__(self, leeway, token, mode, workflow="office"):
        self.url, self.token, self.mode = f"{leeway.url}/mcp/{workflow}", token, mode

    async def run(self, work):
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {self.token}"}, timeout=30) as http:
            async with Client(streamable_http_client(self.url, http_client=http), mode=self.mode) as client:
                return await work(client)

    def call(self, tool, arguments):
        return anyio.run(self.run, lambda client: client.call_tool(tool, arguments))

    def tools(self):
        return anyio.run(self.run, lambda client: client.list_tools()).tools


@pytest.fixture(params=["legacy", "auto"])
def agent(request, leeway):
    return Agent(leeway, leeway.agent(f"clerk {request.param}", "office"), request.param)


@pytest.fixture
def owner(leeway):
    return leeway.person("owner@example.com", "owner")


def test_a_read_passes(leeway, agent):
    result = agent.call("files__read_text_file", {"path": str(leeway.documents / "terms.txt")})
    assert not result.is_error
    assert result.content[0].text == "net 30 days"


def test_whoever_looks_sees_every_read_an_agent_was_answered(leeway, agent, owner):
    for _ in range(40):
        result = agent.call("files__read_text_file", {"path": str(leeway.documents / "terms.txt")})
        action = owner.action(result.meta["io.leeway/action-id"])
        assert action["status"] == "executed", "no look comes before the outcome"
        assert action["entries"][-1]["kind"] == "action.finished"


def test_listing_shows_granted_tools_only(agent):
    names = {tool.name for tool in agent.tools()}
    assert {"files__read_text_file", "files__write_file", "leeway_check_action", "leeway_withdraw_action"} <= names
    assert "files__create_directory" not in names
    assert not any(name.startswith("every__") for name in names - {"every__echo", "every__get-sum"})


def test_a_blocked_tool_is_refused_when_called_anyway(leeway, agent, owner):
    folder = leeway.documents / "new folder"
    result = agent.call("files__create_directory", {"path": str(folder), "_governance": SURE})
    assert result.is_error
    assert result.structured_content["status"] == "blocked"
    assert not folder.exists()
    action = owner.action(result.structured_content["action_id"])
    assert action["status"] == "blocked", action
    assert action["decision"]["reasons"][0]["rule"] == "grant-blocked"


def test_a_low_risk_create_runs_and_is_recorded(leeway, agent, owner):
    path = leeway.documents / "note.txt"
    result = agent.call("files__write_file", {"path": str(path), "content": "hello", "_governance": SURE})
    assert not result.is_error, result
    assert path.read_text() == "hello"
    action = owner.get("/v1/actions?status=executed&level=3")["actions"][0]
    audit = owner.action(action["id"])["audit"]
    assert audit["changes"][0]["new"] == "hello"
    assert audit["changes"][0]["old"] is None
    assert audit["trigger"] == "a test"
    assert audit["reviewer"] is None and audit["note"]["reviewer"]


def test_an_overwrite_waits_is_approved_and_runs_once(leeway, agent, owner):
    path = leeway.documents / "terms.txt"
    arguments = {"path": str(path), "content": "net 60 days", "_governance": SURE}
    held = agent.call("files__write_file", arguments)
    assert not held.is_error
    assert held.structured_content["status"] == "pending_approval"
    assert held.structured_content["check_tool"] == "leeway_check_action"
    assert path.read_text() == "net 30 days"
    again = agent.call("files__write_file", arguments)
    assert again.structured_content["action_id"] == held.structured_content["action_id"], "a retry joins"
    done = owner.approve(held.structured_content["action_id"])
    assert done["status"] == "executed"
    assert path.read_text() == "net 60 days"
    assert [entry["kind"] for entry in done["entries"]].count("action.started") == 1
    told = agent.call("leeway_check_action", {"action_id": held.structured_content["action_id"]})
    assert told.structured_content["status"] == "executed"
    assert told.structured_content["ran"]["arguments"]["content"] == "net 60 days"


def test_a_delete_waits_and_a_rejection_is_told(leeway, agent, owner):
    made = agent.call("graph__create_entities", {
        "entities": [{"name": "Ada", "entityType": "person", "observations": ["likes tea"]}], "_governance": SURE})
    assert not made.is_error, made
    held = agent.call("graph__delete_entities", {"entityNames": ["Ada"], "_governance": SURE})
    action_id = held.structured_content["action_id"]
    assert held.structured_content["status"] == "pending_approval"
    owner.decide(action_id, "reject", reason="wrong record", note="Ada is a customer")
    told = agent.call("leeway_check_action", {"action_id": action_id})
    assert told.structured_content["status"] == "rejected"
    assert "wrong record" in told.structured_content["message"]
    graph = agent.call("graph__read_graph", {})
    assert "Ada" in graph.content[0].text


def test_no_confidence_waits(leeway, agent):
    path = leeway.documents / "unsure.txt"
    held = agent.call("files__write_file", {"path": str(path), "content": "?"})
    assert held.structured_content["status"] == "pending_approval"
    assert not path.exists()


def test_governance_is_not_passed_on(agent):
    result = agent.call("every__echo", {"message": "hi", "_governance": SURE})
    assert not result.is_error, result
    assert "hi" in result.content[0].text


def test_a_withdrawn_action_never_runs(leeway, agent, owner):
    path = leeway.documents / "withdrawn.txt"
    held = agent.call("files__write_file", {"path": str(path), "content": "x"})
    action_id = held.structured_content["action_id"]
    told = agent.call("leeway_withdraw_action", {"action_id": action_id, "reason": "changed my mind"})
    assert told.structured_content["status"] == "withdrawn"
    with pytest.raises(Exception) as refused:
        owner.approve(action_id)
    assert refused.value.code == "not-held"
    assert not path.exists()


def test_arguments_that_do_not_match_are_refused(agent):
    result = agent.call("files__read_text_file", {"path": 7})
    assert result.is_error
    assert result.structured_content["error"]["code"] == "arguments-invalid"
    assert "/path" in result.structured_content["error"]["message"]


def test_a_file_changed_meanwhile_goes_back_to_the_reviewer(leeway, agent, owner):
    path = leeway.documents / "drift.txt"
    path.write_text("one")
    held = agent.call("files__write_file", {"path": str(path), "content": "two", "_governance": SURE})
    action_id = held.structured_content["action_id"]
    path.write_text("changed by a person")
    shown = owner.action(action_id)
    owner.post(f"/v1/actions/{action_id}/approve", {"content_hash": shown["content_hash"]})
    wait_until(lambda: owner.action(action_id)["revision"] == 2, "the drifted action is shown again")
    now = owner.action(action_id)
    assert now["status"] == "held"
    assert now["changes"][0]["old"] == "changed by a person"
    assert path.read_text() == "changed by a person"
    assert owner.approve(action_id)["status"] == "executed"
    assert path.read_text() == "two"
