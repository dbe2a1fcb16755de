// Reviewing what ran in a real browser, and what it earns: the queue and the form on a phone, a promotion
// that both owners sign, a level taken back.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Demo, settled, sound, until } from './demo.mjs';

const workflow = 'crm-clean-up', tool = 'sandbox__add_contact_tag';
const phone = { viewport: { width: 390, height: 844 } };
let demo;

before(async () => { demo = await Demo.start({ agents: false }); });
after(() => demo.stop());

const get = address => demo.api('owner', 'GET', address);
const evidence = () => get(`/v1/workflows/${workflow}/evidence/${tool}`);
const open = async () => (await get('/v1/reviews?limit=200')).reviews;

// Each on the next contact: a record that is changed again and again waits for a person.
let turn = 0;
async function tag(name) {
  turn += 1;
  const proposed = await demo.propose(workflow, { tool, arguments: { id: `c-${101 + turn % 20}`, tag: name }, confidence: 0.95, reason: `The form says ${name}.` });
  if (proposed.status === 'held') {
    await demo.api('owner', 'POST', `/v1/actions/${proposed.id}/approve`, { content_hash: proposed.content_hash, wait_s: 20 });
  }
  assert.equal((await get(`/v1/actions/${proposed.id}`)).status, 'executed');
}

// What one person says is what it is: nobody else is asked.
async function ofOne() {
  for (let n = 0; n < 40; n += 1) {
    for (const { id } of await open()) {
      const review = await get(`/v1/reviews/${id}`);
      if (review.looks === 1) return review;
    }
    await tag(`more-${n}`);
  }
  throw new Error('nothing is drawn for one person');
}

test('the queue says what will appear in it', async () => {
  const page = await demo.page('reviewer', phone);
  await page.goto(`${demo.url}/reviews`);
  assert.match(await page.textContent('.empty'), /drawn for review as it runs/);
  await sound(page);
  await page.context().close();
});

test('a reviewer judges one wrong on a phone and sees the next', async () => {
  for (const name of ['one', 'two', 'three', 'four']) await tag(name);
  const review = await ofOne();
  const page = await demo.page('reviewer', phone);
  await page.click('nav a[href="/reviews"]');
  assert.match(await page.textContent('#standing'), /wait for a review, none is overdue/);
  await sound(page);
  await page.click(`#v-${review.id} a`);
  await sound(page);
  const shown = await page.textContent('#output');
  assert.match(shown, /The form says/);
  assert.match(shown, /known to be right or wrong yet|were right|was right/);
  assert.equal(await page.locator('a[href^="/actions/"]').count(), 0, 'nothing leads to what was decided');
  assert.equal(await page.locator('input[name=pattern]').isVisible(), false, 'only what is wrong has a pattern');
  await page.check('input[name=verdict][value=wrong]');
  await page.check('input[name=severity][value=minor]');
  await page.fill('input[name=pattern]', 'tag of another campaign');
  await page.fill('textarea[name=note]', 'Spring, not autumn.');
  await sound(page);
  await page.click('button:has-text("Record and go on")');
  await page.waitForURL(/\/reviews\/\w+\?done=/);
  assert.notEqual(new URL(page.url()).pathname, `/reviews/${review.id}`);
  assert.match(await page.textContent('.note-ok'), /Recorded/);
  const [given] = (await get(`/v1/reviews/${review.id}`)).given;
  assert.deepEqual([given.verdict, given.severity, given.pattern], ['wrong', 'minor', 'tag of another campaign']);
  assert.ok(given.took_ms > 0);
  await page.goto(`${demo.url}/reviews?state=done`);
  await page.click(`#v-${review.id} a`);
  assert.match(await page.textContent('#output'), /Spring, not autumn/);
  await page.goto(`${demo.url}/workflows/${workflow}/evidence/${tool}`);
  assert.match(await page.textContent('.patterns'), /tag of another campaign/);
  await page.context().close();
});

test('it works without a script, and what was written is offered from then on', async () => {
  const review = await ofOne();
  const page = await demo.page('reviewer', { javaScriptEnabled: false });
  await page.goto(`${demo.url}/reviews/${review.id}?workflow=${workflow}`);
  assert.equal(await page.locator('#patterns option[value="tag of another campaign"]').count(), 1);
  await page.check('input[name=verdict][value=right]');
  await page.click('button:has-text("Record and go on")');
  await page.waitForURL(/workflow=crm-clean-up&done=/);
  assert.equal((await get(`/v1/reviews/${review.id}`)).outcome, 'right');
  await page.context().close();
});

