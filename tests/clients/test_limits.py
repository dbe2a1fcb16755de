"""Limits over time: what was within a day's total when it was proposed may not be when it is approved."""

import pytest
from harness import Api, Refused, sandbox_business

WORKFLOW = """
name = "desk"
title = "Desk"
owner = "owner@example.com"
[grants]
sandbox__list_invoices = "read"
sandbox__create_refund = "external"
[[guardrail]]
id = "refunds-a-day"
text = "Refunds would exceed 100.00 today."
then = "block"
when = { effects = ["pay"], currency = "GBP", total = { above_cents = 10000, per_s = 86400, of = "workflow" } }
"""


@pytest.fixture
def desk():
    leeway = sandbox_business({"desk": WORKFLOW})
    yield leeway
    leeway.stop()


def refund(agent, invoice, cents):
    arguments = {"invoice_id": invoice, "amount_cents": cents, "reason": "Broken on arrival."}
    return agent.post("/v1/actions", {"tool": "sandbox__create_refund", "arguments": arguments, "confidence": 0.95})


def test_a_total_cannot_be_passed_by_letting_actions_wait(desk):
    agent = Api(desk.url, desk.agent("clerk", "desk"))
    owner = desk.person("owner@example.com", "owner")
    waiting = [refund(agent, f"inv-20{n:02}", 4000) for n in (1, 2, 3)]
    assert [action["status"] for action in waiting] == ["held"] * 3, waiting
    for action in waiting[:2]:
        assert owner.approve(action["id"])["status"] == "executed"
    with pytest.raises(Refused) as refused:
        owner.approve(waiting[2]["id"])
    assert (refused.value.status, refused.value.code) == (409, "blocked-by-now")
    assert "refunds-a-day" in refused.value.body["error"]["message"]
    # It still waits, and can be rejected.
    assert owner.decide(waiting[2]["id"], "reject", why="too-much")["status"] == "rejected"
    # What is proposed now is blocked at once; a smaller one still fits.
    assert refund(agent, "inv-2004", 4000)["status"] == "blocked"
    assert refund(agent, "inv-2004", 2000)["status"] == "held"
