"""An incident from its declaration to its end: seven steps, each with its evidence, none skipped."""

import itertools
import subprocess
import threading
import urllib.request

import pytest
from harness import BINARY, Api, Refused, wait_until
from shaky_system import Notes, desk, spoil
from test_undo import Office, run_to_its_end

GUARD = '''
[[guardrail]]
id = "no-nowhere"
text = "Nobody lives in Nowhere."
then = "block"
when = { fields = ["city"] }
'''


@pytest.fixture
def office():
    office = Office()
    office.operator = office.leeway.person("operator@example.com", "operator")
    yield office
    assert office.leeway.verify()["ok"]
    office.leeway.stop()


def step(office, number, what, body=None, by=None):
    return (by or office.owner).post(f"/v1/incidents/{number}/{what}", body or {})


def refused(code, call):
    with pytest.raises(Refused) as found:
        call()
    assert found.value.code == code, found.value


def spoiled(office):
    """A few right actions, and then wrong ones."""
    for number in ("c-109", "c-110", "c-111"):
        office.act("add_contact_tag", id=number, tag="fine")
    office.trigger = "nightly run 7"
    wrong = [office.act("update_contact", id=number, fields={"city": "Nowhere"}) for number in ("c-101", "c-102")]
    office.trigger = None
    wrong.append(office.act("update_contact", id="c-103", fields={"city": "Nowhere"}))
    office.meanwhile("update_contact", id="c-102", fields={"city": "Bath"})
    wrong.append(office.act("send_email", to="a@example.com", subject="s", body="b"))
    return wrong


