"""What happens when things break: killed servers, killed systems, full disks, bad input."""

import json
import pathlib
import re
import sqlite3
import subprocess
import sys

import pytest
from harness import BINARY, Api, Leeway, Refused, system, wait_until
from test_doors import page
from test_sign_in import sign_in

SLOW = pathlib.Path(__file__).with_name("slow_server.py")
WORKFLOW = """
name = "slow"
title = "Slow"
owner = "owner@example.com"
confidence_threshold = 0.5
expires_after_s = {expires}
[grants]
slow__append = "update"
slow__look = "read"
"""


def slow_system(leeway):
    log = leeway.folder / "calls.log"
    return system("slow", "slow", f'command = {json.dumps(sys.executable)}\nargs = [{json.dumps(str(SLOW))}, {json.dumps(str(log))}]\n')


def slow_business(expires=3600):
    leeway = Leeway({"slow": WORKFLOW.format(expires=expires)}, {}, [])
    (leeway.config / "packs" / "slow.toml").write_text((SLOW.with_name("slow_pack.toml")).read_text())
    leeway.configure({"slow": WORKFLOW.format(expires=expires)}, {"slow": slow_system(leeway)}, [])
    leeway.log = leeway.folder / "calls.log"
    return leeway


def calls(leeway):
    return leeway.log.read_text().splitlines() if leeway.log.exists() else []


@pytest.fixture
def slow():
    running = slow_business().start().ready("slow")
    yield running
    running.stop()


def propose(api, line, hold_s=0, **more):
    return api.post("/v1/actions", {"tool": "slow__append", "arguments": {"line": line, "hold_s": hold_s}, **more})


