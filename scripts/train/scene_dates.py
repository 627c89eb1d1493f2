"""Generators of dates and times.

Each function takes a random.Random.  All but those with an underscore are
generators: a scene file may "make" them by their name (time_ as time).
"""
from scene_numerals import DIGITS, numeral


def full_date(r):
    y, m, d = r.randint(1998, 2026), r.randint(1, 12), r.randint(1, 28)
    x = r.random()
    if x < .45:
        return f"{y}年{m}月{d}日"
    if x < .65:
        return f"{y}-{m:02d}-{d:02d}"
    if x < .75:
        return f"{y}/{m}/{d}"
    if x < .83:
        return f"{y}.{m:02d}.{d:02d}"
    if x < .9:
        return f"{y}年{m:02d}月{d:02d}日"
    return _spelt(y) + f"年{numeral(m)}月{numeral(d)}日"


def _spelt(year):
    return "".join(DIGITS[int(c)] for c in str(year))


def date(r):
    x = r.random()
    if x < .45:
        return full_date(r)
    if x < .75:
        return f"{r.randint(1, 12)}月{r.randint(1, 28)}日"
    if x < .8:
        return f"{r.randint(1, 12)}月{r.randint(1, 28)}号"
    if x < .85:
        return f"{r.randint(2005, 2026)}年{r.randint(1, 12)}月"
    return relative_date(r)


def relative_date(r):
    if r.random() < .5:
        return r.choice("昨天 今天 明天 后天 前天 昨日 今日 明日 上周五 下周一 下周三 本周六 周日 周五 "
                        "这周末 上个月15号 本月底 大后天 下个月3号".split())
    day = r.choice("周一 周二 周三 周四 周五 周六 周日 星期一 星期四 下周二 本周四 明天 今天 后天".split())
    return day + r.choice("上午 下午 晚上 早上 中午".split())


def time_(r):
    h, m = r.randint(0, 23), r.choice([0, 5, 10, 15, 20, 30, 40, 45, 50, r.randint(0, 59)])
    x = r.random()
    if x < .35:
        return f"{h:02d}:{m:02d}"
    if x < .5:
        return f"{h}:{m:02d}"
    part = "凌晨" if h < 6 else "上午" if h < 12 else "中午" if h == 12 else "下午" if h < 18 else "晚上"
    k = h if h <= 12 else h - 12
    if x < .75:
        return part + (f"{k}点" if m == 0 else f"{k}点半" if m == 30 else f"{k}点{m}分")
    if x < .9:
        return part + (numeral(k) if k else "零") + "点" + ("半" if m == 30 else "")
    return f"{h}时{m}分"


def datetime_(r):
    day = full_date(r) if r.random() < .5 else f"{r.randint(1, 12)}月{r.randint(1, 28)}日"
    return day + (" " if day[-1].isdigit() else "") + time_(r)


def timestamp(r):
    day = f"{r.randint(2019, 2026)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"
    return f"{day} {r.randint(0, 23):02d}:{r.randint(0, 59):02d}:{r.randint(0, 59):02d}"


def year(r):
    return f"{r.randint(1950, 2026)}年" if r.random() < .85 else _spelt(r.randint(1980, 2026)) + "年"


def duration(r):
    n = r.randint(1, 30)
    if r.random() < .15:
        return r.choice("半年 一年 两年 三年 半小时 一个小时 两周 一个月 三个月 十天 半个月 五年 "
                        "一个半小时 四十分钟 三天两夜".split())
    return f"{n}" + r.choice("天 个月 年 小时 分钟 周 个工作日 个小时".split())