def test_an_incident_is_worked_to_its_end(office):
    wrong = spoiled(office)
    incident = office.owner.post("/v1/incidents", {"workflow": "office", "why": "cities are made up", "example": wrong[0]["id"]})
    number = incident["number"]
    assert incident["status"] == "contained" and incident["commander"] == "owner@example.com"
    kinds = {entry["seq"]: entry["kind"] for entry in office.operator.get("/v1/entries?limit=1000")["entries"]}
    assert kinds[incident["pause"]["seq"]] == "workflow.paused"
    assert office.agent.post("/v1/actions", {"tool": "sandbox__add_contact_tag", "arguments": {"id": "c-101", "tag": "x"},
                                             "confidence": 0.9})["status"] == "held", "nothing is read or starts"
    refused("incident-open", lambda: office.owner.post("/v1/incidents", {"workflow": "office", "why": "again"}))
    refused("incident-open", lambda: office.operator.post("/v1/workflows/office/resume", {"reason": "it will be fine"}))
    for what, body in [("remediated", None), ("review", {"finding": "f", "source_data": "s", "versions": "v"}),
                       ("sample", {}), ("reenable", None)]:
        refused("incident-not-here", lambda: step(office, number, what, body))
    assert step(office, number, "blast-radius", {"selection": {"trigger": "nightly run 7"}})["affected"]["actions"] == 2
    selection = {"tool": "sandbox__update_contact"}
    radius = step(office, number, "blast-radius", {"selection": selection})
    assert radius["affected"] == {"actions": 3, "records": 3, "messages": 0}
    assert {rate["kind"] for rate in radius["versions"]} >= {"rules", "pack", "tool"}
    refused("incident-not-in-command", lambda: step(
        office, number, "scope", {"selection": {"actions": [a["id"] for a in wrong]}, "how": "by tool"}, by=office.second))
    scoped = step(office, number, "scope", {"selection": {"actions": [a["id"] for a in wrong]}, "how": "by tool and time"})
    assert scoped["affected"] == {"actions": 4, "records": 3, "messages": 1}
    refused("incident-evidence-lacking", lambda: step(office, number, "remediated"))
    planned = step(office, number, "undo")
    assert planned["incident"] == number
    done = run_to_its_end(office, planned)
    assert done["counts"] == {"undone": 2, "conflicted": 1, "remediation": 1}
    assert office.record("get_contact", id="c-102", by=office.colleague)["city"] == "Bath"
    refused("incident-evidence-lacking", lambda: step(office, number, "remediated"))
    office.owner.post(f"/v1/actions/{wrong[1]['id']}/undo/settle", {"as": "kept", "why": "Bath is right"})
    assert step(office, number, "remediated")["status"] == "remediated"
    assert step(office, number, "acknowledge")["status"] == "notified"
    refused("incident-evidence-lacking", lambda: step(office, number, "review", {"finding": " ", "source_data": "s", "versions": "v"}))
    found = {"finding": "the prompt lost its examples", "source_data": "clean", "versions": "prompt v7"}
    assert step(office, number, "review", found)["status"] == "reviewed"
    with pytest.raises(Refused) as missing:
        step(office, number, "guard", {"rule": "no-nowhere"})
    assert missing.value.status == 404
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text() + GUARD)
    office.leeway.apply()
    guarded = step(office, number, "guard", {"rule": "no-nowhere"})
    assert guarded["status"] == "guarded"
    evidence = [one for one in guarded["evidence"] if one["step"] == "guard"][0]["details"]
    assert evidence["caught"] is True and evidence["would_hold"] == 3 and evidence["over"] >= 7
    sample = office.owner.get(f"/v1/incidents/{number}/sample")
    assert sample == office.owner.get(f"/v1/incidents/{number}/sample"), "who draws again draws the same"
    assert {action["record"]["id"] for action in sample["actions"]} == {"c-109", "c-110", "c-111"}
    verified = step(office, number, "sample", {"wrong": []})
    assert verified["status"] == "verified"
    refused("incident-evidence-lacking", lambda: step(office, number, "reenable"))
    refused("stale", lambda: step(office, number, "sign", {"as": "business", "content_hash": "0" * 64}))
    refused("not-eligible", lambda: step(office, number, "sign", {"as": "business", "content_hash": verified["content_hash"]}, by=office.operator))
    step(office, number, "sign", {"as": "business", "content_hash": verified["content_hash"]})
    step(office, number, "sign", {"as": "technical", "content_hash": verified["content_hash"]}, by=office.operator)
    again = step(office, number, "reenable")
    assert again["status"] == "reenabled"
    workflow = office.owner.get("/v1/workflows/office")
    assert workflow["paused"] is None and workflow["contained"]["rung"] == "approve-all"
    refused("incident-open", lambda: office.operator.post("/v1/workflows/office/contain", {"rung": None}))
    assert office.operator.post("/v1/contain", {"rung": "none"})["workflows"] == [], "everything is reviewed until it closes"
    held = office.agent.post("/v1/actions", {"tool": "sandbox__add_contact_tag", "arguments": {"id": "c-104", "tag": "y"}, "confidence": 0.9})
    assert held["status"] == "held", "everything is reviewed"
    blocked = office.agent.post("/v1/actions", {"tool": "sandbox__update_contact", "arguments": {"id": "c-104", "fields": {"city": "Nowhere"}}, "confidence": 0.9})
    assert blocked["status"] == "blocked", "the case is caught"
    back = step(office, number, "recurred", {"why": "another made-up city"})
    assert back["status"] == "contained" and back["rounds"] == 1 and back["signatures"] == []
    assert office.owner.get("/v1/workflows/office")["paused"] is not None
    request = urllib.request.Request(f"{office.leeway.url}/v1/incidents/{number}/report")
    request.add_header("Authorization", f"Bearer {office.owner.token}")
    report = urllib.request.urlopen(request).read().decode()
    for told in ("# Incident 1", "cities are made up", "no-nowhere", wrong[0]["id"], "another made-up city"):
        assert told in report.replace("\\", "")
    page = office.leeway.folder / "report.html"
    done = office.leeway.cli("incident", "report", str(number), "--html", "--out", page)
    assert done == {"format": "html", "written": str(page)} and "<script" not in page.read_text()
    for told in ("Post-incident report", "cities are made up", wrong[0]["id"], "Bath is right"):
        assert told in page.read_text()


def test_a_wrong_sample_leads_back_and_command_is_handed_over(office):
    wrong = spoiled(office)
    number = office.owner.post("/v1/incidents", {"workflow": "office", "why": "cities", "example": wrong[0]["id"]})["number"]
    assert step(office, number, "hand-over", {"to": "second@example.com"})["commander"] == "second@example.com"
    refused("incident-not-in-command", lambda: step(office, number, "scope", {"selection": {"actions": [wrong[0]["id"]]}, "how": "x"}))
    second = office.second
    step(office, number, "scope", {"selection": {"actions": [wrong[0]["id"]]}, "how": "the one"}, by=second)
    second.post(f"/v1/actions/{wrong[0]['id']}/undo/settle", {"as": "kept", "why": "harmless"})
    step(office, number, "acknowledge")
    assert step(office, number, "remediated", by=second)["status"] == "notified", "the owner knew already"
    step(office, number, "review", {"finding": "f", "source_data": "s", "versions": "v"}, by=second)
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text() + GUARD)
    office.leeway.apply()
    step(office, number, "guard", {"rule": "no-nowhere"}, by=second)
    drawn = second.get(f"/v1/incidents/{number}/sample")["actions"]
    assert wrong[1]["id"] in [action["id"] for action in drawn]
    refused("not-in-the-sample", lambda: step(office, number, "sample", {"wrong": [wrong[0]["id"]]}, by=second))
    back = step(office, number, "sample", {"wrong": [wrong[1]["id"]]}, by=second)
    assert back["status"] == "contained" and back["rounds"] == 1


