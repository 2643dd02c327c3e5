# handles.awk - a manual page of section 3 from a public header: what it opens with, then every declaration under
# the comment that stands above it, as they are.
#
#   awk -v version=0.1.0 -f handles.awk include/moefield/flow.h
#
# SPDX-License-Identifier: MIT

function escaped(line) {
    gsub(/\\/, "\\e", line)
    if (line ~ /^[.']/)
        line = "\\&" line
    return line
}

# the text of a comment, without its stars
function uncommented(text,    lines, count, i, all) {
    sub(/^\/\*[ ]?/, "", text)
    sub(/[ ]*\*\/[ ]*$/, "", text)
    count = split(text, lines, "\n")
    for (i = 1; i <= count; i++) {
        sub(/^ \*[ ]?/, "", lines[i])
        all = all (i > 1 ? "\n" : "") escaped(lines[i])
    }
    return all
}

function literal(text) {
    if (text != "")
        printf ".Bd -literal -compact\n%s\n.Ed\n", text
}

function opening(text,    first, rest) {
    text = uncommented(text)
    match(text, /[.:;]([ \n]|$)/) # the end of the first sentence
    first = substr(text, 1, RSTART)
    rest = substr(text, RSTART + 2)
    gsub(/\n/, " ", first)
    sub(/^\n*/, "", rest)
    sub(/\n*SPDX.*/, "", rest)
    name = first
    sub(/ - .*/, "", name)
    header = name
    sub(/\.h$/, "", name)
    sub(/^[^ ]* - /, "", first)
    sub(/[.:;]$/, "", first)
    page = name == "moefield" ? name : "moe_" name
    printf ".Dd %s\n.Dt %s 3\n.Os \"moefield %s\"\n.Sh NAME\n.Nm %s\n.Nd %s\n", date, toupper(page), version, page, first
    printf ".Sh SYNOPSIS\n.In moefield/%s\n.Sh DESCRIPTION\n", header
    literal(rest)
}

function declaration(text,    n, lines, i, all) {
    n = split(text, lines, "\n")
    for (i = 1; i <= n; i++)
        all = all (i > 1 ? "\n" : "") escaped(lines[i])
    printf ".Pp\n"
    literal(all)
    if (comment != "") {
        printf ".Pp\n"
        literal(comment)
    }
    printf ".Pp\n"
}

/^#/ || /^extern "C"/ || /^}$/ { next }

/^\/\*/ || in_comment {
    block = in_comment ? block "\n" $0 : $0
    in_comment = $0 !~ /\*\/[ ]*$/
    if (in_comment)
        next
    if (!opened) {
        opening(block)
        opened = 1
    } else if (block ~ /^\/\* ----/) {
        title = block
        gsub(/^\/\* -+ | -+ \*\/.*/, "", title)
        printf ".Ss %s\n", escaped(title)
    } else
        comment = uncommented(block)
    next
}

/^$/ { if (held == "") comment = ""; next }

{
    held = held == "" ? $0 : held "\n" $0
    if ((held ~ /^(typedef struct|enum)[^;]*\{/ && $0 !~ /^}.*;/) || $0 !~ /;[ ]*(\/\*.*)?$/)
        next
    declaration(held)
    held = ""
}

END {
    printf ".Sh SEE ALSO\n.Xr moefield 1\n"
}
