"""The process dies at each point between two steps of an action's life, one after another: before and after
every commit, every append and every call to a system. After the restart nothing was done twice, nothing is
left in between, and the record and the systems agree."""

import pytest
from harness import GONE, Api, Crash, Refused, wait_until
from shaky_system import Notes, desk, spoil

# More than any of the stories has.
MOST_POINTS = 100
INCIDENTS = [f"w{n}" for n in range(20)]


class Desk:
    """A desk whose process dies when told to."""

    def __init__(self):
        self.notes = Notes(1000)
        self.unused = iter(self.notes.notes)
        self.leeway = desk(self.notes, held="high-impact", alone="update", **dict.fromkeys(INCIDENTS, "update"))
        self.crash = Crash(self.leeway.folder)
        self.start()
        self.clerk = Api(self.leeway.url, self.leeway.agent("clerk", "held"))
        self.lone = Api(self.leeway.url, self.leeway.agent("lone", "alone"))
        self.owner = self.leeway.person("owner@example.com", "owner")

    def start(self):
        self.leeway.start(env=self.crash.env).ready("notes")
        for api in (getattr(self, name, None) for name in ("clerk", "lone", "owner")):
            if api:
                api.url = self.leeway.url

    def dies(self, at, do):
        """Does something, with the process dying at a point of it; returns whether it did, started again then."""
        self.crash.arm(at)
        try:
            do()
            self.crash.disarm()
            # Passes points, so that the file is read.
            self.clerk.post("/v1/actions", {"tool": "notes__get_note", "arguments": {"id": "1"}})
            return False
        except GONE:
            self.leeway.process.wait(timeout=30)
            self.crash.forget()
            self.start()
            return True

    def propose(self, number):
        call = {"tool": "notes__update_note", "arguments": {"id": number, "text": "spoiled", "topic": "spam"}, "confidence": 0.9}
        return self.clerk.post("/v1/actions", call)["id"]

    def wrote(self, number):
        return [change for note, change in self.notes.writes if note == number]

    def ended(self, action):
        """Whether it was carried out; an unknown outcome is told from the record after a minute."""
        ends = ("executed", "failed")
        return wait_until(lambda: (s := self.owner.action(action)["status"]) in ends and s, f"{action} ends", 150) == "executed"

    def undone(self, action):
        ends = ("undone", "undo_failed", "not_confirmed")
        stands = lambda: self.owner.action(action)["undo_state"]["status"]
        return wait_until(lambda: (s := stands()) in ends and s, f"{action}'s undo ends", 150) == "undone"

    def undo(self, action):
        plan = self.owner.get(f"/v1/actions/{action}/undo")
        self.owner.post(f"/v1/actions/{action}/undo", {"hash": plan["hash"], "wait_s": 20})

    def incidents(self, workflow):
        return [one for one in self.owner.get("/v1/incidents")["incidents"] if one["workflow"] == workflow]


def approved(there, at):
    """A person approves an action."""
    number = next(there.unused)
    action = there.propose(number)
    died = there.dies(at, lambda: there.owner.approve(action))
    if there.owner.action(action)["status"] == "held":
        there.owner.approve(action)

    def check():
        assert len(there.wrote(number)) == there.ended(action), (at, there.wrote(number))

    return died, check


def repeated(there, at):
    """An agent that heard nothing proposes again, with the same key."""
    number = next(there.unused)
    call = {"tool": "notes__update_note", "arguments": {"id": number, "remark": "new"}, "confidence": 0.9, "idempotency_key": f"once-{number}"}
    died = there.dies(at, lambda: there.lone.post("/v1/actions", call))
    action = there.lone.post("/v1/actions", call)["id"]

    def check():
        assert len(there.wrote(number)) == there.ended(action), (at, there.wrote(number))

    return died, check


def taken_back(there, at):
    """A person takes an action back."""
    number = next(there.unused)
    action = spoil(there.clerk, there.owner, number)
    died = there.dies(at, lambda: there.undo(action))
    if there.owner.action(action).get("undo_state") is None:
        there.undo(action)

    def check():
        undone = there.undone(action)
        assert len(there.wrote(number)) == 1 + undone, (at, there.wrote(number))
        assert (there.notes.notes[number]["text"] == f"note {number}") == undone, at

    return died, check


def taken_back_together(there, at):
    """A person takes two actions back in a batch."""
    numbers = [next(there.unused) for _ in range(2)]
    actions = [spoil(there.clerk, there.owner, number) for number in numbers]
    planned = there.owner.post("/v1/undo-batches", {"selection": {"actions": actions}, "why": "a bad prompt"})
    path, started = f"/v1/undo-batches/{planned['id']}", {"hash": planned["hash"]}
    finished = lambda: (batch := there.owner.get(path))["status"] == "finished" and batch

    def carried_out():
        there.owner.post(f"{path}/start", started)
        wait_until(finished, "the batch is through", 120)

    died = there.dies(at, carried_out)
    if there.owner.get(path)["status"] == "planned":
        there.owner.post(f"{path}/start", started)

    def check():
        batch = wait_until(finished, "the batch is through", 150)
        assert sum(batch["counts"].values()) == len(actions), batch
        for number, action in zip(numbers, actions, strict=True):
            assert len(there.wrote(number)) == 1 + there.undone(action), (at, there.wrote(number))

    return died, check


def declared(there, at):
    """A person declares an incident."""
    workflow = INCIDENTS[at]
    died = there.dies(at, lambda: there.owner.post("/v1/incidents", {"workflow": workflow, "why": "odd values"}))

    def check():
        paused = there.owner.get(f"/v1/workflows/{workflow}")["paused"]
        if not there.incidents(workflow):
            assert paused is None, "what was not recorded did not happen"
            return
        wait_until(lambda: there.incidents(workflow)[0]["status"] == "contained", "step 1 is recorded", 60)
        assert there.owner.get(f"/v1/workflows/{workflow}")["paused"]
        with pytest.raises(Refused) as refused:
            there.owner.post(f"/v1/workflows/{workflow}/resume", {"reason": "no"})
        assert refused.value.code == "incident-open"

    return died, check


def settle(checks):
    while checks:
        checks.pop(0)()


def test_wherever_the_process_dies_nothing_is_done_twice_and_nothing_left_in_between():
    there = Desk()
    try:
        checks = []
        # A story, the fewest points it has, and every which of them it dies at: a batch does the same for each action.
        for story, fewest, every in [(approved, 12, 1), (repeated, 8, 1), (taken_back, 12, 1), (taken_back_together, 30, 3), (declared, 4, 1)]:
            if story is declared:
                # What the stories before left behind is settled first: it passes points too.
                settle(checks)
            for at in range(1, MOST_POINTS, every):
                died, check = story(there, at)
                checks.append(check)
                if story is declared:
                    settle(checks)
                if not died:
                    break
            print(f"{story.__name__}: {at - 1} points")
            assert fewest < at < MOST_POINTS - every, (story.__name__, at)
        settle(checks)
        assert there.leeway.verify()["ok"], "what is derived is what the ledger says"
    finally:
        there.leeway.stop()
        there.notes.stop()
