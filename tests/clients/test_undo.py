"""Taking actions back: what people changed since is kept, nothing is undone twice, and what cannot be
taken back is said so."""

import json
import sys

import pytest
from harness import Api, Leeway, Refused, sandbox_business, system, wait_until
from shaky_system import Notes, desk, spoil
from test_faults import SLOW, slow_system

OFFICE = """
name = "{name}"
title = "Office"
owner = "owner@example.com"
confidence_threshold = 0.5
expires_after_s = 3600
send_delay_s = {delay}
[grants]
sandbox__get_contact = "read"
sandbox__get_task = "read"
sandbox__update_contact = "high-impact"
sandbox__add_contact_tag = "update"
sandbox__delete_contact = "high-impact"
sandbox__merge_contacts = "high-impact"
sandbox__create_task = "update"
sandbox__restore_contact = "high-impact"
sandbox__update_account = "high-impact"
sandbox__get_account = "read"
sandbox__send_email = "external"
sandbox__get_outbox = "read"
"""


class Office:
    """The sandbox business, an agent, and a colleague who changes records by other means than the agent's workflow."""

    trigger = None

    def __init__(self, delay=0, without=None, env=None):
        flows = {name: OFFICE.format(name=name, delay=delay) for name in ("office", "people")}
        if without:
            flows["office"] = "".join(line for line in flows["office"].splitlines(True) if not line.startswith(without))
        self.leeway = sandbox_business(flows, env=env)
        self.agent = Api(self.leeway.url, self.leeway.agent("clerk", "office"))
        self.colleague = Api(self.leeway.url, self.leeway.agent("colleague", "people"))
        self.owner = self.leeway.person("owner@example.com", "owner")
        self.second = self.leeway.person("second@example.com", "owner")

    def act(self, tool, by=None, **arguments):
        body = {"tool": f"sandbox__{tool}", "arguments": arguments, "confidence": 0.9, "trigger": self.trigger}
        action = (by or self.agent).post("/v1/actions", body)
        if action["status"] == "held":
            action = self.owner.approve(action["id"])
        assert action["status"] == "executed", action
        return action

    def meanwhile(self, tool, **arguments):
        return self.act(tool, by=self.colleague, **arguments)

    def record(self, tool, **arguments):
        return self.act(tool, **arguments)["result"]["structuredContent"]

    def contact(self, number):
        return self.record("get_contact", id=number)

    def plan(self, action, query=""):
        return self.owner.get(f"/v1/actions/{action['id']}/undo{query}")

    def undo(self, action, person=None, **choices):
        person = person or self.owner
        query = "&".join(f"{key}={','.join(value)}" for key, value in choices.items())
        plan = person.get(f"/v1/actions/{action['id']}/undo?{query}")
        return person.post(f"/v1/actions/{action['id']}/undo", {"hash": plan["hash"], "wait_s": 20, **choices})

    def findings(self, plan):
        return {field["field"]: field["finding"] for field in plan["fields"]}


@pytest.fixture(scope="module")
def office():
    running = Office()
    yield running
    assert running.leeway.verify()["ok"]
    running.leeway.stop()


def test_an_update_is_set_back_once_and_the_undo_can_be_undone(office):
    done = office.act("update_contact", id="c-101", fields={"phone": "+1 555", "city": "Bath"})
    plan = office.plan(done)
    assert plan["next"] == "call" and plan["way"] == "fields"
    assert office.findings(plan) == {"phone": "restore", "city": "restore"}
    undone = office.undo(done)
    assert undone["status"] == "undone", undone
    now = office.contact("c-101")
    assert (now["phone"], now["city"]) == (None, "Bristol")
    undo = office.owner.action(undone["undo"])
    assert [entry["kind"] for entry in undo["entries"]] == ["action.judged", "action.approved", "action.started", "action.finished"]
    assert undo["undoes"] == done["id"] and undo["agent"] == "person:owner@example.com"
    assert "owner@example.com" in undo["audit"]["trigger"]
    assert office.owner.action(done["id"])["undo_state"]["status"] == "undone"
    assert "taken it back" in office.agent.action(done["id"])["message"]
    with pytest.raises(Refused) as refused:
        office.undo(done)
    assert refused.value.code == "already-undone"
    again = office.undo({"id": undone["undo"]})
    assert again["status"] == "undone", again
    assert office.contact("c-101")["phone"] == "+1 555"


