"""A month of the demo in simulated time, by the real way of every call: a good agent earns to act alone, one that
gets worse loses it, an incident is worked to its end, and the record verifies."""

import json
import subprocess
import tempfile
import threading
import pathlib

import pytest
from harness import BINARY, Api, Refused

LONGEST_S = 600


@pytest.fixture(scope="module")
def month():
    data = pathlib.Path(tempfile.mkdtemp(prefix="leeway-month-"))
    running = subprocess.Popen(
        [BINARY, "demo", "--data", data, "--days", "30", "--listen", "127.0.0.1:0", "--no-agents"],
        stdout=subprocess.PIPE, stderr=open(data.with_suffix(".log"), "w"), text=True,
    )
    late = threading.Timer(LONGEST_S, running.kill)
    late.start()
    lines = []
    for line in running.stdout:
        lines.append(line)
        if line.startswith("Everything is in"):
            break
    late.cancel()
    assert any("today again" in line for line in lines), data.with_suffix(".log").read_text()[-3000:]
    threading.Thread(target=running.stdout.read, daemon=True).start()
    access = json.loads((data / "demo.json").read_text())
    people = {user["roles"][0]: Api(access["url"], user["token"]) for user in access["users"]}
    yield data, people
    running.terminate()
    running.wait(timeout=30)
    verified = subprocess.run([BINARY, "verify", "--data", data, "--json"], capture_output=True, text=True, timeout=120)
    assert verified.returncode == 0, verified.stdout


def stage(people, workflow, tool):
    return people["owner"].get(f"/v1/workflows/{workflow}/evidence/sandbox__{tool}")


def moments(stage):
    return [moment["kind"] for moment in stage["stage"]["moments"]]


def test_a_good_agent_earned_to_act_alone(month):
    _, people = month
    tags = stage(people, "crm-clean-up", "add_contact_tag")
    assert tags["now"] == "update" and tags["gate"] == "passes", tags
    assert moments(tags) == ["stage.began", "stage.eligible", "stage.signed", "stage.signed", "stage.promoted"]
    alone = people["owner"].get("/v1/actions?workflow=crm-clean-up&status=executed&limit=500")["actions"]
    assert sum(action["reviewer"] is None and action["tool"] == "sandbox__add_contact_tag" for action in alone) > 50
    agents = people["owner"].get("/v1/workflows/crm-clean-up/confidence")["agents"]
    assert agents[0]["adopted"]["threshold"] > 0.9, "what it states below that is not proven"
    assert stage(people, "crm-clean-up", "update_contact")["now"] == "draft", "a quarter of them were wrong"


def test_one_that_got_worse_lost_it(month):
    _, people = month
    notes = stage(people, "support-triage", "add_internal_note")
    assert notes["now"] == "draft" and "stage.demoted" in moments(notes), notes
    assert notes["stage"]["changed"][0]["what"] == "prompt", "evidence began anew with another prompt"
    assert notes["stage"]["patterns"]["source misread"] > 2


def test_the_incident_is_closed_and_its_guardrail_in_force(month):
    _, people = month
    [incident] = people["owner"].get("/v1/incidents")["incidents"]
    assert incident["status"] == "closed" and incident["rule"] == "no-tags-from-imports"
    assert incident["remedies"]["undone"] == incident["affected"]["actions"] == 9
    assert stage(people, "sales-follow-up", "add_contact_tag")["now"] == "draft"


def test_time_is_real_again_and_reviews_go_on(month):
    data, people = month
    waiting = people["reviewer"].get("/v1/reviews?limit=500")["reviews"]
    assert waiting and not any(review["overdue"] for review in waiting)
    refused = subprocess.run([BINARY, "demo", "--data", data, "--days", "3"], capture_output=True, text=True, timeout=60)
    assert refused.returncode != 0 and "--fresh" in refused.stderr


def test_reviewers_are_measured_by_planted_cases_that_count_nowhere_else(month):
    _, people = month
    seen = people["owner"].get("/v1/reviewers")
    assert seen["together"]["planted"] > 0 and seen["together"]["found"] == seen["together"]["planted"], seen
    assert seen["me"]["person"] == "owner@brightwater.example"
    assert seen["agreement"]["pairs"][0][0] > 3 and seen["agreement"]["ac1"] > 0.5
    alone = people["reviewer"].get("/v1/reviewers")
    assert alone["me"]["reviewed"] > 50 and "together" not in alone, "a reviewer sees their own"
    done = people["owner"].get("/v1/reviews?state=done&limit=500")["reviews"]
    [case, *_] = [review for review in done if review["because"] == "planted"]
    assert case["id"] != case["action"], "it is no action"
    with pytest.raises(Refused) as refused:
        people["owner"].action(case["id"])
    assert refused.value.code == "not-found"
    open_ones = people["owner"].get("/v1/reviews?limit=500")["reviews"]
    assert not any(review["because"] == "planted" for review in open_ones), "nothing tells it from others"
