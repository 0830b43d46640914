#!/usr/bin/env python3
"""Makes engine/base/utf8_table.h out of UnicodeData.txt.

    tests/make_utf8_table.py [UnicodeData.txt] > engine/base/utf8_table.h

The tables hold the simple case mappings as ranges: every step-th code from first to last maps to
itself plus delta. Debian has the data in the package unicode-data.
"""
import sys


def mappings(path, field):
    found = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            fields = line.rstrip("\n").split(";")
            if fields[field]:
                found.append((int(fields[0], 16), int(fields[field], 16)))
    return found


def ranges(pairs):
    """Joins neighbours of one delta; codes two apart make a range of step 2."""
    out = []
    for code, to in pairs:
        delta = to - code
        if out:
            first, last, step, d = out[-1]
            gap = code - last
            if d == delta and gap in (1, 2) and (first == last or gap == step):
                out[-1] = (first, code, gap, d)
                continue
        out.append((code, code, 1, delta))
    return out


def table(name, rows):
    cells = ["{0x%x, 0x%x, %d, %d}," % row for row in rows]
    lines, line = [], "   "
    for cell in cells:
        if len(line) + 1 + len(cell) > 100:
            lines.append(line)
            line = "   "
        line += " " + cell
    lines.append(line)
    return "static const struct case_range %s[] = {\n%s\n};\n" % (name, "\n".join(lines))


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode/UnicodeData.txt"
    print("""/* utf8_table.h - the simple case mappings of UnicodeData.txt, made by tests/make_utf8_table.py. */
#ifndef RP_UTF8_TABLE_H
#define RP_UTF8_TABLE_H

#include <stdint.h>

/* Every step-th code from first to last maps to itself plus delta. In order, without overlap. */
struct case_range {
    uint32_t first, last, step;
    int32_t delta;
};

/* clang-format off */""")
    print(table("upper_ranges", ranges(mappings(path, 12))))
    print(table("lower_ranges", ranges(mappings(path, 13))), end="")
    print("/* clang-format on */\n\n#endif")


main()
