"""What a system offers besides its tools comes through the gateway: the official Python client as an
agent, in both protocols, and the official everything server as the system."""

import anyio
import httpx2
import mcp.types as types
import pytest
from harness import ROOT, Api, Leeway, Refused, node_server, system, wait_until
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from test_faults import calls, slow  # noqa: F401

WORKFLOW = """
name = "{name}"
title = "Desk"
owner = "owner@example.com"
{relay}
[grants]
every__echo = "read"
every__get-resource-links = "read"
every__trigger-long-running-operation = "read"
every__trigger-elicitation-request = "read"
every__toggle-simulated-logging = "high-impact"
every__toggle-subscriber-updates = "high-impact"
every__gzip-file-as-resource = "high-impact"
"""
RELAY = '[relay]\nevery = ["resources", "prompts", "logging", "questions"]'
ASKS = '\n[tool.trigger-elicitation-request]\neffect = "read"\n'
TEXT = "leeway://every/demo://resource/dynamic/text/1"
DEADLINE_S = 30


@pytest.fixture
def desk():
    """A workflow that relays all of the everything server, and one that relays nothing of it."""
    workflows = {
        "desk": WORKFLOW.format(name="desk", relay=RELAY),
        "bare": WORKFLOW.format(name="bare", relay=""),
    }
    leeway = Leeway(workflows, {"every": system("every", "everything", node_server("everything", "stdio"))}, [])
    pack = (ROOT / "packs" / "everything.toml").read_text() + ASKS
    (leeway.config / "packs" / "everything.toml").write_text(pack)
    leeway.start().ready("every")
    yield leeway
    leeway.stop()


@pytest.fixture(params=["legacy", "auto"])
def mode(request):
    return request.param


class Agent:
    """An agent's client, and what it was told."""

    def __init__(self, leeway, workflow="desk", name="clerk"):
        self.leeway, self.url = leeway, f"{leeway.url}/mcp/{workflow}"
        self.token = leeway.agent(name, workflow)
        self.heard, self.logged = [], []

    async def note(self, message):
        self.heard.append(message)

    async def log(self, params):
        self.logged.append(params)

    def told(self, method):
        return [message for message in self.heard if getattr(message, "method", None) == method]

    def run(self, mode, work, **more):
        async def connected():
            async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {self.token}"}, timeout=60) as http:
                transport = streamable_http_client(self.url, http_client=http)
                options = {"mode": mode, "message_handler": self.note, "logging_callback": self.log, **more}
                async with Client(transport, **options) as client:
                    return await work(client)
        return anyio.run(connected)


async def until(condition, what):
    """Waits for a condition without standing in the client's way."""
    with anyio.move_on_after(DEADLINE_S):
        while not condition():
            await anyio.sleep(0.02)
        return
    raise AssertionError(f"waited {DEADLINE_S} s in vain: {what}")


def recorded(leeway, tool):
    """The actions of a tool, newest first, as an auditor sees them."""
    auditor = leeway.person("auditor@example.com", "auditor")
    actions = auditor.get("/v1/actions?limit=100")["actions"]
    return [action for action in actions if action["tool"] == tool]


async def approved(leeway, client, tool, arguments):
    """Has a call done that waits for a person."""
    held = await client.call_tool(tool, arguments)
    owner = leeway.person("owner@example.com", "owner")
    done = await anyio.to_thread.run_sync(lambda: owner.approve(held.structured_content["action_id"]))
    assert done["status"] == "executed", done
    return done


def test_resources_are_listed_read_and_recorded(desk, mode):
    async def work(client):
        listed = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
        return listed, templates, await client.read_resource(TEXT)

    listed, templates, read = Agent(desk).run(mode, work)
    assert listed and all(str(resource.uri).startswith("leeway://every/") for resource in listed)
    assert "leeway://every/demo://resource/dynamic/text/{resourceId}" in {t.uri_template for t in templates}
    assert str(read.contents[0].uri) == TEXT and "Resource 1" in read.contents[0].text
    (action,) = recorded(desk, "every__resources/read")
    assert action["level"] == 1 and action["status"] == "executed" and action["agent"] == "clerk"
    whole = desk.person("auditor@example.com", "auditor").action(action["id"])
    assert whole["arguments"] == {"uri": "demo://resource/dynamic/text/1"}
    assert "Resource 1" in whole["result"]["contents"][0]["text"]


def test_links_in_answers_can_be_followed(desk, mode):
    async def work(client):
        links = await client.call_tool("every__get-resource-links", {"count": 2})
        uri = next(str(block.uri) for block in links.content if block.type == "resource_link")
        return uri, await client.read_resource(uri)

    uri, read = Agent(desk).run(mode, work)
    assert uri.startswith("leeway://every/") and read.contents


