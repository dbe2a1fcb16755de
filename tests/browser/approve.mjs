// Approves one held action as its reviewer would: follows the link of a message, signs in, reads,
// approves, confirms. `node approve.mjs LINK EMAIL PASSWORD`; prints what the page said before and after.
import { browser as chromium, whole } from './demo.mjs';

const [link, email, password] = process.argv.slice(2);
const browser = await chromium();
try {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await page.goto(link);
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', password);
  await page.click('main button');
  await page.waitForSelector('#review');
  const shown = await page.innerText('#review');
  await whole(page);
  await page.click('[data-approve]');
  await page.waitForSelector('h1:has-text("Approve this?")');
  for (const long of await page.locator('[data-must-open]:not([open]) > summary').all()) await long.click();
  await page.click('button[data-approve]');
  await page.waitForSelector('#toast');
  console.log(JSON.stringify({ shown, said: await page.innerText('#toast') }));
} finally {
  await browser.close();
}
