"""Pairs for matching: a light paraphrase by rules is similar, a changed fact is not."""

import re

from weak_common import choice, sentences
from weak_names import known
from weak_words import CITIES, COUNTRIES, PROVINCES, SYNONYMS, SYSTEMS, TECH

SWAP = {word: [other for other in group if other != word] for group in SYNONYMS for word in group}
SWAPS = re.compile("|".join(sorted(SWAP, key=len, reverse=True)))
ADVERB = re.compile("非常|十分|其实|实际上|基本上|通常|一般来说|总的来说|当然|显然|确实|真的|特别|已经|通常情况下|毫无疑问|事实上")
ADJECTIVE = re.compile(r"(?<=[一种个这些])(?:[\u4e00-\u9fff]{2}的)(?=[\u4e00-\u9fff]{2})")
BA = re.compile(r"^([\u4e00-\u9fff]{2,6})把([\u4e00-\u9fff]{1,8}?)([\u4e00-\u9fff]{1,2}[了到成为给在].{0,15}[。！]?)$")
NEGATED = re.compile("不(?=能|会|是|可以|应|需要|支持|允许|必|想|喜欢|得)|没(?=有)")
PLAIN = re.compile("(?<![不没也只还都就正而可越总算说])(?<![\u4e00-\u9fff]不)(?=(?:可以|应当|应该|能够|需要|支持|允许|会在|是一|属于|包括|喜欢|适合|适用))(?!会[议员计])")
KINDS = [CITIES, COUNTRIES, [p for p in PROVINCES if p[-1] != "省"], TECH, SYSTEMS,
         ["增加", "减少"], ["提高", "降低"], ["上升", "下降"], ["最大", "最小"], ["之前", "之后"], ["上午", "下午"], ["男", "女"],
         ["左边", "右边"], ["开始", "结束"], ["买入", "卖出"], ["打开", "关闭"], ["成功", "失败"], ["安全", "危险"], ["便宜", "昂贵"],
         ["春天", "夏天", "秋天", "冬天"], ["周一", "周二", "周三", "周五", "周日"], ["红色", "蓝色", "绿色", "黄色", "黑色", "白色"]]
KIND_OF = {word: kind for kind in KINDS for word in kind if len(word) > 1}
KIND_WORDS = re.compile("|".join(re.escape(w) for w in sorted(KIND_OF, key=len, reverse=True)))
DIGITS = re.compile(r"(?<![\d.A-Za-z])\d+(?![\d.A-Za-z])")
ARGUMENTS = re.compile(r"([\u4e00-\u9fff]{2,4})(比|战胜|击败|收购|起诉|早于|晚于|多于|少于|高于|低于|大于|小于|优于)([\u4e00-\u9fff]{2,4})(?=[，。的更高低多少快慢]|$)")


def synonyms(text, rng):
    return SWAPS.sub(lambda m: rng.choice(SWAP[m.group()]) if rng.random() < 0.7 else m.group(), text)


def without_adverb(text, rng):
    return ADVERB.sub("", text, 1)


def without_adjective(text, rng):
    return ADJECTIVE.sub("", text, 1)


def reordered(text, rng):
    """因为A，所以B and its like change places, and so do a time and the rest."""
    if m := re.fullmatch("因为([^，]{3,30})，所以([^，]{3,30})。", text):
        return f"{m[2]}，因为{m[1]}。"
    if m := re.fullmatch("(虽然|尽管)([^，]{3,30})，但是?([^，]{3,30})。", text):
        return f"{m[3]}，{m[1]}{m[2]}。"
    if m := re.fullmatch("(如果[^，]{3,30})，(?:那么|就)?([^，]{4,30})。", text):
        return f"{m[2]}，{m[1]}。"
    if m := re.fullmatch("(为了[^，]{3,30})，([^，]{4,40})。", text):
        return f"{m[2]}，{m[1]}。"
    if m := re.fullmatch(r"((?:\d{4}年|\d+月\d+日|今天|昨天|目前|如今)[^，]{0,6})，([\u4e00-\u9fff]{2,4})([在于曾被].{4,40})。", text):
        return f"{m[2]}{m[1]}{m[3]}。"
    return text


