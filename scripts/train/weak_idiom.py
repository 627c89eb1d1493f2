"""Idiom cloze, in the form of the chid rows."""

import re
from collections import Counter

from weak_common import choice

GAP = "（成语填空）"


def cut(text, start, end, rng):
    """About 100 characters on each side, from mark to mark where there is one."""
    left, right = max(0, start - rng.randint(30, 110)), min(len(text), end + rng.randint(30, 110))
    if left and (mark := re.search("[，。！？；\n]", text[left:start])):
        left += mark.end()
    return text[left:start], text[end:right] + ("..." if right < len(text) else "")


def distractors(idiom, block, counts, rng):
    """Six others; half of them share a character with the right one or are as frequent."""
    rank = counts[idiom]
    near = [other for other in block.idioms if other != idiom and (set(other) & set(idiom) or 0 < rank <= counts[other] <= 2 * rank)]
    chosen = rng.sample(near, min(3, len(near)))
    while len(chosen) < min(6, len(block.idioms) - 1):
        other = rng.choice(block.idioms)
        if other != idiom and other not in chosen:
            chosen.append(other)
    return chosen


def rows(block, rng):
    idioms = set(block.idioms)
    lengths = sorted({len(idiom) for idiom in idioms}, reverse=True)
    found, counts = [], Counter()
    for document in block.documents:
        text = "\n".join(document.lines)
        at = 0
        while at < len(text):
            for length in lengths:
                if text[at:at + length] in idioms:
                    found.append((text, at, at + length))
                    counts[text[at:at + length]] += 1
                    at += length - 1
                    break
            at += 1
    rng.shuffle(found)
    for text, start, end in found:
        idiom = text[start:end]
        left, right = cut(text, start, end, rng)
        # The gap must not be given away, and needs some context.
        if len(left) + len(right) < 20 or idiom in left + right or counts[idiom] > 40 and rng.random() < 0.5:
            continue
        yield choice("multiple choice", (left + GAP + right).strip(), [idiom, *distractors(idiom, block, counts, rng)], idiom, rng)
