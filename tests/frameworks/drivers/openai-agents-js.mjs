import { Agent, MCPServerStreamableHttp, Runner, Usage } from '@openai/agents';
import { headers, offer, ordered, serve, textOf, url } from './driver.mjs';

const model = {
  async getResponse({ input, tools }) {
    offer(tools.map(tool => tool.name));
    const last = typeof input === 'string' ? { content: input } : input.at(-1);
    if (last.type === 'function_call_result') {
      const content = [{ type: 'output_text', text: textOf(last.output) }];
      return { usage: new Usage(), output: [{ type: 'message', role: 'assistant', status: 'completed', content }] };
    }
    const { tool, arguments: given } = ordered(textOf(last.content));
    const call = { type: 'function_call', callId: 'call', name: tool, arguments: JSON.stringify(given), status: 'completed' };
    return { usage: new Usage(), output: [call] };
  },
  getStreamedResponse() { throw new Error('not streamed'); },
};

const server = new MCPServerStreamableHttp({ url, name: 'office', requestInit: { headers } });
await server.connect();
const agent = new Agent({ name: 'clerk', model, mcpServers: [server] });
const runner = new Runner({ tracingDisabled: true });
await serve(async prompt => (await runner.run(agent, prompt)).finalOutput);
await server.close();
