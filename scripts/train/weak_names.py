"""Names of persons and organisations: from the training answers, and by pattern."""

import re

from weak_words import COMPOUND, SURNAMES

# Only sources with modern names; the ancient ones hold single characters and titles.
SOURCES = {"msra", "people_daily", "resume", "boson", "cluener", "duie1", "duie2", "finre", "youku_ner"}
KINDS = {"人名": "person", "人物": "person", "姓名": "person", "娱乐人物": "person",
         "公司": "org", "机构名": "org", "组织机构": "org", "企业": "org", "公司名": "org",
         "地名": "place", "地理位置": "place", "地点": "place"}
SURNAME = "(?:" + "|".join(COMPOUND) + f"|[{SURNAMES}])"
GIVEN = r"[\u4e00-\u9fff]"
SAYS = "说|道|表示|认为|指出|笑|问|答|告诉|强调|介绍|坦言|回忆|称|听|走|看|想|站|坐|拿|出生|担任|毕业"
PERSON = re.compile(rf"(?<![^\W_的])({SURNAME}(?!总|某|先生|女士|老师|家|氏){GIVEN}{{1,2}}?)(?={SAYS})")
# A pattern finds many common words that begin with a surname; these characters give them away.
NOT_NAME = re.compile(
    "[的了在是和与不这那有个也就都被把说道们用法式件务面度间全装序容于键本为泛含括施行封色额目部均向段平润级车计化档章系注应意期得或到出入上下前后时候数量名中内外其之所以及等能会可要来去过着起给让从没很多每某各任何当还只又再更最"
    "太地物事人员者性家国省市县区村镇]")


def collect(origin, row, names):
    """Adds a row's annotated names to names."""
    if origin not in SOURCES:
        return
    for path in row["answer"]:
        for item in path:
            kind, name = KINDS.get(item["type"]), item["span"]
            if not kind or not re.fullmatch(r"[\u4e00-\u9fff·]{2,10}", name):
                continue
            if kind == "person" and (len(name) < 3 or re.search("[的了在是和们]", name)):
                continue  # two-character names are often words, too
            if kind == "org" and len(name) < 4 or kind == "place" and len(name) < 3:
                continue
            names.setdefault(name[:2], "")  # lets a look-up stop early; all names are longer
            names.setdefault(name, kind)


def known(text, names):
    """Known names in a text, longest first at each place: (name, start, kind)."""
    found, at = [], 0
    while names and at < len(text):
        for length in range(min(10, len(text) - at), 2, -1) if text[at:at + 2] in names else ():
            if kind := names.get(text[at:at + length]):
                found.append((text[at:at + length], at, kind))
                at += length - 1
                break
        at += 1
    return found


def people(text, names):
    """Names of persons that surely are such: known, or repeated and once followed by a verb."""
    found = {name for name, _, kind in known(text, names) if kind == "person"}
    for match in PERSON.finditer(text):
        name = match.group(1)
        if len(name) == 3 and text.count(name) > 1 and not NOT_NAME.search(name[1:]):
            found.add(name)
    return found
