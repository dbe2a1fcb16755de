"""What comes from outside may lie as deep as what is made of it can be recorded and read again: arguments, JSON texts in
them, what a system answers."""

import pytest
from harness import Refused
from test_reads import DOCUMENT, desk  # noqa: F401

THINGS = DOCUMENT.format(paths="""
  /thing/{id}:
    get: { operationId: get_thing, parameters: [{ name: id, in: path, required: true, schema: { type: string } }] }
    put: { operationId: update_thing, parameters: [{ name: id, in: path, required: true, schema: { type: string } }], requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { note: {} } } } } } }
  /text/{id}:
    put: { operationId: update_text, parameters: [{ name: id, in: path, required: true, schema: { type: string } }], requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { note: { type: string } } } } } } }
""")
THINGS_PACK = """
name = "things"
title = "Things"
[tool.get_thing]
effect = "read"
inside = true
[tool.update_thing]
effect = "update"
record = { type = "thing", id = ".id", normal = "trim" }
changes = "{note: .note}"
read = { tool = "get_thing", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "a test" }
[tool.update_text]
effect = "update"
json = ["note"]
record = { type = "thing", id = ".id", normal = "trim" }
changes = "{note: (.note | fromjson)}"
read = { tool = "get_thing", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "a test" }
"""
GRANTS = {"things__get_thing": "read", "things__update_thing": "update", "things__update_text": "update"}


def nested(levels, as_object=False):
    value = "x"
    for _ in range(levels):
        value = {"a": value} if as_object else [value]
    return value


@pytest.fixture
def things(desk):
    there = desk(GRANTS, things=(THINGS, THINGS_PACK))
    there.note = "plain"
    there.systems["things"].answer = lambda method, path, body: (200, {"note": there.note})
    return there


def sound(there):
    """Every action can be read, on the page too, and the ledger verifies."""
    for one in there.owner.get("/v1/actions")["actions"]:
        assert there.owner.action(one["id"])["id"] == one["id"]
    assert there.leeway.verify()["ok"]


@pytest.mark.parametrize("as_object", [False, True])
def test_arguments_that_lie_too_deep_are_turned_away_before_anything_is_recorded(things, as_object):
    held = things.act("things__update_thing", id="1", note=nested(60, as_object))
    assert held["status"] == "held"
    for levels in (64, 100, 118, 122, 124, 125):
        with pytest.raises(Refused) as refused:
            things.act("things__update_thing", id="1", note=nested(levels, as_object))
        assert (refused.value.status, refused.value.code) == (422, "nested-too-deep")
    with pytest.raises(Refused) as refused:
        things.owner.decide(held["id"], "edit", arguments={"id": "1", "note": nested(100, as_object)})
    assert refused.value.code == "nested-too-deep"
    assert [one["id"] for one in things.owner.get("/v1/actions")["actions"]] == [held["id"]]
    sound(things)


def test_a_text_that_holds_json_too_deep_makes_the_call_unknown(things):
    for levels in (60, 64, 65, 124, 2000, 100_000):
        held = things.act("things__update_text", id="1", note="[" * levels + "1" + "]" * levels)
        assert held["status"] == "held", levels
        if levels > 64:
            assert any("levels of JSON" in why for why in things.owner.action(held["id"])["unknowns"]), levels
    sound(things)


def test_an_answer_that_lies_too_deep_is_no_reading_and_no_lost_write(things):
    there = things
    executed = there.act("things__update_thing", id="1", note="plain")
    assert executed["status"] == "executed", executed
    there.note = nested(124)
    assert there.act("things__get_thing", id="1")["status"] == "failed"
    held = there.act("things__update_thing", id="1", note="other")
    assert held["status"] == "held"
    ended = there.owner.approve(held["id"])
    assert ended["status"] == "executed", ended
    sound(there)


def test_a_name_that_a_library_keeps_for_itself_opens_nothing(things):
    """An object of one member under serde's own name for raw JSON is an object like any other."""
    raw = "[" * 200 + "]" * 200
    held = things.act("things__update_thing", id="1", note={"$serde_json::private::RawValue": raw})
    assert held["status"] == "held"
    shown = things.owner.action(held["id"])["arguments"]["note"]
    assert shown == {"$serde_json::private::RawValue": raw}
    sound(things)
