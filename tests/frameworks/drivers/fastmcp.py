# A client and no agent: what its caller is handed is what a model would be shown.
import asyncio

from driver import HEADERS, URL, offer, ordered, serve, text_of
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport


async def main():
    async with Client(StreamableHttpTransport(URL, headers=HEADERS)) as client:

        async def act(prompt):
            offer(tool.name for tool in await client.list_tools())
            return text_of((await client.call_tool(*ordered(prompt))).content)

        await serve(act)


asyncio.run(main())
