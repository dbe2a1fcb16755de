"""The answers are what `/v1/openapi.json` says they are."""

import jsonschema
import pytest
from harness import Api, Refused
from test_faults import propose, slow, slow_business, slow_system  # noqa: F401


class Description:
    def __init__(self, api):
        self.document = api.get("/v1/openapi.json")
        self.schemas = self.document["components"]["schemas"]

    def described(self, method, path, status):
        """The name of the schema of an answer."""
        answer = self.document["paths"][path][method]["responses"][str(status)]
        return answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]

    def members(self, name):
        """Every member a schema describes, those of its parts included."""
        schema = self.schemas[name]
        found = set(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            found |= set(part.get("properties", {}))
            if "$ref" in part:
                found |= self.members(part["$ref"].rsplit("/", 1)[1])
        return found

    def check(self, name, answer):
        whole = {"$ref": f"#/components/schemas/{name}", "components": self.document["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer)
        assert set(answer) <= self.members(name), f"{name}: {set(answer) - self.members(name)} is not described"


def test_answers_are_as_described(slow):
    agent = Api(slow.url, slow.agent("clerk", "slow"))
    owner = slow.person("owner@example.com", "owner")
    api = Description(owner)
    held = propose(agent, "one", reason="because", sources=[{"ref": "mail", "field": "line", "value": "one"}])
    executed = propose(agent, "two", confidence=0.9)
    assert (held["status"], executed["status"]) == ("held", "executed")
    api.check(api.described("post", "/v1/actions", 202), held)
    api.check(api.described("post", "/v1/actions", 200), executed)
    one = api.described("get", "/v1/actions/{id}", 200)
    for reader in (agent, owner):
        for action in (held, executed):
            api.check(one, reader.action(action["id"]))
    for entry in owner.action(executed["id"])["entries"]:
        api.check("Envelope", entry)
    for revision in owner.action(executed["id"])["revisions"]:
        api.check("Revision", revision)
    api.check(api.described("post", "/v1/actions/{id}/approve", 200), owner.approve(held["id"]))
    listed = owner.get("/v1/actions")
    api.check(api.described("get", "/v1/actions", 200), listed)
    for row in listed["actions"]:
        api.check("ActionRow", row)
    entries = owner.get("/v1/entries?limit=1000")
    api.check(api.described("get", "/v1/entries", 200), entries)
    for entry in entries["entries"]:
        api.check("Entry", entry)
    api.check(api.described("post", "/v1/verify", 200), owner.post("/v1/verify", {}))
    api.check(api.described("get", "/v1/systems", 200), owner.get("/v1/systems"))
    for call, path, status in [
        (lambda: agent.post("/v1/actions", {"tool": "slow__none", "arguments": {}}), "/v1/actions", 404),
        (lambda: owner.post(f"/v1/actions/{held['id']}/approve", {"content_hash": "x"}), "/v1/actions/{id}/approve", 409),
    ]:
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.status == status
        api.check(api.described("post", path, status), refused.value.body)
    api.check(one, owner.action(owner.get("/v1/actions?status=refused")["actions"][0]["id"]))
