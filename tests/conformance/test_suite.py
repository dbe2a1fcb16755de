"""The official conformance suite against the gateway, which stands transparently (`names = "plain"`)
in front of a conforming server: `crates/leeway/examples/conforming`. Every scenario a revision
requires passes, and those of the tasks extension too."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))

from harness import BINARY, TOOLS, Leeway, system  # noqa: E402

SERVER = pathlib.Path(os.environ.get("LEEWAY_CONFORMING", BINARY.parent / "examples" / "conforming"))
SUITE = TOOLS / "node_modules" / "@modelcontextprotocol" / "conformance"
NODE = TOOLS / "node_modules" / ".bin" / "node"
MODERN = "2026-07-28"

# Not required by either revision, and not passed, with the reason.
NOT_REQUIRED = {
    "http-custom-header-server-validation": "the server behind declares no tool with `x-mcp-header`",
}

WORKFLOW = """
name = "suite"
title = "Conformance"
names = "plain"
[relay]
conforming = ["resources", "prompts", "logging", "questions"]
[grants]
"""


def listening(command, env=None):
    """Starts a program and returns it with the address it says it listens on."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
    line = process.stdout.readline()
    assert "http://" in line, f"{command} does not say where it listens: {line!r}"
    return process, line.split()[-1]


def tools_of(url):
    """The names of the server's tools, by the stateless protocol."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    headers = {
        "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list",
    }
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    data = next(line[5:] for line in text.splitlines() if line.startswith("data:") and "result" in line)
    return [tool["name"] for tool in json.loads(data)["result"]["tools"]]


@pytest.fixture(scope="module")
def gateway():
    """The address of the gateway in front of the conforming server, the token added on the way."""
    server, url = listening([SERVER, "0"])
    names = tools_of(url)
    grants = "".join(f'conforming__{name} = "read"\n' for name in names)
    leeway = Leeway(
        {"suite": WORKFLOW + grants},
        {"conforming": system("conforming", "conforming", f'url = "{url}"\nallow_private = true\n')},
        [],
    )
    pack = 'name = "conforming"\ntitle = "Conformance"\n' + "".join(
        f'[tool."{name}"]\neffect = "read"\n' for name in names
    )
    (leeway.config / "packs" / "conforming.toml").write_text(pack)
    leeway.start().ready("conforming")
    token = leeway.agent("suite", "suite")
    proxy, proxied = listening([NODE, HERE / "with_token.mjs", leeway.url], {"LEEWAY_TOKEN": token})
    yield leeway, f"{proxied}/mcp/suite"
    for process in (proxy, server):
        process.terminate()
        process.wait(timeout=30)
    leeway.stop()


def failures(folder):
    """Every check that did not pass, by scenario."""
    failed = {}
    for file in folder.rglob("checks.json"):
        scenario = file.parent.name.removeprefix("server-")[: -len("-2026-11-25T03-16-48-186Z")]
        bad = [
            f"{check['id']}: {check.get('errorMessage')}"
            for check in json.loads(file.read_text())
            if check["status"] in ("FAILURE", "WARNING")
        ]
        if bad:
            failed[scenario] = bad
    return failed


@pytest.mark.parametrize("revision", ["2025-11-25", MODERN])
def test_every_scenario_passes(gateway, revision, tmp_path):
    _, url = gateway
    suite = subprocess.run(
        [NODE, SUITE / "dist" / "index.js", "server", "--url", url, "--requirements", revision, "-o", tmp_path],
        capture_output=True, text=True, timeout=300,
    )
    ran = len(list(tmp_path.rglob("checks.json")))
    assert ran > 30, suite.stdout[-2000:] + suite.stderr[-2000:]
    failed = failures(tmp_path)
    unexpected = {scenario: checks for scenario, checks in failed.items() if scenario not in NOT_REQUIRED}
    assert not unexpected, json.dumps(unexpected, indent=2)
    assert suite.returncode == 0, suite.stdout[-4000:]


def test_what_the_suite_read_is_in_the_ledger(gateway):
    leeway, _ = gateway
    auditor = leeway.person("auditor@example.com", "auditor")
    everything, cursor = [], ""
    while cursor is not None:
        page = auditor.get(f"/v1/actions?limit=100{cursor}")
        everything += page["actions"]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    for tool in ("conforming__resources/read", "conforming__prompts/get", "conforming__completion/prompt"):
        found = [action for action in everything if action["tool"] == tool]
        assert found and all(action["level"] == 1 for action in found), tool
    assert leeway.verify().get("verified") or leeway.verify().get("ok"), leeway.verify()
