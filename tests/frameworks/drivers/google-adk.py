import asyncio

from driver import HEADERS, URL, offer, ordered, serve, text_of
from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import McpToolset, StreamableHTTPConnectionParams
from google.genai import types


class Script(BaseLlm):
    async def generate_content_async(self, llm_request, stream=False):
        offer(llm_request.tools_dict)
        last = llm_request.contents[-1].parts[-1]
        if last.function_response:
            said = types.Part(text=text_of(last.function_response.response))
        else:
            tool, arguments = ordered(last.text)
            said = types.Part(function_call=types.FunctionCall(name=tool, args=arguments))
        yield LlmResponse(content=types.Content(role="model", parts=[said]))


async def main():
    toolset = McpToolset(connection_params=StreamableHTTPConnectionParams(url=URL, headers=HEADERS))
    agent = LlmAgent(name="clerk", model=Script(model="script"), tools=[toolset])
    runner = InMemoryRunner(agent=agent, app_name="office")
    session = await runner.session_service.create_session(app_name="office", user_id="clerk")

    async def act(prompt):
        message = types.Content(role="user", parts=[types.Part(text=prompt)])
        said = None
        async for event in runner.run_async(user_id="clerk", session_id=session.id, new_message=message):
            if event.is_final_response() and event.content:
                said = event.content.parts[-1].text
        return said

    await serve(act)
    await toolset.close()


asyncio.run(main())