def test_what_a_colleague_changed_since_is_kept(office):
    done = office.act("update_contact", id="c-102", fields={"city": "Oxford", "title": "Boss", "notes": "bot"})
    office.meanwhile("update_contact", id="c-102", fields={"title": "Director", "phone": "+44 1"})
    plan = office.plan(done)
    assert office.findings(plan) == {"city": "restore", "title": "changed", "notes": "restore"}
    assert plan["left"] == ["title"]
    half = office.undo(done)
    assert half["status"] == "conflicted" and (half["left"], half["rest_back"]) == (["title"], True)
    now = office.contact("c-102")
    assert (now["city"], now["title"], now["notes"], now["phone"]) == ("London", "Director", "", "+44 1")
    with pytest.raises(Refused) as refused:
        office.undo(done)
    assert refused.value.code == "undo-conflict"
    forced = office.undo(done, overwrite=["title"])
    assert forced["status"] == "planned" and forced["undo_action"]["status"] == "held"
    assert office.contact("c-102")["title"] == "Director"
    with pytest.raises(Refused) as refused:
        office.owner.approve(forced["undo"])
    assert refused.value.code == "already-endorsed"
    office.second.approve(forced["undo"])
    assert office.contact("c-102")["title"] == "Owner"
    assert office.owner.action(done["id"])["undo_state"]["status"] == "undone"


def test_keeping_everything_settles_it(office):
    done = office.act("update_contact", id="c-105", fields={"city": "Kendal"})
    office.meanwhile("update_contact", id="c-105", fields={"city": "Windermere"})
    kept = office.undo(done, keep=["city"])
    assert kept["status"] == "kept" and kept["undo"] is None
    assert office.contact("c-105")["city"] == "Windermere"


def test_a_second_plan_is_needed_when_the_record_changed_after_the_first(office):
    done = office.act("update_contact", id="c-103", fields={"title": "Chef"})
    plan = office.plan(done)
    office.meanwhile("update_contact", id="c-103", fields={"title": "Head chef"})
    with pytest.raises(Refused) as refused:
        office.owner.post(f"/v1/actions/{done['id']}/undo", {"hash": plan["hash"]})
    assert refused.value.code == "stale"
    assert office.contact("c-103")["title"] == "Head chef"


def test_an_undo_that_waits_is_not_carried_out_on_a_record_that_changed(office):
    done = office.act("update_contact", id="c-104", fields={"title": "Bot"})
    office.meanwhile("update_contact", id="c-104", fields={"title": "Person"})
    forced = office.undo(done, overwrite=["title"])
    office.meanwhile("update_contact", id="c-104", fields={"city": "York"})
    office.second.approve(forced["undo"])
    state = office.owner.action(done["id"])["undo_state"]
    assert state["status"] == "conflicted", state
    assert office.contact("c-104")["title"] == "Person"


def test_a_tag_is_taken_out_and_a_colleagues_stays(office):
    done = office.act("add_contact_tag", id="c-106", tag="bot")
    office.meanwhile("add_contact_tag", id="c-106", tag="human")
    assert office.undo(done)["status"] == "undone"
    tags = office.contact("c-106")["tags"]
    assert "human" in tags and "bot" not in tags


def test_what_was_made_is_deleted(office):
    made = office.act("create_task", title="Call Elena", contact_id="c-101")
    assert made["record"]["type"] == "task"
    undone = office.undo(made)
    assert undone["status"] == "undone", undone
    with pytest.raises(AssertionError):
        office.record("get_task", id=made["record"]["id"])


