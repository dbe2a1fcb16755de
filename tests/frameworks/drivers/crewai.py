import json

from crewai import Agent, BaseLLM
from crewai_tools import MCPServerAdapter
from driver import HEADERS, URL, offer, ordered, serve_blocking, text_of


class Script(BaseLLM):
    def supports_function_calling(self):
        return True

    def call(self, messages, tools=None, *args, **more):
        offer(tool["function"]["name"] for tool in tools or [])
        # Between the tool's answer and the next turn the framework says something of its own.
        for last in reversed(messages):
            if last["role"] == "tool":
                return text_of(last["content"])
            if last["role"] == "user" and '{"tool"' in text_of(last["content"]):
                break
        tool, arguments = ordered(text_of(last["content"]))
        return [{"id": "call", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}]

    async def acall(self, *args, **more):
        return self.call(*args, **more)


with MCPServerAdapter({"url": URL, "transport": "streamable-http", "headers": HEADERS}) as tools:
    agent = Agent(role="clerk", goal="does as ordered", backstory="none", llm=Script(model="script"), tools=list(tools))
    serve_blocking(lambda prompt: agent.kickoff(prompt).raw)
