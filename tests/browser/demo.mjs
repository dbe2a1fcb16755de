// Runs `leeway demo` for browser tests, and opens signed-in pages in Debian's Chromium.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { chromium } from 'playwright-core';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const root = path.resolve(import.meta.dirname, '../..');
const tools = process.env.LEEWAY_TEST_TOOLS ?? path.join(root, 'target/test-tools');
const binary = process.env.LEEWAY_BINARY ?? path.join(root, 'target/debug/leeway');

export const browser = () => chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

export class Demo {
  static async start({ agents = true, days = 0 } = {}) {
    const demo = new Demo();
    demo.data = fs.mkdtempSync(path.join(os.tmpdir(), 'leeway-demo-'));
    demo.log = fs.openSync(path.join(demo.data, 'log'), 'a');
    const args = ['demo', '--data', demo.data, '--listen', '127.0.0.1:0', ...(agents ? [] : ['--no-agents']), ...(days ? ['--days', String(days)] : [])];
    demo.process = spawn(binary, args, { stdio: ['ignore', demo.log, demo.log] });
    await until(() => fs.existsSync(path.join(demo.data, 'demo.json')), 'demo.json is written');
    demo.access = JSON.parse(fs.readFileSync(path.join(demo.data, 'demo.json'), 'utf8'));
    demo.url = demo.access.url;
    if (days) await until(() => fs.readFileSync(path.join(demo.data, 'log'), 'utf8').includes('it is today again'), 'the days are played', 600_000);
    demo.browser = await browser();
    return demo;
  }

  user(role) { return this.access.users.find(user => user.roles.includes(role)); }

  async api(role, method, address, body) {
    const answer = await fetch(this.url + address, { method, body: body && JSON.stringify(body),
      headers: { Authorization: `Bearer ${this.user(role).token}`, 'Content-Type': 'application/json' } });
    return answer.json();
  }

  async propose(workflow, call) {
    const agent = this.access.agents.find(agent => agent.workflow === workflow);
    const answer = await fetch(`${this.url}/v1/actions`, { method: 'POST', body: JSON.stringify(call),
      headers: { Authorization: `Bearer ${agent.token}`, 'Content-Type': 'application/json' } });
    return answer.json();
  }

  // The command line, at the machine.
  leeway(...args) { return execFileSync(binary, [...args, '--data', this.data], { encoding: 'utf8' }); }

  async context(options = {}) { return this.browser.newContext(options); }

  // A signed-in page. With javaScriptEnabled: false the same forms work without script.
  async page(role, options = {}) {
    const context = await this.context(options);
    const page = await context.newPage();
    const user = this.user(role);
    await page.goto(`${this.url}/sign-in`);
    await page.fill('input[name=email]', user.email);
    await page.fill('input[name=password]', user.password);
    await Promise.all([page.waitForURL(`${this.url}/inbox`), page.click('button:has-text("Sign in")')]);
    return page;
  }

  async stop() {
    await this.browser.close();
    this.process.kill('SIGTERM');
    await new Promise(done => this.process.once('exit', done));
  }
}

// A desk that one of the programs in tests/clients brings about: it says in one line of JSON what there is, answers
// each line it is asked with another, and stops everything it started when its input ends.
export class Desk extends Demo {
  static async start(program) {
    const desk = new this();
    desk.process = spawn(path.join(tools, 'venv/bin/python'), [path.join(root, 'tests/clients', program)], { stdio: ['pipe', 'pipe', 'inherit'] });
    desk.lines = readline.createInterface({ input: desk.process.stdout })[Symbol.asyncIterator]();
    desk.access = await desk.said();
    desk.url = desk.access.url;
    desk.browser = await browser();
    return desk;
  }

  async said() {
    const { done, value } = await this.lines.next();
    assert.ok(!done, 'the program ended; what it said stands above');
    return JSON.parse(value);
  }

  async ask(what) {
    this.process.stdin.write(`${what}\n`);
    return this.said();
  }

  async stop() {
    await this.browser.close();
    const ended = new Promise(done => this.process.once('exit', done));
    this.process.stdin.end();
    assert.equal(await ended, 0);
  }
}

export async function until(condition, what, limit_ms = 30_000) {
  const end = Date.now() + limit_ms;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${limit_ms / 1000} s in vain: ${what}`);
    await new Promise(done => setTimeout(done, 25));
  }
}

// Settled: the script has run. The event stream never ends, so there is no "network idle".
export const settled = page => page.waitForSelector('html[data-js=ready]');

// A key that sends a form is let go on the page it leads to: a browser may never answer for a key that was let go
// while the page it was pressed on was going away.
export async function sends(page, key) {
  const there = page.waitForEvent('load');
  await page.keyboard.down(key);
  await there;
  await page.keyboard.up(key);
}

// Somebody looks at a review to its end: a button that stands above what was not shown yet approves nothing.
export async function whole(page) {
  await settled(page);
  for (const long of await page.locator('[data-must-open]:not([open]) > summary').all()) if (await long.isVisible()) await long.click();
  await page.$eval('[data-end]', end => end.scrollIntoView({ block: 'center' }));
  await page.waitForSelector('[data-approve]:not([data-locked])');
}

// The page it is on does not scroll sideways and is accessible.
export async function sound(page) {
  await settled(page);
  // What is fading in has other colours than it is about to have.
  await page.evaluate(() => Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().iterations !== Infinity).map(one => one.finished)));
  const address = new URL(page.url()).pathname;
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${address} scrolls sideways by ${wide}px`);
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  const told = found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', ')}`);
  assert.deepEqual(told, [], address);
}
