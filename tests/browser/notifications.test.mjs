// Being told, in a real browser: a message to a chat room, approving from it, channels and preferences.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Demo, settled, sound, until } from './demo.mjs';

let demo, room;

// Keeps what is posted to it.
class Room {
  posts = [];
  static async open() {
    const room = new Room();
    room.server = http.createServer(async (request, answer) => {
      let body = '';
      for await (const part of request) body += part;
      room.posts.push(JSON.parse(body));
      answer.end('ok');
    });
    await new Promise(done => room.server.listen(0, '127.0.0.1', done));
    room.url = `http://127.0.0.1:${room.server.address().port}/hook`;
    return room;
  }
  links = () => this.posts.flatMap(post => post.blocks).filter(block => block.type === 'actions').flatMap(block => block.elements).map(element => element.url);
}

before(async () => {
  [demo, room] = [await Demo.start({ agents: false }), await Room.open()];
  const webhook = path.join(demo.data, 'webhook');
  fs.writeFileSync(webhook, room.url);
  const told = demo.access.users.map(user => `[person."${user.email}"]\nchannels = ["email", "desk"]\n`).join('');
  // Nothing listens on port 1: this channel is dead.
  fs.writeFileSync(path.join(demo.data, 'config/notify.toml'), `public_url = "${demo.url}"
digest_window_s = 0
links_last_s = 3600
[email]
host = "127.0.0.1"
port = 1
security = "none"
from = "leeway@example.com"
from_name = "Leeway"
[chat.desk]
url = "file:${webhook}"
${told}`);
  demo.leeway('apply', path.join(demo.data, 'config'));
});
after(async () => {
  await demo.stop();
  room.server.close();
});

test('a grave action is approved from its message, once, by whom it was sent to', async () => {
  const proposed = await demo.propose('crm-clean-up', { tool: 'sandbox__delete_contact', arguments: { id: 'c-117' } });
  assert.equal(proposed.status, 'held', JSON.stringify(proposed));
  const action = () => demo.api('owner', 'GET', `/v1/actions/${proposed.id}`);
  const mine = () => room.links().filter(link => link.includes('/q/'));
  await until(() => mine().length > 0, 'a link for quick approval was sent');
  const opened = [];
  for (const role of ['owner', 'reviewer']) {
    const page = await demo.page(role);
    for (const link of mine()) {
      const answer = await page.goto(link);
      opened.push([role, page, answer.status(), link]);
      if (answer.status() === 200) break;
    }
  }
  const [, page, , link] = opened.find(([, , status]) => status === 200);
  await page.goto(link);
  await settled(page);
  assert.match(await page.textContent('main'), /c-117/);
  assert.equal((await action()).status, 'held', 'opening it changes nothing');
  await sound(page);
  await page.click('button:has-text("Yes, approve")');
  await page.waitForURL(`${demo.url}/actions/${proposed.id}`);
  await until(async () => (await action()).status === 'executed', 'it ran');
  const again = await page.goto(link);
  assert.equal(again.status(), 409);
  assert.match(await page.textContent('main'), /approves nothing[\s\S]*Done/);
  for (const [, opener] of opened) await opener.context().close().catch(() => {});
});

for (const [name, size] of [['desktop', { width: 1280, height: 900 }], ['phone', { width: 390, height: 844 }], ['narrow', { width: 320, height: 700 }]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the page shows the dead channel and keeps what one prefers: ${name}, ${colorScheme}`, async () => {
      const page = await demo.page('owner', { viewport: size, colorScheme });
      await until(async () => (await demo.api('owner', 'GET', '/v1/notifications')).channels.some(channel => channel.trouble), 'the trouble is known');
      await page.goto(`${demo.url}/notifications`);
      await settled(page);
      assert.match(await page.textContent('.banner'), /do not get through by: email/);
      assert.match(await page.textContent('.channels'), /unreachable/);
      await page.check('input[name="by.desk"]');
      await page.check('input[name=window][value="1800"]');
      await page.click('button:has-text("Save")');
      await page.waitForURL(/done=saved/);
      assert.equal((await demo.api('owner', 'GET', '/v1/notifications')).you.digest_window_s, 1800);
      await sound(page);
      await page.context().close();
    });
  }
}

test('a test message goes at once', async () => {
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/notifications`);
  await page.click('li:has-text("desk") button:has-text("Send me a test")');
  await page.waitForSelector('text=A test message is on its way to you.');
  await until(() => room.posts.some(post => post.text === 'Test message from Leeway'), 'it arrived');
  await page.context().close();
});