def test_a_declaration_cut_off_half_way_is_completed(office):
    """Declared and paused are one append; the rest follows whatever happens."""
    office.owner.post("/v1/incidents", {"workflow": "office", "why": "cut off"})
    office.leeway.kill()
    office.leeway.start().ready("sandbox")
    office.owner.url = office.operator.url = office.leeway.url
    contained = lambda: office.owner.get("/v1/incidents")["incidents"][0]["status"] == "contained"
    wait_until(contained, "step 1 is recorded")


def test_an_example_must_be_of_the_workflow_and_a_reason_is_needed(office):
    refused("incident-evidence-lacking", lambda: office.owner.post("/v1/incidents", {"workflow": "office", "why": " "}))
    refused("not-found", lambda: office.owner.post("/v1/incidents", {"workflow": "nothing", "why": "x"}))
    assert office.owner.get("/v1/workflows/office")["paused"] is None, "nothing is half done"
    auditor = office.leeway.person("auditor@example.com", "auditor")
    refused("forbidden", lambda: auditor.post("/v1/incidents", {"workflow": "office", "why": "x"}))


def test_where_there_is_nothing_else_the_affected_themselves_are_the_sample(office):
    only = office.act("update_contact", id="c-101", fields={"city": "Nowhere"})
    number = office.owner.post("/v1/incidents", {"workflow": "office", "why": "cities"})["number"]
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text() + GUARD)
    office.leeway.apply()
    assert through_the_steps(office, number, only)["status"] == "reenabled"


BREAKER = """
[[breaker]]
on = "reject-rate"
more_than = 0.5
least = 3
"""


def test_a_tripped_breaker_pauses_and_a_person_confirms_or_dismisses(office):
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text() + BREAKER)
    office.leeway.apply()

    def rejected():
        held = office.agent.post("/v1/actions", {"tool": "sandbox__delete_contact", "arguments": {"id": "c-101"}, "confidence": 0.9})
        office.owner.decide(held["id"], "reject", reason="no")

    paused = lambda: office.owner.get("/v1/workflows/office")["paused"]
    for _ in range(3):
        assert paused() is None
        rejected()
    wait_until(paused, "the breaker trips", 30)
    # The owner is told right after the pause, in an entry of its own.
    told = lambda: (one := office.owner.get("/v1/incidents")["incidents"][0])["told"] and one
    suspected = wait_until(told, "the owner is told", 30)
    assert suspected["status"] == "suspected" and suspected["trigger"] == "reject-rate" and "3 of 3" in suspected["why"]
    assert "owner@example.com" in [told["to"] for told in suspected["told"]]
    refused("incident-open", lambda: office.operator.post("/v1/workflows/office/resume", {"reason": "go"}))
    dismissed = step(office, suspected["number"], "dismiss", {"why": "a training run"})
    assert dismissed["status"] == "dismissed"
    office.operator.post("/v1/workflows/office/resume", {"reason": "a training run"})
    for _ in range(3):
        rejected()
    wait_until(paused, "it trips again on what came since", 30)
    again = wait_until(told, "the owner is told again", 30)
    confirmed = step(office, again["number"], "confirm", by=office.second)
    assert confirmed["status"] == "contained" and confirmed["commander"] == "second@example.com"


def test_a_breaker_out_of_bounds_is_told_with_its_place(office):
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text() + BREAKER.replace("0.5", "5"))
    done = subprocess.run([BINARY, "check", office.leeway.config], capture_output=True, text=True)
    assert done.returncode != 0 and "breaker-invalid" in done.stdout + done.stderr


