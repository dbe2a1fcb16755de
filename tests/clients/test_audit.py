"""`leeway audit` over real MCP servers: started, listed, left again."""

import json
import subprocess

from harness import BINARY, SERVERS

LISTS = ["tools", "permissions", "approvals", "logs", "undo", "owners", "blockers"]


def server(name, *arguments):
    return ["node", SERVERS / f"server-{name}" / "dist" / "index.js", *arguments]


def audit(tmp_path, words, *arguments):
    words = " ".join(f"'{word}'" for word in words)
    command = [str(BINARY), "audit", "--mcp", words, *arguments]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)


def test_a_real_server_is_audited_and_its_drafts_pass_the_check(tmp_path):
    documents = tmp_path / "documents"
    documents.mkdir()
    done = audit(tmp_path, server("filesystem", documents), "--name", "files", "--out", "files", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert list(report) == LISTS
    levels = {tool["name"]: tool["level"] for tool in report["tools"]}
    assert levels["write_file"] == 4 and levels["move_file"] == 4 and levels["create_directory"] == 3
    assert all(levels[name] == 1 for name in levels if name.startswith(("read_", "list_", "get_", "search_")))
    check = subprocess.run([str(BINARY), "check", "files", "--json"], cwd=tmp_path, capture_output=True, text=True)
    assert check.returncode == 0, check.stdout
    assert json.loads(check.stdout)["problems"] == []
    system = (tmp_path / "files" / "systems" / "files.toml").read_text()
    assert str(documents) in system, "how it was reached is written down"


def test_the_report_of_a_real_server_is_one_safe_file(tmp_path):
    done = audit(tmp_path, server("everything", "stdio"), "--format", "html")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!DOCTYPE html>")
    assert "<script" not in done.stdout and "http://" not in done.stdout and "https://" not in done.stdout
    assert "toggle-simulated-logging" in done.stdout
