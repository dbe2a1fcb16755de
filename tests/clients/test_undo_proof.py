"""What is said of an undo is what is known: undone where a reading proves it, otherwise not confirmed; changed
since where somebody changed it, and not where the system keeps a form of its own."""

import pytest
from harness import Refused, wait_until
from odd_system import Desk
from test_sign_in import cookie_of, opened

OWN_FORMS = [
    ("amount", 19.9, "19.90"),
    ("email", "Kim.Lee@Example.com", "kim.lee@example.com"),
    ("name", "Zoe\u0308 Mu\u0308ller", "Zoë Müller"),
    ("due", "2026-11-30", "2026-11-30T00:00:00+00:00"),
    ("note", "Hello", "<p>Hello</p>"),
]


@pytest.fixture(scope="module")
def desk():
    running = Desk()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def plain(request):
    if "desk" in request.fixturenames:
        odd = request.getfixturevalue("desk").odd
        odd.late, odd.honest = 0, True


@pytest.mark.parametrize("field, value, kept", OWN_FORMS)
def test_a_value_in_the_systems_own_form_is_what_was_written(desk, field, value, kept):
    desk.odd.add("own")
    done = desk.act("update_record", id="own", **{field: value})
    assert desk.odd.records["own"][field] == kept
    assert done["outcome"]["mismatched"] == []
    assert done["outcome"]["in_form"] == [{"field": field, "written": value, "kept": kept}]
    plan = desk.plan(done)
    found = plan["fields"][0]
    assert (found["finding"], found["written"], found["sent"]) == ("restore", kept, value)
    assert desk.undo(done)["status"] == "undone"
    assert desk.odd.records["own"][field] is None


def test_a_persons_change_of_case_is_a_change(desk):
    desk.odd.add("case", name="Kim")
    done = desk.act("update_record", id="case", name="Lee")
    desk.odd.edit("case", name="LEE")
    plan = desk.plan(done)
    assert [one["finding"] for one in plan["fields"]] == ["changed"]
    assert "Changed since: name." in plan["points"]


def test_a_write_that_is_not_kept_is_a_mismatch_and_nobody_changed_it(desk):
    desk.odd.add("cut", phone="+431")
    desk.odd.honest = False
    done = desk.act("update_record", id="cut", phone="+432")
    assert done["outcome"]["mismatched"] == ["phone"]
    desk.odd.edit("cut", phone="+4")
    assert [one["finding"] for one in desk.plan(done)["fields"]] == ["changed"]
    desk.odd.edit("cut", phone="+431")
    assert desk.plan(done)["next"] == "already-back"


def test_an_undo_that_writes_nothing_is_not_undone(desk):
    desk.odd.add("dull", name="Ann")
    done = desk.act("update_record", id="dull", name="Bob")
    desk.odd.honest = False
    assert desk.undo(done)["status"] == "undo_failed"
    desk.odd.honest = True
    assert desk.undo(done)["status"] == "undone"
    assert desk.odd.records["dull"]["name"] == "Ann"


def test_a_restore_that_restores_nothing_is_not_confirmed_until_a_person_looks(desk):
    desk.odd.add("gone", name="Byrne Ltd")
    done = desk.act("delete_record", id="gone")
    desk.odd.honest = False
    state = desk.undo(done)
    assert state["status"] == "not_confirmed", state
    assert "record gone in odd" in state["note"], "it says where to look"
    undo = desk.owner.action(state["undo"])
    assert undo["outcome"]["confirmed"] is False and undo["status"] == "executed"
    assert "not confirmed" in desk.agent.action(done["id"])["message"]
    # It can be tried again, for it makes nothing new; then it is proven.
    desk.odd.honest = True
    assert desk.undo(done)["status"] == "undone"
    assert desk.odd.records["gone"]["name"] == "Byrne Ltd"


def test_a_person_settles_what_is_not_confirmed(desk):
    desk.odd.add("gone2", name="Byrne Ltd")
    done = desk.act("delete_record", id="gone2")
    desk.odd.honest = False
    assert desk.undo(done)["status"] == "not_confirmed"
    # Whoever looks at what is open finds it.
    cookie = cookie_of(desk.leeway, "owner@example.com")
    listed = lambda path: f"/actions/{done['id']}" in opened(desk.leeway, path, cookie).read().decode().partition('id="undos"')[2]
    assert listed("/outcomes")
    said = lambda path, words: words in opened(desk.leeway, path, cookie).read().decode()
    assert said("/inbox", "for somebody") and said("/desk", "somebody to look") and said("/timeline", "Undo not confirmed: look")
    assert said("/timeline", "Undo: ")
    path = f"/v1/actions/{done['id']}/undo/settle"
    settled = desk.owner.post(path, {"as": "put_right", "why": "Restored it in the system itself."})
    assert settled["status"] == "put_right"
    assert not listed("/outcomes")
    with pytest.raises(Refused) as refused:
        desk.undo(done)
    assert refused.value.code == "already-undone"


def test_a_deletion_that_deletes_nothing_is_told(desk):
    desk.odd.add("stays", name="Byrne Ltd")
    desk.odd.honest = False
    done = desk.act("delete_record", id="stays")
    assert done["outcome"]["mismatched"] == ["name"] or done["outcome"]["mismatched"]
    assert desk.plan(done)["next"] == "already-back"


