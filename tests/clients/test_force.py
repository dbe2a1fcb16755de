"""What is in the ledger is in force: whoever hangs up between the entry and its answer, and whatever was judged by
what was in force before."""

import json
import threading
import time

import pytest
from harness import Api, Crash, Refused, begin, sandbox_business, wait_until
from shaky_system import PACK, Notes, desk

WORKFLOW = """
name = "desk"
title = "Desk"
[grants]
sandbox__get_contact = "read"
sandbox__add_contact_tag = "update"
"""
# An append that somebody waits for passes these points: before it is queued, before its commit, after that.
BEFORE_COMMIT = 2


def opened():
    leeway = sandbox_business({"desk": WORKFLOW})
    leeway.stop()
    leeway.crash = Crash(leeway.folder)
    leeway.start(env=leeway.crash.env).ready("sandbox")
    leeway.ann = leeway.person("ann@example.com", "owner")
    leeway.bob = leeway.person("bob@example.com", "owner")
    leeway.clerk = Api(leeway.url, leeway.agent("clerk", "desk"))
    return leeway


@pytest.fixture(scope="module")
def office():
    leeway = opened()
    yield leeway
    leeway.stop()


@pytest.fixture
def own_office():
    """For what may still be on its way when its test is over."""
    leeway = opened()
    yield leeway
    leeway.stop()


def tag(office, n):
    body = {"tool": "sandbox__add_contact_tag", "arguments": {"id": "c-101", "tag": f"t{n}"}, "confidence": 0.95}
    return office.clerk.post("/v1/actions", body)


def kinds(office, stream="workflow/desk"):
    return [entry["kind"] for entry in entries(office, stream)]


def served(office):
    """The server has taken notice of everything that its connections brought before: it answers others."""
    for _ in range(5):
        with pytest.raises(Refused):
            Api(office.url, "none").post("/v1/actions", {})


def hung_up(office, api, method, path, body):
    """Sends a request, and hangs up when its entries are about to be committed."""
    office.crash.hold(BEFORE_COMMIT)
    connection = begin(api, method, path, body)
    wait_until(office.crash.held.exists, "the commit")
    connection.close()
    served(office)
    office.crash.go()


def resume(office):
    office.ann.post("/v1/workflows/desk/resume", {})


def test_a_pause_holds_though_its_caller_hung_up_before_the_commit(office):
    assert tag(office, "before")["status"] == "executed"
    before = len(kinds(office))
    hung_up(office, office.bob, "POST", "/v1/workflows/desk/pause", {"reason": "stop"})
    wait_until(lambda: len(kinds(office)) > before, "the pause's entry")
    assert office.ann.get("/v1/workflows/desk")["paused"] is not None
    assert tag(office, "paused")["status"] == "held"
    resume(office)


def entries(office, stream):
    return office.ann.get(f"/v1/entries?stream={stream}&limit=1000")["entries"]


def test_a_pause_holds_at_whatever_moment_its_caller_hangs_up(own_office):
    office = own_office
    came = 0
    for n in range(40):
        connection = begin(office.bob, "POST", "/v1/workflows/desk/pause", {"reason": f"round {n}"})
        time.sleep(n % 20 / 2_000)
        connection.close()
        served(office)
        # A request that was not read whole when its caller was gone comes to nothing.
        if entries(office, "workflow/desk")[-1]["kind"] == "workflow.paused":
            came += 1
            assert office.ann.get("/v1/workflows/desk")["paused"] is not None, n
            assert tag(office, f"round-{n}")["status"] == "held", n
            resume(office)
    assert came >= 10, came


def test_everything_that_follows_a_resumption_follows_though_its_caller_hung_up(office):
    office.bob.post("/v1/workflows/desk/pause", {})
    waits = tag(office, "waits")
    assert waits["status"] == "held"
    hung_up(office, office.ann, "POST", "/v1/workflows/desk/resume", {})
    wait_until(lambda: office.ann.action(waits["id"])["status"] == "executed", "it goes on")


