"""Which heading, or which genre, a passage belongs to."""

import re

from weak_common import choice, passages, shares

HEADING = re.compile(r"[^。！？!?；，：:…“”]{4,24}")
# Wordings of a genre, then what shows it: task files by name, corpus documents by their words.
GENRES = [
    ("法律法规|法律条文|法规文件", re.compile("第[一二三四五六七八九十百]+条"), 3),
    ("菜谱|烹饪做法|美食制作", re.compile("翻炒|焯水|食用油|切成|生抽|料酒|盛盘|腌制"), 3),
    ("算法题解|编程题|算法练习", re.compile("时间复杂度|数组|遍历|动态规划|给你一个"), 3),
    ("史书译文|历史故事|古代史", re.compile("皇帝|陛下|朝廷|太子|诏令|大臣|刺史|将军"), 4),
    ("软件开发|编程技术|技术文档", re.compile("函数|代码|编译|变量|接口|参数|线程|对象"), 6),
    ("操作系统与开源|Linux教程|开源软件", re.compile("Linux|Ubuntu|终端|内核|开源|发行版|软件包"), 4),
    ("企业财务软件|企业管理软件|业务系统说明", re.compile("供应商|采购订单|法人|过帐|工作流|总帐|库存|发票"), 4),
    ("统计与数据分析|统计学|数据科学", re.compile("统计|回归|方差|样本|概率|置信|检验"), 5),
    ("机器学习|深度学习|人工智能", re.compile("神经网络|训练|梯度|模型|卷积|张量|损失函数"), 5),
]
TASK_GENRES = {
    "外卖评价|餐饮外卖评论": ["waimai"], "酒店评论|住宿评价": ["chnsenticorp"],
    "汽车评论|用车讨论": ["bdci_car", "bdci_car_polarity"],
    "学术论文摘要|科研文献": ["csldcp"], "应用软件介绍|手机应用简介": ["iflytek"],
    "新闻标题|资讯标题": ["tnews", "thucnews"], "医学文本|医疗健康": ["cmeie", "cehrner", "cmedqaner"],
    "财经新闻|金融资讯": ["finre", "fewfc", "finnl", "finese"], "人物简历|个人履历": ["resume"],
    "地址|门牌地址": ["address"], "微博|社交媒体帖子": ["weibo", "ewect_usual", "ewect_virus"],
    "文学作品|散文小说": ["literature_ner", "literature_re"], "百科条目|百科知识": ["cmrc2018", "drcd", "duie2"],
    "医学咨询|看病提问": ["cmedqq"], "银行客服问题|贷款咨询": ["bq", "afqmc"], "突发事件报道|事故新闻": ["cec"],
}
ORIGINS = {origin: wording for wording, origins in TASK_GENRES.items() for origin in origins}
SHORT = "{}", "{}", "主题：{}", "文体：{}", "这段文字属于：{}"
HEAD = "{}", "标题：{}", "这段文字的标题是：{}", "主题：{}"

# Genres that one text may well share are never set against each other.
NEAR = ["新闻财经金融事故", "医", "社交文学散文", "软件编程算法开源学习智能统计", "企业财务银行金融财经"]


def near(one, other):
    """Whether two wordings have a word of the same group."""
    share = lambda wording, group: any(group[i:i + 2] in wording for i in range(0, len(group), 2))
    return any(share(one, group) and share(other, group) for group in NEAR)


def genre(document):
    """The wordings of a document's genre, or None."""
    if document.origin:
        return ORIGINS.get(document.origin)
    text = "\n".join(document.lines[:60])
    scores = [(len(pattern.findall(text)) / need, wording) for wording, pattern, need in GENRES]
    (best, wording), (second, _) = sorted(scores, reverse=True)[:2]
    return wording if best >= 1 and second * 2 < best else None


def heading(document):
    first = document.lines[0]
    first = re.sub(r"^\d+\. |^面试题 [\dI. -]+| ?🔒$", "", first)
    return first if not document.origin and len(document.lines) > 2 and HEADING.fullmatch(first) else None


def rows(block, rng):
    headings = [h for h in map(heading, block.documents) if h]
    wordings = [wording for wording, *_ in GENRES] + list(TASK_GENRES)
    counts = {}
    for document in block.documents:
        if title := heading(document):
            body = type(document)(document.lines[1:])
            for text in list(passages(body, rng, 40, 400))[:4]:
                # The heading must be recognisable and, to be worth asking, not be quoted.
                if shares(title, text) < 2 or title in text:
                    continue
                # The headings nearest to the right one are the hardest.
                others = sorted(rng.sample(headings, min(40, len(headings))), key=lambda h: -shares(h, title))
                others = others[:rng.randint(2, 8)] + others[-rng.randint(2, 10):]
                others = [h for h in others if h != title and h not in text and shares(h, text) < shares(title, text)]
                form = rng.choice(HEAD)
                if len(others) > 1:
                    yield choice("classification", text, [form.format(h) for h in [title, *others]], form.format(title), rng)
        wording = genre(document)
        if wording and counts.get(wording, 0) < 7:
            text = next(iter(passages(document, rng, 15, 400)), None)
            if not text:
                continue
            counts[wording] = counts.get(wording, 0) + 1
            others = rng.sample([w for w in wordings if w != wording and not near(w, wording)], rng.randint(2, 12))
            form = rng.choice(SHORT)
            right = rng.choice(wording.split("|"))
            labels = [right, *(rng.choice(other.split("|")) for other in others)]
            yield choice("classification", text, [form.format(label) for label in labels], form.format(right), rng)
