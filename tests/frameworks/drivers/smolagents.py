from driver import HEADERS, URL, offer, ordered, serve_blocking, text_of
from smolagents import MCPClient, Model, ToolCallingAgent
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole


# What this framework's models give for an argument that they need not give: to them every one is said to be required.
NOTHING = {"string": "", "number": 0, "integer": 0, "object": {}, "array": [], "boolean": False}


class Script(Model):
    def generate(self, messages, stop_sequences=None, response_format=None, tools_to_call_from=None, **more):
        offer(tool.name for tool in tools_to_call_from or [])
        last = text_of(messages[-1].content)
        if messages[-1].role == MessageRole.TOOL_RESPONSE or '{"tool"' not in last:
            tool, arguments = "final_answer", {"answer": last}
        else:
            tool, given = ordered(last)
            shown = next(one.inputs for one in tools_to_call_from if one.name == tool)
            arguments = {**{name: NOTHING[one["type"]] for name, one in shown.items()}, **given}
        call = ChatMessageToolCall(function=ChatMessageToolCallFunction(name=tool, arguments=arguments), id="call", type="function")
        return ChatMessage(role=MessageRole.ASSISTANT, tool_calls=[call])


with MCPClient({"url": URL, "transport": "streamable-http", "headers": HEADERS}, structured_output=True) as tools:
    agent = ToolCallingAgent(tools=tools, model=Script(), max_steps=4)
    serve_blocking(agent.run)
