"""Definitions: in "X是一种…Y" the span X answers the label Y."""

import re

from weak_common import passages, row

COUNT = "一种|一个|一款|一位|一名|一项|一门|一座|一部|一类|一套|一家|一所|一条|一本|一首|一只|一台|一支|一组|一份|一片|一场|一次"
# X begins its clause; Y is the end of the clause, after the last 的 or a mark.
IS = re.compile(
    rf"(?:^|(?<=[，。；！？\n]))((?:[A-Za-z0-9][\w .+#-]*\w|[\u4e00-\u9fff·]{{2,12}}|《[^《》]+》|“[^“”]+”))"
    rf"\s?(?:，)?(?:就)?是(?:{COUNT})([^，。；！？：\n（(]{{2,40}})(?=[，。；！\n]|$)")
CALLED = re.compile(r"(?:称为|称作|叫做|叫作|被称为|又称|简称|俗称)[“「]?((?:[A-Za-z][\w+#-]*|[\u4e00-\u9fff]{2,8}))[”」]?(?=[，。；）)])")
BRACKET = re.compile(r"(?:^|(?<=[，。；、\n]))([\u4e00-\u9fff]{3,10})[（(]((?:[A-Z][A-Za-z]*)(?:[ -][A-Za-z]+){0,5})[)）]")
NOT_X = re.compile(
    "^[这那它他她我你其此该本]|[的了吗就]|^(?:因为|所以|但|如果|而|虽然|还|也|都|只|真|不|可|只是|当然|其实|同时|主要|如何|什么|因此|以及|或者|尤其|首先)|什么|每|一[个种]|以[上下]|"
    "显然|毕竟|加上|^中间|^其中|[上下前后左右里][面边者]$|^最后|一般|作为|[只并不也都就则来才还要会能]$|通常|使用|需要|可以|本质上|^[在对从把将让为有没]|自己|认为|"
    "[\u4e00-\u9fff]{9}")
NOT_Y = re.compile("^(?:问题|东西|事情?|人|情况|方面|部分|好|挑战|例子|时候|地方|时间|结果|原因|选择|关键|理由|机会|一|多|更)$|[了吗这那就着过不很]|^[是在和有]|一样|事情")
# Judgements define nothing.
JUDGED = re.compile("不错|理想|孤岛|荣幸|非常|[很太]|功能广泛|难以|很好|好的|最好|重要的|有趣|有用的|简单的|棒|糟|伟大|错误的|巨大|艰难|值得|真正|想法|主意|要求|过程$|说法")
HEAD = re.compile(r"([\u4e00-\u9fff]{2,6})$")


def head(phrase):
    """The noun phrase that ends a definition, or None."""
    tail = re.split(r"[的、“”\s]|之一|[和或及与]", phrase.strip())[-1]
    match = HEAD.search(tail) if len(tail) <= 10 else None
    word = match.group(1) if match and len(match.group(1)) == len(re.sub(r"^[A-Za-z0-9 ]+", "", tail)) else None
    return word if word and not NOT_Y.search(word) else None


def definitions(text):
    """(label, question form, start, end)"""
    for match in IS.finditer(text):
        x = match.group(1)
        if (noun := head(match.group(2))) and not NOT_X.search(x) and noun not in x and not JUDGED.search(match.group(2)):
            start = match.start(1) + (x[0] in "《“")
            whole = match.group(2).strip()
            counter = re.search(COUNT, text[match.end(1):match.end(1) + 6]).group()
            yield noun, f"什么是{counter}{whole}？", start, match.end(1) - (x[-1] in "》”")
    for match in CALLED.finditer(text):
        if not re.search("[的了是在]|自己|什么", match.group(1)):
            label = "别称" if re.match("又|俗", match.group()) else "简称" if match.group().startswith("简") else "名称"
            yield label, f"{label}是什么？", *match.span(1)
    for match in BRACKET.finditer(text):
        if not re.search("[的了是在和把对为]|使用|通过|这|一", match.group(1)):
            yield "英文名", f"“{match.group(1)}”的英文是什么？", *match.span(2)
            yield "带英文名的术语", "哪个术语给出了英文？", *match.span(1)


def rows(block, rng):
    nouns = "编辑器 编程语言 城市 动物 操作系统 演员 植物 算法 数据库 河流 乐器 疾病 公司 食物 作家".split()
    questions = []  # (noun, question) of other documents
    for document in block.documents:
        for text in passages(document, rng, 20, 350):
            found = list(definitions(text))
            if not found:
                continue
            schema, items = [], []
            for noun, question, start, end in found:
                if noun in ("英文名", "带英文名的术语") and rng.random() < 0.6:
                    continue
                if noun not in ("英文名", "带英文名的术语", "名称", "别称", "简称"):
                    nouns.append(noun)
                    questions.append((noun, question))
                label = noun if rng.random() < 0.6 or noun == "名称" else question
                schema.append(label)
                items.append((label, start, end))
            if schema and rng.random() < 0.12:
                schema, items = [], []  # only labels without an answer
            others = [noun for noun in rng.sample(nouns, min(8, len(nouns))) if noun[-2:] not in text]
            others = others[:rng.choice((0, 1, 1, 2, 3))]
            schema += others
            if questions and rng.random() < 0.4:
                noun, question = rng.choice(questions)
                if noun[-2:] not in text:
                    schema.append(question)
            rng.shuffle(schema)
            yield row("ner", text, schema, items)