@pytest.mark.parametrize("hangs_up", ["before the commit", *[f"after {n} ms" for n in range(2, 8)]])
def test_a_stricter_pack_is_in_force_though_whoever_approved_it_hung_up(office, hangs_up):
    configuration = office.ann.get("/v1/configuration")
    loose = json.loads(json.dumps(configuration))
    [pack] = [pack for pack in configuration["packs"] if pack["name"] == "sandbox"]
    pack["tool"]["add_contact_tag"] = {**pack["tool"]["add_contact_tag"], "effect": "send"}
    assert tag(office, hangs_up)["status"] == "executed"

    def approve(wanted, approves):
        change = office.ann.post("/v1/configuration?why=stricter", wanted)
        assert change["status"] == "waiting", change
        approves(f"/v1/changes/{change['change']}/approve", {"hash": change["hash"]})

    def and_hang_up(path, body):
        before = len(kinds(office, "pack/sandbox"))
        if hangs_up == "before the commit":
            hung_up(office, office.bob, "POST", path, body)
        else:
            connection = begin(office.bob, "POST", path, body)
            time.sleep(int(hangs_up.split()[1]) / 1000)
            connection.close()
            served(office)
            if len(kinds(office, "pack/sandbox")) == before:
                try:
                    office.bob.post(path, body)
                except Refused as late:
                    assert late.code in ("not-open", "changed-meanwhile", "invalid-transition", "change-outdated"), "it was on its way"
        wait_until(lambda: len(kinds(office, "pack/sandbox")) > before, "the pack's entry")

    approve(configuration, and_hang_up)
    assert tag(office, f"{hangs_up} strict")["status"] != "executed"
    approve(loose, office.bob.post)


class Slow(dict):
    """Notes that are read when they are let."""

    def __init__(self, notes):
        super().__init__(notes)
        self.read, self.let = threading.Event(), threading.Event()

    def __getitem__(self, number):
        self.read.set()
        self.let.wait(20)
        return super().__getitem__(number)


def test_a_call_that_was_being_judged_when_its_pack_changed_does_not_run_by_the_old_one():
    notes = Notes(3)
    leeway = desk(notes, desk="update")
    leeway.start().ready("notes")
    try:
        clerk = Api(leeway.url, leeway.agent("clerk", "desk"))
        call = {"tool": "notes__update_note", "arguments": {"id": "1", "remark": "new"}, "confidence": 0.9}
        notes.notes = slow = Slow(notes.notes)
        said = {}
        calling = threading.Thread(target=lambda: said.update(clerk.post("/v1/actions", call)))
        calling.start()
        assert slow.read.wait(20)
        strict = PACK.replace('[tool.update_note]\neffect = "update"', '[tool.update_note]\neffect = "send"')
        assert strict != PACK
        (leeway.config / "packs" / "notes.toml").write_text(strict)
        assert leeway.apply()["status"] == "in-force"
        slow.let.set()
        calling.join(20)
        assert said["status"] in ("held", "blocked"), said
        assert notes.writes == []
    finally:
        leeway.stop()
        notes.stop()


def refused(call):
    with pytest.raises(Refused) as error:
        call()
    return error.value.code


def drilled(office, by, hold_s, meanwhile):
    """A drill, and what is done once it holds the workflow."""
    told = {}
    drill = threading.Thread(target=lambda: told.update(by.post("/v1/workflows/desk/drill", {"hold_s": hold_s})))
    before = len(kinds(office))
    drill.start()
    wait_until(lambda: len(kinds(office)) > before, "the drill's pause")
    assert office.ann.get("/v1/workflows/desk")["paused"]["holder"].startswith("drill/")
    meanwhile()
    drill.join(30)
    return told


