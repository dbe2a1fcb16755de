import { createMCPClient } from '@ai-sdk/mcp';
import { ToolLoopAgent } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { headers, offer, ordered, serve, textOf, url } from './driver.mjs';

const none = { inputTokens: { total: 0 }, outputTokens: { total: 0 } };
const model = new MockLanguageModelV4({
  doGenerate: async ({ prompt, tools }) => {
    offer(tools.map(tool => tool.name));
    const last = prompt.at(-1);
    if (last.role === 'tool') {
      const text = textOf(last.content[0].output.value);
      return { content: [{ type: 'text', text }], finishReason: { unified: 'stop' }, usage: none, warnings: [] };
    }
    const { tool, arguments: given } = ordered(textOf(last.content));
    const call = { type: 'tool-call', toolCallId: 'call', toolName: tool, input: JSON.stringify(given) };
    return { content: [call], finishReason: { unified: 'tool-calls' }, usage: none, warnings: [] };
  },
});

const client = await createMCPClient({ transport: { type: 'http', url, headers } });
const agent = new ToolLoopAgent({ model, tools: await client.tools() });
await serve(async prompt => (await agent.generate({ prompt })).text);
await client.close();
