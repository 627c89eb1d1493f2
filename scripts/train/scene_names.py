"""Generators of names: persons, places, companies, institutions, works, things on sale.

Each function takes a random.Random.  All but those with an underscore are
generators: a scene file may "make" them by their name.
"""
from scene_words import (
    BANKS, BRANDS, CITIES, COMPANIES, COMPANY_ENDS, COUNTIES, DISTRICTS, ESTATE_ENDS, ESTATES, FILM_ENDS, FILM_STARTS,
    FOREIGN_GIVEN, FOREIGN_SURNAMES, GIVEN, GIVEN_FIRST, GIVEN_SECOND, HOSPITAL_ENDS, HOTELS, LOCAL_OFFICES, MUNICIPALITIES,
    NATIONAL_OFFICES, ORGANIZATION_ENDS, PRODUCT_KINDS, PRODUCTS, PROVINCES, REAL_COMPANIES, ROADS, SONG_ENDS, SONG_STARTS,
    SURNAMES, TEAMS, TRADES, UNIVERSITIES)


# ------------------------------------------------------------------- persons
def _given(r):
    x = r.random()
    if x < .35:
        return r.choice(GIVEN)
    if x < .75:
        return r.choice(GIVEN_FIRST) + r.choice(GIVEN_SECOND)
    return r.choice(GIVEN) + r.choice(GIVEN)


def name_cn(r):
    return r.choice(SURNAMES) + _given(r)


def foreign(r):
    return r.choice(FOREIGN_GIVEN) + "·" + r.choice(FOREIGN_SURNAMES)


def person(r):
    x = r.random()
    surname = r.choice(SURNAMES)
    if x < .88:
        return surname + _given(r)
    if x < .95:
        given = r.choice(FOREIGN_GIVEN)
        return given if r.random() < .2 else given + "·" + r.choice(FOREIGN_SURNAMES)
    if x < .975:
        return surname + r.choice("经理 先生 女士 老师 总 医生 主任 工".split())
    return surname + r.choice("某明华") if r.random() < .5 else surname + "某某"


# -------------------------------------------------------------------- places
def _short(city):
    return city[:-1] if len(city) > 2 and city[-1] in "市省" else city


def _short_city(r):
    return _short(r.choice(CITIES))


def city(r):
    name = r.choice(CITIES)
    return name if r.random() < .4 else _short(name)


def province(r):
    name = r.choice(list(PROVINCES))
    if r.random() < .5:
        return name
    for end in ("壮族自治区", "维吾尔自治区", "回族自治区", "自治区", "省"):
        if name.endswith(end):
            return name[:-len(end)]
    return name


def district(r):
    return r.choice(DISTRICTS) + "区" if r.random() < .7 else county(r)


def county(r):
    name = r.choice(COUNTIES)
    return name if name.endswith("县") else name + "县"


def road(r):
    return r.choice(ROADS) + r.choice("路 大道 街 东路 西路 南路 北路 中路 大街".split())


def community(r):
    return r.choice(ESTATES) + r.choice(ESTATE_ENDS)


def building(r):
    return r.choice(COMPANIES) + r.choice("大厦 广场 中心 国际大厦 科技园 写字楼".split())


def address(r):
    if r.random() < .25:
        name = r.choice(list(MUNICIPALITIES))
        text = name + r.choice(MUNICIPALITIES[name])
    else:
        name = r.choice(list(PROVINCES))
        text = (name if r.random() < .6 else "") + r.choice(PROVINCES[name]) + r.choice(DISTRICTS) + "区"
    text += road(r) + f"{r.randint(1, 999)}号"
    x = r.random()
    if x < .35:
        text += community(r) + f"{r.randint(1, 30)}栋"
        text += f"{r.randint(1, 4)}单元" if r.random() < .5 else ""
        text += f"{r.randint(1, 32)}0{r.randint(1, 6)}室"
    elif x < .6:
        text += building(r) + (f"{r.choice('ABC')}座" if r.random() < .4 else "") + f"{r.randint(2, 40)}层"
    return text


def short_address(r):
    if r.random() < .6:
        return road(r) + (f"{r.randint(1, 999)}号" if r.random() < .6 else "")
    return r.choice(DISTRICTS) + "区" + road(r)


def station(r):
    return _short_city(r) + r.choice("站 东站 南站 北站 西站".split())


def hotel(r):
    return _short_city(r) + r.choice(HOTELS)


# ---------------------------------------------------- companies, things on sale
def company(r):
    if r.random() < .1:
        return r.choice(REAL_COMPANIES)
    place = _short_city(r)
    name = r.choice(COMPANIES) + (r.choice(COMPANIES)[0] if r.random() < .1 else "")
    x = r.random()
    if x < .6:
        return place + (r.choice(["市", ""]) if x < .15 else "") + name + r.choice(TRADES) + r.choice(COMPANY_ENDS)
    if x < .75:
        return name + f"（{place}）" + r.choice(TRADES) + "有限公司"
    return name + r.choice(TRADES) + r.choice(COMPANY_ENDS)


def short_company(r):
    if r.random() < .35:
        return r.choice(REAL_COMPANIES)
    return r.choice(COMPANIES) + r.choice("科技 集团 股份 控股 电子 医药 能源 智能 食品 地产 资本 物流 材料 生物 证券 重工".split())


def brand(r):
    return r.choice(BRANDS) if r.random() < .8 else r.choice(COMPANIES)


def product(r):
    return (r.choice(PRODUCT_KINDS) if r.random() < .7 else "") + r.choice(PRODUCTS)


# -------------------------------------------------------------- institutions
def school(r):
    x = r.random()
    if x < .5:
        return r.choice(UNIVERSITIES)
    place = _short_city(r)
    if x < .7:
        return place + r.choice("大学 师范大学 理工大学 职业技术学院 医科大学 财经大学 农业大学".split())
    return place + r.choice(["市", ""]) + r.choice(
        "第一中学 第二中学 实验小学 外国语学校 第三小学 育才中学 实验中学 第十二中学 中心小学".split())


def hospital(r):
    return _short_city(r) + r.choice(["市", "市", ""]) + r.choice(HOSPITAL_ENDS)


def bank(r):
    name = r.choice(BANKS)
    if r.random() < .35 and len(name) > 3:
        name += _short_city(r) + r.choice(["分行", "支行", *(x + "支行" for x in ROADS[:12])])
    return name


def government(r):
    if r.random() < .3:
        return r.choice(NATIONAL_OFFICES)
    return (r.choice(CITIES) if r.random() < .7 else county(r)) + r.choice(LOCAL_OFFICES)


def police(r):
    return r.choice(CITIES) + r.choice(
        ["公安局", r.choice(DISTRICTS) + "公安分局", r.choice(ROADS) + "派出所", "公安局交警支队"])


def court(r):
    return r.choice(CITIES) + r.choice([r.choice(DISTRICTS) + "区人民法院", "中级人民法院"])


def organization(r):
    return r.choice([_short_city(r), "中国", "全国"]) + r.choice(ORGANIZATION_ENDS)


def sport_team(r):
    return r.choice([_short_city(r) + r.choice("队 篮球俱乐部 女排 足球俱乐部 男篮".split()), r.choice(TEAMS)])


# --------------------------------------------------------------------- works
def song(r):
    return r.choice(SONG_STARTS) + r.choice(SONG_ENDS)


def film(r):
    return r.choice(FILM_STARTS) + r.choice(FILM_ENDS)


def song_quoted(r):
    return f"《{song(r)}》"


def film_quoted(r):
    return f"《{film(r)}》"
