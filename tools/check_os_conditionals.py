#!/usr/bin/env python3
# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
"""Enforces the folder table of docs/architecture.md: operating systems stay in their folders.

  include/viaduct, src/common, src/channel, src/backend, tests, examples
                no OS header (anything <....h>), no OS macro, and in src no OS name outside comments
  src/posix     never the words __linux__ or __APPLE__, no Windows or Darwin header
  src/windows   no POSIX header
  src/macos     only files that replace one of the same name in src/posix
  src/common/log.cpp and no other file: spdlog
  src/*/system.cpp and no other file: viaduct_features.hpp, VIADUCT_HAVE_*, VIADUCT_PORTABLE_FALLBACKS
"""
import argparse
import re

from viaduct_tree import ROOT, lines_matching, relative, report, sources, without_comments

# Files that may break a rule, each with its reason. Before one is added, its code should have moved to an OS folder.
EXCEPTIONS = {
    "include/viaduct/export.hpp": "how a symbol is exported differs per compiler (generated, not in the tree)",
}

OS_MACRO = (
    r"\b(_WIN32|_WIN64|WIN32|__linux__|__linux|__unix__|__unix|__APPLE__|__MACH__|__MINGW\w*__|__CYGWIN__"
    r"|_MSC_VER|__FreeBSD__|__ANDROID__|BOOST_OS_\w+|TARGET_OS_\w+)\b"
)
OS_NAME = r"(?i)(?<![a-z])(linux|windows|win32|macos|darwin|apple)(?![a-z])"
OS_HEADER = r"#\s*include\s*<((?!spdlog/)[\w./-]+\.h)>"
SPDLOG = r'#\s*include\s*[<"]spdlog/'
PROBES = r"\b(VIADUCT_HAVE_\w+|VIADUCT_PORTABLE_FALLBACKS)\b|viaduct_features\.hpp"
WINDOWS_HEADER = r"(?i)#\s*include\s*<(windows|win\w+|ws2tcpip|mswsock|aclapi|sddl|bcrypt|ntsecapi|psapi|tlhelp32)\.h>"
DARWIN_HEADER = r"#\s*include\s*<((mach|servers|bsm|libkern|os|xpc|dispatch|Availability\w*|TargetConditionals)\b[\w./]*\.h)>"
POSIX_HEADER = (
    r"#\s*include\s*<((sys|netinet|arpa|linux|asm|net)/[\w./]+\.h"
    r"|(unistd|fcntl|poll|pthread|dirent|dlfcn|grp|pwd|sched|semaphore|spawn|mqueue|netdb|termios|utime)\.h)>"
)

PORTABLE = ["include/viaduct", "src/common", "src/channel", "src/backend", "tests", "examples"]
RULES = {
    **{folder: [(OS_MACRO, "OS macro"), (OS_HEADER, "OS header")] for folder in PORTABLE},
    "src/posix": [
        (r"\b(__linux__|__linux|__APPLE__|__MACH__)\b", "OS macro"),
        (WINDOWS_HEADER, "Windows header"),
        (DARWIN_HEADER, "Darwin header"),
    ],
    "src/windows": [(POSIX_HEADER, "POSIX header"), (r"\b(__linux__|__APPLE__|__unix__)\b", "OS macro")],
    "src/macos": [(WINDOWS_HEADER, "Windows header"), (r"\b(_WIN32|__linux__)\b", "OS macro")],
}
for folder in ("src/common", "src/channel", "src/backend"):
    RULES[folder].append((OS_NAME, "OS name"))
OS_TESTS = ("tests/posix/", "tests/windows/", "tests/macos/")


def check_file(path, rules):
    name = relative(path)
    if name in EXCEPTIONS:
        return []
    code = without_comments(path.read_text(encoding="utf-8"))
    found = [
        f"{name}:{number}: {what} here: {match.group(0).strip()}"
        for pattern, what in rules
        for number, match in lines_matching(code, pattern)
    ]
    if name != "src/common/log.cpp":
        found += [f"{name}:{number}: spdlog belongs in src/common/log.cpp" for number, _ in lines_matching(code, SPDLOG)]
    if not re.fullmatch(r"src/\w+/system\.cpp", name):
        found += [
            f"{name}:{number}: probes belong in system.cpp: {match.group(0)}"
            for number, match in lines_matching(code, PROBES)
        ]
    return found


def check_macos_replaces():
    for path in sources("src/macos"):
        if path.suffix == ".cpp" and not (ROOT / "src/posix" / path.name).exists():
            yield f"{relative(path)}: replaces nothing, there is no src/posix/{path.name}"


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    findings, count = [], 0
    for folder, rules in RULES.items():
        for path in sources(folder):
            if relative(path).startswith(OS_TESTS):
                continue
            count += 1
            findings += check_file(path, rules)
    findings += check_macos_replaces()
    report(findings, f"{count} files keep to their folder's rules")


main()