def test_whoever_presses_stop_while_a_drill_runs_stays_stopped(office):
    for presses in (office.ann, office.bob):
        waits = []

        def stop():
            presses.post("/v1/workflows/desk/pause", {"reason": "something is wrong"})
            waits.append(tag(office, f"stopped by {presses.token[-6:]}")["id"])

        told = drilled(office, office.ann, 1, stop)
        assert told["drill"]["started"] == 0
        paused = office.ann.get("/v1/workflows/desk")["paused"]
        assert paused["reason"] == "something is wrong" and "holder" not in paused
        assert office.ann.action(waits[0])["status"] == "held"
        assert refused(lambda: presses.post("/v1/workflows/desk/pause", {})) == "already-paused"
        assert refused(lambda: office.ann.post("/v1/workflows/desk/drill", {"hold_s": 0})) == "already-paused"
        resume(office)
        wait_until(lambda: office.ann.action(waits[0])["status"] == "executed", "it goes on")


def test_a_full_stop_takes_a_drill_s_pause_over(office):
    def stop():
        assert office.bob.post("/v1/contain", {"rung": "stop", "reason": "all of it"})["workflows"] == ["desk"]

    drilled(office, office.ann, 1, stop)
    assert office.ann.get("/v1/workflows/desk")["paused"]["reason"] == "all of it"
    assert office.bob.post("/v1/contain", {"rung": "stop"})["workflows"] == [], "it is theirs already"
    resume(office)


def test_an_incident_declared_while_a_drill_runs_stays_paused(office):
    drilled(office, office.ann, 1, lambda: office.bob.post("/v1/incidents", {"workflow": "desk", "why": "wrong tags"}))
    paused = office.ann.get("/v1/workflows/desk")["paused"]
    assert paused["reason"].startswith("Incident") and "holder" not in paused
    [incident] = office.ann.get("/v1/incidents")["incidents"]
    assert incident["status"] != "declared", "the pause is its evidence"
    office.stop()


def test_stops_pressed_at_the_end_of_a_drill_are_never_lost():
    leeway = sandbox_business({"desk": WORKFLOW})
    leeway.ann = leeway.person("ann@example.com", "owner")
    leeway.bob = leeway.person("bob@example.com", "owner")
    try:
        def try_it():
            try:
                leeway.ann.post("/v1/workflows/desk/drill", {"hold_s": 0})
            except Refused as late:
                assert late.code == "already-paused", "the stop came first"

        for n in range(40):
            drill = threading.Thread(target=try_it)
            drill.start()
            time.sleep(n % 20 / 1000)
            leeway.bob.post("/v1/workflows/desk/pause", {"reason": f"round {n}"})
            drill.join(30)
            paused = leeway.ann.get("/v1/workflows/desk")["paused"]
            assert paused and paused["reason"] == f"round {n}", n
            leeway.ann.post("/v1/workflows/desk/resume", {"paused_at": paused["at"]})
    finally:
        leeway.stop()


def test_one_person_s_stop_is_not_ended_by_who_looked_at_another_s():
    leeway = sandbox_business({"desk": WORKFLOW})
    ann, bob = leeway.person("ann@example.com", "owner"), leeway.person("bob@example.com", "owner")
    try:
        first = ann.post("/v1/workflows/desk/pause", {"reason": "mine"})["paused"]
        both = bob.post("/v1/workflows/desk/pause", {"reason": "mine too"})["paused"]
        assert both["by"] == "person:bob@example.com"
        assert [other["by"] for other in both["also"]] == ["person:ann@example.com"]
        assert refused(lambda: ann.post("/v1/workflows/desk/resume", {"paused_at": first["at"]})) == "stale"
        assert ann.post("/v1/workflows/desk/resume", {"paused_at": both["at"]})["paused"] is None
        # The same short of a stop.
        contain = lambda who, rung: who.post("/v1/workflows/desk/contain", {"rung": rung})["contained"]
        assert contain(ann, "read-only")["by"] == "person:ann@example.com"
        assert contain(bob, "read-only")["by"] == "person:bob@example.com"
        assert refused(lambda: contain(bob, "read-only")) == "contained-already"
        assert contain(ann, None) is None
    finally:
        leeway.stop()
