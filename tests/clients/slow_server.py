"""A small MCP server on the official Python SDK whose calls leave a trace before they wait, so that
a test can break things in the middle of one."""

import pathlib
import sys

import anyio
from mcp.server.mcpserver import MCPServer

log = pathlib.Path(sys.argv[1])
let_go = pathlib.Path(f"{log}.let-go")
server = MCPServer("slow")


@server.tool()
async def append(line: str, hold_s: float = 0) -> str:
    """Appends a line to the log, then waits: so long, or until the file `LOG.let-go` is there."""
    with log.open("a") as out:
        out.write(line + "\n")
    with anyio.move_on_after(hold_s):
        while not let_go.exists():
            await anyio.sleep(0.02)
    return "appended"


@server.tool()
async def look() -> str:
    """Reads the log."""
    return log.read_text() if log.exists() else ""


server.run("stdio")
