"""Changes of the configuration: proposed, shown, approved by somebody else, in force whole or not at all."""

import pytest
from harness import Api, Refused, sandbox_business

WORKFLOW = """
name = "desk"
title = "Desk"
[grants]
sandbox__get_contact = "read"
sandbox__create_refund = "external"
"""


@pytest.fixture
def desk():
    leeway = sandbox_business({"desk": WORKFLOW})
    leeway.ann = leeway.person("ann@example.com", "owner")
    leeway.bob = leeway.person("bob@example.com", "owner")
    leeway.clerk = Api(leeway.url, leeway.agent("clerk", "desk"))
    yield leeway
    leeway.stop()


def refused(call):
    with pytest.raises(Refused) as error:
        call()
    return error.value.status, error.value.code


def wanted(desk, **more):
    return {**desk.ann.get("/v1/workflows/desk")["workflow"], **more}


def propose(desk, why, **more):
    answer = desk.ann.send("PUT", f"/v1/workflows/desk?why={why}", wanted(desk, **more))
    assert answer["status"] == "waiting"
    return desk.bob.get(f"/v1/changes/{answer['change']}")


def test_a_change_takes_force_when_somebody_else_approved_it_and_voids_what_waits(desk):
    held = desk.clerk.post("/v1/actions", {
        "tool": "sandbox__create_refund", "confidence": 0.95,
        "arguments": {"invoice_id": "inv-2001", "amount_cents": 500, "reason": "Late."}})
    change = propose(desk, "less", grants={"sandbox__get_contact": "read"})
    edit = change["edits"][0]
    assert (edit["what"], edit["name"], edit["how"]) == ("workflow", "desk", "changed")
    assert '-sandbox__create_refund = "external"' in edit["diff"]
    assert desk.ann.get("/v1/workflows/desk")["workflow"]["grants"]["sandbox__create_refund"] == "external", "not in force yet"
    decision = {"hash": change["hash"]}
    assert refused(lambda: desk.ann.post(f"/v1/changes/{change['id']}/approve", decision)) == (403, "own-change")
    assert refused(lambda: desk.bob.post(f"/v1/changes/{change['id']}/approve", {"hash": "other"})) == (409, "stale")
    assert refused(lambda: desk.clerk.post(f"/v1/changes/{change['id']}/approve", decision)) == (403, "forbidden")
    done = desk.bob.post(f"/v1/changes/{change['id']}/approve", decision)
    assert (done["status"], done["decision"]["by"]) == ("approved", "person:bob@example.com")
    assert refused(lambda: desk.bob.approve(held["id"])) == (409, "stale")
    assert desk.bob.action(held["id"])["status"] == "blocked"
    assert refused(lambda: desk.bob.post(f"/v1/changes/{change['id']}/reject", decision)) == (409, "not-open")


def test_two_changes_of_the_same_thing_do_not_overwrite_each_other(desk):
    first = propose(desk, "title", title="Front desk")
    second = propose(desk, "threshold", confidence_threshold=0.9)
    desk.bob.post(f"/v1/changes/{first['id']}/approve", {"hash": first["hash"]})
    assert desk.bob.get(f"/v1/changes/{second['id']}")["outdated"] == ["workflow/desk"]
    assert refused(lambda: desk.bob.post(f"/v1/changes/{second['id']}/approve", {"hash": second["hash"]})) == (409, "change-outdated")
    now = desk.ann.get("/v1/workflows/desk")["workflow"]
    assert (now["title"], now["confidence_threshold"]) == ("Front desk", 0.8)
    assert desk.ann.post(f"/v1/changes/{second['id']}/withdraw", {})["status"] == "withdrawn"


def test_problems_are_told_before_anything_is_proposed(desk):
    body = wanted(desk, grants={"sandbox__get_contct": "read"})
    with pytest.raises(Refused) as error:
        desk.ann.send("PUT", "/v1/workflows/desk", body)
    assert error.value.code == "configuration-invalid"
    assert error.value.body["problems"][0]["help"] == "did you mean `sandbox__get_contact`?"
    assert desk.ann.get("/v1/changes?status=open")["changes"] == []


def test_at_the_machine_a_change_takes_force_and_is_marked_or_waits_where_asked(desk):
    desk.configure({"desk": WORKFLOW.replace('"Desk"', '"Machine desk"')}, {}, [])
    assert desk.apply()["status"] == "in-force"
    newest = desk.ann.get("/v1/changes")["changes"][0]
    assert (newest["status"], newest["author"]) == ("forced", "person:local")
    desk.configure({"desk": WORKFLOW}, {}, [])
    waiting = desk.apply("--review")
    assert waiting["status"] == "waiting"
    assert desk.ann.get("/v1/workflows/desk")["title"] == "Machine desk"
    desk.ann.post(f"/v1/changes/{waiting['change']}/approve", {"hash": waiting["hash"]})
    assert desk.ann.get("/v1/workflows/desk")["title"] == "Desk"
    assert desk.apply()["status"] == "nothing"


def test_exported_and_applied_again_nothing_changes(desk):
    out = desk.folder / "exported"
    desk.cli("export", "--config", out)
    assert desk.cli("apply", out)["status"] == "nothing"
    assert desk.verify()["ok"]


def test_a_change_is_replayed_over_the_past_before_it_is_decided(desk):
    for n, cents in ((1, 500), (2, 9000)):
        desk.clerk.post("/v1/actions", {
            "tool": "sandbox__create_refund", "confidence": 0.95,
            "arguments": {"invoice_id": f"inv-200{n}", "amount_cents": cents, "reason": "Late."}})
    wrong = desk.bob.get("/v1/actions?status=held")["actions"][0]
    desk.bob.decide(wrong["id"], "reject", reason="too much")
    rule = {"id": "no-large", "text": "Too much.", "then": "block", "when": {"effects": ["pay"], "amount_above_cents": 2000, "currency": "GBP"}}
    change = propose(desk, "limit", guardrail=[rule])
    found = desk.bob.get(f"/v1/changes/{change['id']}/backtest")["backtests"][0]
    assert (found["was"]["hold"], found["would"]["hold"], found["would"]["block"]) == (2, 1, 1)
    assert (found["known_errors"], found["caught"], found["different"]) == (1, 1, 1)
    difference = found["differences"][0]
    assert (difference["id"], difference["was"], difference["would"]) == (wrong["id"], "hold", "block")
    assert difference["reasons"][0]["rule"] == "no-large" and difference["error"]
    assert found["sentence"].endswith("it would have caught 1 of the 1 known errors.")
    out = desk.folder / "exported"
    desk.cli("export", "--config", out)
    assert desk.cli("backtest", out)["backtests"] == [], "what is in force changes no decision"
