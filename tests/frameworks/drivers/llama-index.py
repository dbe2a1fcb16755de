import asyncio

from driver import HEADERS, URL, offer, ordered, serve, text_of
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata, MessageRole
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.tools import ToolSelection
from llama_index.tools.mcp import BasicMCPClient, McpToolSpec


class Script(FunctionCallingLLM):
    @property
    def metadata(self):
        return LLMMetadata(is_function_calling_model=True)

    def _prepare_chat_with_tools(self, tools, user_msg=None, chat_history=None, **more):
        offer(tool.metadata.name for tool in tools)
        return {"messages": [*(chat_history or []), *([user_msg] if user_msg else [])]}

    def get_tool_calls_from_response(self, response, error_on_no_tool_call=True, **more):
        call = response.message.additional_kwargs.get("call")
        return [ToolSelection(tool_id="call", tool_name=call[0], tool_kwargs=call[1])] if call else []

    async def achat(self, messages, **more):
        last = messages[-1]
        if last.role == MessageRole.TOOL:
            said = ChatMessage(role="assistant", content=last.content)
        else:
            said = ChatMessage(role="assistant", content="", additional_kwargs={"call": ordered(last.content)})
        return ChatResponse(message=said)

    async def astream_chat(self, messages, **more):
        async def once():
            yield await self.achat(messages)

        return once()

    async def astream_chat_with_tools(self, tools, **more):
        prepared = self._prepare_chat_with_tools(tools, **more)
        return await self.astream_chat(prepared["messages"])

    def chat(self, messages, **more):
        raise NotImplementedError

    complete = acomplete = stream_complete = astream_complete = stream_chat = chat


async def main():
    client = BasicMCPClient(URL, headers=HEADERS)
    tools = await McpToolSpec(client=client).to_tool_list_async()
    agent = FunctionAgent(tools=tools, llm=Script(), streaming=False)

    async def act(prompt):
        return str(await agent.run(prompt))

    await serve(act)


asyncio.run(main())
