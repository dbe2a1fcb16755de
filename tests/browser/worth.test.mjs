// What a workflow is worth, and its rollout, in a real browser: on a desk and on a phone, light and dark; what
// nobody can measure is said by a form and becomes a change.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Demo, sound } from './demo.mjs';

let demo;

before(async () => {
  demo = await Demo.start({ agents: false });
  for (const tag of ['one', 'two', 'three']) {
    const done = await demo.propose('crm-clean-up', { tool: 'sandbox__add_contact_tag', arguments: { id: 'c-101', tag }, confidence: 0.95 });
    assert.equal(done.status, 'executed', JSON.stringify(done));
  }
});
after(() => demo.stop());

const said = { currency: 'eur', manual_minutes: '6,5', hourly_wage: '40', subscription: '20' };

async function say(page, fields) {
  await page.goto(`${demo.url}/workflows/crm-clean-up/roi`);
  for (const [name, value] of Object.entries(fields)) await page.fill(`input[name=${name}]`, value);
  await page.fill('input[name=why]', 'timed ten of them');
  await page.click('button:has-text("Propose")');
}

test('what is missing is named, said by a form, and a change that somebody else approves', async () => {
  const page = await demo.page('operator');
  await page.goto(`${demo.url}/workflows/crm-clean-up/roi`);
  assert.match(await page.textContent('main'), /No number yet/);
  assert.equal(await page.locator('.figures').count(), 0, 'no number is made up');
  await say(page, { ...said, hourly_wage: 'a lot', currency: '€' });
  assert.match(await page.textContent('[role=alert]'), /hour of work costs: `a lot`/);
  assert.equal(await page.inputValue('input[name=manual_minutes]'), '6,5', 'what was typed stays');
  await sound(page);
  await say(page, said);
  await page.waitForURL(/\/changes\//);
  assert.match(await page.textContent('main'), /manual_minutes = 6\.5/);
  const change = new URL(page.url()).pathname;
  const before = await demo.api('operator', 'GET', '/v1/workflows/crm-clean-up/roi');
  assert.equal(before.roi, null, 'nothing counts before it is approved');
  const { hash } = await demo.api('owner', 'GET', `/v1${change}`);
  await demo.api('owner', 'POST', `/v1${change}/approve`, { hash });
  await page.goto(`${demo.url}/workflows/crm-clean-up/roi`);
  assert.match(await page.textContent('.figures'), /left a month/);
  assert.match(await page.textContent('main'), /Nobody said what a wrong item costs/);
  await page.goto(`${demo.url}/roi`);
  assert.match(await page.textContent('.figures'), /1 workflow/);
  await page.context().close();
});

test('an auditor reads and says nothing', async () => {
  const page = await demo.page('auditor');
  await page.goto(`${demo.url}/workflows/crm-clean-up/roi`);
  assert.equal(await page.locator('main form').count(), 0);
  await page.context().close();
});

test('the present week is open, and its documents come as Markdown', async () => {
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/workflows/crm-clean-up/rollout`);
  assert.equal(await page.locator('details.week[open]').count(), 1);
  assert.equal(await page.locator('.weeks li').count(), 4);
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('details.week[open] a[download]')]);
  assert.match(file.suggestedFilename(), /^crm-clean-up-week-\d\.md$/);
  const missing = await page.goto(`${demo.url}/workflows/crm-clean-up/rollout/5.md`);
  assert.equal(missing.status(), 404);
  await page.context().close();
});

for (const [width, height] of [[1280, 900], [390, 844]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`worth and rollout are accessible at ${width} in ${colorScheme}`, async () => {
      const page = await demo.page('owner', { viewport: { width, height }, colorScheme });
      for (const address of ['/roi', '/workflows/crm-clean-up/roi?days=90', '/workflows/sales-follow-up/roi', '/workflows/crm-clean-up/rollout', '/workflows/sales-follow-up/rollout', '/workflows/crm-clean-up']) {
        await page.goto(demo.url + address);
        await page.evaluate(() => { for (const week of document.querySelectorAll('details.week, .chart details')) week.open = true; });
        await sound(page);
      }
      await page.context().close();
    });
  }
}
