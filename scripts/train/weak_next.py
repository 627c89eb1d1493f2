"""Multiple choice, as the c3 rows look: what comes next, what stood in the gap, which words fit."""

import re
from collections import Counter

from weak_common import choice, passages, pieces, sentences, shares
from weak_match import synonyms

NEXT = "下一句是：", "接下来的一句话是：", "后面最可能的内容是：", "这段话之后接着说的是："
GAP = "文中空缺处应填入的句子是：", "[空缺]处的句子是："
BEFORE = "这段话的前一句是：", "这段文字前面的内容是："
WORDS = "与这段文字最相关的关键词是：", "这段文字的关键词是：", "这段话主要谈到的是："
MENTION = "文中提到的是：", "根据这段文字，下列说法正确的是："
SPEAKER = re.compile(r"^[\u4e00-\u9fff]{1,3}[：:]")


def fit(sentence):
    return 6 <= len(sentence) <= 60 and "\n" not in sentence


def distractors(right, near, far, rng):
    """Three sentences of about the same length, from the same document where there are some."""
    pool = [s for s in near if s != right and fit(s)]
    chosen = rng.sample(pool, min(rng.choice((1, 2, 3, 3)), len(pool)))
    rest = [s for s in rng.sample(far, min(60, len(far))) if s != right and s not in chosen]
    rest.sort(key=lambda s: abs(len(s) - len(right)))
    return (chosen + rest)[:3]


def keywords(text, common, rng):
    """The rarest two or three pieces of a text that occur twice, or None."""
    counts = Counter(piece for piece, _, _ in pieces(text) if 2 <= len(piece) <= 8)
    best = sorted((word for word, count in counts.items() if count > 1), key=lambda word: (common[word], word))
    return "、".join(best[:rng.choice((2, 2, 3))]) if len(best) > 1 else None


def rows(block, rng):
    far = [s for document in block.documents[::7] for s in sentences("\n".join(document.lines)) if fit(s)][:4000]
    common = Counter()
    for document in block.documents:
        common.update({piece for line in document.lines for piece, _, _ in pieces(line)})
    words = []
    for document in block.documents:
        whole = sentences("\n".join(document.lines))
        for text in passages(document, rng, 60, 420):
            parts = sentences(text)
            if len(parts) < 3:
                continue
            inside = set(parts)
            near = [s for s in whole if s not in inside]
            near = rng.sample(near, min(40, len(near)))
            kind = rng.choice("nnnggbbwwm")
            if kind == "w":
                if not (right := keywords(text, common, rng)):
                    continue
                others = [w for w in rng.sample(words, min(12, len(words))) if not any(word in text for word in w.split("、"))][:3]
                words = words[-60:] + [right]
                head = rng.choice(WORDS)
            elif kind == "m":
                # A clause of the text against clauses of others, none of which it holds.
                right = rng.choice(parts)
                others = [s for s in distractors(right, near, far, rng) if s not in text]
                head = rng.choice(MENTION)
                # Reworded, so that looking for the characters is not enough.
                right, *others = [synonyms(s.rstrip("。；！"), rng) for s in (right, *others)]
            else:
                at = {"n": len(parts) - 1, "b": 0, "g": rng.randrange(1, len(parts) - 1)}[kind]
                right = parts[at]
                if len(right) < 8 or shares(right, "".join(parts[:at] + parts[at + 1:])) < 3:
                    continue  # nothing ties it to the passage
                others = distractors(right, near, far, rng)
                rest = {"n": parts[:-1], "b": parts[1:], "g": parts[:at] + ["[空缺]"] + parts[at + 1:]}[kind]
                # Dialogue keeps a turn a line, as in c3.
                text = ("\n" if any(SPEAKER.match(part) for part in rest) else "").join(rest)
                head = rng.choice({"n": NEXT, "b": BEFORE, "g": GAP}[kind])
            if len(others) < 3 or len(right) < 4 or len(right) > 70:
                continue
            yield choice("multiple choice", text, [head + s for s in (right, *others)], head + right, rng)