def test_what_somebody_added_to_is_deleted_only_by_two_people_and_needs_no_grant_of_the_agent():
    office = Office(without="sandbox__delete_contact")
    try:
        contact = {"id": "c-900", "name": "Made Up", "email": "made.up@example.com", "city": "Bath"}
        made = office.act("restore_contact", contact=contact)
        office.meanwhile("update_contact", id="c-900", fields={"notes": "called, is real"})
        plan = office.plan(made)
        assert plan["way"] == "unmake" and plan["next"] == "decide" and "notes" in plan["left"]
        with pytest.raises(Refused) as refused:
            office.undo(made)
        assert refused.value.code == "undo-conflict"
        forced = office.undo(made, overwrite=["*"])
        assert forced["undo_action"]["status"] == "held"
        assert office.contact("c-900")["notes"] == "called, is real"
        assert office.second.approve(forced["undo"])["status"] == "executed"
        assert office.owner.action(made["id"])["undo_state"]["status"] == "undone"
        assert office.leeway.verify()["ok"]
    finally:
        office.leeway.stop()


def test_what_was_deleted_comes_back(office):
    before = office.contact("c-107")
    done = office.act("delete_contact", id="c-107")
    undone = office.undo(done)
    assert undone["status"] == "undone", undone
    now = office.contact("c-107")
    assert {**now, "version": 0} == {**before, "version": 0}


def test_what_was_sent_is_handed_to_a_person(office):
    sent = office.act("send_email", to="a@example.com", subject="Hello", body="Hello")
    plan = office.plan(sent)
    assert plan["next"] == "impossible" and "called back" in plan["why"]
    assert office.undo(sent)["status"] == "remediation"
    path = f"/v1/actions/{sent['id']}/undo/settle"
    with pytest.raises(Refused) as refused:
        office.owner.post(path, {"as": "put_right", "why": " "})
    assert refused.value.code == "why-invalid"
    settled = office.owner.post(path, {"as": "put_right", "why": "I called Ann and explained."})
    assert settled["status"] == "put_right" and settled["by"] == "owner@example.com"


def test_a_hidden_value_is_never_written_back(office):
    before = office.record("get_account", id="a-301")
    done = office.act("update_account", id="a-301", fields={"iban": "GB33BUKB20201555555555", "tier": "key"})
    plan = office.plan(done)
    assert office.findings(plan)["iban"] == "unknown"
    assert office.findings(plan)["tier"] == "restore"
    assert office.undo(done)["status"] == "conflicted"
    now = office.record("get_account", id="a-301")
    assert now["tier"] == before["tier"]
    state = json.loads((office.leeway.folder / "state.json").read_text())
    assert "GB33BUKB20201555555555" in json.dumps(state) and "redacted" not in json.dumps(state)


def test_an_undo_runs_while_the_workflow_is_paused(office):
    done = office.act("update_contact", id="c-108", fields={"city": "Hull"})
    office.owner.post("/v1/workflows/office/pause", {"reason": "an incident"})
    try:
        assert office.undo(done)["status"] == "undone"
    finally:
        operator = office.leeway.person("operator@example.com", "operator")
        operator.post("/v1/workflows/office/resume", {"reason": "over"})


def test_agents_and_auditors_undo_nothing(office):
    done = office.act("update_contact", id="c-109", fields={"city": "Hull"})
    auditor = office.leeway.person("auditor@example.com", "auditor")
    plan = auditor.get(f"/v1/actions/{done['id']}/undo")
    for nobody in (office.agent, auditor):
        with pytest.raises(Refused) as refused:
            nobody.post(f"/v1/actions/{done['id']}/undo", {"hash": plan["hash"]})
        assert refused.value.status == 403
    with pytest.raises(Refused) as refused:
        office.agent.get(f"/v1/actions/{done['id']}/undo")
    assert refused.value.status == 403


def test_a_read_has_nothing_to_undo(office):
    read = office.act("get_contact", id="c-101")
    assert office.plan(read)["next"] == "impossible"


def test_the_command_line_shows_and_does_it(office):
    done = office.act("update_contact", id="c-110", fields={"city": "Hull"})
    env = {"LEEWAY_TOKEN": office.owner.token}
    plan = office.leeway.cli("actions", "undo", done["id"], "--plan", env=env)
    assert plan["next"] == "call" and office.contact("c-110")["city"] == "Hull"
    assert office.leeway.cli("actions", "undo", done["id"], "--yes", env=env)["status"] == "undone"
    assert office.contact("c-110")["city"] != "Hull"


