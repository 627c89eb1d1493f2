"""The trainer on a tiny shape on the CPU: python3 -m unittest discover -s tests/train -p 'test_train.py'

With UIE naming the program, its scores for the trained model must equal the trainer's own."""
import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TRAIN = TOP / "scripts" / "train"
sys.path.insert(0, str(TRAIN))

import numpy as np
import torch

import evaluate
import labels
import layout
import model as models
import optim
import rows
import sample
import sampler
import variants
import weights
from examples import Example
from tokenizer import Tok, VOCAB

PEOPLE, PLACES = ["王小明", "李雷", "韩梅梅", "张伟"], ["北京", "上海", "西安", "成都"]


def task_row(n, rng):
    """three kinds of task that a tiny model can begin to learn"""
    who, where = rng.choice(PEOPLE), rng.choice(PLACES)
    kind = n % 3
    if kind == 0:
        text = "%s昨天去了%s。" % (who, where)
        items = [[dict(type="人物", span=who, offset=[0, len(who)])],
                 [dict(type="地点", span=where, offset=[text.index(where), text.index(where) + 2])]]
        return dict(source="tiny_ner", task="ner", text=text, schema={"人物": None, "地点": None, "时间": None}, answer=items[:2])
    if kind == 1:
        text = "%s出生于%s。" % (who, where)
        path = [dict(type="人物", span=who, offset=[0, len(who)]), dict(type="出生地(地点)", span=where, offset=[len(who) + 3, len(who) + 5])]
        return dict(source="tiny_re", task="relation", text=text, schema={"人物": {"出生地(地点)": None, "职业(文本)": None}}, answer=[path])
    good = rng.random() < .5
    text = "[CLASSIFY]" + ("这家店很好" if good else "这家店太差")
    return dict(source="tiny_cls", task="sentiment", text=text, schema={"正面": None, "负面": None},
                answer=[[dict(type="正面" if good else "负面", span="[CLASSIFY]", offset=[0, 10])]])


def write_tasks(folder, count=240):
    rng = random.Random(3)
    for split, n in (("train", count), ("dev", 30)):
        (folder / split).mkdir(parents=True)
        by = {}
        for i in range(n):
            r = task_row(i, rng)
            by.setdefault(r["source"], []).append(dict(id="%s-%s-%d" % (r["source"], split, i), **r))
        for source, rs in by.items():
            (folder / split / (source + ".jsonl")).write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rs), encoding="utf-8")


