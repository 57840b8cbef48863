#!/usr/bin/env python3
# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
"""Checks what public headers include, and that docs/errors.md is what tools/generate_errors.py makes.

A public header may include standard C++ headers, our own ("viaduct/...") and <boost/system/...>. Boost.Asio is allowed
below include/viaduct/async, Boost.Interprocess and its containers in shared_heap.hpp. It begins with #pragma once after its
comment.
"""
import argparse
import re
import subprocess
import sys

from viaduct_tree import ROOT, lines_matching, relative, report, sources, without_comments

STANDARD = re.compile(r"<[a-z_0-9]+>")
GENERATED = {"viaduct/export.hpp", "viaduct/version.hpp"}


def allowed(name, included):
    if STANDARD.fullmatch(included):
        return True
    target = included.strip('<>"')
    if target.startswith("viaduct/"):
        return included.startswith('"') and (target in GENERATED or (ROOT / "include" / target).exists())
    if not included.startswith("<boost/"):
        return False
    if target.startswith("boost/system/"):
        return True
    if name.startswith("include/viaduct/async/"):
        return target.startswith("boost/asio")
    heap = ("boost/interprocess/", "boost/container/", "boost/version.hpp")
    return name == "include/viaduct/shared_heap.hpp" and target.startswith(heap)


def check_header(path):
    name = relative(path)
    code = without_comments(path.read_text(encoding="utf-8"))
    if not re.match(r"\s*#pragma once\b", code):
        yield f"{name}: #pragma once must come first, after the comment"
    for number, match in lines_matching(code, r'^\s*#\s*include\s*(<[^>]+>|"[^"]+"|\S+)'):
        if not allowed(name, match.group(1)):
            yield f"{name}:{number}: a public header must not include {match.group(1)}"


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    headers = sources("include/viaduct")
    findings = [finding for path in headers for finding in check_header(path)]
    generated = subprocess.run(
        [sys.executable, ROOT / "tools/generate_errors.py", "--check"], capture_output=True, text=True, check=False
    )
    if generated.returncode != 0:
        findings.append((generated.stdout + generated.stderr).strip())
    report(findings, f"{len(headers)} public headers include only what they may; docs/errors.md is up to date")


main()
