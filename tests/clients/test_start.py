"""A start is nobody's act: it brings a folder into force only where nothing was configured, or nothing was changed
since that very folder was applied. Otherwise it says what differs, and what is in force stays."""

import shutil

import pytest
from harness import Leeway, Refused

FLOW = 'name = "desk"\ntitle = "{title}"\n'


@pytest.fixture
def firm():
    leeway = Leeway({"desk": FLOW.format(title="First")}, {}, ["filesystem"])
    leeway.start()
    yield leeway
    leeway.stop()


def people(firm):
    return firm.person("ann@example.com", "owner"), firm.person("bob@example.com", "owner")


def title(firm):
    return firm.person("watcher@example.com", "auditor").get("/v1/workflows/desk")["title"]


def write(firm, title):
    firm.configure({"desk": FLOW.format(title=title)}, {}, ["filesystem"])


def again(firm, **how):
    firm.stop()
    firm.start(**how)


def by_two(firm, title):
    ann, bob = people(firm)
    wanted = {**ann.get("/v1/workflows/desk")["workflow"], "title": title}
    change = ann.send("PUT", "/v1/workflows/desk", wanted)
    bob.post(f"/v1/changes/{change['change']}/approve", {"hash": change["hash"]})


def left_alone(firm):
    """What the start said, and what is told of the folder."""
    said = "".join(firm.said)
    ann, _ = people(firm)
    told = ann.get("/v1/changes")["folder"]
    assert ("was not applied" in said) == (told is not None), (said, told)
    return told


def test_a_folder_takes_force_again_while_nothing_else_was_changed(firm):
    assert title(firm) == "First" and left_alone(firm) is None
    for other in ("Second", "Third"):
        write(firm, other)
        again(firm)
        assert title(firm) == other and left_alone(firm) is None
    # As it was applied, also by hand, nothing is to be done.
    again(firm)
    assert title(firm) == "Third" and left_alone(firm) is None
    write(firm, "By hand")
    assert firm.apply()["status"] == "in-force"
    again(firm)
    assert title(firm) == "By hand" and left_alone(firm) is None
    write(firm, "After that")
    again(firm)
    assert title(firm) == "After that"


@pytest.mark.parametrize("folder", ["as it was", "changed too"])
def test_no_start_goes_over_what_two_people_approved(firm, folder):
    by_two(firm, "Approved by two")
    if folder == "changed too":
        write(firm, "Another")
    for _ in range(2):
        again(firm)
        assert title(firm) == "Approved by two"
        told = left_alone(firm)
        assert told["differs"] == ["changed workflow desk"] and told["path"] == str(firm.config.resolve())
    ann, _ = people(firm)
    assert ann.get("/v1/changes?status=open")["changes"] == [], "and it proposes nothing"
    # Bringing it into force is an act, and then it is told no more.
    assert firm.apply()["status"] == "in-force"
    assert title(firm) == ("Another" if folder == "changed too" else "First")
    assert ann.get("/v1/changes")["folder"] is None
    again(firm)
    assert left_alone(firm) is None


def test_another_folder_is_not_the_one_that_was_applied(firm):
    other = firm.folder / "other"
    shutil.copytree(firm.config, other)
    again(firm, config=other)
    assert left_alone(firm) is None, "it holds the same"
    (other / "workflows" / "desk.toml").write_text(FLOW.format(title="Elsewhere"))
    again(firm, config=other)
    assert title(firm) == "First" and left_alone(firm)["path"] == str(other.resolve())
    # The one that was applied is by the same name and still as applied.
    again(firm)
    assert left_alone(firm) is None


def test_what_was_removed_does_not_come_back_by_a_start(firm):
    ann, bob = people(firm)
    now = ann.get("/v1/configuration")
    change = ann.post("/v1/configuration", {**now, "workflows": []})
    bob.post(f"/v1/changes/{change['change']}/approve", {"hash": change["hash"]})
    again(firm)
    assert left_alone(firm)["differs"] == ["added workflow desk"]
    assert ann.__class__(firm.url, ann.token).get("/v1/workflows")["workflows"] == []


def test_nobody_says_over_the_network_what_folder_it_is(firm):
    ann, _ = people(firm)
    now = ann.get("/v1/configuration")
    with pytest.raises(Refused) as refused:
        ann.post(f"/v1/configuration?folder={firm.config}", {**now, "workflows": []})
    assert refused.value.status == 403


def test_where_changes_wait_for_a_review_a_start_proposes_once(firm):
    people(firm)
    (firm.config / "leeway.toml").write_text('name = "Test"\nchange_review = "required"\n')
    (firm.config / "workflows" / "desk.toml").write_text(FLOW.format(title="Proposed"))
    for _ in range(2):
        again(firm)
        ann, bob = people(firm)
        [change] = ann.get("/v1/changes?status=open")["changes"]
        assert title(firm) == "First"
    bob.post(f"/v1/changes/{change['id']}/approve", {"hash": change["hash"]})
    (firm.config / "workflows" / "desk.toml").write_text(FLOW.format(title="And the next"))
    again(firm)
    ann, _ = people(firm)
    assert len(ann.get("/v1/changes?status=open")["changes"]) == 1 and title(firm) == "Proposed"
