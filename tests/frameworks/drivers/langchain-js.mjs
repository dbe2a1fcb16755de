import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage } from '@langchain/core/messages';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { createAgent } from 'langchain';
import { headers, offer, ordered, serve, textOf, url } from './driver.mjs';

class Script extends BaseChatModel {
  _llmType() { return 'script'; }

  bindTools(tools) {
    offer(tools.map(tool => tool.name));
    return this;
  }

  async _generate(messages) {
    const last = messages.at(-1);
    let message;
    if (last.getType() === 'tool') {
      message = new AIMessage(textOf(last.content));
    } else {
      const { tool, arguments: args } = ordered(textOf(last.content));
      message = new AIMessage({ content: '', tool_calls: [{ name: tool, args, id: 'call' }] });
    }
    return { generations: [{ text: '', message }] };
  }
}

const client = new MultiServerMCPClient({ mcpServers: { office: { transport: 'http', url, headers } } });
const agent = createAgent({ model: new Script({}), tools: await client.getTools() });
await serve(async prompt => (await agent.invoke({ messages: [{ role: 'user', content: prompt }] })).messages.at(-1).content);
await client.close();