def ba(text, rng):
    """A把B… becomes B被A…"""
    m = BA.match(text)
    return f"{m[2]}被{m[1]}{m[3]}" if m else text


def width(text, rng):
    """Full-width digits and letters, other marks: the same to a reader."""
    if rng.random() < 0.5:
        return re.sub(r"[A-Za-z0-9]", lambda m: chr(ord(m.group()) + 0xFEE0), text)
    return text.replace("，", " ").rstrip("。？！")


def number(text, rng):
    """Another number; never one that only differs in its form."""
    found = list(DIGITS.finditer(text))
    if not found:
        return text
    m = rng.choice(found)
    value = int(m.group())
    other = value + rng.choice((1, 2, 3, 5)) if rng.random() < 0.7 else value * rng.choice((2, 3, 10)) + 1
    return text[:m.start()] + str(other) + text[m.end():]


def negation(text, rng):
    if NEGATED.search(text):
        return NEGATED.sub(lambda m: "", text, 1) if text.count("不") + text.count("没") == 1 else text
    if "不" in text or "没" in text or "吗" in text:
        return text
    m = PLAIN.search(text)
    return text[:m.start()] + "不" + text[m.start():] if m else text


def entity(text, rng):
    """A word becomes another of its kind."""
    found = list(KIND_WORDS.finditer(text))
    if not found:
        return text
    m = rng.choice(found)
    other = rng.choice([w for w in KIND_OF[m.group()] if w != m.group()])
    return text if other in text else text[:m.start()] + other + text[m.end():]


def arguments(text, rng):
    return ARGUMENTS.sub(lambda m: m[3] + m[2] + m[1], text, 1)


def renamed(text, block, kinds, rng):
    """An annotated name becomes another one of its kind."""
    found = known(text, block.names)
    if not found:
        return text
    name, start, kind = rng.choice(found)
    other = rng.choice(kinds[kind])
    return text if other in text or name in other else text[:start] + other + text[start + len(name):]


SIMILAR = [synonyms, synonyms, without_adverb, without_adjective, reordered, ba]
DIFFERENT = [number, negation, entity, entity, arguments]
LABELS = [("文本匹配：相似", "文本匹配：不相似")] * 3 + [("两句话意思相同", "两句话意思不同"), ("同义", "不同义")]


def rows(block, rng):
    kinds = {}
    for name, kind in sorted(block.names.items()):
        if kind:
            kinds.setdefault(kind, []).append(name)
    for document in block.documents:
        parts = [s for s in sentences("\n".join(document.lines)) if 8 <= len(s) <= 70]
        for at, sentence in enumerate(parts):
            # Few of a document, and the two classes about equally often.
            if rng.random() > 0.35:
                continue
            similar = rng.random() < 0.5
            if similar:
                second = sentence
                for change in rng.sample(SIMILAR, len(SIMILAR)):
                    second = change(second, rng)
                if second != sentence and rng.random() < 0.1:
                    second = width(second, rng)
            elif rng.random() < 0.12 and at + 1 < len(parts):
                second = parts[at + 1]
            else:
                second = sentence
                for change in rng.sample(DIFFERENT, len(DIFFERENT)):
                    second = change(sentence, rng)
                    if second != sentence:
                        break
                if second == sentence:
                    second = renamed(sentence, block, kinds, rng)
                # A reworded sentence must not give the class away.
                if second != sentence and rng.random() < 0.5:
                    second = synonyms(second, rng)
            if second == sentence or "段落" in sentence:
                continue
            first = sentence
            if rng.random() < 0.5:
                first, second = second, first
            labels = rng.choice(LABELS)
            yield choice("matching", f"段落1：{first}；段落2：{second}", labels, labels[0 if similar else 1], rng)
