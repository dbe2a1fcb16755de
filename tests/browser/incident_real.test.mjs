// An incident at a real help desk and a real payment service, worked on a phone from its declaration until it
// is closed; the systems' own history then says what came of it. tests/clients/spoiled_desk.py runs all of it.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Desk, sound, until } from './demo.mjs';

const phone = { viewport: { width: 390, height: 844 } };
const long = { timeout: 600_000 };
let desk;

before(async () => { desk = await Desk.start('spoiled_desk.py'); }, long);
after(() => desk.stop());

// Presses a button, and looks at the page it leads to, which shows a heading.
async function press(page, button, heading, waiting) {
  await Promise.all([page.waitForEvent('domcontentloaded'), page.click(`button:has-text("${button}")`)]);
  await page.waitForSelector(`:is(h1, h2):has-text("${heading}")`, waiting);
  await sound(page);
}

const numbers = (page, list) => page.$$eval(`${list} dl.kv div`, rows => Object.fromEntries(
  rows.map(row => [row.querySelector('dt').textContent, Number(row.querySelector('dd').textContent)])));
const nonzero = counts => Object.fromEntries(Object.entries(counts).filter(([, many]) => many > 0));

test('spoiled tickets and refunds are put right up to the closing of their incident', long, async () => {
  const { spoiled, refunds, right } = desk.access;
  const edited = Object.keys(desk.access.edited);
  const restored = spoiled.filter(action => !edited.includes(action));
  const whole = edited.filter(action => desk.access.edited[action].length === 2);
  const [page, operator] = [await desk.page('owner', phone), await desk.page('operator', phone)];
  const all = spoiled.length + refunds.length;

  // Step 1.
  await page.goto(`${desk.url}/actions/${spoiled[0]}`);
  await sound(page);
  await page.fill('input[name=why]', 'titles are spoiled');
  await press(page, 'Declare and pause', 'Step 2');
  const incident = new URL(page.url()).pathname;
  const show = async (viewer, address) => {
    await viewer.goto(desk.url + address);
    await sound(viewer);
  };

  // Step 2.
  await page.fill('input[name=agent]', 'clerk');
  await page.fill('input[name=how]', 'everything the clerk did');
  await press(page, 'Record what it touched', 'Step 3');

  // Step 3: what can be set back is, what people changed since is theirs, what is gone is told.
  await press(page, 'Plan to undo them', 'What would happen');
  assert.deepEqual(await numbers(page, '#batch-progress'), nonzero({
    'A call takes it back': restored.length,
    'Taken back in part; the rest is left to decide': edited.length - whole.length,
    'Left to a person to decide': whole.length,
    'Cannot be taken back: a person sees to it': refunds.length,
  }));
  await press(page, `Undo ${all} actions`, `${all} of ${all}`, long);
  await page.waitForSelector('#batch-state:has-text("Through")');
  assert.deepEqual(await numbers(page, '#batch-progress'), nonzero({
    'Undone': restored.length, 'Left to decide': edited.length, 'A person sees to it': refunds.length }));
  assert.deepEqual(await desk.ask('history'), await desk.ask('restored'));
  for (const action of edited) {
    await page.goto(`${desk.url}/actions/${action}`);
    await page.click('a:has-text("What an undo would do")');
    await page.waitForSelector('h1:has-text("Undo:")');
    if (action === edited[0]) await sound(page);
    const changed = await page.$$eval('li:has(fieldset.choice) h3', fields => fields.map(field => field.firstChild.textContent.trim()));
    assert.deepEqual(changed.sort(), desk.access.edited[action]);
    await page.fill('textarea[name=why]', 'what Ann wrote is right');
    await page.click('button:has-text("Keep it as it is")');
    await page.waitForSelector('.chip:has-text("Kept as it is")');
  }
  await show(page, incident);
  await press(page, 'Everything is settled', 'Step 4');

  // Steps 4 and 5.
  await press(page, 'I know of it', 'Step 5');
  for (const field of ['finding', 'source_data', 'versions']) await page.fill(`textarea[name=${field}]`, `${field}: looked at`);
  await press(page, 'Record the finding', 'Step 6');

  // Step 6: one proposes the guardrail, another approves it.
  await show(operator, '/workflows/desk/edit');
  const rules = (await operator.inputValue('textarea[name=rest]')).replace('guardrail = []', '');
  await operator.fill('textarea[name=rest]', `${rules}\n[[guardrail]]\nid = "no-titles"\ntext = "Titles wait."\nthen = "hold"\nwhen = { fields = ["title"] }\n`);
  await operator.fill('input[name=why]', 'titles were spoiled');
  await press(operator, 'Propose', 'Had it been in force');
  await show(page, new URL(operator.url()).pathname);
  await press(page, 'Approve', 'Approved');
  await show(page, incident);
  await page.selectOption('select[name=rule]', 'no-titles');
  await press(page, 'It catches the case', 'Step 7');

  // Step 7: what else the workflow did.
  const drawn = await page.$$eval('#present input[type=checkbox]', boxes => boxes.map(box => box.name.replace('wrong.', '')));
  assert.deepEqual(drawn.sort(), right.sort());
  await press(page, 'I looked at all of them', 'Both owners sign');

  // Two people sign, each for one side; then it runs again.
  for (const [signer, mine, other] of [[page, 'business owner', 'technical owner'], [operator, 'technical owner', 'business owner']]) {
    await show(signer, incident);
    assert.equal(await signer.locator(`button:has-text("Sign as ${other}")`).count(), 0);
    await press(signer, `Sign as ${mine}`, 'Both owners sign');
  }
  await show(page, incident);
  await press(page, 'Run again, everything reviewed', 'Running again');

  // A week in which it does not happen again closes it.
  const running = await desk.api('owner', 'GET', `/v1${incident}`);
  assert.equal(Math.round((running.clean_until_ms - running.since_ms) / (24 * 3600 * 1000)), 7);
  assert.equal((await desk.api('owner', 'GET', '/v1/workflows/desk')).contained.rung, 'approve-all');
  for (const one of [page, operator]) await one.context().close();
  desk.url = (await desk.ask('eight days later')).url;
  await until(async () => (await desk.api('owner', 'GET', `/v1${incident}`)).status === 'closed', 'it is closed');
  const later = await desk.page('owner', phone);
  await show(later, incident);
  assert.equal(await later.textContent('.badges .chip'), 'Closed');
  assert.equal(await later.locator('#steps li.done').count(), 7);
  assert.equal((await desk.api('owner', 'GET', '/v1/workflows/desk')).contained, null);

  // Every restorable field is back, every word of a person stands, nothing was paid twice, and the rest is listed.
  assert.deepEqual(await desk.ask('history'), await desk.ask('restored'));
  const address = await later.getAttribute('a:has-text("Markdown")', 'href');
  const report = await (await later.context().request.get(desk.url + address)).text();
  const lines = (...words) => report.split('\n').filter(line => words.every(word => line.includes(word)));
  const listed = (...words) => lines(...words).map(line => line.match(/act_\w+/)[0]).sort();
  assert.deepEqual(listed('Kept as it is', 'what Ann wrote is right'), edited.sort());
  assert.deepEqual(listed('A person sees to it', 'money that was sent back is gone'), refunds.sort());
  assert.deepEqual(listed('| Undone |'), restored.sort());
  assert.ok((await desk.ask('verify')).ok);
});
