"""A desk whose agents are judged: whose decision, whose review, and what is made of both.

Run as a program it is for the browser tests: it brings about everything that asks for a person's word, says in one
line of JSON who they are, and runs until its input ends."""

import json
import sys

from harness import PASSWORD, Api, clock_ahead, sandbox_business, wait_until

DESK = """
name = "desk"
title = "Desk"
owner = "sue@example.com"
responsibility = "support-triage"
confidence_threshold = 0.5
prompt_version = "{prompt}"
[grants]
sandbox__get_contact = "read"
sandbox__add_contact_tag = "update"
sandbox__create_task = "update"
sandbox__update_contact = "high-impact"
sandbox__create_refund = "external"
[evidence]
autonomy = "{autonomy}"
"""
OWNERS = """
[owner.support-triage]
business = "sue@example.com"
technical = "tom@example.com"
delegates = ["del@example.com"]
[owner.finance-fields]
business = "fin@example.com"
technical = "tom@example.com"
delegates = ["del@example.com"]
[owner.crm-field-updates]
business = "sue@example.com"
technical = "tom@example.com"
delegates = ["del@example.com"]
"""


class Desk:
    def __init__(self, autonomy="configured"):
        self.autonomy = autonomy
        self.leeway = sandbox_business({"desk": DESK.format(prompt="v1", autonomy=autonomy)}, {"owners.toml": OWNERS})
        self.people = {name: self.leeway.person(f"{name}@example.com", "owner") for name in ("sue", "fin", "del")}
        self.people["tom"] = self.leeway.person("tom@example.com", "operator")
        self.clerk = Api(self.leeway.url, self.leeway.agent("clerk", "desk"))
        self.tags = 0

    def tag(self, **more):
        self.tags += 1
        body = {"tool": "sandbox__add_contact_tag", "arguments": {"id": "c-101", "tag": f"tag-{self.tags}"}, "confidence": 0.9, **more}
        return self.clerk.post("/v1/actions", body)

    def evidence(self, tool="sandbox__add_contact_tag"):
        return self.people["sue"].get(f"/v1/workflows/desk/evidence/{tool}")

    def judge(self, review, verdict="right", by="sue", **more):
        return self.people[by].post(f"/v1/reviews/{review}/judge", {"verdict": verdict, **more})

    def settle(self, review, verdict="right", **more):
        """Whoever has to look at it does: two people at times."""
        done = self.judge(review, verdict, **more)
        return self.judge(review, verdict, by="del", **more) if done["open"] else done

    def open(self):
        return [review["id"] for review in self.people["sue"].get("/v1/reviews?limit=500")["reviews"]]

    def prompt(self, version):
        text = DESK.format(prompt=version, autonomy=self.autonomy)
        (self.leeway.config / "workflows" / "desk.toml").write_text(f"send_delay_s = 0\n{text}")
        self.leeway.apply()

    def later(self, days):
        """Starts Leeway anew, so many days later than now."""
        self.leeway.stop()
        self.leeway.start(env=clock_ahead(self.leeway.folder, days)).ready("sandbox")
        for api in (*self.people.values(), self.clerk):
            api.url = self.leeway.url

    def update(self, city):
        return self.clerk.post("/v1/actions", {
            "tool": "sandbox__update_contact", "confidence": 0.7, "arguments": {"id": "c-102", "fields": {"city": city}}})

    def area(self):
        return self.people["sue"].get("/v1/workflows/desk/evidence")["areas"][0]

    def stop_area(self):
        """Bad samples, week after week: two tighten, five more stop. Sue approves what del finds wrong."""
        for week in range(1, 8):
            approved = set()
            for n in range(3):
                done = self.people["sue"].approve(self.update(f"City {week}-{n}")["id"])
                assert done["status"] == "executed", done
                approved.add(done["id"])
            self.later(8 * week)
            drawn = wait_until(lambda: {review for review in self.open() if review in approved}, f"the sample of week {week}")
            assert drawn == approved
            for review in drawn:
                self.judge(review, "wrong", by="del", severity="minor", pattern="wrong city")
        assert self.area()["cadence"] == "stopped", self.area()

    def earn(self):
        """Drafts until a promotion is proposed: none wrong of 71."""
        for n in range(71):
            draft = self.tag()
            assert draft["status"] == "held" and "not-earned" in rules(draft), (n, draft)
            assert self.evidence()["proposal"] is None
            self.people["sue"].approve(draft["id"])
        return self.evidence()["proposal"]


def rules(action):
    return [reason["rule"] for reason in action["decision"]["reasons"]]


def main():
    desk = Desk("earned")
    try:
        desk.stop_area()
        for n in range(2):
            wrong = desk.clerk.post("/v1/actions", {
                "tool": "sandbox__create_task", "confidence": 0.7, "reason": "A hunch.",
                "arguments": {"contact_id": "c-104", "title": f"Call {n}", "due": "2026-12-24"}})
            desk.people["sue"].decide(wrong["id"], "reject", reason="nobody calls on a holiday")
        assert desk.earn()
        for _ in range(5):
            desk.people["sue"].approve(desk.tag()["id"])
        [case] = wait_until(lambda: desk.people["del"].get("/v1/actions?status=held")["actions"], "a case is planted", 60)
        roles = {"sue": "owner", "tom": "operator", "del": "delegate"}
        users = [{"email": f"{name}@example.com", "password": PASSWORD, "roles": [role], "token": desk.people[name].token}
                 for name, role in roles.items()]
        print(json.dumps({"url": desk.leeway.url, "users": users, "planted": case["id"]}), flush=True)
        sys.stdin.read()
        assert desk.leeway.verify()["ok"]
    finally:
        desk.leeway.stop()


if __name__ == "__main__":
    main()
