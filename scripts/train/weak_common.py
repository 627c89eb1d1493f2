"""What every weak generator shares: documents, sentences, the label rule, rows."""

import re
from dataclasses import dataclass, field

CLASSIFY = "[CLASSIFY]"
SENTENCE = re.compile(r"[^。！？!?；\n]*[。！？!?；]+[”’」』）)\"]*|[^。！？!?；\n]+")
# Single characters that end a noun phrase; used to cut sentences into pieces.
FUNCTION = "的了在是和与对从到把被将为以由也都而或及等不有这那其个们之于让使向就还只很更又再着要该此每各某我你他她它吗呢吧啊么给跟但若则并且如后前中上下里内外"
PIECE = re.compile(rf"[^\W_{FUNCTION}](?:[^\W_{FUNCTION}]|(?<=[A-Za-z0-9])[ ._+-](?=[A-Za-z0-9]))*")

# What follows one of these may be the rest of a word (中|介服务); the others are such rests.
UNSURE = "中上下内外前后要有以对为不如"
REST = "否予么者些样今一"

# Two concepts are kept as an unseen test: titles of books, and games.
BANNED = re.compile(
    "书名|游戏|手游|网游|页游|桌游|电竞|电子竞技|图书|书籍|书目|书本|书的?名|著作|玩家|"
    "哪[本部册]书|什么书|(?:本|部|一|名|叫)书(?:$|[：:？?的])|^书$|^作品名?称?$|^新?旧?好?书?名$|"
    "(?:丛|工具|入门|畅销|参考|教科|电子|奇|全)书|读物|RPG|角色扮演|即时战略|第一人称射击|对战|"
    r"[Gg]ame|[Bb]ook")


@dataclass
class Document:
    lines: list
    origin: str = ""  # name of the task file, empty for the corpus


@dataclass
class Block:
    """The documents one worker looks at, and word lists common to all blocks."""
    documents: list
    idioms: list = field(default_factory=list)
    names: dict = field(default_factory=dict)  # known name -> person, org or place


def allowed(label):
    return bool(label) and label == label.strip() and not BANNED.search(label)


def row(task, text, labels, items):
    """A row, or None when any rule of the format is broken. items: (label, start, end)."""
    labels = list(dict.fromkeys(labels))
    if not labels or not all(map(allowed, labels)) or len(text) > 900:
        return None
    answer, seen = [], set()
    for label, start, end in items:
        span = text[start:end]
        if label not in labels or not span or span != span.strip():
            return None
        if (label, start, end) not in seen:
            seen.add((label, start, end))
            answer.append([{"type": label, "span": span, "offset": [start, end]}])
    return {"task": task, "text": text, "schema": dict.fromkeys(labels), "answer": answer}


def choice(task, text, labels, right, rng):
    """A classification row with the labels in random order."""
    labels = list(dict.fromkeys(labels))
    rng.shuffle(labels)
    return row(task, CLASSIFY + text, labels, [(right, 0, len(CLASSIFY))])


def sentences(text):
    return [found for piece in SENTENCE.findall(text) if (found := piece.strip())]


def passages(document, rng, shortest=30, longest=400):
    """Stretches of whole sentences; short lines are joined with a line break."""
    text, goal = "", 0
    for line in document.lines:
        for number, sentence in enumerate(sentences(line)):
            if text and len(text) + len(sentence) > goal:
                if shortest <= len(text) <= longest:
                    yield text
                text = ""
            if not text:
                # Lengths vary: sentences alone are as common as paragraphs.
                goal = int(shortest + (longest - shortest) * rng.random() ** 1.5)
            text += ("\n" if text and number == 0 else "") + sentence
    if shortest <= len(text) <= longest:
        yield text


def pieces(text):
    """Noun-like pieces: (piece, start, end)."""
    found = [(m.group(), m.start(), m.end()) for m in PIECE.finditer(text)]
    return [(piece, start, end) for piece, start, end in found
            if piece[0] not in REST and not (start and text[start - 1] in UNSURE)]


def shares(first, second):
    """How many two-character sequences two texts have in common."""
    grams = lambda text: {text[i:i + 2] for i in range(len(text) - 1)}
    return len(grams(first) & grams(second))
