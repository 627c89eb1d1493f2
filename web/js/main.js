// Connects the page's parts: state, events, drawing.

import { extract, models, Problem, tasks } from "./api.js";
import { colorMap, drawLabels, drawMarked, drawTable, element, passing } from "./render.js";
import { PREFIXES } from "./spans.js";
import { chainsOf } from "./tasks.js";
import { preferredLanguage, words } from "./words.js";

const MODE_OF_TASK = { sentiment: "classify", text_classification: "classify", hierarchical: "classify", text_matching: "classify", nli: "classify",
  coref: "classify", mrc_choice: "classify", multi_label: "multiclassify" };

const at = (id) => document.getElementById(id);
let language = preferredLanguage();
let examples = [];
let known = []; // tasks by name, as the server lists them
let shown = null; // {text, output} of the last answer
let running = null; // AbortController of the request under way

const say = () => words(language);
const task = () => known.find((row) => row.name === at("task").value); // none: a schema of one's own
const mode = () => document.querySelector("input[name=mode]:checked").value;

function show(node, text) {
  node.textContent = text || "";
  node.hidden = !text;
}

// ---- request

function requestText() {
  const prefix = PREFIXES[mode()];
  const text = at("text").value;
  return text.startsWith("[CLASSIFY]") || text.startsWith("[MULTICLASSIFY]") ? text : prefix + text;
}

const schemaName = () => (task() ? say().parameters : say().schema);

function requestBody() {
  try {
    const asked = JSON.parse(at("schema").value);
    return task() ? { text: at("text").value, task: asked } : { text: requestText(), schema: asked };
  } catch (error) {
    throw new Problem(`${schemaName()} ${say().badJson}`, error.message);
  }
}

function checkSchema() {
  try {
    requestBody();
    show(at("schema-error"), "");
  } catch (problem) {
    show(at("schema-error"), problem.text());
  }
}

async function run() {
  running?.abort();
  running = new AbortController();
  at("run").disabled = true;
  show(at("problem"), "");
  try {
    const body = requestBody();
    drawAnswer(body.text, await extract(body, running.signal));
  } catch (problem) {
    shown = null;
    clearAnswer();
    show(at("problem"), problem.title === "unreachable" ? say().unreachable : problem instanceof Problem ? problem.text() : String(problem));
  } finally {
    at("run").disabled = false;
  }
}

function copyCurl() {
  const body = JSON.stringify(requestBody()).replaceAll("'", "'\\''");
  navigator.clipboard?.writeText(`curl ${location.origin}/v1/extract -H 'Content-Type: application/json' -d '${body}'`);
  at("copy-curl").textContent = say().copied;
  setTimeout(() => (at("copy-curl").textContent = say().copyCurl), 1500);
}

// ---- answer

function clearAnswer() {
  for (const id of ["labels", "table", "json-box", "filter"]) at(id).hidden = true;
  at("marked").replaceChildren();
  show(at("notice"), "");
  at("timing").textContent = "";
}

function drawAnswer(text, answer) {
  clearAnswer();
  const result = answer.results[0];
  if (result.error) throw new Problem(result.error.title, result.error.detail, result.error.errors);
  const output = result.tasks ? chainsOf(result.tasks) : result.output;
  shown = { text, output, truncated: result.truncated, answer };
  at("json").textContent = JSON.stringify(answer, null, 1);
  at("json-box").hidden = false;
  at("filter").hidden = output.length === 0;
  redraw();
}

function redraw() {
  if (!shown) return;
  const threshold = Number(at("threshold").value);
  at("threshold-value").textContent = threshold.toFixed(2);
  const colors = colorMap(shown.output);
  const chains = passing(shown.output, threshold);
  drawLabels(at("labels"), chains, colors);
  drawMarked(at("marked"), shown.text, chains, colors);
  drawTable(at("table"), chains, colors);
  show(at("notice"), shown.truncated ? say().truncated : chains.length === 0 ? say().none : "");
  at("timing").textContent = say().time(shown.answer.timing_ms, shown.answer.usage);
}

// ---- examples and language

function fillExamples() {
  const options = examples.map((example, index) => element("option", { value: String(index) }, language === "zh" ? example.title_zh : example.title_en));
  const chosen = at("example").value;
  at("example").replaceChildren(element("option", { value: "" }, say().noExample), ...options);
  at("example").value = chosen || "";
}

function takeExample(index) {
  const example = examples[index];
  if (!example) return;
  at("task").value = "";
  at("text").value = example.text;
  at("schema").value = JSON.stringify(example.schema, null, 2);
  showTask();
  document.querySelector(`input[name=mode][value=${MODE_OF_TASK[example.task] || "extract"}]`).checked = true;
  countCharacters();
  checkSchema();
}

// ---- tasks by name

function fillTasks() {
  const chosen = at("task").value;
  const options = known.map((row) => element("option", { value: row.name }, row.title[language]));
  at("task").replaceChildren(element("option", { value: "" }, say().noTask), ...options);
  at("task").value = chosen;
  at("task-row").hidden = known.length === 0;
  showTask();
}

function showTask() {
  at("mode").hidden = task() !== undefined; // a task brings its own input form
  at("schema-name").textContent = schemaName();
  at("schema-hint").textContent = task() ? say().parametersHint : say().schemaHint;
  show(at("task-about"), task()?.about[language]);
}

function takeTask() {
  showTask();
  const example = task()?.examples[0]?.request;
  if (!example) return takeExample(at("example").value || "0");
  at("example").value = "";
  at("text").value = example.text;
  at("schema").value = JSON.stringify(example.task, null, 2);
  countCharacters();
  checkSchema();
}

function countCharacters() {
  at("count").textContent = `${Array.from(at("text").value).length} ${say().characters}`;
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say()[node.dataset.text];
  at("language").textContent = say().other;
  fillExamples();
  fillTasks();
  countCharacters();
  redraw();
}

async function showStatus() {
  try {
    const list = await models();
    const first = (list.models || list.data || [])[0];
    at("status").textContent = first ? say().ready(first) : "";
  } catch {
    at("status").textContent = say().unreachable;
  }
}

async function start() {
  speak();
  showStatus();
  at("run").addEventListener("click", run);
  at("copy-curl").addEventListener("click", copyCurl);
  at("threshold").addEventListener("input", redraw);
  at("text").addEventListener("input", countCharacters);
  at("schema").addEventListener("input", checkSchema);
  for (const id of ["text", "schema"]) at(id).addEventListener("input", () => (at("example").value = ""));
  at("example").addEventListener("change", (event) => takeExample(event.target.value));
  at("task").addEventListener("change", takeTask);
  at("language").addEventListener("click", () => {
    language = language === "zh" ? "en" : "zh";
    localStorage.setItem("language", language);
    speak();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  });
  known = await tasks();
  fillTasks();
  // Examples are schemas; requests of several tasks are not offered here.
  examples = (await (await fetch("examples.json")).json()).filter((example) => example.task !== "multi_task");
  fillExamples();
  at("example").value = "0";
  takeExample(0);
}

start();
