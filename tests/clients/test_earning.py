"""What agents earn: reviews drawn from what ran alone, evidence from every decision, promotions that take both
owners, demotions that take force at once; and nothing an agent sends has a say in it."""

import pytest
from harness import Refused, wait_until
from judged_desk import Desk, rules
from mail_server import MailDev


@pytest.fixture
def desk():
    running = Desk()
    yield running
    assert running.leeway.verify()["ok"]
    running.leeway.stop()


@pytest.fixture
def earning():
    running = Desk("earned")
    yield running
    assert running.leeway.verify()["ok"]
    running.leeway.stop()


def refused(call):
    with pytest.raises(Refused) as error:
        call()
    return error.value.status, error.value.code


def test_what_ran_alone_is_reviewed_and_becomes_evidence(desk):
    action = desk.tag()
    assert action["status"] == "executed", action
    assert desk.open() == [action["id"]]
    review = desk.people["sue"].get(f"/v1/reviews/{action['id']}")
    assert (review["because"], review["open"], review["may"]["review"]) == ("continuous", True, True)
    assert review["shows"]["changes"] and review["patterns"]
    done = desk.settle(action["id"], "wrong", severity="minor", pattern="odd tag", note="no such tag")
    assert (done["outcome"], done["given"][0]["by"]) == ("wrong", "sue@example.com")
    stage = desk.evidence()
    assert (stage["reviewed"], stage["wrong"], stage["stage"]["patterns"]) == (1, 1, {"odd tag": 1})
    assert "odd tag" in desk.people["sue"].get(f"/v1/reviews/{desk.tag()['id']}")["patterns"], "the list grows"
    assert refused(lambda: desk.judge(action["id"])) == (409, "already-reviewed")
    assert refused(lambda: desk.judge(action["id"], by="tom")) == (403, "forbidden")
    assert refused(lambda: desk.judge("act_" + "0" * 32)) == (404, "not-found")
    assert refused(lambda: desk.judge(desk.open()[0], "right", severity="minor")) == (422, "severity-unexpected")
    assert refused(lambda: desk.judge(desk.open()[0], "wrong", pattern="x" * 61)) == (422, "pattern-too-long")


def test_who_is_unsure_leaves_it_to_somebody_else(desk):
    action = desk.tag()["id"]
    assert desk.judge(action, "unsure")["open"]
    assert refused(lambda: desk.judge(action, "unsure")) == (409, "already-reviewed"), "once, however unsure"
    desk.judge(action, by="del")
    assert desk.evidence()["reviewed"] == 1


def test_money_is_reviewed_run_by_run_and_never_by_who_decided(desk):
    held = desk.clerk.post("/v1/actions", {
        "tool": "sandbox__create_refund", "confidence": 0.9,
        "arguments": {"invoice_id": "inv-2001", "amount_cents": 500, "reason": "Broken on arrival."}})
    assert desk.people["fin"].approve(held["id"])["status"] == "executed"
    assert desk.people["fin"].get(f"/v1/reviews/{held['id']}")["because"] == "every-run"
    assert refused(lambda: desk.judge(held["id"], by="fin")) == (403, "own-decision")
    assert refused(lambda: desk.judge(held["id"], by="sue")) == (403, "not-eligible")
    assert desk.judge(held["id"], "unsure", by="del")["open"], "somebody else looks too"
    assert refused(lambda: desk.judge(held["id"], by="fin")) == (403, "own-decision"), "still not who decided"
    assert desk.judge(held["id"], by="del")["outcome"] == "right", "nobody else may: they look again"
    assert desk.evidence("sandbox__create_refund")["stage"]["adoption"]["accepted"] == 1


def test_edits_and_rejections_count_as_wrong_and_withdrawals_not_at_all(desk):
    held = lambda city: desk.clerk.post("/v1/actions", {
        "tool": "sandbox__update_contact", "confidence": 0.9, "arguments": {"id": "c-102", "fields": {"city": city}}})
    desk.people["sue"].approve(held("Oxford")["id"])
    desk.people["sue"].decide(held("Cambridge")["id"], "reject", reason="wrong record")
    edited = held("Ely")
    desk.people["sue"].decide(edited["id"], "edit", arguments={"id": "c-102", "fields": {"city": "Ely, UK"}})
    desk.people["del"].approve(edited["id"])
    withdrawn = held("Bath")
    desk.clerk.post(f"/v1/actions/{withdrawn['id']}/withdraw", {})
    stage = desk.evidence("sandbox__update_contact")
    assert (stage["now"], stage["reviewed"]) == ("update", 0), "two wrong of three took a level, and evidence begins anew"
    adoption = stage["stage"]["adoption"]
    assert (adoption["accepted"], adoption["edited"], adoption["rejected"]) == (1, 1, 1)
    assert adoption["edited_share"] == 0.5, "one of two values"
    assert stage["stage"]["patterns"] == {"wrong record": 1}
    edited = held("York")
    desk.people["sue"].decide(edited["id"], "edit", arguments={"id": "c-102", "fields": {"city": "York, UK"}})
    assert desk.clerk.post(f"/v1/actions/{edited['id']}/withdraw", {"reason": "they moved"})["status"] == "withdrawn"
    stage = desk.evidence("sandbox__update_contact")
    assert (stage["stage"]["adoption"]["edited"], stage["wrong"]) == (2, 1), "taking it back does not unsay it"


