// Looks at the page of screens in Chromium, on every device it draws: axe judges it in both colour schemes, nothing is
// fetched from elsewhere, the letters are large enough for an arm's length, and nothing is cut off sideways.
// Usage: node screens.js CHROMIUM ADDRESS PICTURES_FOLDER. Prints the names of the screens.
const assert = require('node:assert');
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core');

const [program, address, pictures] = process.argv.slice(2);

// Pixels of the device: on the smallest hub, of 480, a letter of 20 is 4 mm high.
const SMALLEST = 20;

(async () => {
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  let names;
  for (const [device, colorScheme] of [['wide', 'light'], ['tall', 'dark'], ['round', 'light']]) {
    // The page's own rules forbid scripts; they are lifted for the judge alone.
    const context = await browser.newContext({ colorScheme, bypassCSP: true, viewport: { width: 1100, height: 900 } });
    const page = await context.newPage();
    const elsewhere = [];
    const complaints = [];
    page.on('request', (request) => { if (!request.url().startsWith(address)) elsewhere.push(request.url()); });
    // Browsers ask every site for a picture to put on the tab; this one has none.
    page.on('console', (message) => {
      if (!message.location().url.endsWith('/favicon.ico')) complaints.push(message.text());
    });
    await page.goto(`${address}?device=${device}`);
    const sections = await page.$$('section [id^=screen-]');
    names = await Promise.all(sections.map((s) => s.getAttribute('id')));
    for (const section of sections) {
      const id = await section.getAttribute('id');
      await section.screenshot({ path: `${pictures}/${device}-${id}.png` });
      const texts = await section.evaluate((root) => [...root.querySelectorAll('*')]
        .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
        .map((e) => {
          const box = e.getBoundingClientRect();
          const around = root.getBoundingClientRect();
          return { text: e.textContent, size: parseFloat(getComputedStyle(e).fontSize),
            sideways: box.left < around.left - 1 || box.right > around.right + 1 };
        }));
      const heading = await section.$('[role=heading]');
      if (device === 'round') {
        // The corners of the title lie inside the circle.
        const far = await heading.evaluate((e) => {
          const [box, around] = [e.getBoundingClientRect(), e.closest('[id^=screen-]').getBoundingClientRect()];
          const range = document.createRange();
          range.selectNodeContents(e);
          const [x, y, radius] = [around.left + around.width / 2, around.top + around.height / 2, around.width / 2];
          return [...range.getClientRects()].flatMap((r) => [[r.left, r.top], [r.right, r.top]])
            .map(([a, b]) => Math.hypot(a - x, b - y) / radius).reduce((a, b) => Math.max(a, b), box.width > 0 ? 0 : 9);
        });
        assert(far <= 1, `the title of ${id} is cut off: ${far}`);
      }
      assert(texts.length > 1, `${device} ${id} shows nothing`);
      assert.deepStrictEqual(texts.filter((t) => t.size < SMALLEST || t.sideways), [], `${device} ${id}`);
    }
    await page.addScriptTag({ path: axe });
    const { violations } = await page.evaluate(() => window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    const said = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' ')}`);
    assert.deepStrictEqual(said, [], device);
    assert.deepStrictEqual([elsewhere, complaints], [[], []], `${device}: fetched elsewhere, or complained about`);
    await context.close();
  }
  await browser.close();
  console.log(names.join(' '));
})().catch((error) => { console.error(error); process.exit(1); });
