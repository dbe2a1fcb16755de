"""A small MCP server on the official Python SDK that repeats secrets where they do not belong."""

import json

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("vault")
kept = {"password": "old-secret-77"}


@server.tool()
async def look(id: str) -> str:
    """Reads an account."""
    return json.dumps(kept)


@server.tool()
async def set_password(id: str, password: str, note: str = "") -> str:
    """Sets a password; says it again in its answer, or in its error."""
    if note == "fail":
        raise ToolError(f"{password!r} is too weak")
    return f"the password of {id} is {password} now"


@server.tool()
async def set_pin(id: str, pin: int) -> str:
    """Takes numbers only."""
    return "set"


server.run("stdio")