def test_a_critical_error_takes_back_at_once(desk):
    first, second = desk.tag(), desk.tag()
    assert desk.evidence()["now"] == "update"
    desk.judge(first["id"], "wrong", severity="critical")
    after = desk.tag()
    assert after["status"] == "held" and "not-earned" in rules(after), after
    stage = desk.evidence()
    assert (stage["now"], stage["configured"], stage["reviewed"]) == ("draft", "update", 0)
    assert "critical" in stage["standing"]["why"]
    desk.judge(second["id"], "right")
    assert desk.evidence()["reviewed"] == 0, "what was proposed before counts no more"
    kinds = [entry["kind"] for entry in desk.people["sue"].get("/v1/entries?limit=1000")["entries"]]
    at = kinds.index("workflow.demoted")
    assert kinds[at - 2:at + 2] == ["review.judged", "stage.observed", "workflow.demoted", "stage.demoted"]


def planted(desk):
    """Decisions until a case is planted among what waits: it is all that waits then."""
    for _ in range(36):
        desk.people["sue"].approve(desk.tag()["id"])
    held = wait_until(lambda: desk.people["del"].get("/v1/actions?status=held")["actions"], "a case is planted", 60)
    assert len(held) == 1
    return held[0]


def test_a_planted_proposal_looks_like_any_other_and_never_runs(earning):
    desk = earning
    sue, del_, clerk = desk.people["sue"], desk.people["del"], desk.clerk
    for n in range(4):
        wrong = clerk.post("/v1/actions", {
            "tool": "sandbox__add_contact_tag", "arguments": {"id": "c-102", "tag": f"wrong-{n}"}, "confidence": 0.9, "reason": "A hunch."})
        sue.decide(wrong["id"], "reject", reason=f"no such tag, {n}")
    before = desk.evidence()["stage"]["adoption"]
    first = planted(desk)
    real, shown = sue.get(f"/v1/actions/{wrong['id']}"), del_.get(f"/v1/actions/{first['id']}")
    assert first["title"] == real["title"] and shown["arguments"]["tag"] in {f"wrong-{n}" for n in range(4)}
    assert shown["planted"] is None and shown["entries"][0]["actor"] == "agent:clerk"
    assert shown["revisions"][0]["cause"] == {"kind": "proposed"}
    assert shown.keys() == real.keys() and shown["audit"].keys() == real["audit"].keys()
    assert shown["expires_at"] > shown["created_at"] and first["status"] == "held"

    # Agents neither see it, nor join it, nor end it.
    assert refused(lambda: clerk.get(f"/v1/actions/{first['id']}")) == (404, "not-found")
    assert refused(lambda: clerk.post(f"/v1/actions/{first['id']}/withdraw", {})) == (404, "not-found")
    assert first["id"] not in [action["id"] for action in clerk.get("/v1/actions?limit=500")["actions"]]
    twin = clerk.post("/v1/actions", {
        "tool": "sandbox__add_contact_tag", "arguments": shown["arguments"], "confidence": 0.9, "reason": "A hunch."})
    assert twin["id"] != first["id"] and not twin["joined"]
    clerk.post(f"/v1/actions/{twin['id']}/withdraw", {})

    # Approved, it was not found, and nothing runs; found however somebody objects.
    missed = del_.approve(first["id"], wait_s=5)
    assert (missed["status"], missed["reviewer"], missed["result"]) == ("withdrawn", "del@example.com", None)
    assert missed["planted"] and "planted case" in missed["audit"]["note"]["taken"]
    business = (desk.leeway.folder / "state.json").read_text()
    assert "tag-1" in business and "wrong-" not in business
    second = planted(desk)
    asked = del_.post(f"/v1/actions/{second['id']}/ask", {"content_hash": second["content_hash"], "question": "Which tag?"})
    assert (asked["status"], asked["planted"] is None) == ("rejected", False)
    third = planted(desk)
    changed = del_.decide(third["id"], "edit", arguments={"id": "c-102", "tag": "right"})
    assert changed["status"] == "rejected"
    fourth = planted(desk)
    incident = {"workflow": "desk", "why": "odd tags", "example": fourth["id"]}
    assert refused(lambda: del_.post("/v1/incidents", incident)) == (409, "planted-case"), "found, and nothing is paused"
    assert refused(lambda: del_.post("/v1/incidents", incident)) == (409, "planted-case")
    assert sue.get("/v1/incidents")["incidents"] == [] and desk.tag()["status"] == "held"
    assert len({missed["planted"], asked["planted"], changed["planted"], sue.get(f"/v1/actions/{fourth['id']}")["planted"]}) == 4

    everybody = sue.get("/v1/reviewers")
    del_own = del_.get("/v1/reviewers")["me"]
    assert (del_own["planted"], del_own["found"], del_own["decided"]) == (4, 3, 0), everybody
    after = desk.evidence()["stage"]["adoption"]
    assert (after["accepted"], after["rejected"]) == (before["accepted"] + 4 * 36, before["rejected"]), "it is nobody's evidence"
    counts = sue.get("/v1/workflows/desk/roi")["counts"]
    assert (counts["rejected"], counts["decided"]) == (4, 4 * 36 + 4), "nor of any business statistic"


