"""Random lives of records against a model: agents write, people edit behind their backs, actions are taken
back, workflows are paused, the server dies. Afterwards no person's edit is lost, nothing is taken back
twice, nothing of an agent's starts while its workflow is paused, and every entry is accounted for.

Odd lives are led in a system with ways of its own: it keeps values in its own form, shows writes late, offsets what
it made instead of deleting it, and now and then does nothing while it answers that it did. What is called undone
there is undone, and what nobody touched is never called changed.

LEEWAY_MODEL_SEQUENCES is how many lives (300; the nightly form takes 10000), LEEWAY_MODEL_SEED where to begin."""

import os
import pathlib
import random
import tempfile

from harness import GONE, Crash, Refused, wait_until
from odd_system import Desk, own_form
from test_undo import Office

SEQUENCES = int(os.environ.get("LEEWAY_MODEL_SEQUENCES", "300"))
FIRST_SEED = int(os.environ.get("LEEWAY_MODEL_SEED", "1"))
CONTACTS = [f"c-{n}" for n in range(101, 113)]
FIELDS = ("city", "title", "notes")
# One life in so many ends in a death, at one of the first so many points between two durable steps.
KILLED = 30
MOST_POINTS = 24
SETTLED = ("undone", "conflicted", "kept", "undo_failed", "cancelled", "remediation")


class Life:
    """One record and what the model knows of it."""

    def __init__(self, office, seed):
        self.office, self.seed, self.dice = office, seed, random.Random(seed)
        self.contact = self.dice.choice(CONTACTS)
        self.now = self.read()
        self.done = []

    def read(self):
        found = self.office.record("get_contact", by=self.office.colleague, id=self.contact)
        return {field: found[field] for field in FIELDS}

    def values(self):
        fields = self.dice.sample(FIELDS, self.dice.randint(1, 2))
        return {field: f"{field}-{self.seed}-{self.dice.randint(1, 4)}" for field in fields}

    def agent_writes(self):
        values = self.values()
        action = self.office.act("update_contact", id=self.contact, fields=values)
        changed = {field: value for field, value in values.items() if self.now[field] != value}
        self.done.append({"id": action["id"], "before": {f: self.now[f] for f in changed}, "wrote": changed, "undone": False})
        self.now.update(changed)

    def person_edits(self):
        values = self.values()
        self.office.meanwhile("update_contact", id=self.contact, fields=values)
        self.now.update(values)

    def undo(self):
        if not self.done:
            return
        action = self.dice.choice(self.done)
        alike = lambda one, other: (one or "") == (other or "")
        back = {f: action["before"][f] for f, wrote in action["wrote"].items()
                if alike(self.now[f], wrote) and not alike(action["before"][f], wrote)}
        try:
            state = self.office.undo(action)
        except Refused as refused:
            assert refused.code in ("already-undone", "kept", "undo-conflict"), (self.seed, refused)
            assert action["undone"] or not back, (self.seed, "an undo was refused that leads back", refused)
            return
        assert not action["undone"], (self.seed, "taken back twice")
        assert state["status"] in ("undone", "conflicted"), (self.seed, state)
        action["undone"] = state["status"] == "undone"
        self.now.update(back)

    def pause(self):
        self.office.owner.post("/v1/workflows/office/pause", {"reason": f"life {self.seed}"})
        fields = {"city": f"while paused {self.seed}"}
        body = {"tool": "sandbox__update_contact", "arguments": {"id": self.contact, "fields": fields}, "confidence": 0.9}
        waits = self.office.agent.post("/v1/actions", body)
        if waits["status"] == "held":
            waits = self.office.owner.approve(waits["id"], wait_s=0)
        assert waits["status"] in ("approved", "authorised"), (self.seed, waits)
        self.undo()
        assert self.read() == self.now, (self.seed, "something started while it was paused")
        self.office.owner.post("/v1/workflows/office/resume", {"reason": "on"})
        ended = self.office.owner.action(waits["id"], wait_s=20)
        if ended["status"] == "held":
            # The undo changed the record in between: it is shown again.
            self.office.owner.decide(waits["id"], "reject")
        else:
            assert ended["status"] == "executed", (self.seed, ended)
            self.done.append({"id": ended["id"], "before": {"city": self.now["city"]}, "wrote": fields, "undone": False})
            self.now.update(fields)

    def live(self):
        steps = [self.agent_writes, self.agent_writes, self.person_edits, self.undo, self.undo]
        for _ in range(self.dice.randint(3, 6)):
            self.dice.choice(steps)()
        if self.dice.random() < 0.1:
            self.pause()
        assert self.read() == self.now, (self.seed, "the record is not what the model says")

    def killed(self):
        """Writes or takes back, and the server dies at some point of it; whoever asked asks again."""
        if self.dice.random() < 0.5:
            self.killed_in_a_write()
        else:
            self.agent_writes()
            self.killed_in_an_undo(self.done[-1])
        assert self.read() == self.now, (self.seed, "the record is not what the model says after a death")

    def killed_in_a_write(self):
        values = {field: f"{field}-{self.seed}-late" for field in self.dice.sample(FIELDS, 2)}
        body = {"tool": "sandbox__update_contact", "arguments": {"id": self.contact, "fields": values},
                "confidence": 0.9, "idempotency_key": f"life-{self.seed}"}

        def write():
            action = self.office.agent.post("/v1/actions", body)
            if action["status"] == "held":
                action = self.office.owner.approve(action["id"])
            return action

        self.office.dies(self.dice.randint(1, MOST_POINTS), write)
        action = write()
        ends = ("executed", "failed")
        stands = lambda: self.office.owner.action(action["id"])["status"]
        status = wait_until(lambda: (s := stands()) in ends and s, f"life {self.seed}: its write came to an end", 120)
        if status == "executed":
            self.now.update(values)

    def killed_in_an_undo(self, action):
        def take_back():
            plan = self.office.plan(action)
            self.office.owner.post(f"/v1/actions/{action['id']}/undo", {"hash": plan["hash"], "wait_s": 20})

        self.office.dies(self.dice.randint(1, MOST_POINTS), take_back)
        state = lambda: (self.office.owner.action(action["id"]).get("undo_state") or {}).get("status")
        if state() is None:
            take_back()
        status = wait_until(lambda: (s := state()) in SETTLED and s, f"life {self.seed}: its undo came to an end", 120)
        if status == "undone":
            self.now.update(action["before"])