def test_kill_between_approval_and_outcome_never_runs_twice(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    owner = slow.person("owner@example.com", "owner")
    held = [propose(agent, f"line {n}", hold_s=60 if n % 2 else 0)["id"] for n in range(6)]
    for round_ in range(2):
        owner.url = slow.url
        batch = held[round_ * 3:round_ * 3 + 3]
        for action_id in batch:
            shown = owner.action(action_id)
            owner.post(f"/v1/actions/{action_id}/approve", {"content_hash": shown["content_hash"]})
        wait_until(lambda: len(calls(slow)) >= (round_ + 1), "a call arrived at the system")
        slow.kill()
        slow.start().ready("slow")
    pathlib.Path(f"{slow.log}.let-go").touch()
    owner.url = slow.url
    ended = lambda: [owner.action(a)["status"] for a in held]
    # What the system shows nothing of is for a person to say.
    ends = ("executed", "outcome_unknown", "needs_attestation")
    wait_until(lambda: all(s in ends for s in ended()), "every action came to its end")
    lines = calls(slow)
    assert len(lines) == len(set(lines)), f"a call was made twice: {lines}"
    for action_id, n in zip(held, range(6)):
        kinds = [entry["kind"] for entry in owner.action(action_id)["entries"]]
        assert kinds.count("action.started") == 1, kinds
        assert kinds.count("action.finished") == 1, kinds
    assert slow.verify()["ok"]


def test_a_system_killed_in_mid_call_leaves_an_unknown_outcome(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    owner = slow.person("owner@example.com", "owner")
    held = propose(agent, "in flight", hold_s=60)
    owner.decide(held["id"], "approve")
    wait_until(lambda: calls(slow), "the call arrived")
    subprocess.run(["pkill", "-9", "-f", str(slow.log)], check=True)
    action = wait_until(
        lambda: (a := owner.action(held["id"]))["status"] == "outcome_unknown" and a, "the outcome is unknown")
    assert "may or may not" in action["outcome"]["note"]
    slow.ready("slow")
    after = propose(agent, "after the respawn", confidence=0.9)
    assert owner.approve(after["id"])["status"] == "executed" if after["status"] == "held" else after["status"] == "executed"


def test_an_expired_action_never_runs_and_says_nobody_answered():
    leeway = slow_business(expires=1).start().ready("slow")
    try:
        agent = Api(leeway.url, leeway.agent("clerk", "slow"))
        held = propose(agent, "too late")
        ended = agent.action(held["id"], wait_s=20)
        assert ended["status"] == "expired"
        assert "Nobody answered" in ended["message"] and "not a rejection" in ended["message"]
        owner = leeway.person("owner@example.com", "owner")
        with pytest.raises(Refused) as refused:
            owner.post(f"/v1/actions/{held['id']}/approve", {"content_hash": held["content_hash"]})
        assert refused.value.status == 409
        assert calls(leeway) == []
    finally:
        leeway.stop()


def test_a_pause_freezes_what_is_approved_and_resuming_lets_it_go_on(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    owner = slow.person("owner@example.com", "owner")
    held = propose(agent, "frozen")
    owner.post("/v1/workflows/slow/pause", {"reason": "looking into it"})
    owner.decide(held["id"], "approve")
    waiting = propose(agent, "proposed while paused", confidence=0.9)
    assert waiting["status"] in ("authorised", "held")
    assert owner.action(held["id"])["status"] == "approved"
    assert calls(slow) == []
    owner.post("/v1/workflows/slow/resume", {"reason": "fine"})
    assert owner.action(held["id"], wait_s=20)["status"] == "executed"
    entries = owner.get("/v1/entries?stream=workflow/slow")["entries"]
    paused, resumed = [e["seq"] for e in entries if e["kind"] in ("workflow.paused", "workflow.resumed")]
    starts = [e["seq"] for e in owner.get("/v1/entries?limit=1000")["entries"] if e["kind"] == "action.started"]
    assert not [seq for seq in starts if paused < seq < resumed]


def test_an_edit_is_judged_again_and_needs_somebody_else(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    owner = slow.person("owner@example.com", "owner")
    other = slow.person("reviewer@example.com", "reviewer")
    held = propose(agent, "wrong")
    edited = owner.decide(held["id"], "edit", arguments={"line": "right"})
    assert edited["revision"] == 2 and edited["status"] == "held"
    with pytest.raises(Refused) as stale:
        other.post(f"/v1/actions/{held['id']}/approve", {"content_hash": held["content_hash"]})
    assert (stale.value.status, stale.value.code) == (409, "stale")
    with pytest.raises(Refused) as own:
        owner.decide(held["id"], "approve")
    assert (own.value.status, own.value.code) == (403, "own-edit")
    assert other.approve(held["id"])["status"] == "executed"
    assert calls(slow) == ["right"]
    told = agent.action(held["id"])
    assert told["ran"]["arguments"]["line"] == "right" and told["ran"]["edited_by_reviewer"]
    with pytest.raises(Refused):
        other.decide(held["id"], "approve")


def test_an_idempotency_key_stands_for_one_call(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    first = propose(agent, "once", confidence=0.9, idempotency_key="k1")
    again = propose(agent, "once", confidence=0.9, idempotency_key="k1")
    assert again["id"] == first["id"]
    with pytest.raises(Refused) as reused:
        propose(agent, "another", confidence=0.9, idempotency_key="k1")
    assert (reused.value.status, reused.value.code) == (409, "idempotency-key-reused")


def test_changed_rules_void_an_approval(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    owner = slow.person("owner@example.com", "owner")
    held = propose(agent, "under the old rules")
    stricter = WORKFLOW.format(expires=3600) + """
[[guardrail]]
id = "no-appending"
text = "Appending is closed for now."
then = "block"
when = { tools = ["slow__append"] }
"""
    slow.configure({"slow": stricter}, {"slow": slow_system(slow)}, [])
    slow.cli("apply", str(slow.config))
    with pytest.raises(Refused) as stale:
        owner.post(f"/v1/actions/{held['id']}/approve", {"content_hash": held["content_hash"]})
    assert stale.value.code == "stale"
    assert owner.action(held["id"])["status"] == "blocked"
    assert calls(slow) == []


BAD = [
    ("malformed JSON", b"{", 400, "body-malformed"),
    ("a wrong type", b'{"tool": 7}', 422, "body-invalid"),
    ("an unknown key", b'{"tool": "slow__append", "level": 1}', 422, "body-invalid"),
    ("an unknown tool", b'{"tool": "slow__nothing"}', 404, "unknown-tool"),
    ("arguments against the schema", b'{"tool": "slow__append", "arguments": {"line": 7}}', 422, "arguments-invalid"),
    ("a confidence out of bounds", b'{"tool": "slow__append", "arguments": {"line": "x"}, "confidence": 7}', 422, "governance-invalid"),
]


@pytest.mark.parametrize("what, raw, status, code", BAD, ids=[b[0] for b in BAD])
def test_bad_input_gets_a_clear_error(slow, what, raw, status, code):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    with pytest.raises(Refused) as refused:
        agent.send("POST", "/v1/actions", raw=raw)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert calls(slow) == []


def test_an_oversized_body_names_the_limit(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    with pytest.raises(Refused) as refused:
        propose(agent, "x" * 2_000_000)
    assert refused.value.status == 413 and refused.value.code == "body-too-large"
    assert "1048576" in refused.value.body["error"]["message"]


def test_wrong_tokens_open_nothing(slow):
    for token, status in [(None, 401), ("lwa_wrong", 401)]:
        with pytest.raises(Refused) as refused:
            propose(Api(slow.url, token), "x")
        assert refused.value.status == status
    agent = slow.agent("clerk", "slow")
    with pytest.raises(Refused) as other:
        Api(slow.url, agent).send("POST", "/mcp/another", body={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert (other.value.status, other.value.code) == (403, "wrong-workflow")
    held = propose(Api(slow.url, agent), "x")
    with pytest.raises(Refused) as decides:
        Api(slow.url, agent).decide(held["id"], "approve")
    assert decides.value.status == 403
    auditor = slow.person("auditor@example.com", "auditor")
    with pytest.raises(Refused) as reads_only:
        auditor.decide(held["id"], "approve")
    assert reads_only.value.status == 403


def test_malformed_json_rpc_is_answered(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    with pytest.raises(Refused) as refused:
        agent.send("POST", "/mcp/slow", raw=b"{not json", headers={"Accept": "application/json, text/event-stream"})
    assert 400 <= refused.value.status < 500


def test_a_second_process_on_the_same_folder_is_refused(slow):
    second = subprocess.run(
        [BINARY, "serve", "--data", slow.data, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=30)
    assert second.returncode != 0
    assert "data-folder-in-use" in second.stderr or "in use" in second.stderr


def test_a_full_disk_refuses_actions_and_keeps_serving_reads():
    leeway = slow_business()
    leeway.data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", leeway.data], check=True)
    try:
        leeway.start().ready("slow")
        agent = Api(leeway.url, leeway.agent("clerk", "slow"))
        owner = leeway.person("owner@example.com", "owner")
        held = propose(agent, "before the disk was full")
        with pytest.raises(Refused) as refused:
            for n in range(400):
                propose(agent, f"{n} " + "x" * 100_000)
        assert (refused.value.status, refused.value.code) == (503, "ledger-unwritable")
        assert "cannot be read" not in refused.value.body["error"]["message"], refused.value.body
        assert owner.action(held["id"])["status"] == "held", "reading goes on"
        fill(leeway.data / "fill")
        cookie = wait_until(lambda: reads_the_inbox(leeway, held["id"]), "a sign-in cannot be recorded")
        with pytest.raises(Refused) as not_ready:
            owner.get("/readyz")
        assert not_ready.value.status == 503
        subprocess.run(["mount", "-o", "remount,size=64m", leeway.data], check=True)
        wait_until(lambda: accepted(agent), "actions are taken again")
        # What could not be recorded does not decide later either; signing out and in again does.
        token = re.search('name="csrf" value="([0-9a-f]+)"', page(leeway, "/inbox", cookie=cookie)[2])[1]
        decided = page(leeway, f"/inbox/{held['id']}/decide", "POST", f"csrf={token}&decision=reject&content_hash=x", cookie)
        assert decided[0] == 403 and "sign-in-unrecorded" in decided[2], decided
        assert page(leeway, "/sign-out", "POST", f"csrf={token}", cookie)[0] == 303
        assert page(leeway, "/inbox", cookie=cookie)[0] == 303
        assert owner.get("/readyz")["status"] == "ready"
        assert leeway.verify()["ok"]
    finally:
        leeway.stop()
        subprocess.run(["umount", leeway.data], check=True)


def fill(path):
    """Takes what room the disk has left."""
    with open(path, "wb", buffering=0) as rest:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    rest.write(b"x" * size)
            except OSError:
                pass


def reads_the_inbox(leeway, action_id):
    """Signs in and reads; the cookie, once the sign-in could not be recorded."""
    status, headers, _ = sign_in(leeway, "owner@example.com", "a long enough password")
    assert status == 303
    cookie = headers["Set-Cookie"].split(";")[0]
    if "you can read and not decide" not in page(leeway, "/inbox", cookie=cookie)[2]:
        return None
    for path in ("/inbox", f"/inbox/{action_id}", "/timeline"):
        status, _, text = page(leeway, path, cookie=cookie)
        assert status == 200 and "you can read and not decide" in text, path
    return cookie


def accepted(agent):
    try:
        return propose(agent, "after")["status"]
    except Refused:
        return None


def test_a_flipped_bit_is_found_and_named(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    propose(agent, "honest", confidence=0.9)
    slow.stop()
    with sqlite3.connect(slow.data / "ledger.db") as db:
        seq, payload = db.execute("SELECT seq, payload FROM entries WHERE kind = 'action.judged'").fetchone()
        spoilt = bytes(payload).replace(b"honest", b"hohest")
        db.execute("UPDATE entries SET payload = ? WHERE seq = ?", (spoilt, seq))
    done = subprocess.run([BINARY, "verify", "--data", slow.data, "--json"], capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert done.returncode != 0
    assert report["ok"] is False and report["first_bad"]["seq"] == seq


def test_listening_beyond_this_machine_needs_tls(slow):
    done = subprocess.run(
        [BINARY, "serve", "--data", slow.folder / "other", "--listen", "0.0.0.0:0"], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and "TLS" in done.stderr


def test_every_configuration_problem_is_reported_at_once(slow):
    (slow.config / "workflows" / "slow.toml").write_text(
        'name = "slow"\ntitel = "Slow"\nconfidence_threshold = 7\n[grants]\nslow__apend = "update"\nslow__look = "reed"\n')
    done = subprocess.run([BINARY, "check", slow.config, "--json"], capture_output=True, text=True)
    assert done.returncode == 1
    text = done.stdout
    for word in ["titel", "reed", "slow.toml", "line"]:
        assert word in text, text


def test_rebuilding_changes_nothing(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    owner = slow.person("owner@example.com", "owner")
    owner.approve(propose(agent, "kept")["id"])
    propose(agent, "held")
    before = owner.get("/v1/actions")
    slow.stop()
    slow.cli("rebuild")
    slow.start()
    owner.url = slow.url
    assert owner.get("/v1/actions") == before
