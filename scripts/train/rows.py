"""Task files: JSON lines {"id","source","task","text","schema" | "schema_ref","answer"}, plain, .xz or .gz (docs/training.md)."""
import gzip
import json
import lzma
import os
import sys


def open_any(path):
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(os.path.splitext(path)[1], open)
    return opener(path, "rt", encoding="utf-8")


def load_schemas(folder):
    path = os.path.join(folder, "schemas.json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as f:
        return {k: v["schema"] if isinstance(v, dict) and "schema" in v and len(v) > 1 and isinstance(v["schema"], dict) else v
                for k, v in json.load(f).items()}


def normal_schema(s):
    """nested dict with None leaves"""
    if not s:
        return None
    if isinstance(s, str):
        return {s: None}
    if isinstance(s, (list, tuple)):
        return {str(k): None for k in s}
    return {str(k): normal_schema(v) for k, v in s.items()}


def files(folder, split):
    d = os.path.join(folder, split)
    names = sorted(os.listdir(d)) if os.path.isdir(d) else []
    return [os.path.join(d, n) for n in names if n.split(".jsonl")[-1] in ("", ".xz", ".gz") and ".jsonl" in n]


def load(path, schemas, limit=0):
    """rows of a file with their schema resolved (one shared object a schema_ref)"""
    rows, missing, cache = [], 0, {}
    with open_any(path) as f:
        for n, line in enumerate(f):
            if limit and n >= limit:
                break
            r = json.loads(line)
            schema, ref = r.get("schema"), r.get("schema_ref")
            if schema is None:
                if ref not in cache:
                    cache[ref] = normal_schema(schemas.get(ref))
                schema = cache[ref]
            else:
                schema = normal_schema(schema)
            if not schema or not r["text"].strip():
                missing += 1
                continue
            rows.append(dict(id=r.get("id"), source=r.get("source") or os.path.basename(path).split(".")[0], task=r.get("task", ""),
                             text=r["text"], schema=schema, answer=r.get("answer", [])))
    if missing:
        print("%s: %d rows without schema or text left out" % (path, missing), file=sys.stderr)
    return rows


def kind_of(text):
    """0 extraction, 1 one label, 2 several labels"""
    return 1 if "[CLASSIFY]" in text else 2 if "[MULTICLASSIFY]" in text else 0
