"""Calls made again, calls made at once, and what an agent may see of a record."""

import json
import sqlite3
import threading

import pytest
from business import office
from harness import Api, Refused, sandbox_business

WORKFLOW = """
name = "desk"
title = "Desk"
owner = "owner@example.com"
expires_after_s = {expires}
[grants]
{grants}
"""
GRANTS = """
sandbox__get_contact = "read"
sandbox__update_contact = "update"
sandbox__create_refund = "external"
"""


def business(grants=GRANTS, expires=3600):
    leeway = sandbox_business({"desk": WORKFLOW.format(grants=grants, expires=expires)})
    leeway.owner = leeway.person("owner@example.com", "owner")
    leeway.clerk = Api(leeway.url, leeway.agent("clerk", "desk"))
    return leeway


@pytest.fixture
def desk():
    leeway = business()
    yield leeway
    leeway.stop()


def refund(desk, key=None, reason="Broken on arrival."):
    body = {"tool": "sandbox__create_refund", "confidence": 0.95,
            "arguments": {"invoice_id": "inv-2001", "amount_cents": 500, "reason": reason}}
    return desk.clerk.post("/v1/actions", body | ({"idempotency_key": key} if key is not None else {}))


def test_a_key_that_joined_stands_for_the_action_it_joined(desk):
    first = refund(desk, "k1")
    joined = refund(desk, "k2")
    assert joined["id"] == first["id"] and joined["joined"]
    desk.owner.approve(first["id"])
    for key in ("k1", "k2"):
        again = refund(desk, key)
        assert (again["id"], again["status"]) == (first["id"], "executed"), key
    assert desk.verify()["ok"]
    desk.stop()
    before = rows(desk)
    desk.cli("rebuild")
    assert rows(desk) == before


def rows(desk):
    with sqlite3.connect(desk.data / "ledger.db") as ledger:
        return ledger.execute("SELECT agent, key, action FROM keys ORDER BY key").fetchall()


@pytest.mark.parametrize("key", ["", "with space", "k" * 201, "caf\u00e9"])
def test_a_key_nobody_could_tell_apart_is_refused(desk, key):
    with pytest.raises(Refused) as error:
        refund(desk, key)
    assert (error.value.status, error.value.code) == (422, "idempotency-key-invalid")


def test_a_reason_that_looks_hidden_is_just_a_text(desk):
    held = refund(desk, reason="[redacted]")
    assert desk.owner.approve(held["id"])["status"] == "executed"


def test_what_is_sealed_and_was_tampered_with_never_runs():
    desk = business(GRANTS + 'sandbox__update_account = "update"\n')
    try:
        held = desk.clerk.post("/v1/actions", {"tool": "sandbox__update_account", "confidence": 0.95,
                               "arguments": {"id": "a-301", "fields": {"iban": "AT611904300234573201"}}})
        assert held["status"] == "held", held
        desk.owner.post("/v1/workflows/desk/pause", {"reason": "test"})
        desk.owner.approve(held["id"], wait_s=0)
        with sqlite3.connect(desk.data / "ledger.db") as ledger:
            sealed = json.loads(ledger.execute("SELECT arguments FROM sealed").fetchone()[0])
            sealed["arguments"]["fields"]["iban"] = "DE00000000000000000000"
            ledger.execute("UPDATE sealed SET arguments = ?", [json.dumps(sealed).encode()])
        desk.owner.post("/v1/workflows/desk/resume", {"reason": "test"})
        ended = desk.owner.action(held["id"], wait_s=20)
        assert ended["status"] == "withdrawn"
        assert "action.started" not in [entry["kind"] for entry in ended["entries"]]
    finally:
        desk.stop()


def test_an_approval_that_cannot_start_runs_out_and_says_what_happened():
    desk = business(expires=2)
    try:
        held = refund(desk)
        desk.owner.post("/v1/workflows/desk/pause", {"reason": "test"})
        desk.owner.approve(held["id"], wait_s=0)
        ended = desk.clerk.action(held["id"], wait_s=20)
        assert ended["status"] == "expired"
        assert "was approved but could not start" in ended["message"] and "Nothing was carried out" in ended["message"]
        desk.owner.post("/v1/workflows/desk/resume", {"reason": "test"})
        assert desk.owner.action(held["id"])["status"] == "expired"
    finally:
        desk.stop()


def test_a_record_the_workflow_may_not_read_is_not_seen_through_a_call_that_writes():
    desk = business('sandbox__update_contact = "update"\n')
    try:
        seen = desk.owner.get("/v1/systems") and desk.clerk.post("/v1/actions", {
            "tool": "sandbox__update_contact", "confidence": 0.95, "arguments": {"id": "c-101", "fields": {"owner": "me"}},
            "sources": [{"ref": "contact/c-101", "field": "email", "value": "guess@example.com"}]})
        assert seen["status"] == "held"
        whole = desk.owner.action(seen["id"])
        secret = whole["before"]["fields"]["email"]
        assert secret in json.dumps(whole)
        for told in (seen, desk.clerk.action(seen["id"]), desk.clerk.get("/v1/actions")):
            assert secret not in json.dumps(told)
            assert "fields" not in json.dumps(told.get("before", {}))
        blocked = desk.clerk.post("/v1/actions", {"tool": "sandbox__update_account", "arguments": {"id": "a-301", "fields": {"risk_note": "x"}}})
        assert blocked["status"] == "blocked"
        assert desk.owner.action(blocked["id"])["before"] == {"status": "not-readable"}, "what is blocked reads nothing"
    finally:
        desk.stop()


def test_of_calls_made_at_once_on_one_record_only_the_first_finds_it_blank():
    leeway = office().start().ready("files")
    try:
        clerk = Api(leeway.url, leeway.agent("clerk", "office"))
        path = str(leeway.documents / "new.txt")
        answers = []
        write = lambda n: answers.append(clerk.post("/v1/actions", {
            "tool": "files__write_file", "confidence": 0.95, "arguments": {"path": path, "content": f"from {n}"}}))
        threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = [answer["status"] for answer in answers]
        assert statuses.count("executed") == 1 and statuses.count("held") == 11, statuses
    finally:
        leeway.stop()
