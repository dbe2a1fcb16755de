"""What is told of things that are not there, too long, or somebody else's business."""

import http.client
import json
import urllib.parse

import pytest
from harness import Api, Leeway, Refused
from test_doors import page
from test_protocol import Rpc
from test_sign_in import sign_in

WORKFLOW = 'name = "office"\ntitle = "Office"\nowner = "owner@example.com"\n[grants]\n'


@pytest.fixture
def office():
    leeway = Leeway({"office": WORKFLOW}, {}, []).start()
    yield leeway
    leeway.stop()


def refused(status, code, call, *args):
    with pytest.raises(Refused) as caught:
        call(*args)
    assert (caught.value.status, caught.value.code) == (status, code), caught.value
    return caught.value.body


def call_tool(leeway, token, name, arguments):
    return Rpc(leeway, token, "office", {}).call("tools/call", name=name, arguments=arguments)


def test_an_action_that_is_not_there_is_no_blocked_one(office):
    token = office.agent("clerk", "office")
    for tool in ("leeway_check_action", "leeway_withdraw_action"):
        for unknown in ("act_00000000000000000000000000000000", "nonsense"):
            result = call_tool(office, token, tool, {"action_id": unknown})
            assert result["isError"] and "there is no such action of yours" in result["content"][0]["text"], result
            assert "status" not in result["structuredContent"]


def test_a_call_with_a_malformed_claim_is_recorded_as_refused(office):
    token = office.agent("clerk", "office")
    owner = office.person("owner@example.com", "owner")
    result = call_tool(office, token, "files__read", {"path": "a", "_governance": {"confidence": "very-secret"}})
    assert result["isError"] and result["structuredContent"]["error"]["code"] == "governance-invalid"
    agent = Api(office.url, token)
    body = refused(422, "governance-invalid", agent.post, "/v1/actions", {"tool": "files__read", "arguments": {}, "confidence": 7})
    kept = owner.get("/v1/actions?status=refused")["actions"]
    assert {action["id"] for action in kept} == {result["structuredContent"]["action_id"], body["id"]}
    assert "very-secret" not in json.dumps([owner.action(action["id"]) for action in kept])


def test_texts_have_a_longest_length(office):
    owner = office.person("owner@example.com", "owner")
    body = refused(422, "text-too-long", owner.post, "/v1/workflows/office/pause", {"reason": "x" * 4001})
    assert "`reason` has 4001 characters" in body["error"]["message"]
    owner.post("/v1/workflows/office/pause", {"reason": "x" * 4000})
    refused(422, "text-too-long", owner.post, "/v1/workflows/office/resume", {"reason": "x" * 4001})
    operator = office.person("operator@example.com", "operator")
    refused(422, "agent-name-invalid", operator.post, "/v1/agents", {"name": "\u0441lerk", "workflow": "office"})


def test_the_entries_of_a_stream_come_in_pages_and_the_export_is_whole(office):
    owner = office.person("owner@example.com", "owner")
    for _ in range(4):
        owner.post("/v1/workflows/office/pause", {"reason": ""})
        owner.post("/v1/workflows/office/resume", {"reason": ""})
    seen, start = [], 0
    while start is not None:
        answer = owner.get(f"/v1/entries?stream=workflow/office&limit=4&from={start}")
        assert len(answer["entries"]) <= 4
        seen += [entry["version"] for entry in answer["entries"]]
        start = answer["next"]
    assert seen == list(range(1, 10))
    cookie = sign_in(office, "owner@example.com", "a long enough password")[1]["Set-Cookie"].split(";")[0]
    status, kind, text = page(office, "/timeline/export", cookie=cookie)
    lines = [json.loads(line) for line in text.splitlines()]
    assert (status, kind) == (200, "application/jsonl")
    assert [line["seq"] for line in lines] == list(range(owner.post("/v1/verify", {})["entries"]))


def test_figures_are_for_this_machine_and_for_people(office):
    owner = office.person("owner@example.com", "owner")
    def ask(**headers):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(office.url).netloc, timeout=30)
        connection.request("GET", "/metrics", headers=headers)
        return connection.getresponse().status
    assert ask() == 200
    assert ask(**{"X-Forwarded-For": "203.0.113.7"}) == 401
    assert ask(**{"X-Forwarded-For": "203.0.113.7", "Authorization": f"Bearer {owner.token}"}) == 200
