// Opens report pages in a real browser, narrow and wide, light, dark and printed. Prints one JSON object: for each
// page what the console said, what was asked of the network, what axe found, and how the pictures are seen.
"use strict";

const { chromium } = require("playwright-core");
const axe = require("axe-core");

const VIEWS = [
  { name: "narrow", width: 320, height: 640, colorScheme: "light" },
  { name: "wide dark", width: 1440, height: 900, colorScheme: "dark" },
  { name: "printed", width: 1024, height: 768, colorScheme: "light", media: "print" },
];

/** What is seen of the page: sizes, colours and words of its pictures, and whether it is wider than the window. */
function seen() {
  const pictures = [...document.querySelectorAll("svg")].map((svg) => {
    const box = svg.getBoundingClientRect();
    const marks = [...svg.querySelectorAll(".dot, .bar, .line")];
    const painted = marks.map((mark) => {
      const style = getComputedStyle(mark);
      return style.fill !== "none" ? style.fill : style.stroke;
    });
    const sizes = [...svg.querySelectorAll("text")].map((text) => text.getBoundingClientRect().height);
    return {
      title: svg.querySelector("title")?.textContent ?? "",
      desc: svg.querySelector("desc")?.textContent ?? "",
      width: box.width,
      height: box.height,
      marks: marks.length,
      whiskers: svg.querySelectorAll(".whisker, .band").length,
      painted: [...new Set(painted)],
      text_height: Math.min(...sizes),
      table: svg.closest("figure")?.querySelector("table") !== null || document.querySelector("table") !== null,
    };
  });
  return {
    pictures,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    background: getComputedStyle(document.body).backgroundColor,
    font: getComputedStyle(document.body).fontSize,
    rightward: [...document.querySelectorAll("bdi")]
      .filter((bdi) => getComputedStyle(bdi).direction === "rtl")
      .map((bdi) => bdi.textContent),
  };
}

async function open(browser, address, view) {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.colorScheme,
    bypassCSP: false,
  });
  const page = await context.newPage();
  if (view.media) await page.emulateMedia({ media: view.media });
  const said = [];
  const asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(address, { waitUntil: "load" });
  const found = await page.evaluate(seen);
  found.said = [...said];
  found.asked = asked.filter((url) => url !== address);
  // The page lets no script in; the checker is brought by the browser's own protocol, which no policy governs.
  if (!view.media) {
    await page.evaluate(axe.source);
    await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
    const result = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
    });
    found.violations = result;
  }
  if (process.env.PICTURES) {
    const name = `${process.env.PICTURES}/${view.name.replace(" ", "-")}.png`;
    await page.screenshot({ path: name, fullPage: true });
  }
  await context.close();
  return found;
}

async function main() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    // In a container there is no other sandbox to be had.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const result = {};
  for (const address of process.argv.slice(2)) {
    result[address] = {};
    for (const view of VIEWS) result[address][view.name] = await open(browser, address, view);
  }
  await browser.close();
  console.log(JSON.stringify(result));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
