#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints "PASSED FAILED" of a Meson test run, counting the cases inside each test where it speaks TAP.

usage: count-tests.py testlog.json
"""
import json
import re
import sys

CASE = re.compile(r"^( *)(not )?ok\b(.*)$")
PLAN = re.compile(r"^( *)1\.\.(\d+)")
GOOD = {"OK", "EXPECTEDFAIL"}


def count_cases(tap):
    """Cases without cases of their own; a case that only sums up those before it is not counted twice."""
    passed = failed = 0
    has_children = {}  # indentation of a test whose cases have been seen
    for line in tap.splitlines():
        plan, case = PLAN.match(line), CASE.match(line)
        if plan and len(plan[1]) >= 4:
            has_children[len(plan[1]) - 4] = int(plan[2]) > 0
        if not case:
            continue
        is_sum = has_children.pop(len(case[1]), False)
        directive = re.search(r"#\s*(skip|todo)\b", case[3], re.I)
        if is_sum or directive:
            continue
        if case[2]:
            failed += 1
        else:
            passed += 1
    return passed, failed


def count_test(test):
    if test["result"] == "SKIP":
        return 0, 0
    passed, failed = count_cases(test.get("stdout") or "")
    if test["result"] in GOOD:
        return max(passed, 1), 0
    # It failed: by its cases, or as a whole (a crash, a time limit, a fixture).
    return passed, max(failed, 1)


def main():
    total_passed = total_failed = 0
    try:
        with open(sys.argv[1], encoding="utf-8") as log:
            for line in log:
                passed, failed = count_test(json.loads(line))
                total_passed += passed
                total_failed += failed
    except FileNotFoundError:
        pass  # nothing ran: the caller sees zero
    print(total_passed, total_failed)


main()