def tool(name, *args):
    done = subprocess.run([sys.executable, str(TRAIN / name), *map(str, args)], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise AssertionError("%s: %s" % (name, done.stderr[-2000:]))
    return done.stdout


class PipelineTest(unittest.TestCase):
    """every stage once, over a folder that all tests of the class read"""

    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.d = d = Path(cls.holder.name)
        write_tasks(d / "tasks")
        (d / "corpus.txt").write_text("\n\n".join("%s在%s读书。\n第二段说明天气很好，大家都很高兴。" % (p, c) for p in PEOPLE for c in PLACES) * 12,
                                      encoding="utf-8")
        tool("tokenise.py", d / "tokens", d / "corpus.txt", "--tasks", d / "tasks")
        tool("pretrain.py", "--tokens-dir", d / "tokens", "--out", d / "encoder.pt", "--steps", 12, "--layers", 2, "--hidden", 64,
             "--inner", 128, "--tokens", 512, "--lengths", "0.5:32;1:64", "--rate", 2e-3, "--muon", 2e-3)
        sampler_ = subprocess.Popen([sys.executable, str(TRAIN / "sample.py"), str(d / "tasks"), "--spool", str(d / "spool"), "--workers", "1",
                                     "--tokens", "1536", "--limit", "40"], stdout=subprocess.DEVNULL)
        try:
            cls.log = tool("finetune.py", "--spool", d / "spool", "--init", d / "encoder.pt", "--out", d / "model.pt", "--steps", 400,
                           "--rate", 3e-3, "--muon", 3e-3, "--average", .95, "--drop", 0)
        finally:
            sampler_.kill()
            sampler_.wait()
        tool("export.py", d / "model.pt", d / "model")
        tool("curves.py", d / "curves.svg", d / "encoder.pt.curve.jsonl", d / "model.pt.curve.jsonl")

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def scores(self):
        with contextlib.redirect_stdout(io.StringIO()):
            model = evaluate.load(str(self.d / "model"), torch.device("cpu"))
            return evaluate.evaluate(model, torch.device("cpu"), str(self.d / "tasks"))["sources"]

    def test_learns_what_it_is_shown(self):
        scores = self.scores()
        self.assertGreater(scores["tiny_cls"]["score"], .8, scores)
        self.assertGreater(scores["tiny_ner"]["score"], .5, scores)

    def test_the_program_scores_the_model_as_the_trainer_does(self):
        program = os.environ.get("UIE")
        if not program:
            self.skipTest("UIE does not name the program")
        files = sorted(str(p) for p in (self.d / "tasks" / "dev").iterdir())
        said = subprocess.run([program, "eval", "--model", str(self.d / "model"), "--json", *files], capture_output=True, text=True, check=True)
        theirs = json.loads(said.stdout)
        for source, ours in self.scores().items():
            self.assertAlmostEqual(ours["f1"], theirs[source]["f1"], places=3, msg=source)

    def test_the_stored_model_is_int8_and_whole(self):
        stored, config = weights.read(str(self.d / "model"))
        trained = torch.load(self.d / "model.pt", map_location="cpu")["model"]
        self.assertEqual(set(stored), {k for k in trained if not k.startswith("mlm.")})
        for k, v in stored.items():
            step = trained[k].abs().amax(-1, keepdim=True) / 127 if weights.stored_as_int8(trained[k]) else 2e-3
            self.assertTrue(((trained[k] - v).abs() <= step).all(), k)
        self.assertLess((self.d / "model" / "model.safetensors").stat().st_size, 1.3 * sum(v.numel() for v in stored.values()))

    def test_the_curves_are_a_picture(self):
        picture = (self.d / "curves.svg").read_text(encoding="utf-8")
        self.assertTrue(picture.startswith("<svg") and picture.rstrip().endswith("</svg>"))

    def test_an_interrupted_run_goes_on(self):
        d = self.d
        state, config = weights.read(str(d / "encoder.pt"))
        model = models.Rex(models.Config.make(**config), mlm=True)
        optimiser = optim.Optimiser(model, 1e-3, .01, muon=1e-3)
        optimiser.n = 10
        torch.save(dict(optimiser=optimiser.state(), done=10 / 12), d / "again.pt.part")
        said = tool("pretrain.py", "--tokens-dir", d / "tokens", "--out", d / "again.pt", "--init", d / "encoder.pt", "--steps", 12, "--tokens", 512,
                    "--lengths", "1:32", "--muon", 1e-3)
        self.assertIn("goes on at step 10", said)
        self.assertEqual(torch.load(d / "again.pt", map_location="cpu")["steps"], 12)
        self.assertFalse((d / "again.pt.part").exists())


class SamplerTest(unittest.TestCase):
    def setUp(self):
        self.layout = layout.Layout(Tok(VOCAB))

    def rows(self, seed, hidden=("游戏", "书名")):
        rng = random.Random(seed)
        s = sampler.Sampler(self.layout, labels.Rewordings(hidden), ["财经", "体育"], variants.tables(self.layout.t), rng)
        data = random.Random(1)
        return [r for n in range(60) for r in s.rows(Example(task_row(n, data), self.layout))]

    def test_links_point_at_text_and_types(self):
        for ids, pos, pfx, typ, links in self.rows(5):
            first = pfx.index(0, 1) + 1
            types = {i for i, t in enumerate(ids) if t == self.layout.t.type_id}
            for i, j in links:
                self.assertTrue((i >= first or i in types) and (j >= first or j in types), (i, j))
            spans = {(i, j) for i, j in links if i >= first and j >= first}
            for i, j in spans:
                self.assertLessEqual(i, j)
            self.assertLessEqual(len(ids), layout.MAX_LEN)

    def test_the_same_seed_gives_the_same_rows(self):
        self.assertEqual(self.rows(7), self.rows(7))
        self.assertNotEqual(self.rows(7), self.rows(8))

    def test_joined_texts_keep_their_tuples_apart(self):
        data = random.Random(4)
        a, b = (Example(dict(task_row(1, data), text="王小明出生于北京。"), self.layout), Example(dict(task_row(1, data)), self.layout))
        a.answers = [(("人物", "王小明", 0, 2), ("出生地(地点)", "北京", 6, 7))]
        both = Example.joined(a, b)
        s = sampler.Sampler(self.layout, labels.Rewordings(), [], [], random.Random(2))
        level, wanted = s.level(both, 1, lambda t: t)
        n = len(a.ids)
        for (prefix, _), spans in wanted.items():
            own = [(i, j) for path in both.answers if path[0][1] == prefix[0][1] for _, _, i, j in path[1:]]
            self.assertLessEqual(set(spans), set(own))
        self.assertTrue(all(i >= n for path in both.answers[1:] for _, _, i, _ in path))

    def test_hidden_labels_are_never_a_wording(self):
        table = labels.Rewordings(("游戏", "书名"))
        self.assertFalse([w for ws in table.table.values() for w in ws if "游戏" in w or "书名" in w])

    def test_made_up_sources_take_their_share(self):
        w = sample.source_weights({"a": [0] * 100, "b": [0] * 400, "weak_x": [0] * 900}, .5, .25, {})
        self.assertAlmostEqual(w["weak_x"] / sum(w.values()), .25)


class ModelTest(unittest.TestCase):
    def test_a_margin_moves_the_even_bet(self):
        """with one positive and one negative cell of equal cost the loss is least at the margin, not at zero"""
        valid = torch.ones(1, 1, dtype=torch.bool)
        best = {}
        for margin in (0., 1.):
            grid = torch.linspace(-3, 3, 121)
            cost = [models.link_loss(x.view(1, 1, 1), torch.tensor([0]), valid, torch.tensor([margin])).item() +
                    models.link_loss(x.view(1, 1, 1), torch.tensor([1]), valid, torch.tensor([margin])).item() for x in grid]
            best[margin] = grid[int(np.argmin(cost))].item()
        self.assertAlmostEqual(best[0.], 0., places=5)
        self.assertAlmostEqual(best[1.], 1., places=1)

    def test_visibility_is_that_of_the_spec(self):
        pfx, typ = torch.tensor([[0, 1, 1, 2, 2, 0, -1]]), torch.tensor([[0, 0, 1, 0, 1, 0, 0]])
        seen = models.visible(pfx, typ)[0]
        self.assertTrue(seen[5, :6].all() and not seen[5, 6])       # text sees all but padding
        self.assertTrue(seen[2, 1] and not seen[2, 3] and not seen[2, 4])


if __name__ == "__main__":
    unittest.main()