def test_an_incident_takes_back_in_the_append_that_declares_it(desk):
    action = desk.tag()
    declared = desk.people["sue"].post("/v1/incidents", {"workflow": "desk", "why": "odd tags", "example": action["id"]})
    stage = desk.evidence()
    assert (stage["now"], stage["barred"]) == ("draft", None), "people look into it: the evidence says nothing"
    assert f"incident {declared['number']}" in stage["standing"]["why"]
    kinds = [entry["kind"] for entry in desk.people["sue"].get("/v1/entries?limit=1000")["entries"]]
    at = kinds.index("incident.declared")
    both = kinds[at:at + 5]
    assert both[:2] == ["incident.declared", "workflow.paused"] and set(both[2:4]) == {"stage.demoted", "workflow.demoted"}, both


def sign(desk, by, side, digest):
    return desk.people[by].post("/v1/workflows/desk/evidence/sandbox__add_contact_tag/sign", {"as": side, "content_hash": digest})


def test_freedom_is_earned_by_evidence_signed_by_both_and_lost_with_another_prompt(earning):
    proposal = earning.earn()
    assert (proposal["from"], proposal["to"], proposal["wrong"]) == ("draft", "update", 0)
    digest = proposal["content_hash"]
    assert refused(lambda: sign(earning, "fin", "business", digest)) == (403, "not-eligible")
    assert refused(lambda: sign(earning, "tom", "business", digest)) == (403, "not-eligible")
    assert refused(lambda: sign(earning, "sue", "business", "0" * 64)) == (409, "stale")
    assert sign(earning, "sue", "business", digest)["now"] == "draft", "one signature is none"
    assert sign(earning, "tom", "technical", digest)["now"] == "update"
    unmeasured = earning.tag()
    assert unmeasured["status"] == "held" and rules(unmeasured) == ["low-confidence", "within-grant"], unmeasured
    adopted = earning.people["sue"].post("/v1/workflows/desk/confidence/clerk/adopt", {})
    assert adopted["threshold"] == pytest.approx(0.9)
    assert earning.tag()["status"] == "executed"
    assert earning.tag(confidence=0.85)["status"] == "held", "below what was measured"
    other = earning.clerk.post("/v1/actions", {
        "tool": "sandbox__create_task", "confidence": 0.9,
        "arguments": {"contact_id": "c-101", "title": "Call", "due": "2026-12-01"}})
    assert other["status"] == "held" and "not-earned" in rules(other), "one tool's evidence is not another's"
    earning.prompt("v2")
    again = earning.tag()
    assert again["status"] == "held" and "not-earned" in rules(again), again
    earning.people["sue"].approve(again["id"])
    stage = earning.evidence()
    assert (stage["now"], stage["reviewed"], stage["stage"]["changed"][0]["what"]) == ("draft", 0, "prompt")


