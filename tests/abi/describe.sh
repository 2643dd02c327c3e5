#!/bin/sh
# describe.sh - the binary interface of a libmoefield.so that was built with -g, as XML of libabigail:
# every exported function with its types, and the structs that the headers define.
#
#   describe.sh libmoefield.so                                  (run at the root of the tree)
#
# SPDX-License-Identifier: MIT
set -eu
exec abidw --suppressions tests/abi/public.suppr --drop-private-types --exported-interfaces-only \
    --no-elf-needed --no-corpus-path --no-comp-dir-path --no-show-locs "$1"