def test_a_message_can_be_stopped_in_its_delay():
    office = Office(delay=3600)
    try:
        body = {"tool": "sandbox__send_email", "arguments": {"to": "a@example.com", "subject": "s", "body": "b"}, "confidence": 0.9}
        held = office.agent.post("/v1/actions", body)
        approved = office.owner.approve(held["id"], wait_s=0)
        assert approved["status"] == "approved" and approved["starts_at"] > approved["updated_at"]
        back = office.owner.decide(held["id"], "revoke")
        assert back["status"] == "held" and back["revision"] == 2
        assert "approval-revoked" in [reason["rule"] for reason in back["decision"]["reasons"]]
        assert office.record("get_outbox")["items"] == []
        with pytest.raises(Refused) as refused:
            office.owner.decide(held["id"], "revoke")
        assert refused.value.code == "not-approved"
    finally:
        office.leeway.stop()


def test_a_message_goes_out_once_its_delay_is_over():
    office = Office(delay=1)
    try:
        office.act("send_email", to="a@example.com", subject="s", body="b")
        assert len(office.record("get_outbox")["items"]) == 1
    finally:
        office.leeway.stop()


@pytest.fixture
def fresh():
    office = Office()
    yield office
    assert office.leeway.verify()["ok"]
    office.leeway.stop()


def test_an_undo_that_waits_is_planned_anew_when_the_rules_change_and_never_edited(fresh):
    office = fresh
    done = office.act("update_contact", id="c-102", fields={"title": "Boss"})
    office.meanwhile("update_contact", id="c-102", fields={"title": "Director"})
    forced = office.undo(done, overwrite=["title"])["undo"]
    shown = office.second.action(forced)
    with pytest.raises(Refused) as refused:
        office.second.decide(forced, "edit", arguments={"id": "c-102", "fields": {"title": "Anything"}})
    assert refused.value.code == "undo-as-planned"
    with pytest.raises(Refused) as refused:
        office.second.decide(forced, "ask", question="why?")
    assert refused.value.code == "undo-as-planned"
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text().replace("confidence_threshold = 0.5", "confidence_threshold = 0.0"))
    office.leeway.apply()
    with pytest.raises(Refused) as refused:
        office.second.post(f"/v1/actions/{forced}/approve", {"content_hash": shown["content_hash"]})
    assert refused.value.code == "stale"
    assert office.owner.action(forced)["status"] == "withdrawn"
    assert office.owner.action(done["id"])["undo_state"]["status"] == "conflicted"
    assert office.contact("c-102")["title"] == "Director"
    told = office.agent.action(done["id"])["undo_state"]
    assert told == {"status": "conflicted"}, "an agent learns that much and no more"


def selection(office, **more):
    return office.owner.post("/v1/undo-batches", {"selection": {"agent": "clerk", **more}, "why": "a bad prompt"})


def run_to_its_end(office, planned):
    office.owner.post(f"/v1/undo-batches/{planned['id']}/start", {"hash": planned["hash"]})
    path = f"/v1/undo-batches/{planned['id']}?limit=1000"
    return wait_until(lambda: (b := office.owner.get(path))["status"] == "finished" and b, "the batch is through", 120)


def test_many_are_taken_back_newest_first_and_it_adds_up(fresh):
    office = fresh
    before = {number: office.contact(number) for number in ("c-101", "c-102", "c-105")}
    for city in ("Bath", "Hull", "York"):
        office.act("update_contact", id="c-101", fields={"city": city})
    office.act("update_contact", id="c-102", fields={"city": "Bath", "title": "Boss"})
    office.meanwhile("update_contact", id="c-102", fields={"title": "Director"})
    office.act("add_contact_tag", id="c-105", tag="bot")
    office.act("send_email", to="a@example.com", subject="s", body="b")
    task = office.act("create_task", title="Call", contact_id="c-101")
    office.act("delete_contact", id="c-105")
    planned = selection(office)
    assert planned["total"] == 8
    assert planned["foreseen"] == {"call": 6, "call-in-part": 1, "impossible": 1}
    assert planned["items"][-1]["next"] == "impossible", "what reached outside comes last"
    assert planned["items"][0]["title"].startswith("Delete")
    done = run_to_its_end(office, planned)
    assert sum(done["counts"].values()) == done["total"] == 8
    assert done["counts"] == {"undone": 6, "conflicted": 1, "remediation": 1}
    for number, was in before.items():
        now = office.contact(number)
        title = "Director" if number == "c-102" else was["title"]
        assert {**now, "version": 0} == {**was, "version": 0, "title": title}
    assert task["record"]["id"] not in json.loads((office.leeway.folder / "state.json").read_text()).get("tasks", {})
    again = selection(office)
    assert again["foreseen"] == {"settled": 7, "decide": 1}