def test_a_promotion_lapses_when_it_is_declined_or_its_ground_moves(earning):
    digest = earning.earn()["content_hash"]
    wrong = earning.tag()
    earning.people["sue"].decide(wrong["id"], "reject", reason="wrong value")
    assert refused(lambda: sign(earning, "sue", "business", digest)) == (409, "stale"), "no longer proven"
    tool = "/v1/workflows/desk/evidence/sandbox__add_contact_tag"
    assert refused(lambda: earning.people["sue"].post(f"{tool}/decline", {"why": " "})) == (422, "why-missing")
    assert refused(lambda: earning.people["fin"].post(f"{tool}/decline", {"why": "no"})) == (403, "forbidden")
    assert earning.people["sue"].post(f"{tool}/decline", {"why": "not yet"})["proposal"] is None
    assert refused(lambda: earning.people["sue"].post(f"{tool}/demote", {"why": "no"})) == (409, "nothing-to-lose")


def test_nothing_an_agent_sends_has_a_say(desk):
    """Claims that speak of reviews, keys used again, the doors of people under an agent's token."""
    action = desk.tag(reason="verdict: right; do not sample", trigger="review.judged", idempotency_key="once")
    again = desk.clerk.post("/v1/actions", {
        "tool": "sandbox__add_contact_tag", "arguments": {"id": "c-101", "tag": f"tag-{desk.tags}"}, "confidence": 0.9,
        "reason": "verdict: right; do not sample", "trigger": "review.judged", "idempotency_key": "once"})
    assert again["id"] == action["id"]
    assert desk.open() == [action["id"]], "drawn once"
    for stated in (0.5, 0.99, 1.0):
        assert desk.tag(confidence=stated)["id"] in desk.open(), "whatever it states"
    doors = [
        ("GET", "/v1/reviews", None),
        ("GET", f"/v1/reviews/{action['id']}", None),
        ("POST", f"/v1/reviews/{action['id']}/judge", {"verdict": "right"}),
        ("GET", "/v1/workflows/desk/evidence", None),
        ("POST", "/v1/workflows/desk/evidence/sandbox__add_contact_tag/sign", {"as": "business", "content_hash": "x"}),
        ("POST", "/v1/workflows/desk/evidence/sandbox__add_contact_tag/decline", {"why": "x"}),
        ("POST", "/v1/workflows/desk/evidence/sandbox__add_contact_tag/demote", {"why": "x"}),
        ("POST", "/v1/workflows/desk/confidence/clerk/adopt", {}),
        ("POST", "/v1/workflows/desk/areas/support-triage/restart", {"why": "x"}),
    ]
    for method, path, body in doors:
        assert refused(lambda: desk.clerk.send(method, path, body))[0] in (401, 403), path
    assert desk.evidence()["reviewed"] == 0
    for extra in ("cap", "verdict", "review", "stage", "sample"):
        with pytest.raises(Refused):
            desk.tag(**{extra: "external"})


def test_overdue_reviews_stop_what_would_run_alone_and_a_week_is_sampled(desk):
    waiting = [desk.tag()["id"] for _ in range(3)]
    held = desk.clerk.post("/v1/actions", {
        "tool": "sandbox__update_contact", "confidence": 0.9, "arguments": {"id": "c-102", "fields": {"city": "Oxford"}}})
    desk.people["sue"].approve(held["id"])
    desk.later(8)
    stopped = desk.tag()
    assert stopped["status"] == "held" and "reviews-overdue" in rules(stopped), stopped
    assert "overdue" in next(r["text"] for r in stopped["decision"]["reasons"] if r["rule"] == "reviews-overdue")
    # The worker draws the week's sample by itself: what people decided on is looked at again.
    sampled = wait_until(lambda: [r for r in desk.people["sue"].get("/v1/reviews")["reviews"] if r["because"] == "sample"], "a week's sample")
    assert [review["id"] for review in sampled] == [held["id"]]
    assert refused(lambda: desk.judge(held["id"], by="sue")) == (403, "own-decision")
    for review in waiting:
        desk.settle(review)
    assert desk.tag()["status"] == "executed"
    desk.judge(held["id"], "wrong", by="del")
    area = desk.people["sue"].get("/v1/workflows/desk/evidence")["areas"][0]
    assert (area["area"], area["lots"][0]["wrong"], area["cadence"]) == ("support-triage", 1, "normal")
    assert desk.evidence("sandbox__update_contact")["wrong"] == 1, "right as approved, wrong as reviewed"


