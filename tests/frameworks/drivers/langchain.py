import asyncio

from driver import HEADERS, URL, offer, ordered, serve, text_of
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


class Script(BaseChatModel):
    @property
    def _llm_type(self):
        return "script"

    def bind_tools(self, tools, **more):
        offer(tool.name for tool in tools)
        return self

    def _generate(self, messages, stop=None, run_manager=None, **more):
        last = messages[-1]
        if isinstance(last, ToolMessage):
            said = AIMessage(text_of(last.content))
        else:
            tool, arguments = ordered(text_of(last.content))
            said = AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": "call"}])
        return ChatResult(generations=[ChatGeneration(message=said)])


async def main():
    client = MultiServerMCPClient({"office": {"transport": "http", "url": URL, "headers": HEADERS}})
    async with client.session("office") as session:
        agent = create_agent(Script(), await load_mcp_tools(session))

        async def act(prompt):
            state = await agent.ainvoke({"messages": [("user", prompt)]})
            return state["messages"][-1].content

        await serve(act)


asyncio.run(main())
