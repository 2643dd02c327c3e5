# filter.awk - public headers as Doxygen reads them: comments become documentation, set as they stand.
#
# SPDX-License-Identifier: MIT

function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    gsub(/\\/, "\\&#92;", text)
    gsub(/@/, "\\&#64;", text)
    gsub(/#include/, "%&", text)
    gsub(/"/, "\\&quot;", text)
    gsub(/- /, "\\&#45; ", text) # else a list, inside of what is set as it stands
    return text
}

# a comment behind a member
!in_comment && /[^ ].*\/\*.*\*\// {
    at = index($0, "/*")
    text = substr($0, at + 2)
    sub(/ *\*\/.*/, "", text)
    print substr($0, 1, at - 1) "/**< " escaped(text) " */"
    next
}

# one behind a member that goes on
!in_comment && /[^ ].*\/\*/ { behind = 1 }

in_comment || /\/\*/ {
    line = $0
    if (!in_comment) {
        at = index(line, "/*")
        opening = substr(line, 1, at - 1) (behind ? "/**< " : opened ? "/** <pre>" : "/** @file\n<pre>")
        section = line ~ /\/\* ----/
        line = substr(line, at + 2)
        body = ""
    }
    in_comment = line !~ /\*\//
    sub(/ *\*\/.*/, "", line)
    sub(/^ *\*( |$)/, "", line)
    body = body (body == "" ? "" : "\n") line
    if (in_comment)
        next
    if (section)
        print "/* " body " */"
    else
        print opening escaped(body) (behind ? " */" : "</pre> */")
    opened = 1
    behind = 0
    next
}

{ print }
