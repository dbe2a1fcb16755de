// The month of the demo in a real browser: what needs somebody, the evidence of an agent that earned and of one
// that lost, the week as a report. Every page on a desk and on a phone, light and dark.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Demo, sound } from './demo.mjs';

let demo;

before(async () => { demo = await Demo.start({ agents: false, days: 30 }); });
after(() => demo.stop());

test('an operator comes to the desk, and from there to what needs somebody', async () => {
  const page = await demo.page('operator');
  await page.goto(`${demo.url}/`);
  assert.equal(new URL(page.url()).pathname, '/desk');
  assert.match(await page.textContent('#desk-needs'), /wait for a review/);
  await page.click('#desk-needs a:has-text("CRM field updates")');
  assert.match(page.url(), /\/reviews\?workflow=crm-clean-up/);
  await page.context().close();
});

test('the evidence of what was earned and of what was lost says why', async () => {
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/workflows/crm-clean-up/evidence/sandbox__add_contact_tag`);
  assert.match(await page.textContent('main'), /Promoted to “update”/);
  assert.equal(await page.locator('figure.chart svg[role=img]').count(), 3);
  await page.goto(`${demo.url}/workflows/support-triage/evidence/sandbox__add_internal_note`);
  assert.match(await page.textContent('main'), /Demoted to “draft”: errors came too close together/);
  await page.goto(`${demo.url}/incidents`);
  assert.match(await page.textContent('main'), /win-back campaign/);
  await page.context().close();
});

test('the week comes as a page, as one file and as Markdown', async () => {
  const page = await demo.page('owner');
  await page.goto(`${demo.url}/report`);
  assert.match(await page.textContent('main'), /What needs somebody/);
  for (const [file, name] of [['As one file', 'leeway-week.html'], ['As Markdown', 'leeway-week.md']]) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(`a:has-text("${file}")`)]);
    assert.equal(download.suggestedFilename(), name);
  }
  await page.context().close();
});

const PAGES = ['/desk', '/report', '/reviews', '/reviews?state=done', '/reviewers', '/roi', '/timeline', '/incidents/1',
  '/workflows/crm-clean-up', '/workflows/crm-clean-up/evidence', '/workflows/crm-clean-up/evidence/sandbox__add_contact_tag',
  '/workflows/support-triage/evidence/sandbox__add_internal_note', '/workflows/crm-clean-up/confidence',
  '/workflows/crm-clean-up/rollout', '/workflows/crm-clean-up/roi'];

for (const [width, height] of [[1280, 900], [390, 844]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the month's pages are accessible at ${width} in ${colorScheme}`, async () => {
      const page = await demo.page('owner', { viewport: { width, height }, colorScheme });
      for (const address of PAGES) {
        await page.goto(demo.url + address);
        await sound(page);
      }
      await page.context().close();
    });
  }
}
