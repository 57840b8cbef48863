# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
"""What the checks of this folder share: the tree's files, a C++ file without comments, and how findings are reported."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE_SUFFIXES = {".hpp", ".cpp", ".h", ".in"}

# A string, a character, a comment: whichever begins first owns what follows.
_TOKEN = re.compile(
    r'R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/', re.DOTALL
)


def sources(folder):
    """The C++ files below a folder of the tree, sorted; none if the folder is not there."""
    base = ROOT / folder
    return sorted(path for path in base.rglob("*") if path.is_file() and path.suffix in SOURCE_SUFFIXES)


def relative(path):
    return path.relative_to(ROOT).as_posix()


def without_comments(text, keep_strings=True):
    """The text with comments (and strings, if wanted) blanked out; line numbers stay."""

    def blank(match):
        token = match.group(0)
        if keep_strings and not token.startswith(("//", "/*")):
            return token
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(blank, text)


def lines_matching(text, pattern):
    """(line number, match) of each line in which the pattern occurs."""
    compiled = re.compile(pattern)
    for number, line in enumerate(text.splitlines(), start=1):
        found = compiled.search(line)
        if found:
            yield number, found


def report(findings, good):
    """Prints the findings and ends the program: 1 if there are any, else 0 with a word of what was checked."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} finding(s)")
        sys.exit(1)
    print(good)
    sys.exit(0)
