// Signs in on the account-linking page as a shopper does who has only a keyboard, in Chromium, and has axe judge the
// page in both colour schemes. Usage: node sign-in.js CHROMIUM ADDRESS LOGIN PASSWORD SCREENSHOT_FOLDER.
// Prints the address that the shopper was sent back to.
const assert = require('node:assert');
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core');

const [program, address, login, password, pictures] = process.argv.slice(2);
const back = new URL(address).searchParams.get('redirect_uri');

const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);

async function judged(page, what) {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  const said = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(' ')}`);
  assert.deepStrictEqual(said, [], what);
}

(async () => {
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  let sent;
  for (const colorScheme of ['light', 'dark']) {
    // 320 pixels is a phone, and what a page of 1,280 is at a zoom of 400 %. The page's own rules forbid scripts;
    // they are lifted for the judge alone.
    const judge = await (await browser.newContext({ colorScheme, bypassCSP: true, viewport: { width: 320, height: 640 } })).newPage();
    await judge.goto(address);
    await judged(judge, `the page, ${colorScheme}`);
    assert(await judge.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'it scrolls sideways');
    await judge.keyboard.press('Enter');
    await judge.waitForSelector('#error');
    await judged(judge, `the page with an error, ${colorScheme}`);
    await judge.screenshot({ path: `${pictures}/sign-in-${colorScheme}.png`, fullPage: true });

    const page = await (await browser.newContext({ colorScheme })).newPage();
    const complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(address);
    assert.strictEqual(await focused(page), 'login');
    await page.keyboard.type(login);
    await page.keyboard.press('Tab');
    assert.strictEqual(await focused(page), 'password');
    await page.keyboard.type('not my password');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    // What went wrong has the focus, is in the title, and is tied to the fields it is about.
    assert.strictEqual(await focused(page), 'error');
    assert.match(await page.title(), /^Not signed in/);
    for (const id of ['login', 'password']) {
      assert.strictEqual(await page.getAttribute(`#${id}`, 'aria-invalid'), 'true');
      assert.strictEqual(await page.getAttribute(`#${id}`, 'aria-describedby'), 'error');
    }
    assert.strictEqual(await page.inputValue('#login'), login, 'the name has to be typed again');
    assert.strictEqual(await page.inputValue('#password'), '');
    await page.keyboard.press('Tab');
    assert.strictEqual(await focused(page), 'login');
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Tab');
    assert.strictEqual(await focused(page), 'BUTTON');
    // Where the shopper is sent is looked at and not waited for: it is Amazon's, and may not be reachable from here.
    const answered = page.waitForResponse((r) => r.request().method() === 'POST' && r.status() >= 300 && r.status() < 400);
    await page.keyboard.press('Space');
    sent = (await (await answered).allHeaders()).location;
    assert(sent.startsWith(back), sent);
    const ours = complaints.filter((c) => !c.includes('403') && !c.includes('net::ERR'));
    assert.deepStrictEqual(ours, [], 'the browser complains');
  }
  await browser.close();
  console.log(sent);
})().catch((error) => { console.error(error); process.exit(1); });
