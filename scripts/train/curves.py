"""Draws the curves that the stages write as one SVG, a panel a stage: loss over steps.

usage: curves.py OUT.svg FILE.curve.jsonl..."""
import collections
import json
import os
import sys

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM = 640, 240, 56, 24, 36


def series(paths):
    """(file, kind) -> [(step, loss)], in the order in which they come"""
    out = collections.OrderedDict()
    for path in paths:
        with open(path, encoding="utf-8") as f:
            for line in f:
                r = json.loads(line)
                points = out.setdefault((os.path.basename(path).split(".")[0], r["kind"]), [])
                while points and points[-1][0] >= r["step"]:        # a run that went on from its last save
                    points.pop()
                points.append((r["step"], r["loss"]))
    return out


def panel(title, points, top):
    # The first few losses dwarf the rest: the scale is that of the last nine tenths.
    settled = sorted(y for _, y in points[len(points) // 10:])
    x1, y0, y1 = max(x for x, _ in points) or 1., settled[0], settled[-1]
    y1 += (y1 - y0) * .05 or 1.

    def place(x, y):
        return LEFT + x / x1 * (WIDTH - LEFT - RIGHT), top + 24 + (y1 - min(y, y1)) / (y1 - y0) * (HEIGHT - BOTTOM - 24)
    out = ['<text x="%d" y="%d" font-weight="bold">%s: loss %.4f at step %d</text>' % (LEFT, top + 14, title, points[-1][1], points[-1][0])]
    for k in range(5):
        y = y0 + (y1 - y0) * k / 4
        _, py = place(0, y)
        out.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/>' % (LEFT, WIDTH - RIGHT, py, py))
        out.append('<text x="%d" y="%.1f" text-anchor="end">%.3g</text>' % (LEFT - 6, py + 4, y))
        px, _ = place(x1 * k / 4, y0)
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%d</text>' % (px, top + HEIGHT - BOTTOM + 18, x1 * k / 4))
    out.append('<polyline fill="none" stroke="#2563eb" stroke-width="1.5" points="%s"/>' % " ".join("%.1f,%.1f" % place(*p) for p in points))
    return out


def main(argv=None):
    argv = sys.argv[1:] if argv is None else argv
    if len(argv) < 2:
        raise SystemExit(__doc__)
    kinds = series(argv[1:])
    body = [line for n, (key, points) in enumerate(kinds.items()) for line in panel(", ".join(key), points, n * HEIGHT)]
    with open(argv[0], "w", encoding="utf-8") as f:
        f.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">\n' % (WIDTH, HEIGHT * len(kinds)))
        f.write('<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n")


if __name__ == "__main__":
    main()
