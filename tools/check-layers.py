#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail if a file includes a header of a layer it may not use.

usage: check-layers.py SRC_DIR LAYERS_FILE
LAYERS_FILE: one line per folder, lowest layer first: "name: may-use ..."; a layer may only use those above its line.
"""
import pathlib
import re
import sys

SUFFIXES = {".c", ".h", ".cc"}
INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')


def read_rules(path):
    rules = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        layer, uses = line.split(":")
        for lower in uses.split():
            if lower not in rules:
                sys.exit(f"{path}: {layer} uses {lower}, which does not stand below it")
        rules[layer] = {layer, *uses.split()}
    return rules


def check_file(path, layer, rules):
    bad = 0
    for n, text in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(text)
        if not match:
            continue
        used = match[1].split("/")[0] if "/" in match[1] else None
        if used is None or used == "..":
            print(f'{path}:{n}: "{match[1]}" is to be named from src/ on: "layer/file.h"')
            bad += 1
        elif used in rules and used not in rules[layer]:
            print(f"{path}:{n}: {layer}/ may not include {used}/")
            bad += 1
    return bad


def main():
    src, rules = pathlib.Path(sys.argv[1]), read_rules(pathlib.Path(sys.argv[2]))
    bad = files = 0
    for path in sorted(p for p in src.rglob("*") if p.suffix in SUFFIXES):
        files += 1
        layer = path.relative_to(src).parts[0]
        if layer not in rules:
            print(f"{path}: {layer}/ has no line in {sys.argv[2]}")
            bad += 1
        else:
            bad += check_file(path, layer, rules)
    if files == 0:
        sys.exit(f"{src}: no sources found")
    return bad > 0


sys.exit(main())