def test_a_drill_shows_that_a_pause_holds_under_load(office):
    stop, number = threading.Event(), itertools.count()

    def load():
        while not stop.is_set():
            tag = f"busy {next(number)}"
            body = {"tool": "sandbox__add_contact_tag", "arguments": {"id": "c-101", "tag": tag}, "confidence": 0.9}
            try:
                office.agent.post("/v1/actions", body)
            except Refused as refused:
                # Judged while the pause came.
                assert refused.code == "workflow-changed", refused

    agents = [threading.Thread(target=load) for _ in range(4)]
    for agent in agents:
        agent.start()
    try:
        wait_until(lambda: office.owner.get("/v1/actions?status=executed&limit=50")["next"], "the agents are busy")
        drilled = office.operator.post("/v1/workflows/office/drill", {"hold_s": 2})["drill"]
    finally:
        stop.set()
        for agent in agents:
            agent.join()
    assert drilled["started"] == 0 and drilled["held_ms"] >= 2000
    print("click to pause entry", drilled["pause_ms"], "ms")
    entries = office.operator.get(f"/v1/entries?stream=workflow/office&limit=1000")["entries"]
    assert [entry["kind"] for entry in entries][-3:] == ["workflow.paused", "workflow.resumed", "workflow.drilled"]
    assert office.owner.get("/v1/workflows/office")["paused"] is None
    refused("forbidden", lambda: office.leeway.person("reviewer@example.com", "reviewer").post("/v1/workflows/office/drill", {}))


def through_the_steps(office, number, wrong):
    """From a paused workflow to one that runs again."""
    settled = office.owner.action(wrong["id"]).get("undo_state")
    step(office, number, "scope", {"selection": {"actions": [wrong["id"]]}, "how": "the one"})
    if not settled:
        office.owner.post(f"/v1/actions/{wrong['id']}/undo/settle", {"as": "kept", "why": "harmless"})
    step(office, number, "acknowledge")
    step(office, number, "remediated")
    step(office, number, "review", {"finding": "f", "source_data": "s", "versions": "v"})
    step(office, number, "guard", {"rule": "no-nowhere", "case": wrong["id"]})
    verified = step(office, number, "sample", {"wrong": []})
    step(office, number, "sign", {"as": "business", "content_hash": verified["content_hash"]})
    step(office, number, "sign", {"as": "technical", "content_hash": verified["content_hash"]}, by=office.operator)
    return step(office, number, "reenable")


def test_what_happens_again_in_the_clean_window_is_the_same_incident(office):
    wrong = spoiled(office)[0]
    number = office.owner.post("/v1/incidents", {"workflow": "office", "why": "cities"})["number"]
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text() + GUARD + BREAKER)
    office.leeway.apply()
    assert through_the_steps(office, number, wrong)["status"] == "reenabled"
    for tag in ("a", "b", "c"):
        held = office.agent.post("/v1/actions", {"tool": "sandbox__add_contact_tag", "arguments": {"id": "c-101", "tag": tag}, "confidence": 0.9})
        office.owner.decide(held["id"], "reject", reason="no")
    state = lambda: office.owner.get(f"/v1/incidents/{number}")
    again = wait_until(lambda: (s := state())["status"] == "contained" and s, "the breaker takes it back", 30)
    assert again["rounds"] == 1 and len(office.owner.get("/v1/incidents")["incidents"]) == 1
    assert office.owner.get("/v1/workflows/office")["paused"]["by"] == "leeway"
    assert through_the_steps(office, number, wrong)["status"] == "reenabled"
    back = step(office, number, "recurred", {"why": "seen by a person"})
    assert back["status"] == "contained" and back["rounds"] == 2


def test_command_is_taken_over_from_somebody_who_cannot_hand_it_over(office):
    office.owner.post("/v1/incidents", {"workflow": "office", "why": "cities"})
    refused("forbidden", lambda: step(office, 1, "take-over", {"why": "I want it"}, by=office.leeway.person("r@example.com", "reviewer")))
    refused("incident-evidence-lacking", lambda: step(office, 1, "take-over", {"why": " "}, by=office.second))
    taken = step(office, 1, "take-over", {"why": "on a plane"}, by=office.second)
    assert taken["commander"] == "second@example.com"
    assert "on a plane" in taken["timeline"][-1]["text"] and "owner@example.com" in taken["timeline"][-1]["text"]
    refused("incident-evidence-lacking", lambda: step(office, 1, "take-over", {"why": "mine"}, by=office.second))


