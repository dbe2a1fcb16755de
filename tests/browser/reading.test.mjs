// Nothing is approved that was not shown: what is long, what is below, what looks like something else.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Demo, sends, settled, sound, until } from './demo.mjs';

let demo;

before(async () => { demo = await Demo.start({ agents: false }); });
after(() => demo.stop());

const action = id => demo.api('owner', 'GET', `/v1/actions/${id}`);
const END = 'and the discount is ninety per cent.';
const LONG = `Dear Ann,\n${'We thank you for your patience. '.repeat(120)}\n\n${END}`;

async function held(workflow, call) {
  const proposed = await demo.propose(workflow, call);
  assert.equal(proposed.status, 'held', JSON.stringify(proposed));
  return proposed.id;
}
const reply = text => held('support-triage', { tool: 'sandbox__reply_to_ticket', arguments: { ticket_id: 't-501', text }, confidence: 0.95 });
// Contacts without a phone, each filled once: of level 3.
const blank = ['c-103', 'c-117', 'c-118'];
const fill = (phone, more = {}) => held('crm-clean-up', { tool: 'sandbox__update_contact', arguments: { id: blank.pop(), fields: { phone } }, ...more });

test('a long text shows its length and its end, and is opened before it is approved', async () => {
  const id = await reply(LONG);
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/inbox/${id}`);
  await settled(page);
  for (const at of ['', '/confirm']) {
    await page.goto(`${demo.url}/inbox/${id}${at}`);
    await settled(page);
    const shown = await page.locator('main').innerText();
    assert.ok(shown.includes(END), `its end stands on ${at}`);
    assert.match(shown, new RegExp(`${LONG.length} characters, 4 lines`));
  }
  // Closed: the button says so, whoever sends the form all the same is refused, and nothing is decided.
  await page.click('button:has-text("Yes, approve")', { force: true });
  await page.waitForFunction(() => document.activeElement.matches('[data-must-open] > summary'));
  await page.$eval('#decide', form => { const sent = document.createElement('input'); sent.type = 'hidden'; sent.name = 'decision'; sent.value = 'approve'; form.append(sent); form.submit(); });
  await page.waitForSelector('#tried');
  assert.match(await page.textContent('#tried'), /a long text was not opened/);
  assert.equal((await action(id)).status, 'held');
  await sound(page);
  await page.goto(`${demo.url}/inbox/${id}/confirm`);
  await settled(page);
  for (const text of await page.locator('[data-must-open] > summary').all()) await text.click();
  await page.click('button:has-text("Yes, approve")');
  await page.waitForURL(/\/inbox/);
  await until(async () => (await action(id)).status !== 'held', 'it was approved');
  await page.context().close();
});

test('on a phone a press on Approve says what is still closed', async () => {
  const id = await reply(LONG.replace('Ann', 'Cy'));
  const page = await demo.page('owner', { viewport: { width: 390, height: 844 } });
  await page.goto(`${demo.url}/inbox/${id}`);
  await settled(page);
  await page.click('a[data-approve]', { force: true });
  await page.waitForSelector('#told:visible');
  assert.match(await page.textContent('#told'), /a long text is not shown whole/i);
  await page.context().close();
});

test('an edit that cannot be sent comes again with what was typed, and with what cannot be seen in it', async () => {
  const id = await held('support-triage', { tool: 'sandbox__reply_to_ticket', arguments: { ticket_id: 't-516', text: 'Pay p\u0430y\u200bpal.' }, confidence: 0.95 });
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/inbox/${id}?edit=1`);
  await settled(page);
  assert.match(await page.textContent('#decide'), /As it reads: .*u\{200b\}.*another script/);
  await page.fill('[name="f.text"]', '');
  await page.fill('[name="f.ticket_id"]', 't-517');
  await page.click('button:has-text("Save changes")');
  await page.waitForSelector('#tried');
  assert.match(await page.textContent('#tried'), /Nothing was changed yet/);
  assert.equal(await page.inputValue('[name="f.ticket_id"]'), 't-517');
  await sound(page);
  assert.equal((await action(id)).status, 'held');
  await page.context().close();
});

test('what was opened in the review is open on the page that asks again', async () => {
  const id = await reply(LONG.replace('Ann', 'Bea'));
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/inbox/${id}`);
  await settled(page);
  for (const text of await page.locator('[data-must-open] > summary').all()) await text.click();
  await page.waitForSelector('a[data-approve]:not([data-locked])');
  await page.keyboard.press('a');
  await page.waitForURL(/\/confirm/);
  await settled(page);
  assert.equal(await page.locator('[data-must-open]:not([open])').count(), 0);
  await page.click('button:has-text("Yes, approve")');
  await until(async () => (await action(id)).status !== 'held', 'it was approved');
  await page.context().close();
});

test('without script a box inside what is folded says that it was read', async () => {
  const id = await reply(LONG.replace('Ann', 'Eve'));
  const page = await demo.page('owner', { javaScriptEnabled: false });
  await page.goto(`${demo.url}/inbox/${id}/confirm`);
  await page.click('button:has-text("Yes, approve")');
  await page.waitForSelector('#tried');
  assert.equal((await action(id)).status, 'held');
  for (const text of await page.locator('[data-must-open] > summary').all()) await text.click();
  for (const box of await page.locator('.read input').all()) await box.check();
  await page.click('button:has-text("Yes, approve")');
  await page.waitForURL(/\/inbox(\?done=[^/]*)?$/);
  assert.notEqual((await action(id)).status, 'held');
  await page.context().close();
});

test('blank lines and a long list hide no end', async () => {
  const blank = await reply(`Hello${'\n'.repeat(200)}${END}`);
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/inbox/${blank}`);
  assert.match(await page.locator('#review').innerText(), new RegExp(END));
  await page.context().close();
});

for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 700 }]) {
  test(`the bar approves nothing while something of it was never on the screen: ${viewport.width} wide`, async () => {
    const sources = Array.from({ length: 12 }, (_, n) => ({ ref: `crm:contact/c-${n}`, field: 'phone', value: `+44 20 ${n}` }));
    const id = await fill('+44 20 000 010', { sources, reason: 'It stands in the signature.' });
    const page = await demo.page('owner', { viewport });
    const sent = [];
    page.on('request', request => { if (request.method() === 'POST') sent.push(request.url()); });
    await page.goto(`${demo.url}/inbox/${id}`);
    await settled(page);
    const button = page.locator('#decide button[data-approve]');
    assert.equal(await button.getAttribute('data-locked'), 'yes');
    assert.match(await page.textContent('[data-hint]'), /more below/);
    // Each press shows more of it; it takes the end.
    await until(async () => { if (await button.getAttribute('data-locked') === null) return true; await button.click(); }, 'its end is shown');
    assert.deepEqual(sent, []);
    assert.equal((await action(id)).status, 'held');
    const last = page.locator('.sources li').last();
    const [box, bar] = [await last.boundingBox(), await page.locator('.bar').boundingBox()];
    assert.ok(box.y + box.height <= bar.y + 1, JSON.stringify([box, bar]));
    await button.click();
    await until(async () => (await action(id)).status === 'executed', 'it was approved');
    await page.context().close();
  });
}

test('the page that asks again shows why, what the agent says and its sources, all above its button', async () => {
  const id = await held('support-triage', { tool: 'sandbox__reply_to_ticket', arguments: { ticket_id: 't-501', text: 'We look into it.' }, confidence: 0.95,
    reason: 'She asked on Monday.', sources: [{ ref: 'ticket/t-501', value: 'where is my order' }] });
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/inbox/${id}/confirm`);
  await settled(page);
  const button = await page.locator('button[data-approve]').boundingBox();
  for (const text of ['Why this needs you', 'She asked on Monday.', 'where is my order', 'We look into it.', 'If you approve']) {
    const box = await page.locator(`main :text("${text}")`).first().boundingBox();
    assert.ok(box && box.y < button.y, text);
  }
  await page.context().close();
});

test('letters of another script and hidden ones are marked where they stand', async () => {
  const false_ = await reply('Write to billing@ex\u0430mple.com or \u0430\u0440\u0440\u04cf\u0435.com, pay\u202e now.');
  const plain = await reply('Пишите на billing@example.com, Вера и Сара. 請求書をsales@example.comまで。');
  const page = await demo.page('owner');
  for (const at of [`/inbox/${false_}`, `/inbox/${false_}/confirm`, `/actions/${false_}`]) {
    await page.goto(demo.url + at);
    const text = await page.textContent('main');
    for (const mark of ['⚠ letters of another script: billing@ex\\u{430}mple.com', '\\u{430}\\u{440}\\u{440}\\u{4cf}\\u{435}.com', '\\u{202e}']) assert.ok(text.includes(mark), `${mark} on ${at}`);
  }
  await page.goto(`${demo.url}/inbox/${plain}`);
  assert.doesNotMatch(await page.textContent('#review'), /⚠/);
  assert.match(demo.leeway('actions', 'show', false_), /letters of another script/);
  await page.context().close();
});

test('a review is looked at to its end by keyboard alone', async () => {
  const id = await fill('+44 20 000 011', { reason: 'x '.repeat(500) });
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/inbox/${id}`);
  await settled(page);
  await until(async () => {
    if (await page.evaluate(() => document.activeElement.dataset.key === 'a')) return true;
    await page.keyboard.press('a');
    if (await page.evaluate(() => document.activeElement.matches('details:not([open]) > summary'))) await page.keyboard.press('Enter');
  }, 'A goes to Approve');
  await sends(page, 'Enter');
  await until(async () => (await action(id)).status === 'executed', 'it was approved');
  await page.context().close();
});
