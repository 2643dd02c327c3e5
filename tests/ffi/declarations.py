#!/usr/bin/env python3
# declarations.py - holds what the bindings declare against the public headers: names, results, arguments.
#
#   declarations.py CC                                          (run at the root of the tree)
#
# A C type becomes one letter: v void, i int32_t, l int64_t, L uint64_t, d double, s const char *, p any other pointer.
# SPDX-License-Identifier: MIT
import importlib.util
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NUMBERS = {"void": "v", "int32_t": "i", "int64_t": "l", "uint64_t": "L", "double": "d"}
CALLBACKS = {"moe_progress", "moe_observer", "moe_quantile"}


def letter_of_c(text):
    """of a type, perhaps with the argument's name behind it"""
    text = text.strip()
    if "*" in text or "[" in text:
        return "s" if re.fullmatch(r"const char \*\s*\w*", text) else "p"
    word = text.split()[1 if text.startswith("const ") else 0]
    return "p" if word in CALLBACKS else NUMBERS[word]


def of_headers(cc):
    """{name: (result, arguments)} of what the headers declare"""
    text = subprocess.run([*cc.split(), "-E", "-P", "-I" + os.path.join(ROOT, "include"),
                           os.path.join(ROOT, "include/moefield/moefield.h")], capture_output=True, text=True, check=True).stdout
    text = " ".join(text.split())
    found = {}
    for result, name, arguments in re.findall(r"((?:const )?\w+ \**)((?:moe|qnn)_\w+)\(([^()]*)\);", text):
        letters = "" if arguments == "void" else "".join(letter_of_c(a) for a in arguments.split(","))
        found[name] = letter_of_c(result), letters
    return found


def of_python():
    path = os.path.join(ROOT, "docs/examples/python/moefield.py")
    spec = importlib.util.spec_from_file_location("moefield", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.declarations()


RUST = {"i32": "i", "i64": "l", "u64": "L", "f64": "d", "*const c_char": "s"}


def letter_of_rust(text):
    text = " ".join(text.split())
    if text in RUST:
        return RUST[text]
    if text.startswith(("*const ", "*mut ", "Option<", "extern ", "unsafe extern ")):
        return "p"
    return "p" if text in ("moe_progress", "moe_observer", "moe_quantile") else "?"


def outer_commas(text):
    """the parts between the commas that no bracket encloses"""
    parts, depth, part = [], 0, ""
    for c in text:
        depth += (c in "(<[") - (c in ")]" or (c == ">" and not part.endswith("-")))
        if c == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += c
    return [p for p in parts + [part] if p.strip()]


def of_rust():
    """`pub fn name(a: T, ...) -> R;` of the extern block"""
    path = os.path.join(ROOT, "docs/examples/rust/moefield-sys/src/lib.rs")
    if not os.path.exists(path):
        return None
    with open(path) as file:
        text = re.sub(r"//[^\n]*", "", file.read())
    found = {}
    for match in re.finditer(r"pub fn ((?:moe|qnn)_\w+)\s*\((.*?)\)\s*(?:->\s*([^;{]+?))?\s*;", text, re.S):
        name, arguments, result = match.groups()
        letters = "".join(letter_of_rust(a.split(":", 1)[1]) for a in outer_commas(arguments))
        found[name] = letter_of_rust(result) if result else "v", letters
    return found


JULIA = {"Ptr{UInt8}": "p", "Int32": "i", "Cint": "i", "Int64": "l", "UInt64": "L", "Float64": "d", "Cdouble": "d", "Cstring": "s", "Cvoid": "v"}


def letter_of_julia(text):
    text = text.strip()
    return JULIA.get(text, "p" if text.startswith(("Ptr{", "Ref{")) else "?")


def of_julia():
    """`@ccall lib.name(a::T, ...)::R`"""
    path = os.path.join(ROOT, "docs/examples/julia/MoeField.jl")
    if not os.path.exists(path):
        return None
    with open(path) as file:
        text = re.sub(r"#[^\n]*", "", file.read())
    found = {}
    for match in re.finditer(r"@ccall\s+[\w.()$]+?\.((?:moe|qnn)_\w+)\((.*?)\)::([\w{}]+)", text, re.S):
        name, arguments, result = match.groups()
        letters = "".join(letter_of_julia(a.rsplit("::", 1)[1]) for a in outer_commas(arguments))
        found[name] = letter_of_julia(result), letters
    return found


def as_pointers(declared):
    """where a text that need not end in a NUL is a pointer as any other"""
    return {name: (result.replace("s", "p"), arguments.replace("s", "p")) for name, (result, arguments) in declared.items()}


def faults(headers, binding, whole):
    """what differs, a line each; whole: the binding declares every function"""
    for name, declared in sorted(binding.items()):
        if name not in headers:
            yield f"{name} is in no header"
        elif declared != headers[name]:
            yield f"{name} is declared {declared[1]} -> {declared[0]}, and is {headers[name][1]} -> {headers[name][0]}"
    if whole:
        yield from (f"{name} is not declared" for name in sorted(set(headers) - set(binding)))


def catches():
    """the comparison itself, on declarations that are wrong"""
    headers = {"moe_a": ("i", "pd"), "moe_b": ("v", "p")}
    wrong = [({"moe_a": ("i", "pl"), "moe_b": ("v", "p")}, 1), ({"moe_a": ("i", "p"), "moe_b": ("v", "p")}, 1),
             ({"moe_a": ("l", "pd"), "moe_c": ("v", "p")}, 3), ({"moe_a": ("i", "pd")}, 1), (dict(headers), 0)]
    return all(len(list(faults(headers, binding, True))) == count for binding, count in wrong)


def main(cc):
    headers = of_headers(cc)
    if len(headers) < 100 or not catches():
        sys.exit("declarations.py does not work")
    bad = 0
    for language, binding, whole in (("Python", of_python(), True), ("Rust", of_rust(), True), ("Julia", of_julia(), True)):
        if binding is None:
            continue
        lines = list(faults(as_pointers(headers), as_pointers(binding), whole) if language == "Julia" else faults(headers, binding, whole))
        for line in lines:
            print(f"{language}: {line}", file=sys.stderr)
        bad += len(lines)
        print(f"{language}: {len(binding)} declarations, {len(lines)} of them wrong or missing")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cc")
