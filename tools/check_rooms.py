#!/usr/bin/env python3
# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
"""Checks that every primitive has all its rooms, and that every file in a room is built.

The rooms are read from the table in docs/where-to-change.md whose first two headings are "primitive" and "rooms":

  | primitive | rooms |
  | --- | --- |
  | pipe | header backend common posix windows test example bench page |

A row's first cell is the base name X (backquotes are ignored), its second the rooms, separated by spaces or commas:

  header   include/viaduct/X.hpp          async    include/viaduct/async/X.hpp
  backend  src/backend/X.hpp              common   src/common/X.cpp
  posix    src/posix/X.cpp                windows  src/windows/X.cpp
  macos    src/macos/X.cpp                channel  src/channel/X.cpp
  test     tests/X_test.cpp               example  examples/X.cpp
  bench    bench/X_bench.cpp              page     docs/X.md

Sources must be listed in cmake/Sources.cmake; tests, examples and benchmarks in their folder's CMakeLists.txt. The
reverse is checked too: no .cpp of src, no *_test.cpp, no *_bench.cpp lies there without being built.
"""
import argparse
import re

from viaduct_tree import ROOT, relative, report

TABLE = ROOT / "docs/where-to-change.md"
PLACES = {
    "header": "include/viaduct/{}.hpp",
    "async": "include/viaduct/async/{}.hpp",
    "backend": "src/backend/{}.hpp",
    "common": "src/common/{}.cpp",
    "channel": "src/channel/{}.cpp",
    "posix": "src/posix/{}.cpp",
    "windows": "src/windows/{}.cpp",
    "macos": "src/macos/{}.cpp",
    "test": "tests/{}_test.cpp",
    "example": "examples/{}.cpp",
    "bench": "bench/{}_bench.cpp",
    "page": "docs/{}.md",
}
SOURCE_LISTS = {
    "common": "viaduct_common_sources",
    "channel": "viaduct_channel_sources",
    "posix": "viaduct_posix_sources",
    "windows": "viaduct_windows_sources",
    "macos": "viaduct_macos_replacements",
}


def read(path):
    file = ROOT / path
    return re.sub(r"#[^\n]*", "", file.read_text(encoding="utf-8")) if file.exists() else ""


def cells(line):
    return [cell.strip().strip("`*") for cell in line.strip().strip("|").split("|")]


def rooms_by_primitive():
    """{base name: [room, ...]} from the table; the text around it does not matter."""
    rows, inside = {}, False
    for line in TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else []:
        row = cells(line) if line.lstrip().startswith("|") else []
        if [cell.lower() for cell in row[:2]] == ["primitive", "rooms"]:
            inside = True
        elif not row:
            inside = False
        elif inside and not set(row[0]) <= set("-: "):
            rows[row[0]] = re.split(r"[\s,`]+", row[1].strip())
    return rows


def source_list(variable):
    body = re.search(r"set\(" + variable + r"\b([^)]*)\)", read("cmake/Sources.cmake"))
    return set(body.group(1).split()) if body else set()


def declared(list_file, function):
    """The names given to viaduct_test() and its like, directly or through a list in a foreach over OS folders."""
    text = read(list_file)
    names = set(re.findall(function + r"\(\s*([\w/]+)", text))
    for folder, body in re.findall(r"set\((\w+)_tests\b([^)]*)\)", text):
        names |= {f"{folder}/{name}" for name in body.split()}
    return names


def missing_rooms(rows, built):
    for name, rooms in rows.items():
        for room in rooms:
            if room not in PLACES:
                yield f"docs/where-to-change.md: {name}: unknown room {room!r} (there are: {' '.join(PLACES)})"
                continue
            path = PLACES[room].format(name)
            if not (ROOT / path).exists():
                yield f"{path}: missing, a room of {name}"
            elif room in built and (f"{name}.cpp" if room in SOURCE_LISTS else name) not in built[room]:
                yield f"{path}: not built"


def unbuilt_files(built):
    for room, names in built.items():
        folder = PLACES[room].split("{}")[0].rstrip("/")
        suffix = {"test": "_test.cpp", "bench": "_bench.cpp"}.get(room, ".cpp")
        if room == "example":
            continue  # an example may have several files
        for path in sorted((ROOT / folder).rglob(f"*{suffix}")):
            inner = path.relative_to(ROOT / folder).as_posix()
            if (inner if room in SOURCE_LISTS else inner[: -len(suffix)]) not in names:
                yield f"{relative(path)}: lies there and is not built"


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    built = {room: source_list(variable) for room, variable in SOURCE_LISTS.items()}
    built["test"] = declared("tests/CMakeLists.txt", "viaduct_test")
    built["example"] = declared("examples/CMakeLists.txt", "viaduct_example")
    built["bench"] = declared("bench/CMakeLists.txt", "viaduct_bench")
    rows = rooms_by_primitive()
    findings = [] if rows else ["docs/where-to-change.md: no table headed | primitive | rooms |"]
    findings += [*missing_rooms(rows, built), *unbuilt_files(built)]
    report(findings, f"{len(rows)} primitives have all their rooms, and every file in them is built")


main()
