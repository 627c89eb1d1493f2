"""Coreference, in the form of the cluewsc2020 rows: a repeated name becomes a pronoun."""

import re
from collections import Counter

from weak_common import choice, passages, pieces, sentences
from weak_families import UNNAMED, suffixed
from weak_names import known, people

ORGANISATION = re.compile(suffixed("公司|集团|大学|银行|医院|学院|协会|法院"))
FEMALE = re.compile("[娟芳丽娜婷婧雪莉玲燕红梅萍霞倩颖媛琳淑秀兰凤英妹姐娇妍嫣怡婉瑶莹蕾]")

# What may stand before a pronoun, and what may follow one.
OPEN = re.compile(r"(?:[，,。；！？\n]|时|后|但|而|因为|由于|使|让|对|给|跟|当|认为|表示|说：?|称|于是|如果)$")
FOLLOWS = re.compile("[在是有将与和对从也还就都已曾被把以又却不说问想能会要去来向为让给称表认指宣获出担任当则应可必须并再更仍只很只遵拟拒走站坐看听写做开始接回到成]")


def named(text, names):
    """(name, pronoun) of the persons and organisations of a text."""
    found = [(name, "她" if FEMALE.search(name[1:]) else "他") for name in people(text, names)]
    organisations = {name for name, _, kind in known(text, names) if kind == "org"}
    organisations |= {m.group(1) for m in ORGANISATION.finditer(text) if not UNNAMED.search(m.group(1))}
    return sorted(found + [(name, "它") for name in organisations])


def rows(block, rng):
    common = Counter(piece for document in block.documents for line in document.lines
                     for piece, _, _ in pieces(line) if not re.search("[第一二三四五六七八九十百千去来说诏]", piece))
    for document in block.documents:
        # Three cuts of a document, so that more repeated names fall into one passage.
        cuts = [text for _ in range(3) for text in passages(document, rng, 25, 260)]
        for text in dict.fromkeys(cuts):
            found = named(text, block.names)
            repeated = [(name, pronoun) for name, pronoun in found
                        if text.count(name) > 1 and not any(name != other and name in other for other, _ in found)]
            for name, pronoun in repeated[:2]:
                places = [m.start() for m in re.finditer(re.escape(name), text)]
                first, second = places[0], places[1]
                # Text with quotation turns a third person into a first: leave it out.
                between = text[first:second]
                if len(between) > 120 or "“" in between and "”" not in between:
                    continue
                if not FOLLOWS.match(text[second + len(name):]) or not OPEN.search(text[:second]):
                    continue
                if re.search("[他她它]", between):
                    continue
                others = [other for other, kind in found if other != name and other in text[:second]
                          and (kind == "它") == (pronoun == "它")]
                if not others:
                    # Any other noun before the pronoun is a wrong candidate, too.
                    others = [piece for piece, _, end in pieces(text[:second])
                              if 2 <= len(piece) <= 4 and end < second and common[piece] > 4 and piece not in name]
                candidate = rng.choice(others) if others and rng.random() < 0.5 else name
                at = text.find(candidate)
                end = at + len(candidate)
                if at > second:
                    continue
                marked = text[:end] + "（候选词）" + text[end:second] + pronoun + "(代词)" + text[second + len(name):]
                # Sentences that come long after the pronoun are of no use.
                tail = marked.find("(代词)") + 4
                marked = marked[:tail] + (sentences(marked[tail:]) or [""])[0]
                question = f"下面的句子中，代词“{pronoun}”指代的是“{candidate}”吗？"
                right = question + ("是的" if candidate == name else "不是")
                yield choice("coreference", marked, [question + "是的", question + "不是"], right, rng)
