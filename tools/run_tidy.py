#!/usr/bin/env python3
# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
"""Runs clang-tidy over our files of a compile database, several at a time.

A file that was clean is left out while neither it, nor any header, nor .clang-tidy has changed since (--all: none is).
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess

from viaduct_tree import ROOT, relative, report

FOLDERS = ("src/", "tests/", "examples/", "bench/")
# The database is gcc's: what clang does not know of its options is no finding.
# The analyser, for the library and the programs. Dead stores: it reports the loop variable of every benchmark and objects
# that are there for their destructor. The other two judge what operating systems give us.
DEEP = (
    "--checks=clang-analyzer-*,-clang-analyzer-deadcode.DeadStores,"
    "-clang-analyzer-optin.core.EnumCastOutOfRange,-clang-analyzer-unix.Stream"
)
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error", "--extra-arg=-w"]


def our_files(build):
    """The source files of the database that are in the tree, each once."""
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    paths = {pathlib.Path(entry["directory"], entry["file"]).resolve() for entry in entries}
    return sorted(path for path in paths if path.is_relative_to(ROOT) and relative(path).startswith(FOLDERS))


def digest(paths):
    state = hashlib.sha256()
    for path in paths:
        state.update(path.read_bytes())
    return state.hexdigest()


def tidy(options, path):
    deep = [DEEP] if options.deep and not relative(path).startswith("tests/") else []
    ran = subprocess.run(
        [options.tool, "--quiet", "-p", options.build, *EXTRA, *deep, path], capture_output=True, text=True, check=False, cwd=ROOT
    )
    noise = re.compile(r"^(\d+ warnings? (generated|treated as errors?)|Suppressed .*|Use -header-filter.*)\.?$")
    text = "\n".join(line for line in (ran.stdout + ran.stderr).splitlines() if not noise.match(line.strip()))
    return ran.returncode, text.replace(f"{ROOT}/", "").strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="folder with compile_commands.json")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--all", action="store_true", help="also files that were clean and have not changed")
    parser.add_argument("--deep", action="store_true", help="with the static analyser, not for tests: ten times as long")
    parser.add_argument("--tool", default="clang-tidy-22")
    parser.add_argument("files", nargs="*", help="only these (part of a path is enough)")
    options = parser.parse_intermixed_args()

    headers = [path for folder in ("include", *FOLDERS) for path in sorted((ROOT / folder).rglob("*.hpp"))]
    common = digest([ROOT / ".clang-tidy", ROOT / "tests/.clang-tidy", *headers])
    stamps = options.build / ("tidy-deep" if options.deep else "tidy")
    stamps.mkdir(exist_ok=True)
    work = []
    for path in our_files(options.build):
        key = hashlib.sha256((common + digest([path])).encode()).hexdigest()[:20]
        stamp = stamps / f"{relative(path).replace('/', '+')}.{key}"
        chosen = not options.files or any(part in relative(path) for part in options.files)
        if chosen and (options.all or not stamp.exists()):
            work.append((path, stamp))

    findings = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(tidy, options, path): (path, stamp) for path, stamp in work}
        for done in concurrent.futures.as_completed(running):
            path, stamp = running[done]
            status, text = done.result()
            if status == 0:
                stamp.touch()
            else:
                findings.append(relative(path))
                print(f"{relative(path)}:\n{text}\n", flush=True)
    report(findings, f"clang-tidy: {len(work)} files read, nothing found")


main()
