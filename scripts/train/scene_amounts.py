"""Generators of amounts: money, counts, measures.

Each function takes a random.Random.  All but those with an underscore are
generators: a scene file may "make" them by their name.
"""
from scene_numerals import numeral


def _number(r, low, high, chance, most=9):
    """a number that has, by a chance, up to MOST after the point"""
    return f"{r.randint(low, high)}" + (f".{r.randint(1, most)}" if r.random() < chance else "")


def money(r):
    n = r.choice([r.randint(1, 99), r.randint(100, 9999), r.randint(1, 99) * 100, r.randint(10000, 999999)])
    x = r.random()
    if x < .25:
        return f"{n}元"
    if x < .35:
        return f"{n:,}元"
    if x < .47:
        return f"{n}.{r.randint(0, 99):02d}元"
    if x < .55:
        return f"¥{n:,}.{r.randint(0, 99):02d}"
    if x < .6:
        return f"人民币{n}元"
    if x < .75:
        return _number(r, 1, 999, .4) + "万元"
    if x < .82:
        return _number(r, 1, 500, .6, 99) + "亿元"
    if x < .88:
        return f"{n}" + r.choice("美元 欧元 港元 日元 块 块钱 英镑".split())
    if x < .94:
        return r.choice("壹贰叁肆伍陆柒捌玖") + r.choice(
            ["拾万元整", "万元整", "仟元整", "佰万元整", "万" + r.choice("贰叁肆伍陆") + "仟元整"])
    return r.choice("三百块 五千元 两万元 十万元 一百二十元 八十块钱 三千五百元 五十万 一千万元 两亿元".split())


def price(r):
    n = r.choice([r.randint(5, 99), r.randint(100, 999), r.randint(1000, 9999)])
    cents = r.choice(["00", "90", "9", "50"])
    return r.choice([f"{n}元", f"{n}.{cents}元", f"¥{n}", f"¥{n}.{r.randint(0, 99):02d}", f"{n}块"])


def big_money(r):
    return _number(r, 1, 900, .6, 99) + r.choice("亿元 万元 亿美元 万美元 亿港元 亿元人民币 亿欧元".split())


def percent(r):
    x = r.random()
    if x < .5:
        return f"{r.randint(0, 99)}.{r.randint(0, 99)}%"
    if x < .8:
        return f"{r.randint(1, 100)}%"
    return r.choice([f"百分之{numeral(r.randint(2, 99))}", f"{r.randint(1, 9)}.{r.randint(0, 9)}‰", f"{r.randint(1, 99)}％"])


def integer(r):
    return str(r.choice([r.randint(1, 20), r.randint(20, 999), r.randint(1000, 99999)]))


def decimal(r):
    return f"{r.randint(0, 300)}.{r.randint(0, 99):02d}"


def count(r):
    n = r.choice([str(r.randint(1, 99)), str(r.randint(100, 9999)), r.choice("一两三四五六七八九十")])
    return n + r.choice("个 件 台 箱 套 份 只 批".split())


quantity = count  # its second name


def headcount(r):
    n = r.choice([str(r.randint(1, 80)), str(r.randint(100, 5000)), r.choice("一两三四五六七八九十")])
    return n + r.choice("人 名 人 名 人".split())


def age(r):
    return f"{r.randint(1, 95)}岁"


def size(r):
    kind = r.choice(["box", "length", "screen", "sheet"])
    if kind == "box":
        return f"{r.randint(5, 300)}×{r.randint(5, 200)}×{r.randint(1, 100)}" + r.choice("mm cm 毫米 厘米".split())
    if kind == "length":
        return f"{r.randint(1, 300)}" + r.choice("厘米 cm mm 毫米 米".split())
    if kind == "screen":
        return _number(r, 3, 100, .5) + r.choice("英寸 寸".split())
    return f"{r.randint(10, 200)}*{r.randint(10, 200)}cm"


def area(r):
    return _number(r, 20, 400, .3, 99) + r.choice("平方米 平米 ㎡ 平 m²".split())


def weight(r):
    return _number(r, 1, 800, .4) + r.choice("公斤 kg 克 g 千克 吨 斤".split())


def distance(r):
    return _number(r, 1, 900, .3) + r.choice("公里 千米 米 km".split())


def temperature(r):
    return r.choice(["", "", "", "-", "零下"]) + _number(r, 0, 42, .2) + r.choice("℃ 度 摄氏度 °C".split())


def dosage(r):
    return r.choice([
        f"{r.choice([0.25, 0.3, 0.5, 1])}g", f"{r.choice([5, 10, 20, 25, 50, 75, 100, 250, 500])}mg",
        f"{r.randint(1, 4)}片", f"{r.randint(1, 3)}粒", f"{r.randint(1, 2)}袋", f"{r.choice([5, 10, 15])}ml",
        f"{r.choice('一两三')}片"])
