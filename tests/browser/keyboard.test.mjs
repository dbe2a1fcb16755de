// The keyboard in the inbox: it goes through what waits and decides nothing by accident.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Demo, sends, settled, until, whole } from './demo.mjs';

let demo;
const ids = [];

before(async () => {
  demo = await Demo.start({ agents: false });
  // Level 3 without a stated confidence: approved by one button on its own page. Level 5: asked again.
  for (const id of ['c-103', 'c-117', 'c-118']) ids.push(await held('crm-clean-up', { tool: 'sandbox__update_contact', arguments: { id, fields: { phone: '+44 1865 1' } } }));
  for (const ticket_id of ['t-501', 't-516']) ids.push(await held('support-triage', { tool: 'sandbox__reply_to_ticket', arguments: { ticket_id, text: 'We look into it.' }, confidence: 0.95 }));
});
after(() => demo.stop());

async function held(workflow, call) {
  const proposed = await demo.propose(workflow, call);
  assert.equal(proposed.status, 'held', JSON.stringify(proposed));
  return proposed.id;
}
const action = id => demo.api('owner', 'GET', `/v1/actions/${id}`);
const statuses = () => Promise.all(ids.map(async id => (await action(id)).status));
const allHeld = async what => assert.deepEqual(await statuses(), ids.map(() => 'held'), what);
const here = page => page.evaluate(() => location.pathname);
const focus = page => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);
const rows = page => page.$$eval('.row a', links => links.map(link => new URL(link.href).pathname));
const current = page => page.$eval('.row.current a', link => new URL(link.href).pathname);

// At this item: its pane is swapped in and the focus is on its heading.
const arrived = (page, path) => page.waitForFunction(path => location.pathname === path && document.activeElement.id === 'rev-t'
  && document.querySelector('#decide')?.getAttribute('action').startsWith(path), path);

async function inbox(options) {
  const page = await demo.page('owner', options);
  await settled(page);
  // Every form that is sent is seen here.
  page.sent = [];
  page.on('request', request => { if (request.method() === 'POST') page.sent.push(request.url()); });
  return page;
}

test('Enter and Space decide nothing, on whatever has the focus by itself', async () => {
  for (const how of ['key', 'click', 'enter on the link', 'back']) {
    for (const keys of [['Enter'], ['Space'], ['ArrowDown', 'Enter'], ['ArrowRight', 'Space', 'Enter']]) {
      const page = await inbox();
      const [first, second, third] = await rows(page);
      if (how === 'key') await page.keyboard.press('j');
      else if (how === 'click') await page.click(`.row a[href="${second}"]`);
      else if (how === 'enter on the link') { await page.focus(`.row a[href="${second}"]`); await page.keyboard.press('Enter'); }
      else {
        for (const to of [second, third]) { await page.click(`.row a[href="${to}"]`); await arrived(page, to); }
        await page.goBack();
      }
      await arrived(page, second);
      for (const key of keys) await page.keyboard.press(key);
      await page.keyboard.press('j');
      await page.waitForFunction(path => location.pathname === path, third);
      assert.deepEqual(page.sent, [], `${how}, ${keys}`);
      assert.notEqual(first, second);
      await page.context().close();
    }
  }
  await allHeld();
});

test('going through all of them: focus is on the heading each time, Enter and Space in between', async () => {
  const page = await inbox();
  const all = await rows(page);
  assert.equal(all.length, ids.length);
  for (const to of [...all.slice(1), ...all.slice(0, -1).reverse()]) {
    await page.keyboard.press(all.indexOf(to) > all.indexOf(await current(page)) ? 'j' : 'k');
    await arrived(page, to);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
  }
  assert.deepEqual(page.sent, []);
  await allHeld();
  await page.context().close();
});

test('fast: four J are four items, and the keys that decide wait for the item to be there', async () => {
  const page = await inbox();
  const all = await rows(page);
  // The answers come late and in any order.
  let late = 5;
  await page.route(/\/inbox\/act_\w+$/, async route => { await new Promise(done => setTimeout(done, 100 * late--)); await route.continue().catch(() => {}); });
  for (const key of ['j', 'j', 'j', 'j', 'a', 'Enter', 'r', 'Space', 'e', 'Enter']) await page.keyboard.press(key);
  await arrived(page, all[4]);
  assert.equal(await current(page), all[4]);
  assert.deepEqual(page.sent, []);
  assert.equal(await page.locator('input[name^="f."]').count(), 0, 'E was of a page that was on its way');
  await allHeld();
  await page.context().close();
});

