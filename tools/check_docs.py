#!/usr/bin/env python3
# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
"""Fills the quotes in README.md and docs/ from the examples, so that what a page shows is what is compiled and run.

A quote stands between two comments, alone on their lines; what is between them is this tool's:

  <!-- example: pipe.cpp parent -->
  <!-- end of example -->

`parent` is the part of examples/pipe.cpp between two lines `// [parent]`. --check changes nothing and fails when a quote
differs. Both also fail for a part that is not there, for a link to a file or heading that is not there, and for a page of
a primitive that does not end with the table | On Linux | On macOS | On Windows |.
"""
import argparse
import re

from viaduct_tree import ROOT, relative, report

QUOTE = re.compile(r"^<!-- example: (\S+) (\S+) -->\n(.*?)^<!-- end of example -->$", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
TABLE_HEAD = "| On Linux | On macOS | On Windows |"


def pages():
    return [path for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])]


def part_of(example, part):
    """The lines between the two marks, or None."""
    path = ROOT / "examples" / example
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    mark = rf"^ *// \[{re.escape(part)}\]\n"
    found = re.search(mark + r"(.*?)" + mark, text, re.DOTALL | re.MULTILINE)
    return found.group(1).strip("\n") if found else None


def filled(path, findings):
    """The page with every quote as it should be."""

    def fill(match):
        example, part, _ = match.groups()
        body = part_of(example, part)
        if body is None:
            findings.append(f"{relative(path)}: examples/{example} has no part [{part}]")
            return match.group(0)
        return f"<!-- example: {example} {part} -->\n```cpp\n{body}\n```\n<!-- end of example -->"

    text = path.read_text(encoding="utf-8")
    opened = len(re.findall(r"^<!-- example:", text, re.MULTILINE))
    if opened != len(QUOTE.findall(text)):
        findings.append(f"{relative(path)}: a quote is not of the form <!-- example: FILE PART --> ... <!-- end of example -->")
    return QUOTE.sub(fill, text)


def anchors(path):
    """The fragments that headings of a page can be reached by."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken_links(path):
    for target in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, fragment = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists():
            yield f"{relative(path)}: there is no {target}"
        elif fragment and there.suffix == ".md" and fragment not in anchors(there):
            yield f"{relative(path)}: no heading makes #{fragment} in {relative(there)}"


def missing_tables():
    """Pages named like a public header that has an example: those of the primitives."""
    for header in sorted((ROOT / "include/viaduct").glob("*.hpp")):
        page = ROOT / "docs" / f"{header.stem}.md"
        if (ROOT / "examples" / f"{header.stem}.cpp").exists() and page.exists():
            sections = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
            if TABLE_HEAD not in sections[-1]:
                yield f"{relative(page)}: its last section is not the table {TABLE_HEAD}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    findings, quotes = [], 0
    for path in pages():
        text, wanted = path.read_text(encoding="utf-8"), filled(path, findings)
        quotes += len(QUOTE.findall(text))
        if text != wanted and check:
            findings.append(f"{relative(path)}: a quote is not what the example says: run tools/check_docs.py")
        elif text != wanted:
            path.write_text(wanted, encoding="utf-8")
    for path in pages():
        findings += broken_links(path)
    findings += missing_tables()
    report(findings, f"{quotes} quotes are what the examples say, links lead somewhere, pages end with their table")


main()
