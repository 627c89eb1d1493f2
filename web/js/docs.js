// Draws openapi.json: each operation with its request, an example as a curl call, and its answers.

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const json = (value) => element("pre", JSON.stringify(value, null, 2));

function curl(method, path, example) {
  const url = location.origin + path;
  if (!example) return element("pre", `curl ${url}`);
  const body = JSON.stringify(example).replaceAll("'", "'\\''");
  return element("pre", `curl ${url} -H 'Content-Type: application/json' \\\n  -d '${body}'`);
}

const shapeLink = (content) => {
  const name = Object.values(content ?? {})[0]?.schema?.$ref?.split("/").pop();
  if (!name) return element("span");
  const link = element("a", name);
  link.href = `#${name}`;
  return link;
};

function answers(responses, components) {
  const list = element("ul");
  for (const [status, response] of Object.entries(responses)) {
    const full = response.$ref ? components.responses[response.$ref.split("/").pop()] : response;
    const item = element("li", `${status}: ${full.description} `);
    item.append(shapeLink(full.content));
    list.append(item);
  }
  return list;
}

function operation(path, method, details, components) {
  const box = element("details");
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), "method"), element("code", path), ` ${details.summary}`);
  const request = details.requestBody?.content;
  box.append(summary, curl(method, path, request?.["application/json"]?.example));
  if (request) {
    const line = element("p", "Request: ");
    line.append(shapeLink(request));
    box.append(line);
  }
  box.append(answers(details.responses, components));
  return box;
}

function shape(name, details) {
  const box = element("details");
  box.id = name;
  box.append(element("summary", name), json(details));
  return box;
}

const api = await (await fetch("openapi.json")).json();
const operations = document.getElementById("operations");
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, details] of Object.entries(methods)) operations.append(operation(path, method, details, api.components));
}
operations.removeAttribute("aria-busy");
document.getElementById("shapes").append(...Object.entries(api.components.schemas).map(([name, details]) => shape(name, details)));
addEventListener("hashchange", () => document.getElementById(location.hash.slice(1))?.setAttribute("open", ""));
