import { Agent } from '@mastra/core/agent';
import { MCPClient } from '@mastra/mcp';
import { headers, offer, ordered, serve, textOf, url } from './driver.mjs';

const model = {
  specificationVersion: 'v3', provider: 'script', modelId: 'script', supportedUrls: {},
  async doGenerate({ prompt, tools }) {
    offer(tools.map(tool => tool.name));
    const usage = { inputTokens: { total: 0 }, outputTokens: { total: 0 } };
    const last = prompt.at(-1);
    if (last.role === 'tool') {
      const text = textOf(last.content[0].output.value);
      return { content: [{ type: 'text', text }], finishReason: { unified: 'stop' }, usage, warnings: [] };
    }
    const { tool, arguments: given } = ordered(textOf(last.content));
    const call = { type: 'tool-call', toolCallId: 'call', toolName: tool, input: JSON.stringify(given) };
    return { content: [call], finishReason: { unified: 'tool-calls' }, usage, warnings: [] };
  },
};

const client = new MCPClient({ servers: { office: { url: new URL(url), requestInit: { headers } } } });
const agent = new Agent({ id: 'clerk', name: 'clerk', instructions: 'Do as ordered.', model });
const toolsets = await client.listToolsets();
await serve(async prompt => (await agent.generate(prompt, { toolsets, maxSteps: 3 })).text);
await client.disconnect();
