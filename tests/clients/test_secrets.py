"""A secret that was sent, read or answered is in no entry, page or answer, wherever it is repeated."""

import json
import pathlib
import sqlite3
import sys

import pytest
from harness import Api, Leeway, Refused, system

SERVER = pathlib.Path(__file__).with_name("secret_server.py")
NEW, OLD = "hunter22-new", "old-secret-77"
WORKFLOW = """
name = "vault"
title = "Vault"
owner = "owner@example.com"
[grants]
vault__look = "read"
vault__set_password = "high-impact"
vault__set_pin = "update"
"""
# The filters rename what they take from secret fields.
PACK = """
name = "vault"
title = "Vault"
[tool.look]
effect = "read"
[tool.set_password]
effect = "update"
record = { type = "account", id = ".id" }
changes = "{value: .password}"
read = { tool = "look", arguments = "{id: .id}", fields = "{value: .json.password}" }
undo = { kind = "exact", tool = "set_password", arguments = "{id: .id, word: $before.value, was: .password}", summary = "Sets the old one." }
[tool.set_pin]
effect = "create"
changes = "."
undo = { kind = "none", why = "it stays" }
"""


@pytest.fixture
def vault():
    leeway = Leeway({"vault": WORKFLOW}, {}, [])
    (leeway.config / "packs" / "vault.toml").write_text(PACK)
    server = f"command = {json.dumps(sys.executable)}\nargs = [{json.dumps(str(SERVER))}]\n"
    leeway.configure({"vault": WORKFLOW}, {"vault": system("vault", "vault", server)}, [])
    leeway.start().ready("vault")
    yield leeway
    leeway.stop()


def ledger(leeway):
    """Everything the ledger holds and what is derived from it, but not the sealed arguments beside it."""
    orders = ["SELECT actor, CAST(payload AS TEXT) FROM entries", "SELECT CAST(json AS TEXT) FROM documents", "SELECT * FROM actions"]
    with sqlite3.connect(f"file:{leeway.data}/ledger.db?mode=ro", uri=True) as db:
        return "\n".join(str(row) for order in orders for row in db.execute(order))


def without_secrets(leeway, *answers):
    assert NEW not in ledger(leeway) and OLD not in ledger(leeway)
    for answer in answers:
        text = json.dumps(answer)
        assert NEW not in text and OLD not in text, text


def propose(agent, note, **claim):
    arguments = {"id": "a-1", "password": NEW, "note": note}
    return agent.post("/v1/actions", {"tool": "vault__set_password", "arguments": arguments, **claim})


def test_a_secret_is_nowhere_in_what_is_recorded_and_shown(vault):
    agent = Api(vault.url, vault.agent("clerk", "vault"))
    owner = vault.person("owner@example.com", "owner")
    held = propose(
        agent, f"the new one is {NEW}", confidence=0.9, reason=f"they want {NEW} instead of {OLD}", trigger=f"mail: {NEW}",
        sources=[{"ref": "mail", "value": {"password": NEW}}, {"ref": f"chat {OLD}", "field": "value", "value": NEW},
                 {"ref": "x", "field": "password", "value": "third-secret-1"}])
    shown = owner.action(held["id"])
    without_secrets(vault, held, shown)
    assert "third-secret-1" not in ledger(vault)
    assert shown["status"] == "held" and "[redacted]" in json.dumps(shown)
    # What runs is what was sent, the repetition included.
    done = owner.approve(held["id"])
    assert done["status"] == "executed"
    without_secrets(vault, done, owner.action(held["id"]))
    # An error that repeats it is recorded without it.
    failing = owner.approve(propose(agent, "fail", confidence=0.9)["id"])
    assert failing["status"] == "outcome_unknown", "an error does not say that nothing was done"
    without_secrets(vault, failing)
    assert vault.verify()["ok"]


def test_a_refused_call_shows_no_secret_either(vault):
    agent = Api(vault.url, vault.agent("clerk", "vault"))
    owner = vault.person("owner@example.com", "owner")
    with pytest.raises(Refused) as refused:
        agent.post("/v1/actions", {"tool": "vault__set_pin", "arguments": {"id": "a", "pin": NEW}, "reason": f"it is {NEW}"})
    assert refused.value.code == "arguments-invalid"
    with pytest.raises(Refused):
        agent.post("/v1/actions", {"tool": "vault__none", "arguments": {"password": NEW}, "reason": f"it is {NEW}"})
    without_secrets(vault, refused.value.body, owner.get("/v1/actions"))