def test_peoples_work_on_what_was_made_is_not_marked_deleted_with_it(desk):
    made = desk.act("create_record", name="New Ltd")
    record = made["record"]["id"]
    desk.odd.edit(record, note="<p>met them on Monday</p>")
    plan = desk.plan(made)
    assert (plan["way"], plan["next"], plan["left"]) == ("offset", "decide", ["note"])
    with pytest.raises(Refused) as refused:
        desk.undo(made)
    assert refused.value.code == "undo-conflict"
    assert desk.odd.records[record]["status"] is None, "nothing was called"
    forced = desk.undo(made, overwrite=["*"])
    assert forced["undo_action"]["status"] == "held"
    assert desk.odd.records[record]["status"] is None, "a second person decides"
    desk.second.approve(forced["undo"])
    assert desk.odd.records[record]["status"] == "deleted"
    assert desk.stands(made)["status"] == "undone"


def test_what_nobody_touched_is_offset_once_and_proven(desk):
    made = desk.act("create_record", name="New Ltd")
    assert desk.undo(made)["status"] == "undone"
    assert desk.odd.records[made["record"]["id"]]["status"] == "deleted"
    kept = desk.act("create_record", name="Other Ltd")
    desk.odd.edit(kept["record"]["id"], phone="+431")
    assert desk.undo(kept, keep=["*"])["status"] == "kept"


def test_what_is_offset_already_needs_no_call(desk):
    made = desk.act("create_record", name="New Ltd")
    desk.odd.edit(made["record"]["id"], status="deleted")
    before = len(desk.odd.bodies)
    assert desk.plan(made)["next"] == "already-back"
    assert desk.undo(made)["status"] == "undone"
    assert len(desk.odd.bodies) == before


def test_what_no_tool_reads_is_said_to_be_so_and_never_undone(desk):
    made = desk.act("create_note", text="call them")
    plan = desk.plan(made)
    assert plan["next"] == "decide" and "not known" in plan["caution"], plan
    assert [one["finding"] for one in plan["fields"]] == ["unreadable"]
    forced = desk.undo(made, overwrite=["*"])
    desk.second.approve(forced["undo"])
    state = desk.stands(made)
    assert state["status"] == "not_confirmed" and "Look at" in state["note"]
    assert desk.odd.notes[made["record"]["id"]]["state"] == "closed"
    with pytest.raises(Refused) as refused:
        desk.undo(made, overwrite=["*"])
    assert refused.value.code == "undo-not-confirmed", "another might do it twice"


def test_what_changed_along_is_listed_and_not_somebodys(desk):
    desk.odd.add("t1", name="Printer", status="closed")
    sent = desk.act("reply", id="t1", text="Try again")
    along = [{"field": "status", "before": "closed", "after": "open"}]
    assert sent["outcome"]["along"] == along
    plan = desk.plan(sent)
    assert plan["along"] == along and plan["next"] == "impossible"


def test_a_batch_says_only_what_is_known(desk):
    desk.odd.add("b1", name="One")
    desk.odd.add("b2", name="Two")
    desk.odd.add("b3", status="closed")
    ids = [desk.act("update_record", id="b1", name="spoiled")["id"], desk.act("delete_record", id="b2")["id"],
           desk.act("reply", id="b3", text="sorry")["id"]]
    made = desk.act("create_record", name="Made")
    desk.odd.edit(made["record"]["id"], phone="+431")
    planned = desk.owner.post("/v1/undo-batches", {"selection": {"actions": [*ids, made["id"]]}, "why": "a bad prompt"})
    assert planned["foreseen"] == {"call": 2, "impossible": 1, "decide": 1}
    desk.odd.honest = False
    desk.owner.post(f"/v1/undo-batches/{planned['id']}/start", {"hash": planned["hash"]})
    path = f"/v1/undo-batches/{planned['id']}"
    done = wait_until(lambda: (b := desk.owner.get(path))["status"] == "finished" and b, "the batch is through", 60)
    assert done["counts"] == {"undo_failed": 1, "not_confirmed": 1, "remediation": 1, "conflicted": 1}


def test_a_filled_blank_is_blank_again_and_nothing_else_is_written():
    desk = Desk(by_hand=True)
    try:
        desk.odd.add("n1", phone="+431", name="Ann")
        done = desk.act("update_record", id="n1", note="agent's text")
        desk.odd.edit("n1", name="Ann B")
        plan = desk.plan(done)
        assert [(one["field"], one["finding"]) for one in plan["fields"]] == [("note", "restore")], plan
        assert desk.undo(done)["status"] == "undone"
        assert desk.odd.bodies[-1] == ("PATCH", "records/n1", {"note": None})
        assert (desk.odd.records["n1"]["note"], desk.odd.records["n1"]["name"]) == (None, "Ann B")
    finally:
        desk.stop()


def test_a_reading_that_lags_is_made_again_before_it_is_believed():
    desk = Desk(settles_s=20)
    try:
        desk.odd.late = 2
        desk.odd.add("slow", name="Ann")
        done = desk.act("update_record", id="slow", name="Bob")
        assert done["outcome"]["mismatched"] == []
        assert desk.undo(done)["status"] == "undone"
        gone = desk.act("delete_record", id="slow")
        assert gone["outcome"]["mismatched"] == []
        assert desk.undo(gone)["status"] == "undone"
        assert desk.odd.records["slow"]["name"] == "Ann"
    finally:
        desk.stop()
