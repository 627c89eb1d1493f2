"""Task rows encoded once for training: text tokens, and answers as token spans."""
import re
import numpy as np
from rows import kind_of

PAIR = re.compile(r"^\[CLASSIFY\](段落1：)(.*)(；段落2：)(.*)$", re.S)
SYMMETRIC = re.compile("相似|同义|意思相同|意思不同")          # tasks in which the two halves may change places


def token_at(offsets, n):
    """the token that covers each character, -1 where there is none"""
    at = np.full(n + 1, -1, np.int32)
    for i, (a, b) in enumerate(offsets):
        at[a:b] = i
    return at


class Example:
    """schema: nested dict; ids: uint16 [n]; answers: tuples of (type, span, first token, last token); kind: rows.kind_of.
    swapped: ids with the halves of a pair in the other order, or None"""
    __slots__ = ("source", "schema", "ids", "swapped", "answers", "kind", "text")

    @classmethod
    def joined(cls, a, b):
        """two extraction texts of one schema as one: nothing of the one hangs on an item of the other"""
        ex = cls.__new__(cls)
        ex.source, ex.schema, ex.kind, ex.swapped = a.source, a.schema, a.kind, None
        ex.text = a.text + b.text
        ex.ids = np.concatenate([a.ids, b.ids])
        n = len(a.ids)
        ex.answers = a.answers + [tuple((t, span, i + n, j + n) for t, span, i, j in path) for path in b.answers]
        return ex

    def __init__(self, row, layout):
        text = row["text"]
        ids, offsets = layout.t.encode(text)
        self.source, self.schema, self.text = row["source"], row["schema"], text
        self.ids = np.array(ids, np.uint16)
        self.kind = kind_of(text)
        self.swapped = None
        at = token_at(offsets, len(text))
        self.answers = []
        for path in row["answer"]:
            p = tuple(q for q in (self.item(x, at, len(text)) for x in path))
            if p and all(p):
                self.answers.append(p)
        m = PAIR.match(text)
        if m and any(SYMMETRIC.search(t) for t in self.schema):
            swapped = "[CLASSIFY]" + m.group(1) + m.group(4) + m.group(3) + m.group(2)
            self.swapped = np.array(layout.t.encode(swapped)[0], np.uint16)

    @staticmethod
    def item(x, at, n):
        head, tail = x["offset"][0], x["offset"][1] - 1
        while head < n and at[head] < 0:
            head += 1
        while tail >= 0 and at[tail] < 0:
            tail -= 1
        return None if head >= n or head > tail else (str(x["type"]), x["span"], int(at[head]), int(at[tail]))


def sub_schema(schema, path):
    for k in path:
        if not schema or k not in schema:
            return None
        schema = schema[k]
    return schema