test('a form without a verdict is refused and says so; an auditor has none', async () => {
  const review = await ofOne();
  const page = await demo.page('reviewer');
  await page.goto(`${demo.url}/reviews/${review.id}`);
  await page.evaluate(() => { document.querySelector('#judge').noValidate = true; });
  await page.click('button:has-text("Record and go on")');
  await page.waitForSelector('#tried');
  assert.match(await page.textContent('#tried'), /choose right, wrong or unsure/);
  // Nor is it said for the reviewer how bad it is; what was typed is kept.
  await page.check('input[name=verdict][value=wrong]');
  assert.equal(await page.locator('input[name=severity]:checked').count(), 0);
  await page.fill('textarea[name=note]', 'Not hers.');
  await page.click('button:has-text("Record and go on")');
  await page.waitForSelector('#tried:has-text("how bad that is")');
  assert.equal(await page.inputValue('textarea[name=note]'), 'Not hers.');
  assert.equal(await page.locator('input[name=verdict][value=wrong]').isChecked(), true);
  assert.equal((await get(`/v1/reviews/${review.id}`)).given?.length ?? 0, 0);
  const auditor = await demo.page('auditor');
  await auditor.goto(`${demo.url}/reviews/${review.id}`);
  assert.match(await auditor.textContent('#output'), /Not yours to review/);
  assert.equal(await auditor.locator('form[action$="/judge"]').count(), 0);
  await page.context().close();
  await auditor.context().close();
});

test('a planted case looks like any other until it is judged', async () => {
  const [bad] = (await get('/v1/reviews?state=done')).reviews.filter(review => review.outcome === 'wrong');
  const planted = async () => {
    for (const { id } of await open()) if ((await get(`/v1/actions/${id}`)).error) return id;
    return null;
  };
  for (let n = 0; n < 40; n += 1) {
    await tag(`clean-${n}`);
    for (const { id } of await open()) await demo.api('reviewer', 'POST', `/v1/reviews/${id}/judge`, { verdict: 'right' });
  }
  const id = await until(planted, 'a case is planted');
  const page = await demo.page('owner', phone);
  await page.goto(`${demo.url}/reviews`);
  assert.match(await page.textContent(`#v-${id}`), /it ran alone.*yours/);
  await page.click(`#v-${id} a`);
  await sound(page);
  const shown = await page.content();
  assert.ok(!shown.includes(bad.id) && !/planted/i.test(shown), 'nothing tells what it is');
  await page.check('input[name=verdict][value=wrong]');
  await page.check('input[name=severity][value=major]');
  await page.click('button:has-text("Record and go on")');
  await page.waitForURL(/done=/);
  await page.goto(`${demo.url}/reviews/${id}`);
  assert.match(await page.textContent('#output'), /planted case known to be wrong\. It was found\./);
  await page.context().close();
});

test('both owners sign what the evidence proposes, and a level is taken back', async () => {
  // Drafts are decided on and drawn no more: this one stays open for the pages below.
  await tag('kept');
  const folder = fs.mkdtempSync(`${demo.data}/rules-`);
  demo.leeway('export', '--config', folder);
  fs.appendFileSync(`${folder}/workflows/${workflow}.toml`, '\n[evidence]\nautonomy = "earned"\ngate = "low-volume"\n');
  demo.leeway('apply', folder, '--unreviewed');
  await until(async () => (await evidence()).now === 'draft', 'it begins with drafts');
  for (let n = 0; !(await evidence()).proposal; n += 1) await tag(`earned-${n}`);
  const address = `${demo.url}/workflows/${workflow}/evidence/${tool}`;
  let signed = 0;
  for (const role of ['owner', 'operator', 'reviewer']) {
    const page = await demo.page(role, phone);
    await page.goto(address);
    const sign = page.locator('button:has-text("Sign as")');
    if (await sign.count()) {
      assert.match(await page.textContent('#proposal blockquote'), /I have looked at the evidence/);
      await sound(page);
      await Promise.all([page.waitForResponse(answer => answer.request().method() === 'POST'), sign.first().click()]);
      await settled(page);
      signed += 1;
    }
    await page.context().close();
  }
  assert.equal(signed, 2);
  assert.equal((await evidence()).now, 'update');
  const page = await demo.page('reviewer');
  await page.goto(address);
  assert.match(await page.textContent('#history'), /Promoted to “update”/);
  await page.fill('form[action$="/demote"] input[name=why]', 'too early');
  await page.click('button:has-text("Down to")');
  await until(async () => (await evidence()).now === 'draft', 'it is taken back');
  await page.context().close();
});

for (const [name, viewport] of [['desktop', { width: 1280, height: 900 }], ['phone', phone.viewport], ['narrow', { width: 320, height: 700 }]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`every page is accessible and fits: ${name}, ${colorScheme}`, async () => {
      const endless = 'x'.repeat(300);
      const proposed = await demo.propose(workflow, { tool, arguments: { id: 'c-104', tag: endless }, reason: endless, confidence: 0.9 });
      await demo.api('owner', 'POST', `/v1/actions/${proposed.id}/approve`, { content_hash: proposed.content_hash, wait_s: 20 });
      const [review] = await open();
      const [done] = (await get('/v1/reviews?state=done')).reviews;
      const page = await demo.page('reviewer', { viewport, colorScheme });
      const pages = ['/reviews', '/reviews?state=done', '/reviews?area=finance-fields', '/reviewers', `/reviews/${review.id}`, `/reviews/${done.id}`, `/workflows/${workflow}`,
        `/workflows/${workflow}/evidence`, `/workflows/${workflow}/evidence/${tool}`, `/workflows/${workflow}/evidence/sandbox__merge_contacts`, `/workflows/${workflow}/confidence`, '/workflows/support-triage/confidence'];
      for (const address of pages) {
        const answer = await page.goto(demo.url + address);
        assert.equal(answer.status(), 200, address);
        await sound(page);
      }
      await page.context().close();
    });
  }
}
