// Looks at pages that `tests/render/browser.rs` wrote, in headless Chromium: `node check.mjs FOLDER CHROMIUM`.
// Figures are printed; only what cannot be an accident of a busy machine fails on them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [folder, executablePath] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

let passed = 0;
let failed = 0;
/** Opens a page in a fresh context and checks it; nothing may be said on the console or leave the page. */
async function check(name, file, options, act) {
  const { isProvoked = false, ...how } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light", ...how });
  const page = await context.newPage();
  const said = [];
  const asked = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("dialog", (dialog) => { said.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => asked.push(request.url()));
  const url = pathToFileURL(path.join(folder, file)).href;
  try {
    await page.goto(url, { waitUntil: "load" });
    await act(page);
    assert.deepEqual(isProvoked ? [] : said, [], "nothing on the console");
    assert.deepEqual(asked.filter((other) => !isProvoked && other.split("#")[0] !== url && !other.startsWith("data:image/svg+xml,")), [], "no request");
    assert.equal(context.pages().length, 1, "no other page");
    passed += 1;
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}\n${error.stack ?? error}`);
  }
  await context.close();
}

const count = (page) => page.locator("#count").innerText();
const titles = (page) => page.locator(".item:not(.group) .title").allInnerTexts();
const settle = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

await check("the list filters", "sample.html", {}, async (page) => {
  assert.equal(await count(page), "21 findings");
  await page.locator("#severity").selectOption("Critical");
  assert.equal(await count(page), "5 of 21 findings");
  await page.locator("#by-severity .bar").nth(1).click();
  assert.equal(await count(page), "7 of 21 findings");
  assert.equal(await page.locator("#severity").inputValue(), "1");
  await page.locator("#severity").selectOption("1+");
  assert.equal(await count(page), "12 of 21 findings");
  await page.locator("#state").selectOption({ label: "New" });
  assert.equal(await count(page), "6 of 21 findings");
  await page.locator("#scanner").selectOption({ label: "Trivy" });
  await page.locator("#kind").selectOption({ label: "Dependencies" });
  assert.equal(await count(page), "3 of 21 findings");
  await page.locator("#search").fill("cve-2021 pom");
  await settle(page);
  assert.deepEqual(await titles(page), ["Remote code execution by JNDI lookups in log messages"]);
  await page.locator("#search").fill("no such thing");
  await settle(page);
  assert.ok(await page.locator("#empty").isVisible());
  await page.locator("#reset").click();
  assert.equal(await count(page), "21 findings");
});

await check("the list sorts and groups", "sample.html", {}, async (page) => {
  await page.locator("#heads button", { hasText: "Finding" }).click();
  assert.equal((await titles(page))[0], "Assertion used for access control");
  assert.equal(await page.locator("[aria-sort]").getAttribute("aria-sort"), "ascending");
  await page.locator("#heads button", { hasText: "Finding" }).click();
  assert.equal((await titles(page))[0], "Weak hash for passwords");
  for (const [by, first] of [["file", "billing/pom.xml"], ["package", "no package"], ["rule", "python.sqlalchemy.sql-injection"], ["cwe", "CWE-1321"]]) {
    await page.locator("#reset").click();
    await page.locator("#group").selectOption(by);
    const groups = await page.locator(".group .one:first-child").allInnerTexts();
    assert.ok(groups.length > 1 && groups.some((name) => name.includes(first)), `${by}: ${groups}`);
  }
  const before = await page.locator("#grid").getAttribute("aria-rowcount");
  await page.locator(".group").first().click();
  assert.equal(await page.locator(".group [aria-expanded]").first().getAttribute("aria-expanded"), "false");
  assert.notEqual(await page.locator("#grid").getAttribute("aria-rowcount"), before);
});

await check("details show everything", "sample.html", {}, async (page) => {
  const panel = page.locator("#panel");
  await page.locator(".item", { hasText: "SQL query" }).click();
  const text = await panel.innerText();
  for (const part of ["shop/orders.py:42-43", "without being escaped", "Pass values as parameters", "Use a parameter of the statement",
    "python.sqlalchemy.sql-injection", "CWE-89", "shop/web.py:17", "sink", "Confidence"]) {
    assert.ok(text.includes(part), part);
  }
  assert.equal(await panel.locator(".diff .add").count(), 2);
  assert.equal(await panel.locator(".diff .del").count(), 2);
  assert.equal(await panel.locator(".flow li").count(), 3);
  assert.equal(await panel.locator(".no").first().innerText(), "42");
  assert.equal(await panel.locator("a", { hasText: "CWE-89" }).getAttribute("href"), "https://cwe.mitre.org/data/definitions/89.html");
  assert.match(await panel.locator("a").first().getAttribute("rel"), /noopener noreferrer/);
  await page.locator(".item", { hasText: "Cross-site scripting" }).click();
  const evidence = await panel.innerText();
  for (const part of ["GET https://shop.example.com/search", "User-Agent: ZAP", "200 OK", "<script>alert(1)</script>", "Unmodified"]) {
    assert.ok(evidence.includes(part), part);
  }
  await page.locator(".item", { hasText: "log4j" }).click();
  assert.match(await panel.locator("table").innerText(), /< 2\.17\.1/);
  await page.locator(".item", { hasText: "Debug mode" }).click();
  assert.match(await panel.innerText(), /Likely a false positive, says semgrep/);
});

await check("everything goes by keyboard", "sample.html", {}, async (page) => {
  const active = () => page.locator(".item.active .title").innerText();
  await page.keyboard.press("/");
  await page.keyboard.type("cve");
  await settle(page);
  assert.match(await count(page), /^10 of/);
  await page.keyboard.press("Escape");
  assert.equal(await count(page), "21 findings");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.id), "grid");
  await page.keyboard.press("Home");
  const first = await active();
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await active(), first);
  const id = await page.locator("#grid").getAttribute("aria-activedescendant");
  assert.equal(await page.locator(`#${id}`).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "panel-title");
  assert.equal(await page.locator("#panel-title").innerText(), await active());
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#panel").isHidden());
  assert.equal(await page.evaluate(() => document.activeElement.id), "grid");
  await page.keyboard.press("End");
  assert.ok(await page.locator(".item.active").isVisible());
  assert.equal(await page.locator(".item.active").getAttribute("aria-rowindex"), "22");
  await page.keyboard.press("Home");
  assert.equal(await active(), first);
  await page.locator("#group").selectOption("kind");
  await page.locator("#grid").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator(".item.active [aria-expanded]").getAttribute("aria-expanded"), "false");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".item.active [aria-expanded]").getAttribute("aria-expanded"), "true");
});

