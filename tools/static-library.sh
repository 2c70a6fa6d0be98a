#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes OUTPUT, a static library of one object, of what the public functions need in ARCHIVEs. All other functions become
# local to it. COMDAT groups are dissolved first: the linker would throw one away that another object has, too.
# usage: static-library.sh OUTPUT WORK_DIR ARCHIVE...
set -eu
output=$1
work=$2
shift 2
mkdir -p "$work"
${LD:-ld} -r --force-group-allocation -o "$work/doorward.o" --whole-archive "$1" --no-whole-archive --start-group "$@" --end-group
${OBJCOPY:-objcopy} --wildcard --keep-global-symbol='doorward_*' "$work/doorward.o"
rm -f "$output"
${AR:-ar} rcsD "$output" "$work/doorward.o"
