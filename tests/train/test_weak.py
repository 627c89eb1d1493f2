"""Tests of scripts/train/weak.py: python3 -m unittest discover -s tests/train -p 'test_weak.py'"""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "train"))

import weak
from weak_common import allowed

CORPUS = """操作系统入门教程
Linux 是一种自由的操作系统，最早的版本 1.0 发布于 1994年3月14日。Linux 内核由 Linus Torvalds 编写。
许多人在 Linux 内核上构建发行版，北京的用户约有 300 万人。发行版会把内核和软件包放在一起。
用户可以使用包管理器安装软件包，包管理器会下载软件包。如果软件包损坏，包管理器会给出提示。
安装软件包需要管理员权限，这是显而易见的。目前，我们认为这种方法非常简单，因为步骤很少。
作者：张建国
时间：2015年6月
配置文件保存在 /etc/apt/sources.list 中，占用 20 MB 空间。

张晓明的故事
张晓明说，他在杭州读过书。1998年，张晓明在北京大学学习数学，那时王志强是同学。
后来，张晓明认为数学十分重要，张晓明的老师也这样看。他们读过小说《平凡的世界》，也看过电影《红高粱》。
王志强在工厂工作，王志强对工厂的机器很熟悉。工厂的机器每天生产 500 件零件。
他们一见钟情，胸有成竹地开始创业。公司位于上海，主要的业务是零件加工，零件加工需要很多机器。
创业的道路充满困难，但是他们没有放弃，每一位工人都参加了零件加工。

城市供水管理条例
第一条为了加强城市供水管理，根据《中华人民共和国水法》，制定本条例。城市供水管理应当节约用水。
第二条供水企业应当保证水质，水质不合格的，供水企业应当立即整改。用户可以查看水质报告。
第三条违反本条例规定的，处 1000 元罚款。供水企业没有水质报告的，处 5000 元罚款。
联系电话：见附件
主管部门：市水务局

面条的做法
食用油放入锅中，葱切成小段，加入生抽翻炒。面条煮 5 分钟，捞出面条后过凉水。
面条是一种常见的食物，煮面条需要 2 升水。葱可以提高面条的香味，葱也可以最后再放。
最后把面条盛盘，加入 10 克盐。吃面条的时候可以配上一碗汤，汤的温度约 60℃。
"""


def run(folder, *options):
    corpus = Path(folder) / "corpus.txt"
    # The generators need other documents to draw wrong answers from.
    corpus.write_text("\n".join(CORPUS.replace("张", surname) for surname in "张李刘陈"), encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        weak.main([str(Path(folder) / "out"), "--corpus", str(corpus), "--jobs", "1", *options])
    return {path.name: path.read_bytes() for path in sorted((Path(folder) / "out" / "train").iterdir())}


class WeakTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            cls.files = run(folder)
        cls.rows = {name: [json.loads(line) for line in data.decode().splitlines()] for name, data in cls.files.items()}

    def test_every_generator_yields_rows(self):
        self.assertEqual({f"{name}.jsonl" for name in weak.GENERATORS}, set(self.rows))
        for name, rows in self.rows.items():
            self.assertTrue(rows, name)

    def test_rows_obey_the_format(self):
        for name, rows in self.rows.items():
            self.assertEqual(len({row["id"] for row in rows}), len(rows))
            for row in rows:
                self.assertEqual(list(row), ["id", "source", "task", "text", "schema", "answer"])
                self.assertEqual(row["source"] + ".jsonl", name)
                self.assertTrue(row["schema"])
                self.assertLessEqual(len(row["text"]), 900)
                for path in row["answer"]:
                    for item in path:
                        start, end = item["offset"]
                        self.assertIn(item["type"], row["schema"])
                        self.assertEqual(row["text"][start:end], item["span"])
                        self.assertEqual(item["span"], item["span"].strip())
                        self.assertLess(start, end)
                if row["text"].startswith("[CLASSIFY]"):
                    self.assertEqual([i["offset"] for p in row["answer"] for i in p], [[0, 10]])

    def test_kept_concepts_are_no_labels(self):
        for rows in self.rows.values():
            for row in rows:
                for label in row["schema"]:
                    self.assertTrue(allowed(label), label)
                    self.assertNotRegex(label, "书名|游戏")
        for label in ("书名", "图书", "网络游戏", "什么游戏？", "书籍名称", "书"):
            self.assertFalse(allowed(label), label)
        for label in ("小说", "诗集", "论文", "证书", "说明书"):
            self.assertTrue(allowed(label), label)

    def test_same_seed_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(run(folder, "--jobs", "2"), self.files)
        with tempfile.TemporaryDirectory() as folder:
            self.assertNotEqual(run(folder, "--seed", "2"), self.files)

    def test_limit(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertTrue(all(data.count(b"\n") <= 2 for data in run(folder, "--limit", "2").values()))


if __name__ == "__main__":
    unittest.main()
