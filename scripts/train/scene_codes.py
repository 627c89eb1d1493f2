"""Generators of numbers and codes that identify something: telephones, orders, seats, versions.

Each function takes a random.Random.  All but those with an underscore are
generators: a scene file may "make" them by their name.
"""
PINYIN = ("zhang wang li liu chen yang zhao huang zhou wu xu sun hu lin he guo ma "
          "xiao ming hua wei lei jun tao feng yun hai tian bo").split()


def _digits(r, low, high=None):
    """LOW to HIGH digits, the first of which is not 0"""
    n = r.randint(low, high or low)
    return str(r.randint(1, 9)) + "".join(r.choice("0123456789") for _ in range(n - 1))


def _letters(r, n):
    return "".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(n))


# ------------------------------------------------------------------- contact
def phone(r):
    start = r.choice("130 131 135 136 137 138 139 150 151 158 159 176 177 180 185 186 187 188 189 199".split())
    a, b = f"{r.randint(0, 9999):04d}", f"{r.randint(0, 9999):04d}"
    return r.choice([start + a + b] * 4 + [f"{start}-{a}-{b}", f"{start} {a} {b}", f"{start}****{b}"])


def landline(r):
    zone = r.choice("010 021 020 0755 0571 025 028 027 029 0592 0532 0731".split())
    n = r.randint(2000000, 8999999) if r.random() < .2 else r.randint(20000000, 89999999)
    hotline = f"400-{r.randint(100, 999)}-{r.randint(1000, 9999)}"
    return r.choice([f"{zone}-{n}", f"({zone}){n}", hotline, f"{zone}-{n}转{r.randint(100, 9999)}"])


def email(r):
    user = r.choice(PINYIN) + r.choice(["", ".", "_"]) + r.choice(PINYIN) + r.choice(["", str(r.randint(1, 9999))])
    if r.random() < .6:
        return user + "@" + r.choice("163.com qq.com 126.com gmail.com outlook.com sina.com foxmail.com".split())
    return user + "@" + r.choice(PINYIN) + r.choice(PINYIN) + r.choice(".com .com.cn .cn .org.cn".split())


def url(r):
    host = "www." + r.choice(PINYIN) + r.choice(PINYIN) + r.choice(".com .cn .com.cn .net .org".split())
    return r.choice(["", "https://", "http://"]) + host + r.choice(
        ["", "", f"/{r.choice(PINYIN)}/{r.randint(1, 9999)}", f"/{r.choice(PINYIN)}.html"])


def ip(r):
    return f"{r.choice([10, 172, 192, 47, 120])}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}"


# ----------------------------------------------------------- persons, papers
def id_card(r):
    place = _digits(r, 6)
    birth = f"{r.randint(1950, 2008)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}"
    return place + birth + f"{r.randint(100, 999)}" + r.choice("0123456789X")


def bank_card(r):
    if r.random() < .5:
        return r.choice(["62", "43", "52"]) + _digits(r, 14, 17)
    return r.choice([_digits(r, 4), "6222****" + _digits(r, 4), "尾号" + _digits(r, 4)])


def stock_code(r):
    return r.choice(["60", "00", "30", "68"]) + f"{r.randint(0, 9999):04d}" + r.choice(["", "", ".SH", ".SZ"])


def code(r):
    kind = r.choice(["short", "digits", "dashes", "dated"])
    if kind == "short":
        return _letters(r, 2) + _digits(r, 6, 10)
    if kind == "digits":
        return _digits(r, 8, 14)
    if kind == "dashes":
        return f"{_letters(r, 2)}-{r.randint(2018, 2026)}-{r.randint(1, 9999):04d}"
    return f"{_letters(r, 3)}{r.randint(2018, 2026)}{r.randint(1, 12):02d}{_digits(r, 3, 5)}"


def order_no(r):
    return r.choice([
        _digits(r, 12, 18),
        f"{r.randint(2020, 2026)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{_digits(r, 6, 8)}",
        _letters(r, 2) + _digits(r, 10, 12)])


def invoice_no(r):
    return _digits(r, 8) if r.random() < .6 else _digits(r, 20)


def tax_no(r):
    return "91" + _digits(r, 6) + _letters(r, 2) + _digits(r, 7) + r.choice("XYAB3")


def tracking_no(r):
    return r.choice("SF YT ZTO JT JD EMS STO DPK".split()) + _digits(r, 11, 13)


# ------------------------------------------------------------ travel, places
def plate(r):
    start = r.choice("京沪粤浙苏鲁川豫鄂湘闽皖冀陕辽渝") + r.choice("ABCDEFGH") + r.choice(["", "", "·"])
    return start + "".join(r.choice("0123456789" if i == 2 else "0123456789ABCDEFGHJK") for i in range(5))


def flight(r):
    return r.choice("CA MU CZ HU MF ZH 3U FM SC HO 9C".split()) + _digits(r, 3, 4)


def train(r):
    return r.choice("GGGDDCKZT") + _digits(r, 1, 4)


def seat(r):
    if r.random() < .6:
        return f"{r.randint(1, 16)}车{r.randint(1, 18)}{r.choice('ABCDF')}号"
    return f"{r.randint(5, 60)}{r.choice('ABCDHJK')}"


def room(r):
    return r.choice([
        f"{r.randint(1, 30)}0{r.randint(1, 9)}室", f"{r.choice('ABCD')}{r.randint(101, 909)}", f"{r.randint(101, 2020)}房间",
        r.choice("三楼会议室 第一会议室 多功能厅 阶梯教室 会议室B 报告厅".split())])


# ------------------------------------------------------------------ products
def version(r):
    number = r.choice(["", "v", "V"]) + f"{r.randint(0, 20)}.{r.randint(0, 20)}"
    return number + r.choice(["", f".{r.randint(0, 99)}", f".{r.randint(0, 9)}-beta{r.randint(1, 4)}"])


def model(r):
    kind = r.choice(["dash", "short", "long"])
    if kind == "dash":
        return _letters(r, 2) + "-" + _digits(r, 3, 4)
    if kind == "short":
        return _letters(r, 1) + _digits(r, 2, 3) + r.choice(["", " Pro", "S", "-A"])
    return _letters(r, 2) + _digits(r, 3) + _letters(r, 1)
