"""Recurring-span reading: one sentence becomes the question, the rest of the passage the text."""

import re
from collections import Counter

from weak_common import passages, pieces, row, sentences, shares
from weak_names import people

PLACE = re.compile("[市省县镇村国州港岛]$|城$|大学$")
ORGANISATION = re.compile("(?:公司|集团|银行|法院|委员会|协会|政府|部门|机构|学院|医院)$")
DATE = re.compile(r"\d{1,4}\s?年|月\d|\d日$|世纪$|年代$")
# A clause that only sets a condition asks nothing.
HALF = re.compile("^(?:如果|当|虽然|尽管|因为|由于|为了|若|假如|既然)[^，]*$|^[^，]{0,2}，")
OPENING = re.compile(
    r"^(?:第[一二三四五六七八九十百零]+条|因此|例如|但是?|所以|而且|然而|不过|另外|此外|同时|于是|然后|接着|最后|首先|其次|那么|比如|换句话说|也就是说|[（(][一二三四五六七八九十]+[)）]|"
    r"[(（]?\d+[.)）])[，：, ]?")
WEAK = re.compile(
    "^(?:因此|所以|如果|但是|比如|例如|同时|首先|然后|因为|虽然|没有|什么|怎么|一种|一些|许多|很多|需要|可能|可以|应当|使用|进行|第.条|这样|已经|非常|现在|开始|任何|请记住|最终|之后|主要|"
    "重要|相关|具体|第一|正在|应该|必须|分别|不会|所有|自己|问题|其他|其中|通过|根据|另外|不同|以及|一样|一定|起来|多|还|只|一[样个]|.)$")


def asking(phrase, before, persons, rng):
    """The question word that stands for a phrase."""
    if phrase in persons:
        return "谁"
    if DATE.search(phrase):
        return "什么时候"
    if re.fullmatch(r"[\d.,]+\s?[%％]?", phrase):
        return "多少"
    if PLACE.search(phrase):
        return "哪里" if before.endswith(("在", "到", "从", "于", "去", "自")) else "什么地方"
    if ORGANISATION.search(phrase):
        return rng.choice(("哪个机构", "哪家单位", "什么机构"))
    # "文本编辑器" may be asked for as "什么编辑器"
    if re.fullmatch(r"[\u4e00-\u9fff]{5,8}", phrase) and rng.random() < 0.25:
        return rng.choice(("哪种", "什么", "哪个")) + phrase[-2:]
    return "什么"


def shorter(sentence, phrase):
    """The clauses around the phrase, when the sentence is long."""
    if len(sentence) <= 45:
        return sentence
    clauses = re.split("(?<=[，,：:；])", sentence)
    at = next((i for i, clause in enumerate(clauses) if phrase in clause), None)
    if at is None:
        return ""
    text = clauses[at]
    if len(text) < 15 and at + 1 < len(clauses):
        text += clauses[at + 1]
    if len(text) < 15 and at:
        text = clauses[at - 1] + text
    return text


def candidates(parts, common):
    """Phrases of at least two sentences, the rarest of the block first."""
    where = {}
    for number, part in enumerate(parts):
        for phrase in {piece for piece, _, _ in pieces(part)}:
            where.setdefault(phrase, []).append(number)
    found = [(phrase, numbers) for phrase, numbers in where.items()
             if len(numbers) > 1 and 2 <= len(phrase) <= 14 and not WEAK.search(phrase)]
    return sorted(found, key=lambda entry: (common[entry[0]] * (0.6 if len(entry[0]) > 2 else 2), entry[0]))


def rows(block, rng):
    common = Counter()
    for document in block.documents:
        common.update({piece for line in document.lines for piece, _, _ in pieces(line)})
    limit = max(6, len(block.documents) // 25)
    last = []  # questions of other documents
    for document in block.documents:
        for passage in passages(document, rng, 70, 480):
            parts = sentences(passage)
            if len(parts) < 3:
                continue
            persons = None
            for phrase, numbers in candidates(parts, common)[:2]:
                if common[phrase] > limit:
                    break
                persons = people(passage, block.names) if persons is None else persons
                number = rng.choice(numbers)
                sentence = shorter(parts[number], phrase).strip("“”\"「」 ")
                text = "".join(part for i, part in enumerate(parts) if i != number)
                start = text.find(phrase)
                body = sentence.replace(phrase, "")
                if sentence.count(phrase) != 1 or len(body) < 9 or start < 0 or shares(body, text) < 2:
                    continue
                if re.search("[什怎谁哪吗呢？]", body) or sentence.startswith((phrase + "，", phrase + "：", phrase + "（")):
                    continue
                before, after = sentence.split(phrase)
                if HALF.search(OPENING.sub("", sentence)) or any(
                        body.count(a) != body.count(b) for a, b in ("（）", "()", "“”", "《》", "「」")):
                    continue
                if before.endswith(("《", "“")) != after.startswith(("》", "”")):
                    continue
                question = OPENING.sub("", before).rstrip(" ") + asking(phrase, before, persons, rng) + after.lstrip(" ")
                question = question.rstrip("。．！!；;，,：: ") + "？"
                if rng.random() < 0.15 and last:
                    other = rng.choice(last)
                    if shares(other[0], text) < 3 and other[1] not in text:
                        yield row("reading", text, [other[0]], [])
                        continue
                last = last[-50:] + [(question, phrase)]
                yield row("reading", text, [question], [(question, start, start + len(phrase))])
