#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the C tables of messages (json/proto.h) from texts; refuses a text that breaks its own rules.

usage: proto-messages.py PREFIX HEADER.h OUT.c MESSAGES.txt …

The texts are one name space. A text is lines of

    enum NAME VALUE_PREFIX VALUE VALUE …       the first value is the zero value; each stands behind the prefix; "-": none
    message NAME                               fields follow, indented
      TYPE NAME [repeated|map] [WORD …]        WORD: readonly, needed, notzero, id, items=A..B, items=A.., length=A..B
      oneof NAME                               the fields behind it, until "end", exclude each other
      end

TYPE is bool, string, int32, int64, double, timestamp, duration, struct, or the name of an enum or message. "#" begins a
comment.
"""
import pathlib
import re
import sys

SCALARS = {
    "bool": "PROTO_BOOL",
    "string": "PROTO_STRING",
    "int32": "PROTO_INT32",
    "int64": "PROTO_INT64",
    "double": "PROTO_DOUBLE",
    "timestamp": "PROTO_TIMESTAMP",
    "duration": "PROTO_DURATION",
    "struct": "PROTO_STRUCT",
}
FLAGS = {
    "repeated": "PROTO_REPEATED",
    "map": "PROTO_MAP",
    "readonly": "PROTO_READ_ONLY",
    "notzero": "PROTO_NOT_ZERO",
    "id": "PROTO_ID",
    "needed": "PROTO_NEEDED",
}


class Text:
    def __init__(self):
        self.path = None
        self.number = 0
        self.enums = {}
        self.messages = {}

    def fail(self, text):
        sys.exit(f"{self.path}:{self.number}: {text}")

    def read_enum(self, words):
        if len(words) < 3 or words[0] in self.enums or words[0] in self.messages:
            self.fail("an enum is: enum NAME PREFIX VALUE …, and stands here once")
        self.enums[words[0]] = [("" if words[1] == "-" else words[1]) + value for value in words[2:]]

    def read_field(self, words, oneof):
        if len(words) < 2 or not re.fullmatch(r"[a-z][A-Za-z0-9]*", words[1]):
            self.fail("a field is: TYPE lowerCamelName [WORD …]")
        field = {"type": words[0], "name": words[1], "flags": [], "min": 0, "max": 0, "oneof": oneof}
        for word in words[2:]:
            bounds = re.fullmatch(r"(items|length)=(\d+)\.\.(\d*)", word)
            if bounds:
                field["min"], field["max"] = int(bounds[2]), int(bounds[3] or 0)
            elif word in FLAGS:
                field["flags"].append(FLAGS[word])
            else:
                self.fail(f"unknown word {word}")
        if any(field["name"] == other["name"] for other in self.fields):
            self.fail(f"{field['name']} stands in the message twice")
        self.fields.append(field)

    def read(self, path):
        oneof = n_oneofs = 0
        self.path = path
        self.fields = None
        for self.number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if not line.startswith(" ") and words[0] == "enum":
                self.read_enum(words[1:])
            elif not line.startswith(" ") and words[0] == "message" and len(words) == 2:
                if words[1] in self.messages or words[1] in self.enums:
                    self.fail(f"{words[1]} stands here twice")
                self.fields = self.messages[words[1]] = []
                oneof = n_oneofs = 0
            elif self.fields is None or not line.startswith(" "):
                self.fail("neither an enum, nor a message, nor a field of one")
            elif words[0] == "oneof" and len(words) == 2:
                n_oneofs += 1
                oneof = n_oneofs
            elif words == ["end"]:
                oneof = 0
            else:
                self.read_field(words, oneof)

    def check(self):
        for name, fields in self.messages.items():
            for field in fields:
                if field["type"] not in SCALARS and field["type"] not in self.enums | self.messages.keys():
                    sys.exit(f"{name}.{field['name']}: there is no type {field['type']}")


def field_row(field, text, prefix):
    kind = field["type"]
    scalar = SCALARS.get(kind, "PROTO_ENUM" if kind in text.enums else "PROTO_MESSAGE")
    return '    {STR_INIT("%s"), %s, %s, %d, %s, %s, %d, %d},' % (
        field["name"],
        scalar,
        " | ".join(field["flags"]) or "0",
        field["oneof"],
        f"&{prefix}_{kind}" if kind in text.messages else "NULL",
        f"&{prefix}_{kind}" if kind in text.enums else "NULL",
        field["min"],
        field["max"],
    )


def main(prefix, header, target, *sources):
    text = Text()
    for source in sources:
        text.read(source)
    text.check()
    names = ", ".join(pathlib.Path(source).name for source in sources)
    made = f"/* Made by tools/proto-messages.py from {names}. */\n"
    declared = [f"extern const struct proto_enum {prefix}_{name};\n" for name in text.enums]
    declared += [f"extern const struct proto_message {prefix}_{name};\n" for name in text.messages]
    pathlib.Path(header).write_text(made + '#pragma once\n#include "json/proto.h"\n\n' + "".join(declared))
    out = [made, f'#include "{pathlib.Path(header).name}"\n']
    for name, values in text.enums.items():
        rows = "".join(f'    STR_INIT("{value}"),\n' for value in values)
        out.append(f"static const struct str {name}_values[] = {{\n{rows}}};\n")
        out.append(f'const struct proto_enum {prefix}_{name} = {{STR_INIT("{name}"), {name}_values, {len(values)}}};\n')
    for name, fields in text.messages.items():
        rows = "\n".join(field_row(field, text, prefix) for field in fields)
        if fields:
            out.append(f"static const struct proto_field {name}_fields[] = {{\n{rows}\n}};\n")
        out.append(
            f'const struct proto_message {prefix}_{name} = {{STR_INIT("{name}"), '
            f'{name + "_fields" if fields else "NULL"}, {len(fields)}}};\n'
        )
    pathlib.Path(target).write_text("\n".join(out))


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