await check("light and dark", "sample.html", { colorScheme: "dark" }, async (page) => {
  const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await back(), "rgb(24, 23, 29)");
  await page.locator("#theme").click();
  assert.equal(await back(), "rgb(251, 250, 253)");
  await page.reload();
  assert.equal(await back(), "rgb(251, 250, 253)", "the choice is kept");
});

await check("on paper", "sample.html", {}, async (page) => {
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator(".item").count(), 21);
  assert.ok(await page.locator("#filters").isHidden());
});

await check("no findings", "empty.html", {}, async (page) => {
  assert.equal(await count(page), "0 findings");
  await page.keyboard.press("ArrowDown");
});

for (const [file, options] of [["sample.html", {}], ["sample.html", { colorScheme: "dark" }], ["plain.html", {}], ["hostile.html", { colorScheme: "dark" }],
  ["sample.html", { viewport: { width: 390, height: 844 } }], ["large.html", {}], ["empty.html", {}]]) {
  const name = `axe: ${file} ${options.colorScheme ?? "light"} ${options.viewport?.width ?? 1280}`;
  await check(name, file, options, async (page) => {
    const audit = async (state) => {
      const { violations } = await page.evaluate(async (source) => {
        // The policy of the page stops scripts, but not the tools of the browser that evaluate this.
        if (!window.axe) (0, eval)(source);
        return window.axe.run(document, { resultTypes: ["violations"] });
      }, axe);
      const told = violations.map(({ impact, id, nodes }) => `${impact} ${id}: ${nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join(" | ")}`);
      assert.deepEqual(told.filter((line) => /^(serious|critical|moderate)/.test(line)), [], state);
    };
    await audit("at first");
    if (file === "empty.html") return;
    const grid = page.locator("#grid");
    await grid.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await audit("with details");
    await page.keyboard.press("Escape");
    await page.locator("#group").selectOption("rule");
    await audit("in groups");
  });
}