class Mortal(Office):
    """An office whose server can be told to die."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="leeway-crash-"))
        self.crash = Crash(self.folder)
        super().__init__(env=self.crash.env)
        self.deaths = 0

    def dies(self, at, do):
        """Does something, with the server dying at a point of it, or at its end where it has fewer."""
        self.crash.arm(at)
        try:
            do()
        except GONE:
            self.deaths += 1
        else:
            self.leeway.process.kill()
        self.leeway.process.wait(timeout=30)
        self.crash.forget()
        self.leeway.start(env=self.crash.env).ready("sandbox")
        for api in (self.owner, self.agent, self.colleague, self.second):
            api.url = self.leeway.url


def test_no_edit_is_lost_and_nothing_is_taken_back_twice():
    print(f"seeds {FIRST_SEED} to {FIRST_SEED + SEQUENCES - 1}")
    office = Mortal()
    try:
        for seed in range(FIRST_SEED, FIRST_SEED + SEQUENCES):
            life = Life(office, seed)
            life.live()
            if seed % KILLED == 0:
                life.killed()
        accounted_for(office)
        print(f"{office.deaths} deaths between two steps")
    finally:
        office.leeway.stop()


OWN = {
    "email": lambda dice, seed: f"Kim.{seed}.{dice.randint(1, 4)}@Example.com",
    "amount": lambda dice, seed: dice.choice([19.9, 20, "7.5", round(dice.random() * 1000, 1)]),
    "name": lambda dice, seed: f"Zoe\u0308 {seed} {dice.randint(1, 4)}",
    "due": lambda dice, seed: f"2026-11-{dice.randint(10, 28)}",
    "note": lambda dice, seed: f"note {seed} {dice.randint(1, 4)}",
    "phone": lambda dice, seed: f"+43 {seed} {dice.randint(1, 4)}",
}


class OddLife:
    """One record of the odd system and what the model knows of it."""

    def __init__(self, desk, seed):
        self.desk, self.odd, self.seed, self.dice = desk, desk.odd, seed, random.Random(seed)
        self.one = f"r{seed}"
        values = {field: make(self.dice, seed) for field, make in OWN.items() if self.dice.random() < 0.6}
        self.odd.add(self.one, **values)
        self.odd.late = 1 if desk.slow else 0
        self.odd.honest = True

    def lies(self, how_often):
        """What never comes would be waited for by a system that takes its time."""
        self.odd.honest = self.desk.slow or self.dice.random() >= how_often

    def now(self):
        return dict(self.odd.records[self.one])

    def values(self):
        fields = self.dice.sample(sorted(OWN), self.dice.randint(1, 2))
        return {field: OWN[field](self.dice, self.seed) for field in fields}

    def settled(self):
        """Whoever looks later finds what there is."""
        self.odd.shown.clear()

    def updates(self):
        """An agent writes, a person may edit one field, and it is taken back."""
        before, values = self.now(), self.values()
        done = self.desk.act("update_record", id=self.one, **values)
        assert done["outcome"]["mismatched"] == [], (self.seed, done["outcome"])
        self.settled()
        wrote = self.now()
        changed = [field for field in values if wrote[field] != before[field]]
        edits = {}
        if self.dice.random() < 0.5:
            field = self.dice.choice(sorted(OWN))
            edits = {field: self.dice.choice([own_form(field, OWN[field](self.dice, self.seed)), str(wrote[field] or "").upper() or None])}
            self.odd.edit(self.one, **edits)
        now = self.now()
        plan = self.desk.plan(done)
        for one in plan["fields"]:
            field = one["field"]
            touched = now[field] not in (wrote[field], before[field])
            assert (one["finding"] == "changed") == touched, (self.seed, one, before, wrote, now)
        self.lies(0.2)
        back = [field for field in changed if now[field] == wrote[field] and now[field] != before[field]]
        try:
            state = self.desk.undo(done)
        except Refused as refused:
            assert refused.code == "undo-conflict" and not back, (self.seed, refused, back)
            return
        self.settled()
        expected = dict(now, **({field: before[field] for field in back} if self.odd.honest else {}))
        assert self.now() == expected, (self.seed, "the record is not what the model says", state)
        # A field that was written in another form of what stood there counts too: somebody changed it since.
        told = {one["field"] for one in plan["fields"]}
        stands = all(self.now()[field] == before[field] for field in values if field in changed or field in told)
        assert (state["status"] == "undone") == stands, (self.seed, state, before, self.now())

    def makes(self):
        """An agent makes a record, a person may work on it, and it is offset."""
        made = self.desk.act("create_record", name=f"made {self.seed}")
        self.one = made["record"]["id"]
        self.settled()
        worked = self.dice.random() < 0.5
        if worked:
            self.odd.edit(self.one, note=f"<p>a person's {self.seed}</p>")
        self.lies(0.2)
        before = self.now()
        try:
            state = self.desk.undo(made)
        except Refused as refused:
            assert refused.code == "undo-conflict" and worked, (self.seed, refused)
            assert self.now() == before, (self.seed, "something was called before anybody decided")
            return
        self.settled()
        assert not worked, (self.seed, "people's work was deleted undecided", state)
        assert (state["status"] == "undone") == (self.now()["status"] == "deleted"), (self.seed, state)

    def deletes(self):
        """An agent deletes a record, and it is restored, or is said to be."""
        before = self.now()
        gone = self.desk.act("delete_record", id=self.one)
        self.settled()
        self.lies(0.4)
        state = self.desk.undo(gone)
        self.settled()
        there = self.odd.records.get(self.one) == before
        assert (state["status"] == "undone") == there, (self.seed, state)
        assert there or state["status"] == "not_confirmed", (self.seed, state)

    def live(self):
        self.dice.choice([self.updates, self.updates, self.updates, self.makes, self.deletes])()


def test_what_is_called_undone_in_an_odd_system_is_undone():
    desks = [Desk(), Desk(settles_s=20)]
    try:
        for seed in range(FIRST_SEED, FIRST_SEED + SEQUENCES):
            OddLife(desks[seed % 5 == 0], seed).live()
    finally:
        for desk in desks:
            desk.stop()


def accounted_for(office):
    assert office.leeway.verify()["ok"]
    operator = office.leeway.person("operator@example.com", "operator")
    undos, paused, starts, cursor = set(), False, {}, 0
    while cursor is not None:
        page = operator.get(f"/v1/entries?limit=1000&from={cursor}")
        for entry in page["entries"]:
            kind, stream = entry["kind"], entry["stream"]
            if stream == "workflow/office":
                paused = {"workflow.paused": True, "workflow.resumed": False}.get(kind, paused)
            if kind == "action.judged" and entry["actor"].startswith("person:"):
                undos.add(stream)
            if kind == "action.started":
                starts[stream] = starts.get(stream, 0) + 1
                office_own = office.owner.action(stream.split("/")[1])["workflow"] == "office" if paused else False
                assert not (office_own and stream not in undos), f"{stream} started while the workflow was paused"
        cursor = page.get("next")
    assert max(starts.values()) == 1, "something ran twice"
