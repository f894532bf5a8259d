# SPDX-License-Identifier: BSD-2-Clause
"""The table as a picture: a bar for each program and machine, on a logarithmic scale around the reference's speed."""
import math
from xml.sax.saxutils import escape

COLOURS = ("#3b6ea8", "#d1803b", "#4f9a5b", "#a04f8f", "#8a8a3c", "#666666")
LEFT, WIDTH, BAR, GAP, TOP = 150, 640, 11, 7, 64


def text(x, y, content, **style):
    extra = "".join(' %s="%s"' % (k.replace("_", "-"), v) for k, v in style.items())
    return '<text x="%.1f" y="%.1f"%s>%s</text>' % (x, y, extra, escape(content))


def line(x1, y1, x2, y2, colour):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>' % (x1, y1, x2, y2, colour)


def entries(programs, groups):
    """(heading or None, name, {label: speed-up}) from top to bottom; each group ends with its mean."""
    for group, members in programs.items():
        heading = group
        for name, by_label in members.items():
            bars = {label: f["speedup"] for label, f in by_label.items() if "speedup" in f}
            if bars:
                yield heading, name, bars
                heading = None
        if groups[group]:
            yield heading, "geometric mean", groups[group]


def draw(programs, groups, reference):
    """The SVG document as a string."""
    rows = list(entries(programs, groups))
    labels = list(dict.fromkeys(label for _, _, bars in rows for label in bars))
    values = [v for _, _, bars in rows for s in bars.values() for v in (s["min"], s["max"])] + [0.5, 2]
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))

    def at(value):
        return LEFT + (math.log2(value) - low) / (high - low) * WIDTH

    body, y = [], TOP
    for heading, name, bars in rows:
        if heading:
            y += 18
            body.append(text(8, y - 2, heading, font_weight="bold"))
            y += 6
        mean = name == "geometric mean"
        body.append(text(LEFT - 8, y + BAR * len(bars) / 2 + 4, name, text_anchor="end", font_style="italic" if mean else "normal"))
        for label, s in bars.items():
            begin, end = sorted((at(1), at(s["median"])))
            body.append('<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"%s/>' %
                        (begin, y, max(end - begin, 1), BAR - 2, COLOURS[labels.index(label) % len(COLOURS)],
                         "" if mean else ' opacity="0.75"'))
            body.append(line(at(s["min"]), y + BAR / 2 - 1, at(s["max"]), y + BAR / 2 - 1, "#222"))
            body.append(text(LEFT + WIDTH + 8, y + BAR - 2, "%.2f" % s["median"], font_size="10"))
            y += BAR
        y += GAP
    head = [text(8, 18, "Speed-up over %s (bars: median, lines: lowest to highest pair)" % reference, font_weight="bold")]
    for i, label in enumerate(labels):
        head.append('<rect x="%d" y="28" width="10" height="10" fill="%s"/>' % (LEFT + i * 150, COLOURS[i % len(COLOURS)]))
        head.append(text(LEFT + i * 150 + 15, 37, label))
    for power in range(low, high + 1):
        x = at(2.0 ** power)
        head.append(line(x, TOP - 6, x, y, "#222" if power == 0 else "#ddd"))
        head.append(text(x, TOP - 10, "%gx" % 2.0 ** power, text_anchor="middle", font_size="10"))
    size = 'width="%d" height="%d"' % (LEFT + WIDTH + 60, y + 10)
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg" %s font-family="sans-serif" font-size="12">' % size,
                      '<rect width="100%" height="100%" fill="white"/>'] + head + body + ["</svg>", ""])
