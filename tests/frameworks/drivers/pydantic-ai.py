import asyncio

from driver import HEADERS, URL, offer, ordered, serve
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, RetryPromptPart, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel


def script(messages, info):
    offer(tool.name for tool in info.function_tools)
    last = messages[-1].parts[-1]
    if isinstance(last, ToolReturnPart):
        return ModelResponse(parts=[TextPart(last.model_response_str())])
    if isinstance(last, RetryPromptPart):
        return ModelResponse(parts=[TextPart(last.model_response())])
    tool, arguments = ordered(last.content)
    return ModelResponse(parts=[ToolCallPart(tool, arguments)])


async def main():
    toolset = MCPToolset(URL, headers=HEADERS)
    agent = Agent(FunctionModel(script), toolsets=[toolset])

    async def act(prompt):
        return (await agent.run(prompt)).output

    async with agent:
        await serve(act)


asyncio.run(main())
