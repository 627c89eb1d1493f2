// Runs three examples of the page in a browser and prints what was sent and answered, a JSON line each.
// usage: node examples.mjs http://localhost:7860 [SCREENSHOT.png]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const [address, screenshot] = process.argv.slice(2);
const titles = ["新闻实体识别", "赛事胜负事件", "书评情感"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"], env: { ...process.env, HOME: mkdtempSync(join(tmpdir(), "page-")) } });
const page = await browser.newPage({ locale: "zh-CN", viewport: { width: 1280, height: 900 } });
await page.goto(address);
await page.waitForFunction(() => document.getElementById("text").value !== "");
for (const title of titles) {
  await page.selectOption("#example", { label: title });
  const [response] = await Promise.all([page.waitForResponse("**/v1/extract"), page.click("#run")]);
  console.log(JSON.stringify({ title, request: response.request().postData(), response: await response.text() }));
  await page.waitForFunction(() => !document.getElementById("run").disabled);
  if (screenshot && title === titles[0]) await page.screenshot({ path: screenshot });
}
await browser.close();
