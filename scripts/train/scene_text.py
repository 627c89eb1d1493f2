"""Expand templates into a text, and remember where each slot came to stand."""
import re

from scene_files import as_list, base_of
from scene_values import MAKE

FULL_WIDTH = {ord(str(i)): chr(0xFF10 + i) for i in range(10)}
HALF_MARKS = str.maketrans("，：；（）！？", ",:;()!?")
CORNER_QUOTES = str.maketrans("“”‘’", "「」『』")


class Piece:
    """One expanded template inside a text.  Slot names are as written: A2, not its definition A."""

    def __init__(self, scene):
        self.scene = scene
        self.places = {}       # slot name -> [(start, end)]
        self.key = {}          # slot name -> definition key

    def own(self, name):
        return self.scene.labels[self.key[name]]

    def all(self, name):
        return self.scene.all[self.key[name]]

    def makes(self, name):
        return self.scene.makes[self.key[name]]


def makes_of(pieces):
    """generators of everything in a text"""
    return {make for piece in pieces for name in piece.key for make in piece.makes(name)}


def labels_of(pieces):
    """labels of everything in a text"""
    return {label for piece in pieces for name in piece.key for label in piece.all(name)}


def item(text, label, start, end):
    return {"type": label, "span": text[start:end], "offset": [start, end]}


def value(r, slot, used):
    """a value of a slot, if possible one that the text does not use yet"""
    makes, values = as_list(slot.get("make")), slot.get("values")
    for _ in range(8):
        if makes and (not values or r.random() < .5):
            found = MAKE[r.choice(makes)](r)
        else:
            found = r.choice(values)
        if found not in used:
            break
    used.add(found)
    return found


def noisy(r, text, kind):
    """the fixed part of a template, with the marks that careless writers use"""
    if kind == "punct":
        return re.sub("[，。；、]", lambda m: r.choice(["", " ", m.group()]), text)
    if kind == "half":
        return text.translate(HALF_MARKS)
    if kind == "quotes":
        return text.translate(CORNER_QUOTES)
    if kind == "space":
        return re.sub("[，。：]", lambda m: m.group() + (" " if r.random() < .5 else ""), text)
    return text


def build(r, chosen):
    """text and pieces for a list of (scene, parsed template)"""
    noise = r.choice(["punct", "half", "quotes", "space"]) if r.random() < .12 else None
    wide = r.random() < .025
    text, pieces = "", []
    for scene, parts in chosen:
        if pieces:
            ended = text[-1:] in "。！？；.!?;\n"
            text += r.choice(["", "", "", "\n", " "] if ended else ["。", "；", "\n", " ", "，"])
        piece, values, used = Piece(scene), {}, set()
        for part, number in parts:
            if number is None:
                fixed = noisy(r, part, noise)
                text += fixed if text else fixed.lstrip()
                continue
            name = part + number
            if name not in values:
                piece.key[name] = base_of(scene.slots, part, number)
                found = value(r, scene.slots[piece.key[name]], used)
                values[name] = found.translate(FULL_WIDTH) if wide else found
                piece.places[name] = []
            piece.places[name].append((len(text), len(text) + len(values[name])))
            text += values[name]
        pieces.append(piece)
    short = text.rstrip()
    if len(short) > 1 and short[-1] == "。" and r.random() < .12:
        short = short[:-1]
    # never cut into a span
    last = max((end for piece in pieces for places in piece.places.values() for _, end in places), default=0)
    return (short if len(short) >= last else text), pieces
