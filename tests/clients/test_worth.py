"""What a workflow is worth, checked against a computation by hand; and its rollout, whose gates open on evidence."""

import pytest
from harness import Api, Refused, sandbox_business

DESK = """
name = "desk"
title = "Desk [x](javascript:1) <b>"
owner = "sue@example.com"
responsibility = "support-triage"
confidence_threshold = 0.5
prompt_version = "v1"
model = "small"
not_alone = ["promise a | price `now`"]
[grants]
sandbox__get_contact = "read"
sandbox__add_contact_tag = "update"
sandbox__update_contact = "high-impact"
[[breaker]]
on = "error-rate"
more_than = 0.5
{roi}
"""
ROI = """
[roi]
currency = "EUR"
manual_minutes = 12
hourly_wage = 30
error_cost = 40
fix_minutes = 20
owner_hours = 1
subscription = 10
setup = 500
"""
OWNERS = "".join(f"""
[owner.{row}]
business = "sue@example.com"
technical = "tom@example.com"
delegates = ["del@example.com"]
""" for row in ("support-triage", "crm-field-updates", "prompts-and-rules", "finance-fields", "customer-messages"))


class Desk:
    def __init__(self, roi=ROI, owners=OWNERS):
        self.leeway = sandbox_business({"desk": DESK.format(roi=roi)}, {"owners.toml": owners} if owners else None)
        self.sue = self.leeway.person("sue@example.com", "owner")
        self.delegate = self.leeway.person("del@example.com", "owner")
        self.tom = self.leeway.person("tom@example.com", "operator")
        self.clerk = Api(self.leeway.url, self.leeway.agent("clerk", "desk"))
        self.tags = 0

    def tag(self):
        self.tags += 1
        return self.clerk.post("/v1/actions", {
            "tool": "sandbox__add_contact_tag", "arguments": {"id": "c-101", "tag": f"tag-{self.tags}"}, "confidence": 0.9})

    def held(self, city):
        return self.clerk.post("/v1/actions", {
            "tool": "sandbox__update_contact", "confidence": 0.9, "arguments": {"id": "c-102", "fields": {"city": city}}})

    def judge(self, review, verdict, took_ms, **more):
        """One look each: two where the review asks for two."""
        done = self.sue.post(f"/v1/reviews/{review}/judge", {"verdict": verdict, "took_ms": took_ms, **more})
        if done["open"]:
            self.delegate.post(f"/v1/reviews/{review}/judge", {"verdict": verdict, "took_ms": took_ms, **more})
            return 2
        return 1

    def rollout(self):
        return self.sue.get("/v1/workflows/desk/rollout")


@pytest.fixture
def desk():
    running = Desk()
    yield running
    assert running.leeway.verify()["ok"]
    running.leeway.stop()


def refused(call):
    with pytest.raises(Refused) as error:
        call()
    return error.value.status, error.value.code


def term(found, key):
    return next(one for one in found["terms"] if one["key"] == key)


def test_worth_is_what_a_hand_computation_says(desk):
    """8 tags run alone, 2 of them wrong; of 4 updates 2 approved, 1 edited, 1 rejected; a read and an undo are no items."""
    tags = [desk.tag() for _ in range(8)]
    assert {tag["status"] for tag in tags} == {"executed"}
    looks = sum(desk.judge(tag["id"], "right", 60_000) for tag in tags[2:])
    looks += sum(desk.judge(tag["id"], "wrong", 180_000, severity="minor", pattern="odd | tag", note="no `such` <i>tag</i>") for tag in tags[:2])
    desk.sue.approve(desk.held("Oxford")["id"])
    desk.sue.approve(desk.held("Bath")["id"])
    edited = desk.held("Ely")
    desk.sue.decide(edited["id"], "edit", arguments={"id": "c-102", "fields": {"city": "Ely, UK"}})
    desk.delegate.approve(edited["id"])
    desk.sue.decide(desk.held("York")["id"], "reject", reason="wrong record")
    desk.clerk.post("/v1/actions", {"tool": "sandbox__get_contact", "arguments": {"id": "c-101"}, "confidence": 0.9})
    plan = desk.sue.get(f"/v1/actions/{tags[0]['id']}/undo")
    desk.sue.post(f"/v1/actions/{tags[0]['id']}/undo", {"hash": plan["hash"], "wait_s": 20})

    found = desk.sue.get("/v1/workflows/desk/roi")
    counts = found["counts"]
    assert (counts["items"], counts["decided"], counts["edited"], counts["rejected"]) == (12, 4, 1, 1), counts
    assert (counts["reviewed"], counts["wrong"], counts["undone"]) == (8, 2, 1), counts
    assert counts["review_looks"] == looks
    assert found["missing"] == [] and found["left_out"] == []

    # By hand. Looks: the four decisions were not timed; the median of the reviews' is one minute.
    minutes = (looks + 4) * 1 / 12
    through = (12 - 2) * 2 / 8
    each = 40 + 20 / 60 * 30
    hand = {
        "manual": 12 * 12 / 60 * 30,
        "review": 12 * minutes / 60 * 30,
        "edits": 1 * 20 / 60 * 30,
        "redo": 1 * 12 / 60 * 30,
        "errors": through * each,
        "owner": 30.0,
        "subscription": 10.0,
    }
    hand["net"] = hand["manual"] - sum(cost for name, cost in hand.items() if name != "manual")
    assert found["roi"]["likely"] == pytest.approx(hand)
    assert term(found, "wrong")["value"] == pytest.approx((2 + through) / 12)
    assert term(found, "caught")["value"] == pytest.approx(2 / (2 + through))
    assert term(found, "review_minutes")["of"] == looks
    wrong = term(found, "reviewed_wrong")
    assert (wrong["source"], wrong["of"], wrong["value"]) == ("measured", 8, 0.25)
    assert wrong["low"] == pytest.approx(0.0715, abs=1e-3) and wrong["high"] == pytest.approx(0.5907, abs=1e-3), "Wilson, 2 of 8"
    low, likely, high = (found["roi"][end]["net"] for end in ("low", "likely", "high"))
    assert low < likely < high
    assert found["roi"]["low"]["errors"] == pytest.approx(10 * wrong["high"] * each)

    longer = desk.sue.get("/v1/workflows/desk/roi?days=60")
    assert longer["roi"]["likely"]["manual"] == pytest.approx(hand["manual"] / 2), "a month of it"
    total = desk.sue.get("/v1/roi")
    assert total["sums"] == [{"currency": "EUR", "workflows": 1, "likely": pytest.approx(hand["net"]), "low": pytest.approx(low),
                              "high": pytest.approx(high), "hours_saved": pytest.approx(found["roi"]["hours_saved"])}]
    assert refused(lambda: desk.sue.get("/v1/workflows/desk/roi?days=0")) == (422, "days-invalid")
    assert refused(lambda: desk.sue.get("/v1/workflows/desk/roi?days=366")) == (422, "days-invalid")
    assert refused(lambda: desk.sue.get("/v1/workflows/none/roi")) == (404, "not-found")
    assert refused(lambda: desk.clerk.get("/v1/workflows/desk/roi"))[0] == 403, "agents see none of it"
    assert refused(lambda: desk.clerk.get("/v1/roi"))[0] == 403

    weeks = desk.rollout()["weeks"]
    patterns = next(one for one in weeks[1]["documents"] if one["id"] == "patterns")
    assert [row[0] for row in patterns["rows"]] == ["odd | tag", "wrong record"], "the most frequent first"
    log = next(check for check in weeks[2]["gate"] if "audit log" in check["what"])
    assert log["met"] == "yes", log


