"""Keys and values: "作者：…" lines, and "K：V" inside paragraphs."""

import re
from collections import Counter

from weak_common import row
from weak_words import SURNAMES

LINE = re.compile(r"^(?:[-*•·]\s*)?([\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9 ]{1,11})[：:]\s*(\S(?:.{0,78}\S)?)$")
INSIDE = re.compile(
    r"(?:^|(?<=[，。；;、\s]))([\u4e00-\u9fff]{2,8})[：:]\s*([^\s：:，。；;、“”\"][^：:，。；;“”\"\n]{0,40})"
    r"(?=[。；;\n]|，[\u4e00-\u9fff]{2,8}：|$)")
IS = re.compile(r"(?:^|(?<=[，。；]))(?:[他她它其]的|其)?([\u4e00-\u9fff]{2,6}?)(?:是|为)([^，。；、：\n是]{2,25})(?=[，。；])")
# Keys worth asking in the form "K是V"; in general the pattern catches too much.
IS_KEYS = set("作者 主演 导演 时间 地点 地址 电话 价格 面积 人口 身高 体重 单位 名称 别名 职业 国籍 "
              "职务 学历 专业 首都 省会 总部 时间复杂度 空间复杂度 默认值 返回值 评分 门票 时长 长度 高度 宽度 编号 本名 字号 籍贯 "
              "版本 语言 周长 邮编 区号 任期 性别 年龄".split())
NOT_KEY = re.compile(
    "如下|例如|比如|注意|所示|说|道$|问$|答$|以下|提示|但是|因为|首先|其次|最后|总之|就是|[的了吗呢吧我你他她它这那]|^[男女问答]|主持人|记者|快讯|组图|标题$|图文|视频|记住|声明$|"
    "译注|作者按|来源$|发言人|"
    "^方法[一二三四五]|^第|^步骤|^示例|^例|表示$|认为$|指出$|网友|可以|所以|编译自|译者|^选[题自]|^如果|^只有|^或者|^还有|[曰云]$")

VERB = re.compile("^[在请可要应将把被从对向]|[是有在把被将会能]|添加|告|[A-Za-z] | [A-Za-z]")


def pairs(text):
    """(key, start, end) of every value in a text."""
    found, at = [], 0
    for line in text.split("\n"):
        match = LINE.match(line)
        for match in [match] if match else [*INSIDE.finditer(line), *IS.finditer(line)]:
            key, value = match.group(1).strip(), match.group(2)
            if NOT_KEY.search(key) or match.re is IS and key not in IS_KEYS:
                continue
            value = value.rstrip("。；;，, ")
            balanced = all(value.count(a) == value.count(b) for a, b in ("“”", "（）", "《》", "()"))
            if balanced and "：" not in value and len(value) > 1 and value not in key and not re.match("[他她它一]?[了什这那]", value):
                found.append((key, at + match.start(2), at + match.start(2) + len(value)))
        at += len(line) + 1
    return found


def windows(lines, rng):
    """Stretches of lines up to a random length that hold a pair."""
    number = 0
    while number < len(lines):
        size, goal, end = 0, rng.randint(40, 380), number
        while end < len(lines) and (size == 0 or size + len(lines[end]) < goal) and size + len(lines[end]) < 400:
            size += len(lines[end]) + 1
            end += 1
        end = max(end, number + 1)
        yield "\n".join(lines[number:end])
        number = end


def rows(block, rng):
    keys = ["作者", "时间", "地点", "联系电话", "价格", "发布日期", "主办单位", "返回值", "默认值", "职业", "毕业院校"]
    usual = Counter(key for document in block.documents
                    for key in {key for line in document.lines for key, _, _ in pairs(line)})
    for document in block.documents:
        spoken = Counter(key for line in document.lines for key, _, _ in pairs(line))
        texts = [text for text in windows(document.lines, rng) if "：" in text or ":" in text or "是" in text or "为" in text]
        for text in texts:
            if not 12 <= len(text) <= 450:
                continue
            # A key that comes back again and again is a speaker. One that no other document has may
            # be half a sentence or, in news, a headline's subject, unless it stands in a list.
            found = [entry for entry in pairs(text) if spoken[entry[0]] < 4]
            found = [(key, start, end) for key, start, end in found if usual[key] > 1 or
                     not VERB.search(key) and len(key) <= (7 if len(found) > 1 else 4 if not document.origin else 0)]
            if not found:
                continue
            # Names of persons (in lists of talks) are no keys for other documents.
            keys += dict.fromkeys(key for key, _, _ in found if usual[key] > 1 or key[0] not in SURNAMES)
            asked = list(dict.fromkeys(key for key, _, _ in found))[:8]
            if len(asked) > 1 and rng.random() < 0.4:
                asked = rng.sample(asked, rng.randint(1, len(asked) - 1))
            # A key of another document, no character of which speaks of something here.
            others = [key for key in rng.sample(keys, min(8, len(keys))) if key not in text and key[-2:] not in text]
            if rng.random() < 0.1 and others:
                asked = []  # nothing to be found
            style = "{}是什么？" if rng.random() < 0.12 else "{}"
            name = lambda key: style.format(key)
            schema = [name(key) for key in asked] + [name(key) for key in others[:rng.choice((0, 1, 1, 2, 3))]]
            if not schema:
                continue
            rng.shuffle(schema)
            yield row("ner", text, schema, [(name(k), s, e) for k, s, e in found if k in asked])