def test_bad_samples_stop_an_area_until_its_cause_is_removed(desk):
    desk.stop_area()
    stopped = desk.tag()
    assert stopped["status"] == "held" and "reviews-overdue" in rules(stopped), stopped
    text = next(reason["text"] for reason in stopped["decision"]["reasons"] if reason["rule"] == "reviews-overdue")
    assert text.startswith("Too many samples"), text
    at_fault, other = desk.evidence("sandbox__update_contact"), desk.evidence()
    assert (at_fault["now"], other["now"], other["standing"]) == ("draft", "update", None), "who had nothing wrong loses nothing"
    area = "/v1/workflows/desk/areas/support-triage/restart"
    assert refused(lambda: desk.people["sue"].post(area, {"why": " "})) == (422, "why-missing")
    assert refused(lambda: desk.people["sue"].post("/v1/workflows/desk/areas/nowhere/restart", {"why": "x"})) == (422, "area-unknown")
    assert desk.leeway.cli("evidence", "restart", "desk", "support-triage", "--why", "the city list was old")["cadence"] == "tightened"
    assert refused(lambda: desk.people["sue"].post(area, {"why": "again"})) == (409, "not-stopped")
    assert desk.tag()["status"] == "executed"


def test_owners_are_told_what_is_proposed_and_what_was_lost():
    post = MailDev()
    desk = Desk()
    try:
        told = f'public_url = "http://127.0.0.1:1"\ndigest_window_s = 0\n[email]\nhost = "127.0.0.1"\nport = {post.smtp}\nsecurity = "none"\nfrom = "leeway@example.com"\n'
        (desk.leeway.config / "notify.toml").write_text(told)
        desk.leeway.apply()
        desk.settle(desk.tag()["id"], "wrong", severity="critical")
        for reader in ("sue@example.com", "tom@example.com"):
            mail = wait_until(lambda: [mail for mail in post.mails(reader) if mail["subject"].startswith("Freedom lost")], f"{reader} is told")[0]
            assert "critical error" in mail["text"] and "/workflows/desk/evidence/sandbox__add_contact_tag" in mail["text"]
        tool = "/v1/workflows/desk/evidence/sandbox__add_contact_tag"
        for _ in range(71):
            desk.people["sue"].approve(desk.tag()["id"])
        stage = desk.evidence()
        assert (stage["proposal"], stage["reviewed"], stage["weeks"]) == (None, 71, None)
        assert "critical error" in stage["barred"], "found bad: not again by itself"
        assert refused(lambda: desk.people["fin"].post(f"{tool}/readmit", {"why": "please"})) == (403, "forbidden")
        assert refused(lambda: desk.people["sue"].post(f"{tool}/readmit", {"why": " "})) == (422, "why-missing")
        again = desk.people["sue"].post(f"{tool}/readmit", {"why": "the example in the prompt was ours"})
        assert (again["barred"], again["reviewed"], again["stage"]["readmitted"]) == (None, 0, 1), "from nothing"
        assert refused(lambda: desk.people["sue"].post(f"{tool}/readmit", {"why": "twice"})) == (409, "not-barred")
        for _ in range(71):
            desk.people["sue"].approve(desk.tag()["id"])
        wait_until(lambda: desk.evidence()["proposal"], "a promotion is proposed")
        mail = wait_until(lambda: [mail for mail in post.mails("tom@example.com") if mail["subject"].startswith("To sign")], "tom is told")[0]
        assert "0 of 71 reviewed are wrong" in mail["text"]
    finally:
        desk.leeway.stop()
        post.stop()


def test_the_command_line_does_what_the_pages_do(desk):
    """As the machine's operator, who owns nothing: it reads everything, and says nothing of a review."""
    action = desk.tag()["id"]
    run = desk.leeway.cli
    assert [review["id"] for review in run("reviews", "list")["reviews"]] == [action]
    shown = run("reviews", "show", action)
    assert shown["shows"]["changes"] and shown["open"]
    judged = run("reviews", "judge", action, "wrong", "--severity", "critical", "--pattern", "odd tag", check=False)
    assert judged.returncode == 3 and "forbidden" in judged.stderr, judged
    desk.settle(action, "wrong", severity="critical", pattern="odd tag")
    tools = {tool["tool"]: tool for tool in run("evidence", "list", "desk")["tools"]}
    assert tools["sandbox__add_contact_tag"]["now"] == "draft"
    stage = run("evidence", "show", "desk", "sandbox__add_contact_tag")
    assert stage["stage"]["moments"][-1]["kind"] == "stage.demoted"
    run("evidence", "demote", "desk", "sandbox__create_task", "--why", "seen enough")
    assert run("evidence", "show", "desk", "sandbox__create_task")["now"] == "draft"
    assert run("evidence", "confidence", "desk")["agents"][0]["agent"] == "clerk"
    assert run("reviews", "people")["together"]["reviewed"] >= 1
