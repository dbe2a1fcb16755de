"""The configurations the client tests run with: real MCP servers behind Leeway."""

from harness import Leeway, node_server, system

OFFICE = """
name = "office"
title = "Office"
purpose = "Keeps the documents and the contact graph."
owner = "owner@example.com"
confidence_threshold = 0.8
expires_after_s = {expires}

[grants]
files__read_text_file = "read"
files__list_directory = "read"
files__write_file = "update"
files__edit_file = "update"
files__move_file = "high-impact"
files__create_directory = "blocked"
graph__read_graph = "read"
graph__search_nodes = "read"
graph__open_nodes = "read"
graph__create_entities = "update"
graph__add_observations = "update"
graph__delete_entities = "high-impact"
every__echo = "read"
every__get-sum = "read"
"""


def office(expires=3600):
    """Filesystem, memory and everything servers, one workflow over all three."""
    leeway = Leeway({"office": OFFICE.format(expires=expires)}, {}, ["filesystem", "memory", "everything"])
    documents = leeway.folder / "documents"
    documents.mkdir()
    (documents / "terms.txt").write_text("net 30 days")
    systems = {
        "files": system("files", "filesystem", node_server("filesystem", documents)),
        "graph": system("graph", "memory", node_server("memory"), {"MEMORY_FILE_PATH": str(leeway.folder / "graph.jsonl")}),
        "every": system("every", "everything", node_server("everything", "stdio")),
    }
    leeway.configure({"office": OFFICE.format(expires=expires)}, systems, ["filesystem", "memory", "everything"])
    leeway.documents = documents
    return leeway
