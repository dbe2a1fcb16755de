// The official TypeScript SDK 1.x as an agent: streamable HTTP, and the stdio bridge.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Leeway } from './leeway.mjs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const sure = { confidence: 0.95, reason: 'asked for by the office' };
let leeway, token, owner;

before(async () => {
  leeway = await Leeway.office();
  token = leeway.agent('clerk', 'office');
  owner = leeway.person('owner@example.com', 'owner');
});
after(() => leeway.stop());

async function connected(transport) {
  const client = new Client({ name: 'test-agent', version: '1.0.0' });
  await client.connect(transport);
  return client;
}
const overHttp = () => connected(new StreamableHTTPClientTransport(new URL(`${leeway.url}/mcp/office`),
  { requestInit: { headers: { Authorization: `Bearer ${token}` } } }));
const overStdio = () => connected(new StdioClientTransport({
  command: leeway.binary, args: ['mcp', '--workflow', 'office', '--url', leeway.url],
  env: { ...process.env, LEEWAY_TOKEN: token },
}));

for (const [name, connect] of [['streamable HTTP', overHttp], ['the stdio bridge', overStdio]]) {
  test(`over ${name}: a read passes, an overwrite waits, is approved and runs once`, async () => {
    const client = await connect();
    try {
      const { tools } = await client.listTools();
      assert.ok(tools.some(t => t.name === 'files__write_file'));
      assert.ok(!tools.some(t => t.name === 'files__create_directory'));
      const path = leeway.document(`terms ${name}.txt`, 'net 30 days');
      const read = await client.callTool({ name: 'files__read_text_file', arguments: { path } });
      assert.equal(read.content[0].text, 'net 30 days');
      const held = await client.callTool({ name: 'files__write_file', arguments: { path, content: 'net 60 days', _governance: sure } });
      assert.equal(held.isError, false);
      assert.equal(held.structuredContent.status, 'pending_approval');
      assert.equal(leeway.read(path), 'net 30 days');
      const id = held.structuredContent.action_id;
      const done = await owner.approve(id);
      assert.equal(done.status, 'executed');
      assert.equal(leeway.read(path), 'net 60 days');
      const told = await client.callTool({ name: 'leeway_check_action', arguments: { action_id: id, wait_s: 5 } });
      assert.equal(told.structuredContent.status, 'executed');
    } finally {
      await client.close();
    }
  });
}

for (const [name, connect] of [['streamable HTTP', overHttp], ['the stdio bridge', overStdio]]) {
  test(`over ${name}: a system's resources, prompts, completions and progress come through`, async () => {
    const client = await connect();
    try {
      const { resources } = await client.listResources();
      assert.ok(resources.length > 0 && resources.every(r => r.uri.startsWith('leeway://every/')));
      const { contents } = await client.readResource({ uri: 'leeway://every/demo://resource/dynamic/text/1' });
      assert.match(contents[0].text, /Resource 1/);
      const { prompts } = await client.listPrompts();
      assert.ok(prompts.some(p => p.name === 'every__args-prompt'));
      const prompt = await client.getPrompt({ name: 'every__args-prompt', arguments: { city: 'Graz' } });
      assert.match(prompt.messages[0].content.text, /Graz/);
      const { completion } = await client.complete({
        ref: { type: 'ref/prompt', name: 'every__completable-prompt' }, argument: { name: 'department', value: 'S' } });
      assert.deepEqual(completion.values, ['Sales', 'Support']);
      const steps = [];
      await client.callTool({ name: 'every__trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } },
        undefined, { onprogress: progress => steps.push(progress.progress) });
      assert.deepEqual(steps, [1, 2]);
    } finally {
      await client.close();
    }
  });
}

for (const [name, connect] of [['streamable HTTP', overHttp], ['the stdio bridge', overStdio]]) {
  test(`over ${name}: progress is never overtaken by its answer`, async () => {
    const client = await connect();
    try {
      for (let round = 0; round < 60; round++) {
        const steps = [];
        await client.callTool({ name: 'every__trigger-long-running-operation', arguments: { duration: 0, steps: 3 } },
          undefined, { onprogress: progress => steps.push(progress.progress) });
        assert.deepEqual(steps, [1, 2, 3], `round ${round}`);
      }
    } finally {
      await client.close();
    }
  });
}

test('a tool with an output schema that may be held does not make the client throw', async () => {
  const client = await overHttp();
  try {
    await client.listTools();
    const held = await client.callTool({ name: 'graph__create_entities',
      arguments: { entities: [{ name: 'Bo', entityType: 'person', observations: [] }] } });
    assert.equal(held.structuredContent.status, 'pending_approval');
  } finally {
    await client.close();
  }
});

test('a wrong token is refused', async () => {
  await assert.rejects(connected(new StreamableHTTPClientTransport(new URL(`${leeway.url}/mcp/office`),
    { requestInit: { headers: { Authorization: 'Bearer lwa_wrong' } } })));
});
