#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the C table of Confident AI's permission catalogue; refuses a file that breaks its own rules.

usage: confident-permissions.py CATALOGUE OUT.c
"""
import pathlib
import re
import sys
import uuid

# Ids are made from scope and name, so that they are the same in every installation and survive new lines.
NAMESPACE = uuid.UUID("5c1a1c5e-2f7b-5a34-9d53-d00d0a4d0001")
# As many as a set of permissions has bits (model/kinds.h).
MAX_PERMISSIONS = 256
SCOPES = {"organization": "CONFIDENT_ORGANIZATION", "project": "CONFIDENT_PROJECT"}


def fail(path, number, text):
    sys.exit(f"{path}:{number}: {text}")


def read(path):
    seen = set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fields = line.split("#")[0].split()
        if not fields:
            continue
        if len(fields) != 4:
            fail(path, number, "a line is: scope permission member since")
        scope, name, member, since = fields
        if scope not in SCOPES:
            fail(path, number, f"unknown scope {scope}")
        if not re.fullmatch(r"[A-Za-z_]+:[a-z]+", name):
            fail(path, number, f"{name} is not resource:action")
        if member not in ("yes", "no") or since not in ("attested", "derived", "example"):
            fail(path, number, "member is yes or no, since is attested, derived or example")
        if (scope, name) in seen:
            fail(path, number, f"{scope} {name} stands here twice")
        seen.add((scope, name))
        yield scope, name, member == "yes"


def main(source, target):
    permissions = list(read(pathlib.Path(source)))
    if not 0 < len(permissions) <= MAX_PERMISSIONS:
        sys.exit(f"{source}: 1 to {MAX_PERMISSIONS} permissions, not {len(permissions)}")
    ids = [str(uuid.uuid5(NAMESPACE, f"{scope}/{name}")) for scope, name, _ in permissions]
    rows = [
        '    {STR_INIT("%s"), STR_INIT("%s"), %s, %s},'
        % (row_id, name, SCOPES[scope], "true" if member else "false")
        for row_id, (scope, name, member) in zip(ids, permissions)
    ]
    by_id = sorted(range(len(ids)), key=ids.__getitem__)
    names = sorted({name for _, name, _ in permissions})
    pathlib.Path(target).write_text(
        "/* Made by tools/confident-permissions.py from src/model/confident-permissions.txt. */\n"
        '#include "model/confident.h"\n\n'
        "const struct confident_permission confident_permission_table[] = {\n" + "\n".join(rows) + "\n};\n"
        f"const size_t confident_n_permissions = {len(rows)};\n"
        f"const uint16_t confident_permissions_by_id[] = {{{', '.join(map(str, by_id))}}};\n"
        "const struct str confident_permission_names[] = {\n"
        + "".join(f'    STR_INIT("{name}"),\n' for name in names)
        + f"}};\nconst size_t confident_n_permission_names = {len(names)};\n"
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
