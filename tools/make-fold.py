#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints src/base/fold_table.inc: simple case folding of Unicode as runs of characters with one distance each.

The table is kept in the tree, since what a policy means must not depend on the machine that built the server.
usage: make-fold.py > src/base/fold_table.inc
"""
import sys
import unicodedata


def simple_fold(c):
    """CaseFolding.txt's status C and S. Python has the full folding: where that is several characters, the simple one
    is the lower-case form, if that is one character."""
    folded = chr(c).casefold()
    if len(folded) > 1:
        folded = chr(c).lower()
    return ord(folded) if len(folded) == 1 else c


def runs():
    """(first, last, step, distance): every step-th character from first to last moves by the distance."""
    out = []
    for c in range(0x80, sys.maxunicode + 1):
        distance = simple_fold(c) - c
        if distance == 0:
            continue
        if out and out[-1][3] == distance:
            first, last, step, _ = out[-1]
            gap = c - last
            if gap <= 2 and (first == last or gap == step):
                out[-1] = (first, c, gap, distance)
                continue
        out.append((c, c, 1, distance))
    return out


def main():
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print(f"/* Made by tools/make-fold.py from Unicode {unicodedata.unidata_version}. First, last, step, distance. */")
    for first, last, step, distance in runs():
        print(f"{{{first:#07x}, {last:#07x}, {step}, {distance}}},")


main()
