"""The description of /v1 is what it says it is, by a validator of other people's."""

import re

import openapi_spec_validator
import pytest
from harness import sandbox_business

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def document():
    leeway = sandbox_business({"desk": 'name = "desk"\ntitle = "Desk"\n'})
    yield leeway.person("auditor@example.com", "auditor").get("/v1/openapi.json")
    leeway.stop()


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method]


def test_it_is_valid(document):
    openapi_spec_validator.validate(document)


def test_every_operation_has_a_name_of_its_own_and_says_what_it_answers(document):
    found = list(operations(document))
    assert len(found) > 50
    names = [operation["operationId"] for _, _, operation in found]
    assert len(names) == len(set(names))
    for path, method, operation in found:
        where = f"{method} {path}"
        assert operation.get("summary") or operation.get("description"), where
        statuses = operation["responses"]
        assert any(status.startswith("2") for status in statuses), where
        assert all(answer["description"].strip() for answer in statuses.values()), where
        # What stands in braces is described, and nothing else is said to stand in the path.
        of_path = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert of_path == set(re.findall(r"\{(\w+)\}", path)), where


def test_limits_say_how_much_they_may_be(document):
    limits = [(path, one) for path, _, operation in operations(document)
              for one in operation.get("parameters", []) if one["name"] == "limit"]
    assert len(limits) >= 4
    for path, one in limits:
        assert re.search(r"1 to \d+|at most \d+", one.get("description", "")), path