def test_a_batch_that_was_interrupted_goes_on(fresh):
    office = fresh
    numbers = [f"c-{n}" for n in range(101, 113)]
    before = {number: office.contact(number)["city"] for number in numbers}
    for number in numbers:
        office.act("update_contact", id=number, fields={"city": "Nowhere"})
    planned = selection(office)
    office.owner.post(f"/v1/undo-batches/{planned['id']}/start", {"hash": planned["hash"]})
    office.leeway.kill()
    office.leeway.start().ready("sandbox")
    for api in (office.owner, office.agent, office.colleague, office.second):
        api.url = office.leeway.url
    path = f"/v1/undo-batches/{planned['id']}?limit=1000"
    done = wait_until(lambda: (b := office.owner.get(path))["status"] == "finished" and b, "the batch is through", 60)
    assert sum(done["counts"].values()) == len(numbers)
    unknown = [a["action"] for a in done["actions"] if a["undo_state"]["status"] not in ("undone", "undo_unknown")]
    assert unknown == []
    for action in done["actions"]:
        if action["undo_state"]["status"] == "undo_unknown":
            settled = lambda: office.owner.action(action["action"])["undo_state"]["status"] != "undo_unknown"
            wait_until(settled, "its record is read back", 90)
    for number in numbers:
        assert office.contact(number)["city"] in (before[number], "Nowhere")
    undone = [a["action"] for a in office.owner.get(path)["actions"] if a["undo_state"]["status"] == "undone"]
    back = [number for number in numbers if office.contact(number)["city"] == before[number]]
    assert len(back) == len(undone)
    starts = [entry for action in done["actions"] if action["undo_state"]["undo"]
              for entry in office.owner.action(action["undo_state"]["undo"])["entries"] if entry["kind"] == "action.started"]
    assert len(starts) <= len(numbers), "nothing is taken back twice"


def test_a_batch_outlives_a_system_that_answers_badly():
    """Reads fail and answers of writes are lost: what was done is found out, nothing is written twice."""
    notes = Notes(12)
    leeway = desk(notes).start().ready("notes")
    try:
        agent = Api(leeway.url, leeway.agent("clerk", "desk"))
        owner = leeway.person("owner@example.com", "owner")
        for number in notes.notes:
            spoil(agent, owner, number)
        notes.notes["5"]["text"] = "mended by a person"
        planned = owner.post("/v1/undo-batches", {"selection": {"agent": "clerk"}, "why": "a bad prompt"})
        assert planned["foreseen"] == {"call": 11, "call-in-part": 1}
        # The 1st is the plan's first look, the 4th its second at the next try, the 7th the look before the start.
        notes.fail(unread={1, 4, 7}, lost={"3", "5", "7", "11"})
        owner.post(f"/v1/undo-batches/{planned['id']}/start", {"hash": planned["hash"]})
        path = f"/v1/undo-batches/{planned['id']}?limit=1000"
        done = wait_until(lambda: (b := owner.get(path))["status"] == "finished" and b, "the batch is through", 120)
        assert done["counts"] == {"undone": 11, "conflicted": 1}, [(a["action"], a["undo_state"]) for a in done["actions"]]
        for number, note in notes.notes.items():
            text = "mended by a person" if number == "5" else f"note {number}"
            assert note == {"text": text, "topic": "none", "remark": None}
        assert sorted(number for number, _ in notes.writes) == sorted(notes.notes), "each was written once"
        assert leeway.verify()["ok"]
    finally:
        leeway.stop()
        notes.stop()


