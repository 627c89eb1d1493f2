"""Other wordings of labels: hand-written ones (labels/*.json), composed for labels of the form NAME(TYPE)."""
import glob
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
COMPOSED = re.compile(r"^(.+)(\([^()]+\))$")
ASKING = ("找出{}", "{}是什么", "文中的{}", "所有{}", "提取{}", "{}有哪些", "哪些是{}", "{}：")


class Rewordings:
    """hidden: labels kept for a test of unseen labels; neither they nor a wording that holds one is ever produced"""

    def __init__(self, hidden=()):
        self.hidden = tuple(hidden)
        self.table = {}
        for path in sorted(glob.glob(HERE + "/labels/rewordings-*.json")):
            with open(path, encoding="utf-8") as f:
                for label, others in json.load(f).items():
                    known = self.table.setdefault(label, [])
                    known += [o for o in others if o not in known and self.allowed(o)]

    def allowed(self, wording):
        return not any(h in wording for h in self.hidden)

    def draw(self, label, rng, asking=False):
        """one other wording of the label, or the label itself where none is known"""
        m = COMPOSED.match(label)
        if m:
            name = self.draw(m.group(1), rng) if rng.random() < .7 else m.group(1)
            u = rng.random()
            suffix = "" if u < .35 else m.group(2) if u < .7 else rng.choice(self.table.get(m.group(2)) or [m.group(2)])
            return name + suffix
        known = self.table.get(label)
        word = rng.choice(known) if known else label
        if asking and len(word) <= 8 and rng.random() < .15:
            word = rng.choice(ASKING).format(word)
        return word
