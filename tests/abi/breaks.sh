#!/bin/sh
# breaks.sh - breaks the ABI on purpose, in a copy, and sees that check-abi says which name it was; and adds to
# it, which is allowed.
#
#   breaks.sh 'compile command' 'link command for objects' objects...      (run at the root of the tree)
#
# SPDX-License-Identifier: MIT
set -eu
compile=$1
link=$2
shift 2
objects=$*
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fresh: a copy of what decides the ABI, with the objects that were built
fresh()
{
    rm -rf "$work/tree"
    mkdir "$work/tree"
    cp -r include lib tests docs "$work/tree"
    replaced=
}

# edit file sed-script: an edit that changes nothing is a fault of this test
edit()
{
    sed "$2" "$work/tree/$1" >"$work/edited"
    ! cmp -s "$work/edited" "$work/tree/$1" || { echo "breaks.sh: nothing to edit in $1" >&2; exit 1; }
    cp "$work/edited" "$work/tree/$1"
}

# anew source: compiled in the copy, in place of the object that was built
anew()
{
    (cd "$work/tree" && $compile -w -c "$1" -o "$work/tree/$(basename "$1" .c).o")
    replaced="$replaced ${1%.c}.o"
}

linked()
{
    list=
    for object in $objects; do
        case " $replaced " in
        *" ${object#*/} "*) list="$list $work/tree/$(basename "$object")" ;;
        *) list="$list $root/$object" ;;
        esac
    done
    (cd "$work/tree" && $link $list -Wl,--version-script=lib/moefield.map -o broken.so)
}

# caught name script: the check fails and says the name
caught()
{
    name=$1
    shift
    if (cd "$work/tree" && "$@") >"$work/report" 2>&1; then
        echo "not caught: $name" >&2
        exit 1
    fi
    grep -q "$name" "$work/report" || { echo "caught, but not by its name: $name" >&2; cat "$work/report" >&2; exit 1; }
    echo "caught: $(grep -m1 "$name" "$work/report" | sed 's/^ *//' | cut -c 1-150)"
}

fresh # the type of an argument
edit include/moefield/flow.h 's/moe_flow_advance(moe_flow \*flow, double /moe_flow_advance(moe_flow *flow, float /'
edit lib/flow/advance.c 's/moe_flow_advance(moe_flow \*flow, double /moe_flow_advance(moe_flow *flow, float /'
anew lib/flow/advance.c
linked
caught moe_flow_advance tests/abi/check_abi.sh broken.so

fresh # a symbol that is gone
edit lib/moefield.map '/^ *moe_flow_time;/d'
linked
caught moe_flow_time tests/abi/check_abi.sh broken.so

fresh # a member of a table that has moved
edit include/moefield/expert.h '/(\*unbind)(/d
s/^ *int32_t (\*bind)(.*/    void (*unbind)(void *self, void *bound);\n&/'
anew lib/expert/expert.c
linked
caught 'unbind. offset changed' tests/abi/check_abi.sh broken.so
caught moe_expert_ops.unbind tests/abi/check_names.sh "${compile%% *}"

fresh # what a member takes
edit include/moefield/expert.h 's/(\*unbind)(void \*self, void \*bound)/(*unbind)(void *self, int64_t bound)/'
anew lib/expert/expert.c
linked
caught "unbind. changed" tests/abi/check_abi.sh broken.so

fresh # a constant with another value
edit include/moefield/types.h 's/MOE_ERROR_INDEX = -14/MOE_ERROR_INDEX = -114/'
caught MOE_ERROR_INDEX tests/abi/check_names.sh "${compile%% *}"

fresh # a name that is gone from the headers
edit include/moefield/transport.h 's/moe_transport_method/moe_transport_way/'
caught moe_transport_method tests/abi/check_names.sh "${compile%% *}"

fresh # allowed: a new function, and a table that grows at its end
edit include/moefield/flow.h 's/^double moe_flow_time(.*/&\ndouble moe_flow_hour(const moe_flow *flow);/'
edit lib/moefield.map 's/^ *moe_flow_time;/&\n    moe_flow_hour;/'
edit include/moefield/expert.h 's/^} moe_expert_ops;/    void (*later)(void *self);\n&/'
edit lib/flow/flow.c '$s/$/\nMOE_PUBLIC double moe_flow_hour(const moe_flow *flow) { return moe_flow_time(flow); }/'
anew lib/flow/flow.c
anew lib/expert/expert.c
linked
(cd "$work/tree" && nm -D broken.so | grep -q moe_flow_hour && tests/abi/check_abi.sh broken.so >/dev/null)
echo "breaks are caught by name, additions are not"
