import asyncio
import json

from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage
from agents.mcp import MCPServerStreamableHttp
from driver import HEADERS, URL, offer, ordered, serve, text_of
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText


class Script(Model):
    async def get_response(self, system_instructions, input, model_settings, tools, *args, **more):
        offer(tool.name for tool in tools)
        last = input if isinstance(input, str) else input[-1]
        if isinstance(last, dict) and last.get("type") == "function_call_output":
            text = ResponseOutputText(type="output_text", text=text_of(last["output"]), annotations=[])
            said = ResponseOutputMessage(type="message", id="said", role="assistant", status="completed", content=[text])
        else:
            tool, arguments = ordered(last if isinstance(last, str) else text_of(last["content"]))
            said = ResponseFunctionToolCall(type="function_call", call_id="call", name=tool, arguments=json.dumps(arguments))
        return ModelResponse(output=[said], usage=Usage(), response_id=None)

    def stream_response(self, *args, **more):
        raise NotImplementedError


async def main():
    async with MCPServerStreamableHttp({"url": URL, "headers": HEADERS}) as server:
        agent = Agent(name="clerk", model=Script(), mcp_servers=[server])

        async def act(prompt):
            return (await Runner.run(agent, prompt, run_config=RunConfig(tracing_disabled=True))).final_output

        await serve(act)


asyncio.run(main())