test('a button that had the focus loses it when another item is asked for', async () => {
  const page = await inbox();
  const low = `/inbox/${ids[0]}`;
  await page.goto(demo.url + low);
  await whole(page);
  await page.keyboard.press('a');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key), 'a', 'A goes to Approve');
  await page.route(/\/inbox\/act_\w+$/, async route => { await new Promise(done => setTimeout(done, 400)); await route.continue(); });
  const all = await rows(page);
  await page.keyboard.press(all.indexOf(low) > 0 ? 'k' : 'j');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Space');
  await page.waitForFunction(path => location.pathname !== path, low);
  assert.deepEqual(page.sent, []);
  await allHeld();
  await page.context().close();
});

test('no single key decides, and a key that is held down neither', async () => {
  const page = await inbox();
  for (const id of ids) {
    await page.goto(`${demo.url}/inbox/${id}`);
    await settled(page);
    if (ids.indexOf(id) < 3) await whole(page);
    for (let n = 0; n < 5; n += 1) await page.keyboard.down('a');
    await page.keyboard.up('a');
    await page.waitForFunction(() => location.pathname.endsWith('/confirm') || document.activeElement.dataset.key === 'a');
    await settled(page);
    if ((await here(page)).endsWith('/confirm')) for (const key of ['a', 'Enter', 'Space', 'Enter']) await page.keyboard.press(key);
  }
  assert.deepEqual(page.sent, []);
  await allHeld();
  await page.context().close();
});

test('A, E, R, J and K work after every swap', async () => {
  const page = await inbox();
  const all = await rows(page);
  const [low] = all.filter(path => ids.slice(0, 3).some(id => path.endsWith(id)));
  for (const way of ['j', 'k', 'j', 'k']) {
    await page.keyboard.press(way);
    await arrived(page, all[way === 'j' ? 1 : 0]);
    await page.keyboard.press('r');
    assert.equal(await focus(page), 'rej-t', 'R goes to the heading of the form');
    await page.keyboard.press('Enter');
    await page.keyboard.press('e');
    await page.waitForSelector('button:has-text("Save changes")');
    assert.equal(await focus(page), 'rev-t');
    await page.keyboard.press('Enter');
    await page.goBack();
    await arrived(page, all[way === 'j' ? 1 : 0]);
  }
  await page.click(`.row a[href="${low}"]`);
  await arrived(page, low);
  await whole(page);
  await page.keyboard.press('A');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key), 'a', 'capitals too');
  assert.deepEqual(page.sent, []);
  await allHeld();
  await page.context().close();
});

test('Enter in a field sends no form that decides', async () => {
  const page = await inbox();
  await page.goto(`${demo.url}/inbox/${ids[0]}`);
  for (const field of ['#reject input[value="Wrong record"]']) {
    await page.focus(field);
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
  }
  await page.goto(`${demo.url}/inbox/${ids[0]}?edit=1`);
  await page.focus('#decide input[name^="f."]');
  await page.keyboard.press('Enter');
  await page.goto(`${demo.url}/workflows/support-triage`);
  for (const field of ['#pause input[name=reason]', '#contain input[name=reason]']) { await page.focus(field); await page.keyboard.press('Enter'); }
  await page.goto(`${demo.url}/workflows`);
  for (const field of await page.$$('form[method=post] input:not([type=hidden])')) { await field.focus(); await page.keyboard.press('Enter'); }
  assert.deepEqual(page.sent, []);
  await page.context().close();
});

test('a rejection says why: nothing is chosen beforehand, and without a choice the note is kept', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await demo.page('owner', { javaScriptEnabled });
    await page.goto(`${demo.url}/inbox/${ids[0]}`);
    assert.equal(await page.locator('#reject input:checked').count(), 0);
    await page.fill('#reject textarea', 'Ask her first.');
    // A browser that does not insist, as `required` makes this one.
    await page.$eval('#reject', form => { form.noValidate = true; });
    await page.click('#reject button:has-text("Reject")');
    await page.waitForSelector('#tried');
    assert.match(await page.textContent('#tried'), /choose a reason/);
    assert.equal(await page.inputValue('#reject textarea'), 'Ask her first.');
    if (javaScriptEnabled) assert.equal(await here(page), `/inbox/${ids[0]}`);
    await page.context().close();
  }
  await allHeld();
});

test('deciding by keyboard: A and Enter approve one, R and a chosen reason reject another', async () => {
  const page = await inbox();
  const [yes, , no] = ids;
  await page.goto(`${demo.url}/inbox/${yes}`);
  await whole(page);
  await page.keyboard.press('a');
  await sends(page, 'Enter');
  await until(async () => (await action(yes)).status === 'executed', 'it was approved');
  await page.goto(`${demo.url}/inbox/${no}`);
  await settled(page);
  for (const key of ['r', 'Tab', 'Space']) await page.keyboard.press(key);
  await page.focus('#reject button:has-text("Reject")');
  await sends(page, 'Enter');
  await until(async () => (await action(no)).status === 'rejected', 'it was rejected');
  const left = ids.filter(id => id !== yes && id !== no);
  for (const id of left) assert.equal((await action(id)).status, 'held');
  await page.context().close();
});