await check("hostile texts do nothing", "hostile.html", {}, async (page) => {
  const panel = page.locator("#panel");
  for (let at = 0; at < 3; at += 1) {
    await page.locator(".item").nth(at).click();
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator("main img, main script, main iframe, main [onerror], main [onload], main b > b").count(), 0);
    for (const href of await page.locator("a[href]").evaluateAll((all) => all.map((link) => link.getAttribute("href")))) {
      assert.match(href, /^(https:\/\/|#grid$)/);
    }
  }
  await page.locator(".item").first().click();
  const text = await panel.innerText();
  assert.ok(text.includes('<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'), "markup is shown as it is");
  for (const part of ["U+202E", "U+200B", "U+0007", "javascript:window.pwned=1", "data:text/html"]) assert.ok(text.includes(part), part);
  assert.equal(await panel.locator("a[href='https://ok.example/']").count(), 1);
  assert.equal(await panel.locator("a", { hasText: "evil.example" }).count(), 0);
  assert.ok(!(await page.evaluate(() => document.body.innerText)).includes("\u202e"), "no character turns the text");
  // What is shown of each stays in its own direction.
  assert.equal(await page.locator(".item .title > bdi").count(), 3);
});

await check("the policy stops what would get in", "sample.html", { isProvoked: true }, async (page) => {
  const blocked = await page.evaluate(async () => {
    const seen = [];
    document.addEventListener("securitypolicyviolation", (event) => { seen.push(event.effectiveDirective); });
    const script = document.createElement("script");
    script.textContent = "window.pwned = 1";
    document.body.append(script);
    const image = new Image();
    image.src = "https://evil.example/track.png";
    await fetch("https://evil.example/").catch(() => {});
    await new Promise((done) => setTimeout(done, 100));
    return { seen, pwned: window.pwned };
  });
  assert.equal(blocked.pwned, undefined);
  for (const directive of ["script-src-elem", "img-src", "connect-src"]) assert.ok(blocked.seen.includes(directive), `${directive} in ${blocked.seen}`);
});

await check("20,000 findings", "large.html", {}, async (page) => {
  const load = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
  assert.equal(await count(page), "20,000 findings");
  assert.ok((await page.locator(".item").count()) < 60, "only what is in sight is in the document");
  const time = (act) => page.evaluate(async (source) => {
    const begin = performance.now();
    // eslint-disable-next-line no-eval
    (0, eval)(source);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return performance.now() - begin;
  }, act);
  const type = (text) => `document.getElementById("search").value = ${JSON.stringify(text)}; document.getElementById("search").dispatchEvent(new Event("input"))`;
  const choose = (id, value) => `document.getElementById("${id}").value = "${value}"; document.getElementById("${id}").dispatchEvent(new Event("change"))`;
  const first = await time(type("cwe-149"));
  assert.equal(await count(page), "133 of 20,000 findings");
  const search = await time(type("file_77.py acme"));
  const all = await time(type(""));
  const severity = await time(choose("severity", "0"));
  assert.equal(await count(page), "4,000 of 20,000 findings");
  const sort = await time(choose("sort", "name"));
  const group = await time(choose("group", "file"));
  await time(choose("group", ""));
  const open = await time('document.querySelector(".item").click()');
  const scroll = await time("scrollTo(0, 100000)");
  const figures = { load, "first search": first, search, "search taken back": all, severity, "sort by name": sort, "group by file": group, open, scroll };
  console.log(Object.entries(figures).map(([name, ms]) => `  ${name}: ${ms.toFixed(0)} ms`).join("\n"));
  assert.ok(load < 20_000 && search < 5_000, "far from usable");
});

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
