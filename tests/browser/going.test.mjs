// What was approved and can still be stopped: seen, read and pressed as long as it works.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Demo, sends, settled, sound, until } from './demo.mjs';

let demo;

before(async () => { demo = await Demo.start({ agents: false }); });
after(() => demo.stop());

const action = id => demo.api('owner', 'GET', `/v1/actions/${id}`);

async function reply(text) {
  const proposed = await demo.propose('support-triage', { tool: 'sandbox__reply_to_ticket', arguments: { ticket_id: 't-501', text }, confidence: 0.95 });
  assert.equal(proposed.status, 'held', JSON.stringify(proposed));
  return proposed.id;
}

async function approve(page, id) {
  await page.goto(`${demo.url}/inbox/${id}/confirm`);
  await page.click('button:has-text("Yes, approve")');
  await page.waitForURL(/\/inbox(\?done=.*)?$/);
  await settled(page);
  return page.waitForSelector(`#going-${id}`);
}

// Contrast of an element's text with what is behind it.
const contrast = (page, selector) => page.$eval(selector, element => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  let back = element;
  while (back && rgba(getComputedStyle(back).backgroundColor)[3] < 250) back = back.parentElement;
  const light = ([r, g, b]) => { const part = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
  const [a, b] = [light(rgba(getComputedStyle(element).color)), light(rgba(getComputedStyle(back).backgroundColor))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
});

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    test(`the notice can be read, names the thing and counts down: ${colorScheme}, ${viewport.width} wide`, async () => {
      const [id, other] = [await reply(`We look into it, ${colorScheme} ${viewport.width}.`), await reply(`And into that, ${colorScheme} ${viewport.width}.`)];
      const page = await demo.page('owner', { colorScheme, viewport });
      await approve(page, id);
      const notice = `#going-${id}`;
      for (const part of ['.btn', 'a', 'b', '.when', '.left']) assert.ok(await contrast(page, `${notice} ${part}`) >= 4.5, part);
      assert.equal(await page.getAttribute('#toast', 'role'), 'status');
      assert.match(await page.textContent(notice), /Reply|Send .*t-501/);
      const seconds = async () => Number((await page.textContent(`${notice} .left`)).match(/(\d+) s$/)[1]);
      const first = await seconds();
      await until(async () => await seconds() < first, 'it counts down');
      await sound(page);
      // It covers nothing of what is decided.
      const box = await page.locator('#toast').boundingBox(), under = await page.locator('.split').boundingBox();
      assert.ok(box.y + box.height <= under.y + 1, JSON.stringify([box, under]));
      // Swaps and other pages leave it there.
      const link = page.locator(`.row a[href="/inbox/${other}"]`);
      await link.click();
      await page.waitForURL(`${demo.url}/inbox/${other}`);
      await page.waitForSelector(`${notice} .btn`);
      await page.goto(`${demo.url}/timeline`);
      await page.waitForSelector(`${notice} .btn`);
      // By keyboard: U goes to it, Enter presses it.
      await settled(page);
      await page.keyboard.press('u');
      assert.equal(await page.evaluate(() => document.activeElement.textContent.trim().slice(0, 4)), 'Undo');
      assert.equal((await action(id)).status, 'approved');
      await sends(page, 'Enter');
      await page.waitForURL(`${demo.url}/inbox/${id}`);
      assert.equal((await action(id)).status, 'held');
      assert.equal(await page.locator(notice).count(), 0);
      await page.context().close();
    });
  }
}

test('each that can be stopped has its notice, until it goes out', async () => {
  const page = await demo.page('owner');
  const ids = [await reply('One.'), await reply('Two.')];
  for (const id of ids) await approve(page, id);
  for (const id of ids) assert.equal(await page.locator(`#going-${id} .btn`).count(), 1);
  await page.goto(`${demo.url}/actions/${ids[0]}`);
  assert.equal(await page.locator('main .btn:has-text("Undo")').count(), 2, 'its own page says it once');
  await page.goto(`${demo.url}/inbox`);
  await settled(page);
  await until(async () => (await action(ids[0])).status === 'executed', 'it goes out', 120_000);
  await page.waitForSelector(`#going-${ids[0]}`, { state: 'detached' });
  // Somebody else approved nothing and is told nothing.
  const reviewer = await demo.page('reviewer');
  assert.equal(await reviewer.locator('#toast .going').count(), 0);
  await reviewer.context().close();
  await page.context().close();
});
