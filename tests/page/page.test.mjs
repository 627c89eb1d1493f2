// The page in headless Chromium against the real server and the default model.
// UIE_PROGRAM names the program (default: build/dev/uie); PAGE_SHOTS a folder for screenshots.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const program = process.env.UIE_PROGRAM || join(top, "build/dev/uie");
const shots = process.env.PAGE_SHOTS;
// A browser that looks nothing up: tests must pass on a closed network.
const browserFlags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion"];

let server, browser, page, address;
const consoleErrors = [];

function startServer() {
  return new Promise((done, failed) => {
    server = spawn(program, ["serve", "--port", "0", "--web-dir", join(top, "web"), "--model", join(top, "models/default")]);
    let output = "";
    server.stdout.on("data", (bytes) => {
      output += bytes;
      const found = output.match(/UI ready at (http:\/\/\S+)/);
      if (found) done(found[1]);
    });
    server.stderr.resume();
    server.on("exit", (code) => failed(new Error(`the server ended with ${code}: ${output}`)));
  });
}

before(async () => {
  address = await startServer();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: browserFlags,
    env: { ...process.env, HOME: mkdtempSync(join(tmpdir(), "page-")) } });
  page = await browser.newPage({ locale: "zh-CN", viewport: { width: 1280, height: 900 } });
  page.on("console", (message) => message.type() === "error" && consoleErrors.push(message.text()));
  page.on("pageerror", (error) => consoleErrors.push(String(error)));
  page.on("request", (request) => request.url().startsWith(address) || consoleErrors.push(`request to ${request.url()}`));
  await page.goto(address);
  await page.waitForFunction(() => document.getElementById("text").value !== "");
});

after(async () => {
  await browser?.close();
  server?.removeAllListeners("exit");
  server?.kill("SIGTERM");
});

async function run(text, schema, mode = "extract") {
  await page.check(`input[name=mode][value=${mode}]`);
  await page.fill("#text", text);
  await page.fill("#schema", JSON.stringify(schema));
  const [response] = await Promise.all([page.waitForResponse("**/v1/extract"), page.click("#run")]);
  await page.waitForFunction(() => !document.getElementById("run").disabled);
  return response;
}

const shot = (name) => (shots ? page.screenshot({ path: join(shots, `${name}.png`), fullPage: true }) : undefined);

test("an example runs and its spans are marked", async () => {
  await page.selectOption("#example", { label: "新闻实体识别" });
  await Promise.all([page.waitForResponse("**/v1/extract"), page.click("#run")]);
  await page.waitForSelector("#marked .tag");
  assert.ok((await page.locator("#table tbody tr").count()) > 2);
  assert.match(await page.textContent("#timing"), /ms/);
  await shot("entities");
});

test("marks say what the answer says: offsets are code points, astral characters count one", async () => {
  const text = "𠮷野家在北京市朝阳区开了😀新店，店长叫王小明。";
  const response = await run(text, { 人物: null, 地理位置: null, 组织机构: null });
  const { results } = await response.json();
  assert.ok(results[0].output.length > 0, "the model finds something here");
  const points = Array.from(text);
  for (const [item] of results[0].output) assert.equal(points.slice(...item.offset).join(""), item.span);
  // The marked box is the text itself with tags between: without the tags, the text again.
  const marked = await page.$eval("#marked", (box) => [...box.querySelectorAll(".seg")].map((s) => s.textContent).join(""));
  assert.equal(marked, text);
  await shot("astral");
});

test("nested and overlapping spans are drawn apart", async () => {
  const drawn = await page.evaluate(async () => {
    const { assignLanes, distinctSpans, segments } = await import("./js/spans.js");
    const item = (type, begin, end) => [{ type, offset: [begin, end], span: "", confidence: 0.9 }];
    const spans = distinctSpans([item("外", 0, 6), item("内", 2, 4), item("叠", 3, 8), item("外", 0, 6)]);
    const lanes = assignLanes(spans);
    return { lanes, count: spans.length, parts: segments("𠮷1234567", spans).map((s) => [s.text, s.spans.map((x) => x.type + x.lane).join(""), s.ending.length]) };
  });
  assert.deepEqual(drawn, { lanes: 3, count: 3,
    parts: [["𠮷1", "外0", 0], ["2", "外0内1", 0], ["3", "外0内1叠2", 1], ["45", "外0叠2", 1], ["67", "叠2", 1]] });
  await run("北京大学深圳医院心内科主任林若溪在中山大学附属第一医院完成了进修。", { 人物: null, 医疗机构: null, 地理位置: null, 高校: null });
  await shot("nested");
});

