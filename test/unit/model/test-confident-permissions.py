#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The generator of the permission catalogue: what it makes, and what it refuses.

usage: test-confident-permissions.py GENERATOR CATALOGUE
"""
import pathlib
import subprocess
import sys
import tempfile

GENERATOR, CATALOGUE = sys.argv[1:]
GOOD = "organization a:read yes attested  # said by the vendor\n\nproject a:read no derived\n"
REFUSED = [  # what is wrong, the file, what is said of it
    ("a field is missing", GOOD + "project b:read yes\n", "catalogue:4: a line is"),
    ("a field too many", "project b:read yes derived more\n", "catalogue:1: a line is"),
    ("no such scope", "tenant b:read yes derived\n", "unknown scope tenant"),
    ("no action", "project b yes derived\n", "b is not resource:action"),
    ("an action in capitals", "project b:Read yes derived\n", "b:Read is not resource:action"),
    ("a wildcard", "project b:* yes derived\n", "b:* is not resource:action"),
    ("neither yes nor no", "project b:read maybe derived\n", "member is yes or no"),
    ("of unknown origin", "project b:read yes rumour\n", "since is attested"),
    ("twice", GOOD + "project a:read yes attested\n", "catalogue:4: project a:read stands here twice"),
    ("nothing at all", "# only words\n", "1 to 256 permissions, not 0"),
    (
        "more than a set has bits",
        "".join(f"project {'a' * i}:read yes derived\n" for i in range(1, 258)),
        "1 to 256 permissions, not 257",
    ),
]


def generate(text, folder):
    source, target = folder / "catalogue", folder / "out.c"
    source.write_text(text)
    target.unlink(missing_ok=True)
    run = subprocess.run([sys.executable, GENERATOR, source, target], capture_output=True, text=True, check=False)
    return run, target.read_text() if target.exists() else None


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run, made = generate(GOOD, folder)
        assert run.returncode == 0, run.stderr
        assert made.count('STR_INIT("a:read")') == 3, "two permissions, one name"
        assert "confident_n_permissions = 2;" in made and "confident_n_permission_names = 1;" in made
        assert generate("project b:read yes derived\n" + GOOD, folder)[1].count(made.splitlines()[4]) == 1, "ids stay"
        for what, text, said in REFUSED:
            run, made = generate(text, folder)
            assert run.returncode == 1 and said in run.stderr and made is None, f"{what}: {run.stderr}"
        assert generate(pathlib.Path(CATALOGUE).read_text(), folder)[0].returncode == 0


main()
