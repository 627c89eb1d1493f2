#!/usr/bin/env python3
"""Writes docs/tasks.md: what can be asked by name, each task with request and answer as they came from a running server.

usage: scripts/make_tasks_doc.py [--url http://localhost:7860]"""
import argparse
import json
import pathlib
import urllib.request

TOP = pathlib.Path(__file__).resolve().parent.parent

INTRO = """# Tasks by name

Nobody needs to know how a model wants to be asked: name the task, and the server puts text and labels in the words of the model that runs
(`[CLASSIFY]` in front of the text, the question in front of each label, `labels|text`, `#` for an aspect that is not named) and reads the
answer back. Offsets always count in your own text. The answer has one shape, whatever the model.

```sh
curl localhost:7860/v1/extract -H 'Content-Type: application/json' -d '{"text": "屏幕有点差", "task": "aspect-opinion"}'
curl localhost:7860/v1/extract -H 'Content-Type: application/json' \\
  -d '{"text": "屏幕有点差", "tasks": ["NER", {"task": "sentiment", "labels": ["正面", "负面"]}, "Aspect-Opinion"]}'
curl localhost:7860/v1/tasks                                   # names, parameters, defaults, a worked example each
echo '{"id": 1, "text": "屏幕有点差"}' | build/release/uie extract --task sentiment --labels 正面,负面
```

- `task`: a name, or an object with the name and its parameters. Case, spaces, `-` and `_` do not matter. A line of `uie extract` takes the same `task`; the
  flag is for lines that have neither `schema` nor `task`.
- `tasks`: up to 16 at once. They run together, and the answer equals that of the separate calls. To ask one task twice, name the second answer:
  `{"task": "classification", "labels": ["投诉", "咨询"], "as": "intent"}`.
- With `texts` every task is asked about every text. `text2`, `question`, `pronoun` and the like are the same for all of them.
- A task that fails has `{"error": {problem}}` in its place; when all fail, so does the text.
- `options.thresholds` name your labels. `options.native` adds the model's own tuples: `native` in each task, all of them in `output`. An item that stands in what
  was put around the text has the offset `[0, 0]`.

## The answer

`results[].tasks.NAME` holds one list; NAME is the task's name below, or what `as` says.

| list | of | entry |
| --- | --- | --- |
| `entities` | ner | `{"label", "text", "offset", "confidence"}` |
| `relations` | relation | `{"subject": {entity}, "relation", "object": {entity}}`; of a label `创始人(人物)` the relation is 创始人 and the object's label 人物 |
| `events` | event | `{"type", "trigger": {"text", "offset", "confidence"}, "arguments": [{entity}]}` |
| `aspects` | aspect-opinion | `{"aspect": {"text", "offset", "confidence"} or null, "opinion": {the same}, "polarity": label or null}`; null: the text does not name the aspect; no polarity was asked |
| `labels` | what chooses from labels | `{"label", "confidence"}`, in a tree also `"path"` from the top; the confidence is the mean over the path |
| `answers` | reading | `{"question", "text", "offset", "confidence"}` |

`results[].bindings` stands beside it when aspects were asked: `{"aspect", "opinion", "polarity", "flat": "屏幕_差"}`; without an aspect `"flat": "_差"`.

A trigger without arguments is an event with an empty list where a Siamese model answers; RexUniNLU gives triggers with arguments alone.

What a model finds as an empty or an inverted span is left out, and what it finds twice stands once. A SiameseUniNLU model answers with a span of the labels in front of
the text; a piece of a label counts as that label, of several the surest is taken (all of them in multi-label), and there may be none.
"""


def compact(value):
    return json.dumps(value, ensure_ascii=False)


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def parameters(task):
    rows = ["| parameter | type | |", "| --- | --- | --- |"]
    for parameter in task["parameters"]:
        need = " Required." if parameter["required"] else ""
        rows.append(f'| `{parameter["name"]}` | {parameter["type"]} | {parameter["about"]["en"]}{need} |')
    return "\n".join(rows)


def example(url, request):
    result = call(f"{url}/v1/extract", request)["results"][0]
    shown = {key: result[key] for key in ("tasks", "bindings") if key in result}
    return f"```json\n{compact(request)}\n```\n\n```json\n{compact(shown)}\n```\n"


def section(url, task):
    parts = [f'### {task["name"]}: {task["title"]["en"]} ({task["title"]["zh"]})\n',
             f'{task["about"]["en"]} {task["about"]["zh"]}\n',
             "Also: " + ", ".join(task["aliases"]) + ".\n",
             parameters(task) + "\n"]
    if task["default_schema"] is not None:
        parts.append(f'By default `{compact(task["default_schema"])}`.\n')
    return "\n".join(parts + [example(url, e["request"]) for e in task["examples"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://localhost:7860")
    url = parser.parse_args().url
    out = [INTRO,
           "## The tasks\n",
           "The requests of `GET /v1/tasks`, and answers as they came from the default model: a small model, so some are wrong or incomplete. Nothing was corrected.\n",
           "```sh\nscripts/start.sh & scripts/make_tasks_doc.py      # repeats this page\n```\n"]
    out += [section(url, task) for task in call(f"{url}/v1/tasks")["tasks"]]
    out.append("## Several at once\n")
    text = "屏幕显示很细腻，就是电池续航短了点，客服态度倒是不错，物流也快。"
    out.append(example(url, {"text": text, "tasks": ["NER", "Sentiment", "Aspect-Opinion"]}))
    (TOP / "docs/tasks.md").write_text("\n".join(out))


if __name__ == "__main__":
    main()
