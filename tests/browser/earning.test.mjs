// What owners say to the evidence, in a real browser: a stopped area goes on, what was found bad tries again, a
// promotion is declined, a threshold adopted, a planted case approved. tests/clients/judged_desk.py brings it about.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Desk, settled, sound, until, whole } from './demo.mjs';

const phone = { viewport: { width: 390, height: 844 } };
const evidence = '/workflows/desk/evidence';
let desk;

before(async () => { desk = await Desk.start('judged_desk.py'); }, { timeout: 300_000 });
after(() => desk.stop());

const get = address => desk.api('owner', 'GET', address);

async function press(page, button) {
  await Promise.all([page.waitForResponse(answer => answer.request().method() === 'POST'), page.click(`button:has-text("${button}")`)]);
  await page.waitForLoadState();
  await sound(page);
}

for (const [name, options] of [['desktop', {}], ['phone', phone]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`what asks for a word is accessible and fits: ${name}, ${colorScheme}`, async () => {
      const page = await desk.page('owner', { ...options, colorScheme });
      for (const address of ['/desk', evidence, `${evidence}/sandbox__update_contact`, `${evidence}/sandbox__add_contact_tag`, '/workflows/desk/confidence', '/workflows/desk/rollout', '/reviewers']) {
        await page.goto(desk.url + address);
        for (const more of await page.locator('main details > summary').all()) await more.click();
        await sound(page);
      }
      await page.context().close();
    });
  }
}

test('an area that bad samples stopped goes on when somebody says what the cause was', async () => {
  const other = await desk.page('delegate', phone);
  await other.goto(desk.url + evidence);
  assert.match(await other.textContent('#samples'), /stopped: nothing runs alone/);
  const page = await desk.page('owner', phone);
  await page.goto(desk.url + evidence);
  await page.fill('#samples input[name=why]', 'the list of cities was old; it is loaded anew');
  await press(page, 'Let it go on, strictly');
  assert.doesNotMatch(await page.textContent('#samples'), /stopped/);
  assert.match(await page.textContent('#samples'), /tightened/);
  await other.waitForFunction(() => !document.querySelector('#samples').textContent.includes('stopped'));
  await page.context().close();
  await other.context().close();
});

test('what the evidence found bad tries again when an owner answers for it, from nothing', async () => {
  const page = await desk.page('owner', phone);
  await page.goto(`${desk.url}${evidence}/sandbox__update_contact`);
  assert.match(await page.textContent('#barred'), /found these versions bad/);
  await page.click('#barred summary');
  assert.match(await page.textContent('#barred'), /as attempt 2.*would get through in so many attempts/);
  await page.fill('#barred input[name=why]', 'the cities come from another list now');
  await press(page, 'Let it try again');
  assert.equal(await page.locator('#barred').count(), 0);
  assert.match(await page.textContent('#history'), /lets it try again: the cities come from another list now/);
  await page.context().close();
});

test('a promotion is declined with a reason, and is gone', async () => {
  const page = await desk.page('operator', phone);
  await page.goto(`${desk.url}${evidence}/sandbox__add_contact_tag`);
  assert.match(await page.textContent('#proposal'), /71 reviewed outputs, 0 of them wrong/);
  await page.click('#proposal summary');
  await page.fill('form[action$="/decline"] input[name=why]', 'not before the new year');
  await press(page, 'Decline');
  assert.equal(await page.locator('#proposal').count(), 0);
  assert.match(await page.textContent('#history'), /tom@example\.com declined the promotion: not before the new year/);
  await page.context().close();
});

test('an owner adopts what a stated confidence was proven to be worth', async () => {
  const page = await desk.page('owner', phone);
  await page.goto(`${desk.url}/workflows/desk/confidence`);
  await press(page, 'Adopt');
  const [agent] = (await get('/v1/workflows/desk/confidence')).agents;
  assert.equal(agent.adopted.by, 'person:sue@example.com');
  assert.ok(Math.abs(agent.adopted.threshold - 0.9) < 1e-9);
  await page.context().close();
});

test('a planted case looks like any other until it is decided, and says then what it was', async () => {
  const id = desk.access.planted;
  const page = await desk.page('delegate', phone);
  for (const address of ['/inbox', `/inbox/${id}`, `/actions/${id}`]) {
    await page.goto(desk.url + address);
    await sound(page);
    assert.doesNotMatch(await page.content(), /planted/i, address);
  }
  assert.match(await page.textContent('main'), /agent:clerk/);
  await page.goto(`${desk.url}/inbox/${id}`);
  await whole(page);
  await press(page, 'Approve');
  if (new URL(page.url()).pathname.endsWith('/confirm')) await press(page, 'Approve');
  await until(async () => (await get(`/v1/actions/${id}`)).status === 'withdrawn', 'it ends');
  await settled(page);
  assert.match(await page.textContent('#toast'), /A planted case, not found/);
  await page.goto(`${desk.url}/actions/${id}`);
  await sound(page);
  assert.match(await page.textContent('#planted'), /del@example\.com approved it, so it was not found.*nobody calls on a holiday/);
  await page.goto(`${desk.url}/reviewers`);
  assert.match(await page.textContent('main'), /0 of 1/);
  await page.context().close();
});