def test_without_what_must_be_said_no_number_is_made_up():
    desk = Desk(roi="")
    desk.tag()
    found = desk.sue.get("/v1/workflows/desk/roi")
    assert found["roi"] is None
    assert [one["key"] for one in found["missing"]] == ["manual_minutes", "hourly_wage"]
    assert term(found, "hourly_wage") == {
        "key": "hourly_wage", "name": "An hour of work", "unit": "money", "value": None, "low": None, "high": None, "source": "missing"}
    assert desk.sue.get("/v1/roi")["without"] == ["desk"]
    desk.leeway.stop()


def test_a_rollout_opens_week_by_week_on_evidence_alone():
    desk = Desk(roi="", owners=None)
    found = desk.rollout()
    assert [week["standing"] for week in found["weeks"]] == ["open", "blocked", "blocked", "blocked"]
    assert found["present"] == 1
    owners = next(check for check in found["weeks"][0]["gate"] if "owner" in check["what"])
    assert owners["met"] == "no" and "no permission owner matrix" in owners["evidence"]
    (desk.leeway.config / "owners.toml").write_text(OWNERS)
    desk.leeway.apply("--unreviewed")
    found = desk.rollout()
    assert [week["standing"] for week in found["weeks"][:2]] == ["done", "open"], found["weeks"][0]["gate"]
    gate = found["weeks"][1]["gate"][0]
    assert "nobody can say" in gate["forecast"], "nothing is reviewed yet"
    for _ in range(3):
        desk.judge(desk.tag()["id"], "right", 1_000)
    gate = desk.rollout()["weeks"][1]["gate"][0]
    assert "0 of 3" in gate["evidence"] and "at 3 reviews a week" in gate["forecast"], gate
    for _ in range(51):
        desk.judge(desk.tag()["id"], "right", 1_000)
    found = desk.rollout()
    assert "0 of 54" in found["weeks"][1]["gate"][0]["evidence"], "a clean run is no promotion"
    clean = next(check for check in found["weeks"][2]["gate"] if "clean run" in check["what"])
    assert clean["met"] == "yes" and found["weeks"][2]["standing"] == "blocked", "a week waits for the one before"
    for n in range(71):
        desk.sue.approve(desk.held(f"Town {n}")["id"])
    found = desk.rollout()
    assert found["weeks"][1]["gate"][0]["met"] == "yes", found["weeks"][1]["gate"]
    assert found["weeks"][1]["standing"] == "done", found["weeks"][1]["gate"]
    assert found["present"] == 4 and found["weeks"][2]["standing"] == "done", found["weeks"][2]["gate"]
    decision = found["decision"]
    assert decision["course"] == "hold" and "not known yet" in decision["reasons"][0]
    incident = desk.sue.post("/v1/incidents", {"workflow": "desk", "why": "tags are made up"})
    assert incident["number"] == 1
    found = desk.rollout()
    assert found["decision"]["course"] == "pause" and "incident 1" in found["decision"]["reasons"][0]
    assert found["present"] == 3, "what opened shuts again"
    assert refused(lambda: desk.clerk.get("/v1/workflows/desk/rollout"))[0] == 403
    assert refused(lambda: desk.sue.get("/v1/workflows/none/rollout")) == (404, "not-found")
    desk.leeway.stop()
