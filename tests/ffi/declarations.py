#!/usr/bin/env python3
# declarations.py - holds what the bindings declare against the public headers: names, results and arguments of functions,
# members of tables in their order, numbers of constants.
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
CALLBACKS = {"moe_progress", "moe_observer", "moe_quantile", "moe_destroy"}


def letter_of_c(text):
    """of a type, perhaps with the argument's name behind it"""
    text = text.strip()
    if "*" in text or "[" in text:
        return "s" if re.fullmatch(r"const char \*\s*\w*", text) else "p"
    word = text.split()[1 if text.startswith("const ") else 0]
    return "p" if word in CALLBACKS else NUMBERS[word]


def preprocessed(cc):
    text = subprocess.run([*cc.split(), "-E", "-P", "-I" + os.path.join(ROOT, "include"),
                           os.path.join(ROOT, "include/moefield/moefield.h")], capture_output=True, text=True, check=True).stdout
    return " ".join(text.split())


def tables_of_headers(text):
    """{table: [member, ...]}"""
    found = {}
    for name, body in re.findall(r"typedef struct (moe_\w+) \{(.*?)\} \1;", text):
        found[name] = re.findall(r"(?:\(\*(\w+)\)|\b(\w+))(?:\([^;]*)?;", body)
        found[name] = [a or b for a, b in found[name]]
    return found


def constants_of_headers(text):
    found = {}
    for body in re.findall(r"\benum \{(.*?)\}", text):
        for number, item in enumerate(part for part in body.split(",") if part.strip()):
            name, _, value = (word.strip() for word in item.partition("="))
            if name.startswith(("MOE_", "QNN_")):
                found[name] = int(value) if value else number
    return found


def of_headers(text):
    """{name: (result, arguments)} of what the headers declare"""
    found = {}
    for result, name, arguments in re.findall(r"((?:const )?\w+ \**)((?:moe|qnn)_\w+)\(([^()]*)\);", text):
        letters = "" if arguments == "void" else "".join(letter_of_c(a) for a in arguments.split(","))
        found[name] = letter_of_c(result), letters
    return found


def python_module():
    path = os.path.join(ROOT, "docs/examples/python/moefield.py")
    spec = importlib.util.spec_from_file_location("moefield", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_python():
    return python_module().declarations()


RUST = {"i32": "i", "i64": "l", "u64": "L", "f64": "d", "*const c_char": "s"}


def letter_of_rust(text):
    text = " ".join(text.split())
    if text in RUST:
        return RUST[text]
    if text.startswith(("*const ", "*mut ", "Option<", "extern ", "unsafe extern ")):
        return "p"
    return "p" if text in CALLBACKS else "?"


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


# What a binding's text says of tables and constants: a table with its members, a member, a constant with its number.
TEXTS = {
    "Python": ("docs/examples/python/moefield.py", None, None, None),
    "Rust": ("docs/examples/rust/moefield-sys/src/lib.rs", r"pub struct (moe_\w+) \{(.*?)\n\}", r"^    pub (\w+):",
             r"pub const ((?:MOE|QNN)_\w+): \w+ = (-?\d+);"),
    "Julia": ("docs/examples/julia/MoeField.jl", r"struct (moe_\w+)\n(.*?)\nend", r"^    (\w+)::",
              r"const ((?:MOE|QNN)_\w+) = \w+\((-?\d+)\)"),
}


# names that the Python module has without their group's
PYTHON_GROUP = {**dict.fromkeys("DOPRI5 DOP853 ADAMS RKC LOW_STORAGE".split(), "METHOD_"),
                **dict.fromkeys("PREDICTION PREDICTION_MAX COUPLING COUPLING_MAX LOSS W1 W1_BELOW W2 W2_BELOW MARGINALS".split(),
                                "STUDY_")}


def tables_and_constants(language):
    """{table: [member, ...]}, {constant: number}"""
    path, table, member, constant = TEXTS[language]
    if language == "Python":
        module = python_module()
        kinds = {"ExpertOps": "moe_expert_ops"}
        tables = {c: [name for name, *_ in getattr(module, python)._fields_] for python, c in kinds.items()}
        names = {name: number for name, number in vars(module).items() if name.isupper() and isinstance(number, int)}
        return tables, {"MOE_" + PYTHON_GROUP.get(name, "") + name: number for name, number in names.items()}
    with open(os.path.join(ROOT, path)) as file:
        text = file.read()
    tables = {name: [m.rstrip("_") for m in re.findall(member, body, re.M)] for name, body in re.findall(table, text, re.S)}
    return tables, {name: int(number) for name, number in re.findall(constant, text)}


def other_faults(language, headers_tables, headers_constants):
    tables, constants = tables_and_constants(language)
    for name, members in tables.items():
        if name in headers_tables and members != headers_tables[name]:  # handles are structs without members
            yield f"the table {name} has {members}, and is {headers_tables[name]}"
    for name, number in constants.items():
        if headers_constants.get(name) != number:
            yield f"the constant {name} is {number}, and {headers_constants.get(name, 'nowhere')} in the headers"


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
    text = preprocessed(cc)
    headers, tables, constants = of_headers(text), tables_of_headers(text), constants_of_headers(text)
    if len(tables) < 5 or len(tables["moe_expert_ops"]) != 15 or constants["MOE_ERROR_SIZE"] != -11:
        sys.exit("declarations.py does not read tables and constants")
    if len(headers) < 100 or not catches():
        sys.exit("declarations.py does not work")
    bad = 0
    for language, binding, whole in (("Python", of_python(), True), ("Rust", of_rust(), True), ("Julia", of_julia(), True)):
        if binding is None:
            continue
        lines = list(faults(as_pointers(headers), as_pointers(binding), whole) if language == "Julia" else faults(headers, binding, whole))
        lines += other_faults(language, tables, constants)
        for line in lines:
            print(f"{language}: {line}", file=sys.stderr)
        bad += len(lines)
        there = tables_and_constants(language)
        print(f"{language}: {len(binding)} functions, {len(set(there[0]) & set(tables))} tables, {len(there[1])} constants, "
              f"{len(lines)} faults")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cc")
