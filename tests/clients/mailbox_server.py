"""A small mailbox and till on the official Python SDK: drafts come from a file, and what is sent is counted there."""

import json
import os
import pathlib

from mcp.server.mcpserver import MCPServer

server = MCPServer("mailbox")
place = pathlib.Path(os.environ["TEST_MAILBOX"])


def sent(what):
    with (place / "sent").open("a") as file:
        file.write(json.dumps(what) + "\n")
    return json.dumps({"id": "m-9"})


@server.tool()
async def get_draft(id: str) -> str:
    """Reads a draft."""
    return (place / "draft.json").read_text()


@server.tool()
async def send_draft(id: str) -> str:
    """Sends a draft as it is."""
    return sent(id)


@server.tool()
async def send_message(raw: str) -> str:
    """Sends a message."""
    return sent(raw)


@server.tool()
async def refund(id: str, amount: int, currency: str = "") -> str:
    """Pays back."""
    return sent([id, amount, currency])


@server.tool()
async def remember(text: str) -> str:
    """Keeps a text."""
    return sent(text)


server.run("stdio")
