"""Scene files and the rows that scenes.py makes from them."""
import glob
import json
import os
import random
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "train"))
import scenes  # noqa: E402

FILES = sorted(glob.glob(os.path.join(scenes.SCENES, "*.json")))


def labels_of(tree):
    for k, v in (tree or {}).items():
        yield k
        yield from labels_of(v)


class SceneFiles(unittest.TestCase):
    def test_load_and_consistent(self):
        self.assertTrue(FILES)
        for path in FILES:
            with open(path, encoding="utf-8") as f:
                data = json.load(f)
            self.assertIn("domain", data, path)
            self.assertTrue(data.get("scenes") or data.get("classify"), path)
            self.assertEqual(scenes.problems(data), [], path)

    def test_problems_are_found(self):
        bad = {"scenes": [{"slots": {"A": {"labels": ["书名"], "make": "nosuch"}, "B": {"labels": ["x"], "values": [" y"]}, "C": {"labels": ["z"]}},
                           "templates": ["{A}{D}"], "relations": [{"subject": "Q", "labels": ["游戏名"], "object": "A"}]}]}
        text = "\n".join(scenes.problems(bad))
        for part in ("书名", "nosuch", "' y'", "C has no values", "slot D", "relation subject Q", "游戏名"):
            self.assertIn(part, text)

    def test_generators(self):
        r = random.Random(3)
        for name, f in scenes.MAKE.items():
            for _ in range(200):
                v = f(r)
                self.assertTrue(v and v == v.strip(), (name, v))


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.dirs = [os.path.join(cls.tmp.name, x) for x in "abc"]
        for d, seed in zip(cls.dirs, ("1", "1", "2")):
            stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
            try:
                scenes.main([d, "--rows", "1500", "--seed", seed])
            finally:
                sys.stdout.close()
                sys.stdout = stdout

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def read(self, d):
        out = {}
        for p in sorted(glob.glob(os.path.join(d, "train", "*.jsonl"))):
            with open(p, "rb") as f:
                out[os.path.basename(p)] = f.read()
        return out

    def test_same_seed_same_bytes(self):
        a, b, c = map(self.read, self.dirs)
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)

    def test_rows_obey_the_format(self):
        task = {"scene_entities": "ner", "scene_relations": "relation", "scene_classify": "classification"}
        for name, raw in self.read(self.dirs[0]).items():
            rows = [json.loads(x) for x in raw.decode("utf-8").splitlines()]
            self.assertEqual(len(rows), 1500, name)
            self.assertEqual(len({r["id"] for r in rows}), len(rows))
            empty = 0
            for r in rows:
                self.assertEqual(set(r), {"id", "source", "task", "text", "schema", "answer"})
                self.assertEqual(task[r["source"]], r["task"])
                self.assertEqual(name, r["source"] + ".jsonl")
                self.assertTrue(r["schema"], r)
                for l in labels_of(r["schema"]):
                    self.assertFalse(any(f in l for f in scenes.FORBIDDEN), l)
                empty += not r["answer"]
                starts, seen = [], set()
                for path in r["answer"]:
                    node = r["schema"]
                    for item in path:
                        self.assertIn(item["type"], node, r)
                        node = node[item["type"]] or {}
                        s, e = item["offset"]
                        self.assertEqual(r["text"][s:e], item["span"], r)
                        self.assertTrue(item["span"] and item["span"] == item["span"].strip(), r)
                    starts.append(path[0]["offset"][0])
                    key = tuple((i["type"], *i["offset"]) for i in path)
                    self.assertNotIn(key, seen)
                    seen.add(key)
                    if r["task"] == "relation" and len(path) == 1:
                        self.assertIn("触发词", path[0]["type"])
                self.assertEqual(starts, sorted(starts))
                for key in seen:
                    self.assertFalse(any(k != key and k[:len(key)] == key for k in seen), r)
                if r["task"] == "classification":
                    self.assertEqual(r["answer"][0][0]["offset"], [0, 10])
                    self.assertTrue(2 <= len(r["schema"]) <= 12)
            if r["task"] == "ner":
                self.assertTrue(0 < empty < 400, empty)


if __name__ == "__main__":
    unittest.main()
