"""Who decides: the permission owner matrix, two approvals, questions, edits by several people."""

import pytest
from harness import Api, Refused, sandbox_business

WORKFLOW = """
name = "desk"
title = "Desk"
owner = "sue@example.com"
responsibility = "support-triage"
sensitive_words = { recall = ["recall*"] }
[grants]
sandbox__get_contact = "read"
sandbox__update_contact = "update"
sandbox__add_contact_tag = "update"
sandbox__create_refund = "external"
[[guardrail]]
id = "two-for-large-refunds"
text = "A refund above 20.00 takes two people."
then = "hold"
approvals = 2
when = { effects = ["pay"], amount_above_cents = 2000, currency = "GBP" }
"""
OWNERS = """
[owner.support-triage]
business = "sue@example.com"
technical = "tom@example.com"
[owner.finance-fields]
business = "fin@example.com"
technical = "tom@example.com"
delegates = ["del@example.com"]
"""


@pytest.fixture(scope="module")
def desk():
    leeway = sandbox_business({"desk": WORKFLOW}, {"owners.toml": OWNERS})
    leeway.people = {name: leeway.person(f"{name}@example.com", "owner") for name in ("sue", "tom", "fin", "del", "eve")}
    leeway.clerk = Api(leeway.url, leeway.agent("clerk", "desk"))
    yield leeway
    leeway.stop()


def refund(desk, invoice, cents=1000):
    return desk.clerk.post("/v1/actions", {
        "tool": "sandbox__create_refund", "confidence": 0.95,
        "arguments": {"invoice_id": invoice, "amount_cents": cents, "reason": "Broken on arrival."}})


def refused(call):
    with pytest.raises(Refused) as error:
        call()
    return error.value.status, error.value.code


def test_money_is_decided_by_whoever_owns_its_risk(desk):
    held = refund(desk, "inv-2001")
    assert (held["status"], held["responsibility"]) == ("held", "finance-fields")
    for name in ("sue", "tom", "eve"):
        assert refused(lambda: desk.people[name].approve(held["id"])) == (403, "not-eligible"), name
    assert desk.people["del"].approve(held["id"])["status"] == "executed"


def test_what_nobody_owns_waits_and_says_so(desk):
    desk.clerk.post("/v1/actions", {"tool": "sandbox__get_contact", "arguments": {"id": "c-101"}})
    rows = {row["responsibility"]: row for row in desk.people["sue"].get("/v1/owners")["rows"]}
    assert rows["crm-field-updates"]["missing"] and not rows["support-triage"]["missing"]
    held = desk.clerk.post("/v1/actions", {
        "tool": "sandbox__update_contact", "confidence": 0.95,
        "arguments": {"id": "c-101", "fields": {"owner": "eve@example.com"}}})
    assert held["status"] == "held"
    assert "owner-missing" in [reason["rule"] for reason in held["decision"]["reasons"]]
    assert refused(lambda: desk.people["sue"].approve(held["id"])) == (403, "not-eligible")


def test_a_large_refund_takes_two_people(desk):
    held = refund(desk, "inv-2002", 3000)
    assert held["approvals_needed"] == 2
    once = desk.people["fin"].approve(held["id"], wait_s=0)
    assert (once["status"], once["endorsed_by"]) == ("held", ["fin@example.com"])
    assert refused(lambda: desk.people["fin"].approve(held["id"])) == (409, "already-endorsed")
    twice = desk.people["del"].approve(held["id"])
    assert twice["status"] == "executed"
    kinds = [entry["kind"] for entry in twice["entries"]]
    assert kinds.count("action.endorsed") == kinds.count("action.approved") == kinds.count("action.started") == 1


def test_nobody_approves_what_they_edited_however_many_edit_after_them(desk):
    held = refund(desk, "inv-2003", 1000)
    edited = lambda cents: {"invoice_id": "inv-2003", "amount_cents": cents, "reason": "Broken on arrival."}
    assert refused(lambda: desk.people["fin"].decide(held["id"], "edit", arguments=edited(1000))) == (422, "nothing-edited")
    desk.people["fin"].decide(held["id"], "edit", arguments=edited(900))
    desk.people["del"].decide(held["id"], "edit", arguments=edited(901))
    assert refused(lambda: desk.people["fin"].approve(held["id"])) == (403, "own-edit")
    assert refused(lambda: desk.people["del"].approve(held["id"])) == (403, "own-edit")
    desk.people["fin"].decide(held["id"], "reject", reason="both of us edited it")


def test_a_reviewer_asks_the_agent_answers_and_a_person_decides(desk):
    held = refund(desk, "inv-2004")
    asked = desk.people["fin"].decide(held["id"], "ask", question="Which order was it?")
    assert (asked["status"], asked["question"]) == ("returned", "Which order was it?")
    told = desk.clerk.action(held["id"])
    assert "Which order was it?" in told["message"] and "Nothing has been carried out" in told["message"]
    assert refused(lambda: desk.people["fin"].approve(held["id"])) == (409, "not-held")
    assert refused(lambda: desk.clerk.post(f"/v1/actions/{held['id']}/answer", {"answer": " "})) == (422, "answer-invalid")
    answered = desk.clerk.post(f"/v1/actions/{held['id']}/answer", {"answer": "Order 77.", "confidence": 1.0})
    assert answered["status"] == "held"
    assert answered["expires_at"] == held["expires_at"], "answering does not buy time"
    assert "answered-question" in [reason["rule"] for reason in answered["decision"]["reasons"]]
    assert desk.people["fin"].approve(held["id"])["status"] == "executed"
    assert refused(lambda: desk.clerk.post(f"/v1/actions/{held['id']}/answer", {"answer": "more"})) == (409, "not-asked")


def test_a_business_adds_words_for_sensitive_issues_and_an_agent_may_add_a_flag(desk):
    note = lambda text, **more: desk.clerk.post("/v1/actions", {
        "tool": "sandbox__update_contact", "confidence": 0.95, "arguments": {"id": "c-104", "fields": {"notes": text}}, **more})
    fired = lambda action: [r["text"] for r in action["decision"]["reasons"] if r["rule"] == "sensitive-support"]
    assert fired(note("asks about the RECALLED drill")) == ["A sensitive support issue (recall)."]
    assert fired(note("likes drills")) == []
    assert fired(note("likes drills too", sensitive=["a child was hurt"])) == ["The agent takes it for a sensitive issue: a child was hurt."]