def test_prompts_are_listed_got_completed_and_recorded(desk, mode):
    async def work(client):
        names = {prompt.name for prompt in (await client.list_prompts()).prompts}
        got = await client.get_prompt("every__args-prompt", {"city": "Graz"})
        reference = types.PromptReference(type="ref/prompt", name="every__completable-prompt")
        argument = {"name": "name", "value": ""}
        completed = await client.complete(reference, argument, {"department": "Sales"})
        return names, got, completed

    names, got, completed = Agent(desk).run(mode, work)
    assert {"every__simple-prompt", "every__args-prompt", "every__completable-prompt"} <= names
    assert "Graz" in got.messages[0].content.text
    assert completed.completion.values == ["David", "Eve", "Frank"]
    assert recorded(desk, "every__prompts/get")[0]["status"] == "executed"
    assert recorded(desk, "every__completion/prompt")[0]["level"] == 1


def test_nothing_is_there_that_is_not_relayed(desk, mode):
    agent = Agent(desk, "bare")

    async def work(client):
        capabilities = client.server_capabilities
        assert capabilities.tools and not (capabilities.resources or capabilities.prompts or capabilities.logging)
        for refused in (client.list_resources, client.list_prompts):
            with pytest.raises(MCPError) as error:
                await refused()
            assert error.value.code == types.METHOD_NOT_FOUND
        with pytest.raises(MCPError):
            await client.read_resource(TEXT)

    agent.run(mode, work)
    assert recorded(desk, "every__resources/read") == [], "what does not exist is not read"
    proposal = {"tool": "every__resources/read", "arguments": {"uri": "demo://resource/dynamic/text/1"}}
    blocked = Api(desk.url, agent.token).post("/v1/actions", proposal)
    assert blocked["status"] == "blocked", "nor by the other door"


def test_an_unknown_resource_is_the_systems_own_error(desk, mode):
    async def work(client):
        for uri in ("leeway://every/demo://no-such-thing", "leeway://other/demo://x", "demo://resource/dynamic/text/1"):
            with pytest.raises(MCPError) as error:
                await client.read_resource(uri)
            assert error.value.code in (types.INVALID_PARAMS, -32002), error.value

    Agent(desk).run(mode, work)


def test_progress_reaches_the_agent_before_the_answer(desk, mode):
    seen = []

    async def progress(done, total, message):
        seen.append((done, total))

    async def work(client):
        arguments = {"duration": 0.3, "steps": 3}
        result = await client.call_tool("every__trigger-long-running-operation", arguments, progress_callback=progress)
        return result, list(seen)

    result, at_the_answer = Agent(desk).run(mode, work)
    assert "completed" in result.content[0].text
    assert at_the_answer == [(1, 3), (2, 3), (3, 3)]


def test_a_cancelled_read_ends_and_is_recorded_as_such(desk, mode):
    tool = "every__trigger-long-running-operation"

    async def work(client):
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, tool, {"duration": 600, "steps": 1})
            await until(lambda: any(a["status"] == "executing" for a in recorded(desk, tool)), "the call runs")
            group.cancel_scope.cancel()
        # The session goes on.
        return await client.call_tool("every__echo", {"message": "still here"})

    assert "still here" in Agent(desk).run(mode, work).content[0].text
    (action,) = wait_until(
        lambda: [a for a in recorded(desk, tool) if a["status"] != "executing"], "the cancelled call ends")
    assert action["status"] == "failed"
    whole = desk.person("auditor@example.com", "auditor").action(action["id"])
    assert "cancelled while it ran" in whole["outcome"]["note"]


def append(client, line, hold_s):
    sure = {"confidence": 0.95, "reason": "a test"}
    return client.call_tool("slow__append", {"line": line, "hold_s": hold_s, "_governance": sure})


async def given_up(leeway, client, line, hold_s):
    """Gives a call up once the system has it."""
    async with anyio.create_task_group() as group:
        group.start_soon(append, client, line, hold_s)
        await until(lambda: calls(leeway) == [line], "the call arrived")
        group.cancel_scope.cancel()


def ended_now(leeway):
    return [action for action in recorded(leeway, "slow__append") if action["status"] != "executing"]


def ended(leeway):
    (action,) = wait_until(lambda: ended_now(leeway), "the call ends")
    return action["status"]


