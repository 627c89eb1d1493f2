// Talks to the server. Every failure becomes a Problem with words for a person.

export class Problem extends Error {
  constructor(title, detail, errors = []) {
    super(detail || title);
    this.title = title;
    this.errors = errors; // [{pointer, message}]
  }

  text() {
    const places = this.errors.map((e) => `${e.pointer || "/"}  ${e.message}`);
    const said = this.message === this.title || this.errors.some((e) => e.message === this.message);
    return [this.title, said ? "" : this.message, ...places].filter(Boolean).join("\n");
  }
}

async function request(path, init) {
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Problem("unreachable", "");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw new Problem(body?.title || `HTTP ${response.status}`, body?.detail || "", body?.errors || []);
}

export const models = () => request("v1/models");

// The tasks that can be asked by name; none where the server knows none.
export const tasks = () => request("v1/tasks").then((answer) => answer.tasks, () => []);

export const extract = (body, signal) =>
  request("v1/extract", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });
