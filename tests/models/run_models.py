#!/usr/bin/env python3
# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
"""Checks the Promela models of this folder with Spin, and that their mutants fail.

A model passes if Spin searched all of it and found no error. A mutant, the same model with one thing wrong, must fail: by
an assertion, or by an acceptance cycle when liveness is checked. Exit status: 0 all good, 1 something failed, 77 without Spin.
"""
import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SKIPPED = 77
MEMORY_MIB = 1500
DEPTH = 200000
SECONDS = 250  # for one run


class Run(NamedTuple):
    model: str
    options: str = ""
    mutant: str = ""
    live: bool = False

    def name(self):
        words = [self.model, *self.options.split(), *(["LIVE"] if self.live else [])]
        return " ".join(words + (["MUTANT_" + self.mutant] if self.mutant else []))

    def defines(self):
        words = self.options.split() + (["LIVE"] if self.live else []) + (["MUTANT_" + self.mutant] if self.mutant else [])
        return ["-D" + word for word in words]


RUNS = [
    Run("lock_word"),
    Run("lock_word", "ASYNC"),
    Run("lock_word", "N=2 ROUNDS=2", live=True),
    Run("lock_word", "CRASHES=1 DEADLINE=0", live=True),
    Run("lock_word", mutant="WAKE_BEFORE_STORE"),
    Run("lock_word", mutant="DIRTY_LOST"),
    Run("lock_word", mutant="TAKEOVER_BY_STORE"),
    Run("lock_word", mutant="TAKEOVER_WITHOUT_D"),
    Run("lock_word", mutant="K_AFTER_WORD"),
    Run("lock_word", mutant="NO_LOOK"),
    Run("lock_word", mutant="WOKEN_WITHOUT_C"),
    Run("lock_word", "ROUNDS=2", mutant="LEAVE_WITHOUT_C"),
    Run("lock_word", "ASYNC", mutant="BELL_AFTER_C"),
    Run("lock_word", "CRASHES=1 DEADLINE=0", mutant="NO_LOOK", live=True),
    Run("event_count"),
    Run("event_count", "WAITERS=1 POSTS=2"),
    Run("event_count", "GATED"),
    Run("event_count", "ONE WAITERS=3"),
    Run("event_count", mutant="WAKE_BEFORE_STORE"),
    Run("event_count", mutant="WOKEN_BEFORE_WAKE"),
    Run("event_count", mutant="WOKEN_IS_C"),
    Run("event_count", mutant="ARM_TOO_LOW"),
    Run("event_count", mutant="NO_COMPARE"),
    Run("event_count", "GATED", mutant="NO_RECHECK"),
    Run("event_count", "ONE WAITERS=3", mutant="DEADLINE_EATS"),
    Run("cells"),
    Run("cells", "UNHEARD=1"),
    Run("cells", "ONE"),
    Run("cells", "ONE CELLS=2 POSTS=0"),
    Run("cells", mutant="CHECK_BEFORE_PUBLISH"),
    Run("cells", mutant="WOKEN_BEFORE_RINGING"),
    Run("cells", "UNHEARD=1 POSTS=2", mutant="WOKEN_THOUGH_UNHEARD"),
    Run("cells", mutant="REAP_TO_ZERO"),
    Run("cells", "ONE CELLS=2", mutant="DEADLINE_EATS"),
    Run("cells", "ONE CELLS=2 POSTS=0", mutant="NO_DEAD"),
]


def command(words, folder):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def search(run, compiler, folder):
    """What the verifier printed."""
    command(["spin", "-a", *run.defines(), str(HERE / (run.model + ".pml"))], folder)
    # No partial order reduction: it does not know that a rendezvous can end a process anywhere ("unless").
    kind = ["-DNFAIR=3"] if run.live else ["-DSAFETY"]
    optimise = "-O1" if run.mutant else "-O2"  # a mutant is compiled longer than searched
    command([compiler, optimise, "-w", "-DNOREDUCE", f"-DMEMLIM={MEMORY_MIB}", *kind, "-o", "pan", "pan.c"], folder)
    return command(["./pan", f"-m{DEPTH}", "-w22", *(["-a", "-f"] if run.live else [])], folder)


def number(pattern, text):
    found = re.search(pattern, text)
    return int(float(found.group(1))) if found else -1


def verdict(run, text):
    errors = number(r"errors: (\d+)", text)
    truncated = re.search(r"max search depth too small|Search not completed|reached -DMEMLIM", text)
    if not run.mutant:
        return "ok" if errors == 0 and not truncated else "FAILED"
    if re.search(r"pan:1: (assertion violated (?!- )|acceptance cycle)", text) and errors == 1:
        return "ok, fails"
    return "FAILED: passes" if errors == 0 else "FAILED: for another reason"


def check(run, compiler):
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="viaduct-model-") as folder:
        try:
            text = search(run, compiler, folder)
            result = verdict(run, text)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as problem:
            text, result = str(problem), "FAILED: did not run"
    states, depth = number(r"([\d.e+]+) states, stored", text), number(r"depth reached (\d+)", text)
    print(f"{run.name():56} {states:>9} {depth:>6} {time.monotonic() - begin:>7.1f}  {result}", flush=True)
    if result.startswith("FAILED"):
        print(text, file=sys.stderr)
    return result.startswith("ok")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-R", dest="name", default="", help="only the runs whose name matches this regular expression")
    parser.add_argument("--compiler", default="cc", help="the C compiler for the verifiers (default: cc)")
    return parser.parse_args()


def main():
    options = arguments()
    runs = [run for run in RUNS if re.search(options.name, run.name())]
    missing = [model for model in sorted({run.model for run in RUNS}) if not (HERE / (model + ".pml")).is_file()]
    if missing or not runs:
        print("run_models: no " + (", ".join(missing) or "run of that name"), file=sys.stderr)
        return 1
    if not shutil.which("spin"):
        print("run_models: spin is not installed", file=sys.stderr)
        return SKIPPED
    print(f"{'model':56} {'states':>9} {'depth':>6} {'seconds':>7}  result")
    return 0 if all([check(run, options.compiler) for run in runs]) else 1


if __name__ == "__main__":
    sys.exit(main())