def test_a_cancelled_change_may_have_happened_and_says_so(slow):
    async def cancelled(client):
        await given_up(slow, client, "cancelled", 600)
        # That it was given up is told in the session, which stays open for it.
        await until(lambda: ended_now(slow), "the call ends")

    Agent(slow, "slow").run("legacy", cancelled)
    assert ended(slow) == "outcome_unknown"


def test_hanging_up_does_not_cancel_a_change(slow):
    Agent(slow, "slow").run("auto", lambda client: given_up(slow, client, "hung up", 1))
    assert ended(slow) == "executed"


def test_log_messages_reach_sessions_by_their_level(desk):
    loud, quiet, deaf = Agent(desk), Agent(desk, name="quiet"), Agent(desk, "bare", name="deaf")

    async def work(client):
        await client.set_logging_level("debug")
        await approved(desk, client, "every__toggle-simulated-logging", {})
        await until(lambda: loud.logged, "a log message")

    async def listening(client):
        await client.set_logging_level("emergency")
        await anyio.to_thread.run_sync(lambda: loud.run("legacy", work))

    async def without(client):
        await anyio.to_thread.run_sync(lambda: quiet.run("legacy", listening))

    deaf.run("legacy", without)
    assert loud.logged and not deaf.logged
    assert all(message.level == "emergency" for message in quiet.logged)


def make_resource(desk, client):
    arguments = {"name": "made.gz", "data": "data:text/plain,hello", "outputType": "resourceLink"}
    return approved(desk, client, "every__gzip-file-as-resource", arguments)


def test_list_changes_reach_sessions(desk):
    agent = Agent(desk)

    async def work(client):
        await make_resource(desk, client)
        await until(lambda: agent.told("notifications/resources/list_changed"), "the change of the list")
        return {str(resource.uri) for resource in (await client.list_resources()).resources}

    assert any(uri.endswith("made.gz") for uri in agent.run("legacy", work))


def test_list_changes_reach_subscriptions(desk):
    async def work(client):
        async with client.listen(resources_list_changed=True) as subscription:
            async with anyio.create_task_group() as group:
                group.start_soon(make_resource, desk, client)
                with anyio.fail_after(DEADLINE_S):
                    async for event in subscription:
                        return type(event).__name__

    assert "Resources" in Agent(desk).run("auto", work)


def test_a_resource_can_be_followed_in_a_session(desk):
    agent = Agent(desk)

    async def work(client):
        await client.subscribe_resource(TEXT)
        await approved(desk, client, "every__toggle-subscriber-updates", {})
        await until(lambda: agent.told("notifications/resources/updated"), "the resource's change")
        await client.unsubscribe_resource(TEXT)

    agent.run("legacy", work)
    assert str(agent.told("notifications/resources/updated")[0].params.uri) == TEXT


def test_a_resource_can_be_followed_by_a_subscription(desk):
    async def work(client):
        async with client.listen(resource_subscriptions=[TEXT]) as subscription:
            async with anyio.create_task_group() as group:
                group.start_soon(approved, desk, client, "every__toggle-subscriber-updates", {})
                with anyio.fail_after(DEADLINE_S):
                    async for event in subscription:
                        return str(event.uri)

    assert Agent(desk).run("auto", work) == TEXT


def test_a_systems_question_reaches_the_agent_that_called(desk):
    asked = []

    async def answer(context, params):
        asked.append(params.message)
        return types.ElicitResult(action="accept", content={"name": "Ada", "check": True})

    async def work(client):
        return await client.call_tool("every__trigger-elicitation-request", {})

    result = Agent(desk).run("legacy", work, elicitation_callback=answer)
    assert len(asked) == 1 and "Ada" in str(result.content)


def test_a_question_nobody_can_answer_is_declined(desk, mode):
    async def work(client):
        return await client.call_tool("every__trigger-elicitation-request", {})

    declined = Agent(desk).run(mode, work)
    assert "declined" in str(declined.content).lower(), declined
    bare = Agent(desk, "bare", name="bare")
    asked = []

    async def answer(context, params):
        asked.append(params)
        return types.ElicitResult(action="accept", content={})

    result = bare.run("legacy", work, elicitation_callback=answer)
    assert not asked and "declined" in str(result.content).lower(), "questions are not relayed to this workflow"


def test_a_foreign_name_is_kept_from_the_door(desk):
    agent = Agent(desk)
    for headers in ({"Host": "evil.example.com"}, {"Origin": "http://evil.example.com"}):
        with pytest.raises(Refused) as refused:
            Api(desk.url, agent.token).send("POST", "/mcp/desk", body={}, headers=headers)
        assert refused.value.status == 403 and refused.value.code == "host-not-allowed"
