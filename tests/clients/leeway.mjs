// Runs the real binary for the TypeScript tests: three official MCP servers behind one workflow.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const root = path.resolve(import.meta.dirname, '../..');
const tools = process.env.LEEWAY_TEST_TOOLS ?? path.join(root, 'target/test-tools');

const workflow = `
name = "office"
title = "Office"
owner = "owner@example.com"
[grants]
files__read_text_file = "read"
files__write_file = "update"
files__create_directory = "blocked"
graph__create_entities = "update"
every__trigger-long-running-operation = "read"
[relay]
every = ["resources", "prompts"]
`;

export class Leeway {
  binary = process.env.LEEWAY_BINARY ?? path.join(root, 'target/debug/leeway');

  static async office() {
    const leeway = new Leeway();
    leeway.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leeway-test-'));
    leeway.data = path.join(leeway.folder, 'data');
    leeway.documents = path.join(leeway.folder, 'documents');
    fs.mkdirSync(leeway.documents);
    const server = name => path.join(tools, `node_modules/@modelcontextprotocol/server-${name}/dist/index.js`);
    const system = (name, pack, args, env = '') => `name = "${name}"\ntitle = "${name}"\npack = "${pack}"\ncommand = "node"\nargs = ${JSON.stringify(args)}\n${env}`;
    leeway.write('config/leeway.toml', 'name = "Test"\n');
    leeway.write('config/workflows/office.toml', workflow);
    leeway.write('config/systems/files.toml', system('files', 'filesystem', [server('filesystem'), leeway.documents]));
    leeway.write('config/systems/graph.toml', system('graph', 'memory', [server('memory')],
      `[env]\nMEMORY_FILE_PATH = ${JSON.stringify(path.join(leeway.folder, 'graph.jsonl'))}\n`));
    leeway.write('config/systems/every.toml', system('every', 'everything', [server('everything'), 'stdio']));
    for (const pack of ['filesystem', 'memory', 'everything']) {
      leeway.write(`config/packs/${pack}.toml`, fs.readFileSync(path.join(root, `packs/${pack}.toml`), 'utf8'));
    }
    await leeway.start();
    return leeway;
  }

  write(file, text) {
    const place = path.join(this.folder, file);
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, text);
  }

  async start() {
    this.process = spawn(this.binary, ['serve', '--data', this.data, '--config', path.join(this.folder, 'config'), '--listen', '127.0.0.1:0'],
      { stdio: ['ignore', 'pipe', fs.openSync(path.join(this.folder, 'log'), 'a')] });
    for await (const line of readline.createInterface({ input: this.process.stdout })) {
      if (line.startsWith('Leeway listens on ')) { this.url = line.split(' ').pop(); break; }
    }
    if (!this.url) throw new Error(fs.readFileSync(path.join(this.folder, 'log'), 'utf8'));
    const watcher = this.person('watcher@example.com', 'auditor');
    await until(async () => (await watcher.send('GET', '/v1/systems')).systems.every(s => s.health === 'ready'), 'systems are ready');
  }

  cli(args, input) {
    const done = spawnSync(this.binary, [...args, '--data', this.data, '--json'], { input, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`leeway ${args}: ${done.stdout}${done.stderr}`);
    return JSON.parse(done.stdout);
  }

  person(email, role) {
    this.cli(['users', 'add', email, '--role', role, '--password-stdin'], 'a long enough password\n');
    return new Api(this.url, this.cli(['users', 'token', email]).token);
  }

  agent(name, workflow) { return this.cli(['agents', 'add', name, '--workflow', workflow]).token; }
  document(name, text) { const file = path.join(this.documents, name); fs.writeFileSync(file, text); return file; }
  read(file) { return fs.readFileSync(file, 'utf8'); }
  stop() { this.process.kill('SIGTERM'); }
}

class Api {
  constructor(url, token) { this.url = url; this.token = token; }

  async send(method, address, body) {
    const answer = await fetch(this.url + address, { method, body: body && JSON.stringify(body),
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' } });
    const value = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(JSON.stringify(value)), { status: answer.status, code: value.error?.code });
    return value;
  }

  async approve(id) {
    const shown = await this.send('GET', `/v1/actions/${id}`);
    return this.send('POST', `/v1/actions/${id}/approve`, { content_hash: shown.content_hash, wait_s: 20 });
  }
}

async function until(condition, what) {
  const end = Date.now() + 30_000;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`waited 30 s in vain: ${what}`);
    await new Promise(done => setTimeout(done, 20));
  }
}
