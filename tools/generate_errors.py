#!/usr/bin/env python3
# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
"""Writes docs/errors.md from the enumerators of include/viaduct/errc.hpp and their comments.

Each code is one line there:  `  timed_out = 1,  // the deadline passed first; ...`
--check changes nothing and fails when the page differs.
"""
import argparse
import re
import sys

from viaduct_tree import ROOT

HEADER = ROOT / "include/viaduct/errc.hpp"
PAGE = ROOT / "docs/errors.md"
INTRODUCTION = """# Errors

<!-- Made by tools/generate_errors.py from include/viaduct/errc.hpp: change it there. -->

Every function that can fail returns a `result`. Its `error()` carries one of these codes, the operating system's own
code where there is one (`os_code()`), what was attempted (`operation()`) on which object (`object()`), a hint, and for
some codes a number of bytes (`size()`). `message()` says all of it in one line.

| code | value | it means |
| --- | --- | --- |
"""


def codes():
    """(name, value, meaning) of each enumerator; every line of the enumeration must have the form above."""
    text = HEADER.read_text(encoding="utf-8")
    body = re.search(r"enum class errc\b[^{]*\{\n(.*?)\n\};", text, re.DOTALL)
    if not body:
        sys.exit(f"{HEADER.name}: no enum class errc found")
    for line in body.group(1).splitlines():
        if not line.strip():
            continue
        match = re.fullmatch(r"\s*(\w+) = (\d+),\s*// (\S.*)", line)
        if not match:
            sys.exit(f"{HEADER.name}: not of the form `name = 1,  // meaning`: {line.strip()}")
        yield match.groups()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    rows = [f"| `{name}` | {value} | {meaning.replace('|', chr(92) + '|')} |\n" for name, value, meaning in codes()]
    page = INTRODUCTION + "".join(rows)
    if not check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        sys.exit("docs/errors.md is not what include/viaduct/errc.hpp says: run tools/generate_errors.py")


main()
