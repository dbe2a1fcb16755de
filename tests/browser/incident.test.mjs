// Taking things back in a real browser: a field set back, a message stopped before it goes out, and an
// incident worked from its declaration to the workflow running again.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Demo, sound, until } from './demo.mjs';

let demo;

before(async () => { demo = await Demo.start({ agents: false }); });
after(() => demo.stop());

const get = address => demo.api('owner', 'GET', address);
const action = id => get(`/v1/actions/${id}`);

async function acted(workflow, tool, args) {
  const proposed = await demo.propose(workflow, { tool: `sandbox__${tool}`, arguments: args, confidence: 0.95 });
  if (proposed.status === 'held') {
    await demo.api('owner', 'POST', `/v1/actions/${proposed.id}/approve`, { content_hash: proposed.content_hash, wait_s: 20 });
  }
  const ended = await action(proposed.id);
  assert.equal(ended.status, 'executed', JSON.stringify(ended));
  return ended;
}

async function soundAt(page, address) {
  await page.goto(demo.url + address);
  await sound(page);
}

test('an action is taken back from its page', async () => {
  const done = await acted('crm-clean-up', 'update_contact', { id: 'c-103', fields: { phone: '+44 1' } });
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/actions/${done.id}`);
  await page.click('a:has-text("What an undo would do")');
  assert.match(await page.textContent('#undo'), /set back/);
  await page.click('#undo-form button:has-text("Undo")');
  await page.waitForURL(`${demo.url}/actions/${done.id}`);
  await until(async () => (await action(done.id)).undo_state?.status === 'undone', 'it is undone');
  await page.reload();
  assert.match(await page.textContent('#action'), /Undone/);
  await page.context().close();
});

test('a message is stopped before it goes out', async () => {
  const proposed = await demo.propose('support-triage', { tool: 'sandbox__reply_to_ticket', arguments: { ticket_id: 't-501', text: 'We look into it.' }, confidence: 0.95 });
  assert.equal(proposed.status, 'held', JSON.stringify(proposed));
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/inbox/${proposed.id}/confirm`);
  await page.click('button:has-text("Yes, approve")');
  await page.waitForURL(/\/inbox(\?done=[^/]*)?$/);
  assert.equal((await action(proposed.id)).status, 'approved');
  await page.click('#toast button:has-text("Undo")');
  await page.waitForURL(`${demo.url}/inbox/${proposed.id}`);
  const back = await action(proposed.id);
  assert.equal(back.status, 'held');
  assert.equal(back.revision, 2);
  await page.context().close();
});

test('an incident is worked on a phone from its declaration until the workflow runs again', async () => {
  const wrong = [];
  for (const id of ['c-103', 'c-117']) wrong.push(await acted('crm-clean-up', 'update_contact', { id, fields: { phone: 'nonsense' } }));
  await acted('crm-clean-up', 'add_contact_tag', { id: 'c-101', tag: 'fine' });
  const page = await demo.page('owner', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  await page.goto(`${demo.url}/actions/${wrong[0].id}`);
  await page.fill('input[name=why]', 'phones are made up');
  await page.click('button:has-text("Declare and pause")');
  await page.waitForURL(/\/incidents\/\d+$/);
  const incident = new URL(page.url()).pathname;
  const state = () => get(`/v1${incident}`);
  assert.notEqual((await get('/v1/workflows/crm-clean-up')).paused, null);
  await soundAt(page, incident);
  await page.selectOption('select[name=tool]', 'sandbox__update_contact');
  await page.fill('input[name=from]', wrong[0].created_at.slice(0, 19));
  await page.fill('input[name=how]', 'by tool and time');
  await page.click('button:has-text("Record what it touched")');
  await page.waitForSelector('text=Step 3');
  assert.equal((await state()).affected.actions, 2);
  await page.click('button:has-text("Plan to undo them")');
  await page.waitForURL(/\/undo-batches\//);
  await sound(page);
  await page.click('button:has-text("Undo 2 actions")');
  await until(async () => (await state()).remedies_now.undone === 2, 'both are taken back');
  await page.goto(demo.url + incident);
  await page.click('button:has-text("Everything is settled")');
  await page.click('button:has-text("I know of it")');
  await page.waitForSelector('text=Step 5');
  await soundAt(page, incident);
  for (const field of ['finding', 'source_data', 'versions']) await page.fill(`textarea[name=${field}]`, `${field}: looked at`);
  await page.click('button:has-text("Record the finding")');
  await page.waitForSelector('text=Step 6');
  const folder = fs.mkdtempSync(`${demo.data}/rules-`);
  demo.leeway('export', '--config', folder);
  const file = `${folder}/workflows/crm-clean-up.toml`;
  fs.appendFileSync(file, '\n[[guardrail]]\nid = "no-phones"\ntext = "Phones wait."\nthen = "hold"\nwhen = { fields = ["phone"] }\n');
  demo.leeway('apply', folder, '--unreviewed');
  await soundAt(page, incident);
  await page.selectOption('select[name=rule]', 'no-phones');
  await page.click('button:has-text("It catches the case")');
  await page.waitForSelector('text=Step 7');
  await soundAt(page, incident);
  await page.click('button:has-text("I looked at all of them")');
  await page.waitForSelector('text=Both owners sign');
  await soundAt(page, incident);
  const { content_hash } = await state();
  for (const side of ['business', 'technical']) {
    for (const role of ['owner', 'operator', 'reviewer']) {
      await demo.api(role, 'POST', `/v1${incident}/sign`, { as: side, content_hash });
    }
  }
  await page.reload();
  await page.click('button:has-text("Run again, everything reviewed")');
  await page.waitForSelector('text=Running again');
  const workflow = await get('/v1/workflows/crm-clean-up');
  assert.equal(workflow.paused, null);
  assert.equal(workflow.contained.rung, 'approve-all');
  await soundAt(page, '/incidents');
  await page.context().close();
});
