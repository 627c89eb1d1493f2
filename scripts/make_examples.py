#!/usr/bin/env python3
"""Writes docs/examples.md: the calls of the published model card through curl against a running server, as they came.

usage: scripts/make_examples.py [--url http://localhost:7860] [--page FILE]
--page: JSON lines {"title", "request", "response"} as tests/page/examples.mjs records them."""
import argparse
import json
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent
TITLES = {"ner": "Named entities", "relation": "Relations", "event": "Events", "aspect": "Aspect and opinion"}


def compact(value):
    return json.dumps(value, ensure_ascii=False)


def tuples(results):
    """One tuple a line, so that an answer can be read."""
    lines = []
    for result in results:
        for chain in result["output"]:
            lines.append(" → ".join(f'{i["type"]}: {i["span"]} {i["offset"]} {i["confidence"]:.4f}' for i in chain))
    return "\n".join(lines) or "(nothing found)"


def section(title, request, answer):
    parts = [f"### {title}\n", "```json", compact(request), "```\n", "```json", answer.strip(), "```\n"]
    results = json.loads(answer).get("results", [])
    return "\n".join(parts + ["In short:\n", "```text", tuples(results), "```\n"])


def curl(url, request):
    command = ["curl", "-s", f"{url}/v1/extract", "-H", "Content-Type: application/json", "-d", compact(request)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://localhost:7860")
    parser.add_argument("--page")
    options = parser.parse_args()
    out = ["# Examples\n",
           "Requests and answers as they came from the default model: a small model, so some answers are wrong or missing. Nothing was chosen or corrected.\n",
           "## The calls of the published model card, through curl\n",
           "```sh\nscripts/start.sh & scripts/make_examples.py      # repeats all of this section\n```\n"]
    for case in json.loads((TOP / "tests/data/rex/cases_card.json").read_text()):
        request = {"text": case["text"], "schema": case["schema"]}
        out.append(section(f'{case["id"]} ({case["category"]})', request, curl(options.url, request)))
    if options.page:
        out.append("## Through the page\n")
        out.append("Recorded in the browser by `tests/page/examples.mjs`: what the page sent and what it was given.\n")
        for line in pathlib.Path(options.page).read_text().splitlines():
            record = json.loads(line)
            out.append(section(record["title"], json.loads(record["request"]), record["response"]))
    (TOP / "docs/examples.md").write_text("\n".join(out))


if __name__ == "__main__":
    main()
