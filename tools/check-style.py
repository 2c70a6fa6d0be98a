#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What no compiler says: the licence line, file length, paths of somebody's machine, open ends without an issue.

usage: check-style.py TOP_DIR
"""
import pathlib
import re
import subprocess
import sys

MAX_LINES = 650
CODE = {".c", ".h", ".cc", ".py", ".js", ".mjs", ".ts", ".sh"}
TEXT = CODE | {".md", ".build", ".yml", ".yaml", ".service", ".example", ".txt", ""}
SKIPPED = {".git", "out", "var", "node_modules", "LICENSE"}
# A home directory in the tree says where it was written, and works nowhere else. (Web routes follow a word character.)
MACHINE_PATH = re.compile(r"(?<![\w.}/:-])/(?:home|root|Users|mnt|work)/\w")
OPEN_END = re.compile(r"\b(?:TODO(?!\(#\d+\))|FIXME|XXX)\b")


def files_of(top):
    """What git knows or would add; without git (a release archive), what is there."""
    git = ["git", "-c", "safe.directory=*", "-C", str(top), "ls-files", "-co", "--exclude-standard"]
    try:
        done = subprocess.run(git, capture_output=True, text=True, check=True)
        paths = [top / name for name in done.stdout.splitlines()]
    except (OSError, subprocess.CalledProcessError):
        paths = [p for p in top.rglob("*") if not p.parts[len(top.parts)].startswith("build-")]
    return sorted(p for p in paths if p.is_file() and not SKIPPED & set(p.relative_to(top).parts))


def is_code(path, text):
    return path.suffix in CODE or path.name == "meson.build" or text.startswith("#!")


def problems(path, text):
    lines = text.splitlines()
    if is_code(path, text):
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
            yield 1, "no SPDX line at the top"
        if len(lines) > MAX_LINES:
            yield len(lines), f"more than {MAX_LINES} lines: split it by concern"
    for n, line in enumerate(lines, 1):
        if MACHINE_PATH.search(line):
            yield n, "a path of one machine"
        # This file and the guide name the words they forbid.
        if path.name not in ("check-style.py", "CONTRIBUTING.md") and OPEN_END.search(line):
            yield n, "an open end without its issue: write TODO(#number)"


def main():
    top = pathlib.Path(sys.argv[1]).resolve()
    bad = seen = 0
    for path in files_of(top):
        if path.suffix not in TEXT:
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        seen += 1
        for n, what in problems(path, text):
            print(f"{path.relative_to(top)}:{n}: {what}")
            bad += 1
    print(f"{seen} files, {bad} problems")
    return bad > 0 or seen == 0


sys.exit(main())
