"""An agent spoils tickets at a help desk and pays refunds; the incident is worked, and the systems' own
history says what came of it. LEEWAY_SPOILED is how many tickets (24; 200 for the long form)."""

import os

import pytest
import real_systems
from harness import Api, Leeway, wait_until
from real_systems import ROUNDUP_PASSWORD, STRIPE_KEY, by_document

SPOILED = int(os.environ.get("LEEWAY_SPOILED", "24"))
REFUNDED = 3
WORKFLOW = """
name = "desk"
title = "Desk"
owner = "owner@example.com"
confidence_threshold = 0.5
expires_after_s = 3600
[grants]
roundup__get_issue = "read"
roundup__update_issue = "high-impact"
stripe__get_charge = "read"
stripe__create_refund = "external"
"""
TOKENS = {"TEST_ROUNDUP_PASSWORD": ROUNDUP_PASSWORD, "TEST_STRIPE_AUTH": f"Bearer {STRIPE_KEY}"}


@pytest.fixture(scope="module")
def systems():
    roundup, stripe = real_systems.roundup(), real_systems.localstripe()
    yield roundup, stripe
    roundup.stop()
    stripe.stop()


def desk(roundup, stripe):
    leeway = Leeway({"desk": WORKFLOW}, {}, ["roundup", "stripe-rest"])
    login = f'[login]\nuser = "admin"\npassword = "env:TEST_ROUNDUP_PASSWORD"\n[headers]\nX-Requested-With = "rest"\nOrigin = "{roundup.url}"\n'
    files = {
        "roundup": by_document(leeway, "roundup", "roundup", f"{roundup.url}/rest", login),
        "stripe": by_document(leeway, "stripe", "stripe-rest", stripe.url, '[headers]\nAuthorization = "env:TEST_STRIPE_AUTH"\n'),
    }
    leeway.configure({"desk": WORKFLOW}, files, ["roundup", "stripe-rest"])
    leeway.start(env=TOKENS).ready("roundup", "stripe")
    return leeway


def report(owner, batch, stays):
    """Prints what became of each undo that is not simply done: shown when an assertion below it fails."""
    for entry in batch["actions"]:
        state = entry["undo_state"]
        if state["status"] != "undone" and entry["action"] not in stays:
            undo = owner.get(f"/v1/actions/{state['undo']}") if state.get("undo") else None
            print(entry["action"], state, undo, sep="\n  ")


def test_spoiled_tickets_and_refunds_are_put_right_and_every_human_edit_is_intact(systems):
    roundup, stripe = systems
    leeway = desk(roundup, stripe)
    try:
        agent = Api(leeway.url, leeway.agent("clerk", "desk"))
        owner = leeway.person("owner@example.com", "owner")

        def act(tool, **arguments):
            action = agent.post("/v1/actions", {"tool": tool, "arguments": arguments, "confidence": 0.95})
            if action["status"] == "held":
                action = owner.approve(action["id"])
            assert action["status"] == "executed", action
            return action["id"]

        issue = lambda number: roundup.api.get(f"/issue/{number}?@verbose=2")["data"]["attributes"]
        numbers = [roundup.api.post("/issue", {"title": f"Ticket {n}", "status": "chatting"})["data"]["id"] for n in range(SPOILED)]
        spoiled = {number: act("roundup__update_issue", id=number, title=f"SPOILED {number}", status="resolved") for number in numbers}
        # A person renames every fourth ticket, and reopens every fifth.
        renamed, reopened = set(numbers[::4]), set(numbers[::5])
        for number in numbers:
            etag = roundup.api.get(f"/issue/{number}")["data"]["@etag"]
            if number in renamed:
                roundup.api.send("PUT", f"/issue/{number}/title", {"data": f"Mended by Ann {number}"}, {"If-Match": etag})
                etag = roundup.api.get(f"/issue/{number}")["data"]["@etag"]
            if number in reopened:
                roundup.api.send("PUT", f"/issue/{number}/status", {"data": "in-progress"}, {"If-Match": etag})
        charges = []
        for _ in range(REFUNDED):
            customer = stripe.api.post("/customers", {"description": "c", "source[object]": "card", "source[number]": "4242424242424242",
                                                      "source[exp_month]": 12, "source[exp_year]": 2030, "source[cvc]": "123"})
            charge = stripe.api.post("/charges", {"amount": 5000, "currency": "eur", "customer": customer["id"], "source": customer["default_source"]})
            charges.append(charge["id"])
        refunds = [act("stripe__create_refund", charge=charge, amount=700) for charge in charges]

        number = owner.post("/v1/incidents", {"workflow": "desk", "why": "titles are spoiled", "example": spoiled[numbers[0]]})["number"]
        step = lambda what, body=None: owner.post(f"/v1/incidents/{number}/{what}", body or {})
        scoped = step("scope", {"selection": {"agent": "clerk"}, "how": "everything it did"})
        assert scoped["affected"]["actions"] == SPOILED + REFUNDED
        planned = step("undo")
        assert [item["next"] for item in planned["items"][-REFUNDED:]] == ["impossible"] * REFUNDED, "payments come last"
        owner.post(f"/v1/undo-batches/{planned['id']}/start", {"hash": planned["hash"]})
        path = f"/v1/undo-batches/{planned['id']}?limit=1000"
        done = wait_until(lambda: (b := owner.get(path))["status"] == "finished" and b, "the batch is through", 300)
        touched = renamed | reopened
        report(owner, done, stays=refunds)
        assert done["counts"] == {"undone": SPOILED - len(touched), "conflicted": len(touched), "remediation": REFUNDED}
        for n, ticket in enumerate(numbers):
            now = issue(ticket)
            title = f"Mended by Ann {ticket}" if ticket in renamed else f"Ticket {n}"
            status = "in-progress" if ticket in reopened else "chatting"
            assert (now["title"], now["status"]["name"]) == (title, status), (ticket, now)
        for charge in charges:
            assert stripe.api.get(f"/charges/{charge}")["amount_refunded"] == 700, "nothing was paid twice or taken back by itself"
        left = [entry["action"] for entry in done["actions"] if entry["undo_state"]["status"] in ("conflicted", "remediation")]
        assert set(refunds) <= set(left) and len(left) == len(touched) + REFUNDED
        for action in left:
            owner.post(f"/v1/actions/{action}/undo/settle", {"as": "kept", "why": "a person saw to it"})
        assert step("remediated")["status"] == "remediated"
        assert leeway.verify()["ok"]
    finally:
        leeway.stop()