test("relations are rows of items from root to leaf", async () => {
  await run("《红楼梦》是中央电视台和中国电视剧制作中心根据同名小说于1987年摄制的电视剧，导演王扶林。", { 影视作品: { "导演(人物)": null, "出品公司(企业)": null } });
  const items = await page.$$eval("#table tbody tr:first-child .item", (nodes) => nodes.length);
  assert.equal(items, 2);
  await shot("relations");
});

test("classification gives labels with a confidence", async () => {
  await run("有点看不下去，作者的叙述太啰嗦，翻了三十页还没进入正题。", { 正向情感: null, 负向情感: null }, "classify");
  assert.equal(await page.locator("#labels .chip").count(), 1);
  assert.match(await page.textContent("#labels .chip"), /情感.*%/);
  await shot("classification");
});

test("the threshold hides what is less certain", async () => {
  await run("3月18日，云澜新能源在苏州工业园区举行新工厂投产仪式。", { 人物: null, 地理位置: null, 组织机构: null, 时间: null });
  const all = await page.locator("#table tbody tr").count();
  await page.$eval("#threshold", (input) => { input.value = "1"; input.dispatchEvent(new Event("input")); });
  assert.ok((await page.locator("#table tbody tr").count()) < all);
  await page.$eval("#threshold", (input) => { input.value = "0"; input.dispatchEvent(new Event("input")); });
});

test("a task by name brings its example and is answered in its own shape", async () => {
  await page.selectOption("#task", "relation");
  assert.ok(await page.isHidden("#mode"));
  assert.match(await page.inputValue("#schema"), /"task"/);
  const [response] = await Promise.all([page.waitForResponse("**/v1/extract"), page.click("#run")]);
  await page.waitForFunction(() => !document.getElementById("run").disabled);
  const { relations } = (await response.json()).results[0].tasks.relation;
  assert.equal(await page.locator("#table tbody tr").count(), relations.length);
  await shot("task");
  await page.selectOption("#task", "sentiment");
  await Promise.all([page.waitForResponse("**/v1/extract"), page.click("#run")]);
  await page.waitForSelector("#labels .chip");
  await page.selectOption("#task", "");
  assert.ok(await page.isVisible("#mode"));
});

test("a bad schema is said at once, with its place, and nothing is sent", async () => {
  await page.fill("#schema", '{"人物": ');
  assert.ok(await page.isVisible("#schema-error"));
  await page.fill("#schema", '{"人物": 3}');
  const [response] = await Promise.all([page.waitForResponse("**/v1/extract"), page.click("#run")]);
  assert.equal(response.status(), 422);
  await page.waitForSelector("#problem:not([hidden])");
  assert.match(await page.textContent("#problem"), /\/schema\/人物/);
  consoleErrors.splice(0, consoleErrors.length, ...consoleErrors.filter((e) => !e.includes("422")));
  await shot("problem");
});

test("markup in a text stays text", async () => {
  await run("<img src=x onerror=alert(1)> 请联系张三，电话13800000000。", { 人物: null, 电话: null });
  assert.equal(await page.locator("#marked img").count(), 0);
});

test("the language can be changed, and the choice is kept", async () => {
  await page.click("#language");
  assert.equal(await page.textContent("#run span"), "Run");
  await page.reload();
  await page.waitForFunction(() => document.getElementById("text").value !== "");
  assert.equal(await page.textContent("#run span"), "Run");
});

test("the page asks nobody else and logs no error", () => assert.deepEqual(consoleErrors, []));
