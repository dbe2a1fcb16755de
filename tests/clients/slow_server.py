"""A small MCP server on the official Python SDK whose calls leave a trace before they wait, so that
a test can break things in the middle of one."""

import pathlib
import sys

import anyio
from mcp.server.mcpserver import MCPServer

log = pathlib.Path(sys.argv[1])
server = MCPServer("slow")


@server.tool()
async def append(line: str, hold_s: float = 0) -> str:
    """Appends a line to the log, then waits."""
    with log.open("a") as out:
        out.write(line + "\n")
    await anyio.sleep(hold_s)
    return "appended"


@server.tool()
async def look() -> str:
    """Reads the log."""
    return log.read_text() if log.exists() else ""


server.run("stdio")
