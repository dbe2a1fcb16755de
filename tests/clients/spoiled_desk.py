"""A help desk and a payment service, both real, that an agent spoils; and what their own history says afterwards.

Run as a program it is for the browser tests: it says in one line of JSON what there is, then answers each
line it reads with another, until its input ends. LEEWAY_SPOILED is how many tickets (24; 200 for the long form)."""

import contextlib
import json
import os
import sys

import real_systems
from harness import PASSWORD, Api, Leeway, clock_ahead
from real_systems import ROUNDUP_PASSWORD, STRIPE_KEY, by_document

SPOILED = int(os.environ.get("LEEWAY_SPOILED", "24"))
REFUNDED = 3
RIGHT = 2
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


class SpoiledDesk:
    """Ann opens the tickets. Leeway acts at the desk as `admin`: the desk's history tells the two apart."""

    def __init__(self, roundup, stripe):
        self.roundup, self.stripe = roundup, stripe
        self.ann = roundup.person("ann")
        self.leeway = Leeway({"desk": WORKFLOW}, {}, ["roundup", "stripe-rest"])
        login = f'[login]\nuser = "admin"\npassword = "env:TEST_ROUNDUP_PASSWORD"\n[headers]\nX-Requested-With = "rest"\nOrigin = "{roundup.url}"\n'
        files = {
            "roundup": by_document(self.leeway, "roundup", "roundup", f"{roundup.url}/rest", login),
            "stripe": by_document(self.leeway, "stripe", "stripe-rest", stripe.url, '[headers]\nAuthorization = "env:TEST_STRIPE_AUTH"\n'),
        }
        self.leeway.configure({"desk": WORKFLOW}, files, ["roundup", "stripe-rest"])

    def start(self):
        self.leeway.start(env=TOKENS).ready("roundup", "stripe")
        roles = {"owner": "owner", "operator": "operator", "second": "reviewer"}
        self.people = {name: self.leeway.person(f"{name}@example.com", role) for name, role in roles.items()}
        self.owner = self.people["owner"]
        return self

    def later(self, days):
        """Starts Leeway anew, days later."""
        self.leeway.stop()
        self.leeway.start(env={**TOKENS, **clock_ahead(self.leeway.folder, days)})
        for person in self.people.values():
            person.url = self.leeway.url
        return {"url": self.leeway.url}

    def act(self, agent, tool, **arguments):
        action = agent.post("/v1/actions", {"tool": tool, "arguments": arguments, "confidence": 0.95})
        if action["status"] == "held":
            action = self.owner.approve(action["id"])
        assert action["status"] == "executed", action
        return action["id"]

    def spoil(self):
        """The agent `clerk` spoils tickets and pays refunds, `scribe` does what is right, and Ann mends some."""
        clerk, scribe = (Api(self.leeway.url, self.leeway.agent(name, "desk")) for name in ("clerk", "scribe"))
        opened = lambda title: self.ann.post("/issue", {"title": title, "status": "chatting"})["data"]["id"]
        update = "roundup__update_issue"
        self.tidied = [opened(f"Ticket {n}") for n in range(RIGHT)]
        self.right = [self.act(scribe, update, id=ticket, title=f"Tidied {ticket}") for ticket in self.tidied]
        self.tickets = [opened(f"Ticket {n}") for n in range(SPOILED)]
        self.spoiled = [self.act(clerk, update, id=ticket, title=f"SPOILED {ticket}", status="resolved") for ticket in self.tickets]
        # Every fourth is renamed, every fifth reopened, so some are both.
        self.renamed, self.reopened = set(self.tickets[::4]), set(self.tickets[::5])
        for ticket in self.tickets:
            if ticket in self.renamed:
                self.mend(ticket, "title", f"Mended by Ann {ticket}")
            if ticket in self.reopened:
                self.mend(ticket, "status", "in-progress")
        self.charges = [self.paid() for _ in range(REFUNDED)]
        self.refunds = [self.act(clerk, "stripe__create_refund", charge=charge, amount=700) for charge in self.charges]
        return self

    def mend(self, ticket, field, value):
        etag = self.ann.get(f"/issue/{ticket}")["data"]["@etag"]
        self.ann.send("PUT", f"/issue/{ticket}/{field}", {"data": value}, {"If-Match": etag})

    def paid(self):
        card = {"object": "card", "number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        customer = self.stripe.api.post("/customers", {"description": "c", **{f"source[{key}]": value for key, value in card.items()}})
        charge = {"amount": 5000, "currency": "eur", "customer": customer["id"], "source": customer["default_source"]}
        return self.stripe.api.post("/charges", charge)["id"]

    def edited(self):
        """The actions on tickets that Ann changed since, and the fields she changed."""
        fields = lambda ticket: [field for field, changed in (("status", self.reopened), ("title", self.renamed)) if ticket in changed]
        return {action: fields(ticket) for ticket, action in zip(self.tickets, self.spoiled) if fields(ticket)}

    def history(self):
        """What the systems themselves say: per ticket and field every value it had and who wrote it, per charge its refunds."""
        refunds = lambda charge: self.stripe.api.get(f"/refunds?charge={charge}")["data"]
        return {"tickets": self.roundup.history(), "refunds": {charge: [one["amount"] for one in refunds(charge)] for charge in self.charges}}

    def restored(self):
        """The history once all is put right: Ann's word stays the last, everything else is back, no payment was made twice."""
        tickets = {}
        for n, ticket in enumerate(self.tidied):
            tickets[ticket] = {"title": [[f"Ticket {n}", "ann"], [f"Tidied {ticket}", "admin"]], "status": [["chatting", "ann"]]}
        for n, ticket in enumerate(self.tickets):
            title = [f"Mended by Ann {ticket}", "ann"] if ticket in self.renamed else [f"Ticket {n}", "admin"]
            status = ["in-progress", "ann"] if ticket in self.reopened else ["chatting", "admin"]
            tickets[ticket] = {
                "title": [[f"Ticket {n}", "ann"], [f"SPOILED {ticket}", "admin"], title],
                "status": [["chatting", "ann"], ["resolved", "admin"], status],
            }
        return {"tickets": tickets, "refunds": {charge: [700] for charge in self.charges}}


@contextlib.contextmanager
def spoiled_desk():
    """All of it, spoiled; stopped when left."""
    with contextlib.ExitStack() as running:
        systems = []
        for start in (real_systems.roundup, real_systems.localstripe):
            systems.append(start())
            running.callback(systems[-1].stop)
        desk = SpoiledDesk(*systems)
        running.callback(desk.leeway.stop)
        yield desk.start().spoil()


def main():
    with spoiled_desk() as desk:
        say = lambda what: print(json.dumps(what), flush=True)
        person = lambda name, api: {"email": f"{name}@example.com", "password": PASSWORD, "roles": [name], "token": api.token}
        say({"url": desk.leeway.url, "users": [person(name, api) for name, api in desk.people.items()], "spoiled": desk.spoiled,
             "edited": desk.edited(), "refunds": desk.refunds, "right": desk.right})
        answers = {"history": desk.history, "restored": desk.restored, "verify": desk.leeway.verify, "eight days later": lambda: desk.later(8)}
        for line in sys.stdin:
            say(answers[line.strip()]())


if __name__ == "__main__":
    main()
