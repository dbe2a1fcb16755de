"""An agent spoils tickets at a help desk and pays refunds; the incident is worked, and the systems' own
history says what came of it. `tests/browser/incident_real.test.mjs` works one to its end in a browser."""

from harness import wait_until
from spoiled_desk import REFUNDED, SPOILED, spoiled_desk


def report(owner, batch, stays):
    """Prints what became of each undo that is not simply done: shown when an assertion below it fails."""
    for entry in batch["actions"]:
        state = entry["undo_state"]
        if state["status"] != "undone" and entry["action"] not in stays:
            undo = owner.get(f"/v1/actions/{state['undo']}") if state.get("undo") else None
            print(entry["action"], state, undo, sep="\n  ")


def test_spoiled_tickets_and_refunds_are_put_right_and_every_human_edit_is_intact():
    with spoiled_desk() as desk:
        owner, edited = desk.owner, desk.edited()
        number = owner.post("/v1/incidents", {"workflow": "desk", "why": "titles are spoiled", "example": desk.spoiled[0]})["number"]
        step = lambda what, body=None: owner.post(f"/v1/incidents/{number}/{what}", body or {})
        scoped = step("scope", {"selection": {"agent": "clerk"}, "how": "everything it did"})
        assert scoped["affected"]["actions"] == SPOILED + REFUNDED
        planned = step("undo")
        assert [item["next"] for item in planned["items"][-REFUNDED:]] == ["impossible"] * REFUNDED, "payments come last"
        owner.post(f"/v1/undo-batches/{planned['id']}/start", {"hash": planned["hash"]})
        path = f"/v1/undo-batches/{planned['id']}?limit=1000"
        done = wait_until(lambda: (b := owner.get(path))["status"] == "finished" and b, "the batch is through", 300)
        report(owner, done, stays=desk.refunds)
        assert done["counts"] == {"undone": SPOILED - len(edited), "conflicted": len(edited), "remediation": REFUNDED}
        assert desk.history() == desk.restored(), "nothing was paid twice or taken back by itself"
        left = [entry["action"] for entry in done["actions"] if entry["undo_state"]["status"] in ("conflicted", "remediation")]
        assert set(left) == {*desk.refunds, *edited}
        for action in left:
            owner.post(f"/v1/actions/{action}/undo/settle", {"as": "kept", "why": "a person saw to it"})
        assert step("remediated")["status"] == "remediated"
        assert desk.leeway.verify()["ok"]