def test_an_undo_whose_outcome_is_unknown_is_not_asked_again():
    notes = Notes(1)
    leeway = desk(notes).start().ready("notes")
    try:
        agent = Api(leeway.url, leeway.agent("clerk", "desk"))
        owner = leeway.person("owner@example.com", "owner")
        action = spoil(agent, owner, "1")
        undo = lambda: owner.post(f"/v1/actions/{action}/undo", {"hash": owner.get(f"/v1/actions/{action}/undo")["hash"], "wait_s": 20})
        notes.dropped = {"1"}
        unknown = undo()
        assert unknown["status"] == "undo_unknown", unknown
        settle = lambda: owner.post(f"/v1/actions/{action}/undo/settle", {"as": "kept", "why": "it may be back"})
        for again in (undo, settle):
            with pytest.raises(Refused) as refused:
                again()
            assert refused.value.code == "undo-unknown"
        planned = owner.post("/v1/undo-batches", {"selection": {"agent": "clerk"}, "why": "once more"})
        assert planned["foreseen"] == {"unusable": 1}
        owner.post(f"/v1/undo-batches/{planned['id']}/start", {"hash": planned["hash"]})
        owner.post(f"/v1/actions/{unknown['undo']}/attest", {"outcome": "failed", "evidence": "the note is still spoiled"})
        wait_until(lambda: owner.get(f"/v1/undo-batches/{planned['id']}")["status"] == "finished", "the batch is through", 60)
        assert owner.action(action)["undo_state"]["status"] == "undo_failed"
        assert undo()["status"] == "undone"
        assert notes.notes["1"]["text"] == "note 1" and len(notes.writes) == 2
        assert leeway.verify()["ok"]
    finally:
        leeway.stop()
        notes.stop()


def test_a_batch_needs_to_be_told_which(office):
    for body, code in [({}, "selection-empty"), ({"agent": "nobody"}, "selection-matches-nothing")]:
        with pytest.raises(Refused) as refused:
            office.owner.post("/v1/undo-batches", {"selection": body})
        assert refused.value.code == code
    with pytest.raises(Refused) as refused:
        office.owner.get("/v1/undo-batches/und_nothing")
    assert refused.value.status == 404


def test_the_command_line_takes_many_back(fresh):
    office = fresh
    for number in ("c-101", "c-102"):
        office.act("update_contact", id=number, fields={"city": "Bath"})
    env = {"LEEWAY_TOKEN": office.owner.token}
    done = office.leeway.cli("actions", "undo", "--where", "agent=clerk,workflow=office", "--yes", env=env)
    assert done["counts"] == {"undone": 2}
    assert office.contact("c-101")["city"] == "Bristol"


def test_a_contained_workflow_is_held_back_and_what_was_approved_is_judged_again(fresh):
    office = fresh
    operator = office.leeway.person("operator@example.com", "operator")
    contain = lambda rung: operator.post("/v1/workflows/office/contain", {"rung": rung, "reason": "odd values"})
    propose = lambda tool, **arguments: office.agent.post(
        "/v1/actions", {"tool": f"sandbox__{tool}", "arguments": arguments, "confidence": 0.9})
    assert propose("update_contact", id="c-101", fields={"phone": "1"})["status"] == "executed"
    contain("approve-all")
    held = propose("add_contact_tag", id="c-102", tag="x")
    assert held["status"] == "held"
    assert "contained-approve-all" in [reason["rule"] for reason in held["decision"]["reasons"]]
    assert propose("get_contact", id="c-101")["status"] == "executed"
    contain("risky-off")
    assert propose("delete_contact", id="c-103")["status"] == "blocked"
    with pytest.raises(Refused) as refused:
        office.owner.approve(held["id"])
    assert refused.value.code == "stale", "what waits is judged again under what holds now"
    assert office.owner.approve(held["id"])["status"] == "executed"
    contain("read-only")
    assert propose("add_contact_tag", id="c-102", tag="y")["status"] == "blocked"
    reviewer = office.leeway.person("reviewer@example.com", "reviewer")
    with pytest.raises(Refused) as refused:
        reviewer.post("/v1/workflows/office/contain", {"rung": None})
    assert refused.value.status == 403
    with pytest.raises(Refused) as refused:
        contain("read-only")
    assert refused.value.code == "contained-already"
    contain(None)
    assert propose("update_contact", id="c-104", fields={"title": None})["status"] in ("executed", "held")