def test_everything_is_held_back_and_stopped_at_once(office):
    reviewer = office.leeway.person("reviewer@example.com", "reviewer")
    everything = lambda rung, by=office.operator: by.post("/v1/contain", {"rung": rung, "reason": "odd"})
    rungs = lambda: {flow["name"]: (flow["contained"] or {}).get("rung") for flow in office.owner.get("/v1/workflows")["workflows"]}
    office.operator.post("/v1/workflows/people/contain", {"rung": "read-only", "reason": "odd"})
    assert everything("risky-off")["workflows"] == ["office"], "what is held back further stays so"
    assert rungs() == {"office": "risky-off", "people": "read-only"}
    assert everything("risky-off")["workflows"] == []
    refused("forbidden", lambda: everything("none", reviewer))
    assert everything("none")["workflows"] == ["office", "people"] and rungs() == {"office": None, "people": None}
    everything("approve-all")
    wrong = office.act("add_contact_tag", id="c-101", tag="x")
    office.owner.post("/v1/incidents", {"workflow": "office", "why": "a tag", "example": wrong["id"]})
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text() + GUARD.replace('"city"', '"tags"'))
    office.leeway.apply()
    assert through_the_steps(office, 1, wrong)["status"] == "reenabled"
    contained = office.owner.get("/v1/workflows/office")["contained"]
    assert (contained["by"], contained["reason"]) == ("person:operator@example.com", "odd"), "what people held back stays theirs"
    assert everything("none")["workflows"] == ["people"]
    assert office.leeway.cli("contain", "stop", "--all", "--reason", "odd")["workflows"] == ["office", "people"]
    assert all(flow["paused"] for flow in office.owner.get("/v1/workflows")["workflows"])
    entries = [entry for entry in office.operator.get("/v1/entries?limit=1000")["entries"] if entry["kind"] == "workflow.paused"]
    assert entries[-2]["seq"] + 1 == entries[-1]["seq"], "one append"


def test_the_command_line_takes_every_step(office):
    wrong = spoiled(office)
    env = {"LEEWAY_TOKEN": office.owner.token}
    cli = lambda what, *more, who=None: office.leeway.cli("incident", what, *more, env={"LEEWAY_TOKEN": who.token} if who else env)
    cli("declare", "office", "--why", "cities are made up", "--example", wrong[0]["id"])
    looked = cli("scope", "1", "--where", "tool=sandbox__update_contact,agent=clerk", "--look")
    assert looked["affected"]["actions"] == 3
    assert cli("scope", "1", "--where", "tool=sandbox__update_contact,agent=clerk", "--how", "by tool")["status"] == "scoped"
    cli("undo", "1", "--yes")
    batch = office.owner.get("/v1/undo-batches")["batches"][0]["id"]
    wait_until(lambda: office.owner.get(f"/v1/undo-batches/{batch}")["status"] == "finished", "the batch is through", 60)
    office.leeway.cli("actions", "settle", wrong[1]["id"], "--kept", "--why", "Bath is right", env=env)
    assert cli("remediated", "1")["status"] == "remediated"
    assert cli("acknowledge", "1")["status"] == "notified"
    assert cli("review", "1", "--finding", "f", "--source-data", "s", "--versions", "v")["status"] == "reviewed"
    path = office.leeway.config / "workflows" / "office.toml"
    path.write_text(path.read_text() + GUARD)
    office.leeway.apply()
    assert cli("guard", "1", "--rule", "no-nowhere")["status"] == "guarded"
    assert cli("sample", "1")["actions"]
    verified = cli("sample", "1", "--judged")
    assert verified["status"] == "verified"
    cli("sign", "1", "--as", "business", "--hash", verified["content_hash"])
    cli("sign", "1", "--as", "technical", "--hash", verified["content_hash"], who=office.operator)
    assert cli("reenable", "1")["status"] == "reenabled"
    assert cli("recurred", "1", "--why", "another one")["rounds"] == 1


MISMATCH = """
[[breaker]]
on = "mismatch"
more_than = 1
"""


def test_values_that_a_system_keeps_another_way_are_told_and_trip_a_breaker():
    notes = Notes(4)
    leeway = desk(notes)
    path = leeway.config / "workflows" / "desk.toml"
    path.write_text(path.read_text() + MISMATCH)
    leeway.start().ready("notes")
    try:
        agent = Api(leeway.url, leeway.agent("clerk", "desk"))
        owner = leeway.person("owner@example.com", "owner")
        notes.twisted = {"2", "3"}
        told = {number: owner.action(spoil(agent, owner, number)) for number in ("1", "2")}
        assert told["1"]["outcome"]["mismatched"] == []
        assert told["2"]["outcome"]["mismatched"] == ["topic", "text"] and "other values" in told["2"]["outcome"]["note"]
        assert owner.get("/v1/incidents")["incidents"] == []
        spoil(agent, owner, "3")
        found = wait_until(lambda: owner.get("/v1/incidents")["incidents"], "the breaker trips", 30)[0]
        assert (found["status"], found["trigger"]) == ("suspected", "mismatch")
        assert owner.get("/v1/workflows/desk")["paused"]
        assert leeway.verify()["ok"]
    finally:
        leeway.stop()
        notes.stop()
