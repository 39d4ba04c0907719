"""The safety tests, with what each has tried and how often it went wrong, beside its goal."""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

GOALS = {
    "T1": "originals the same after every command and click, 2,000 files",
    "T2": "no writing system call below the source; a full run over a read-only source",
    "T3": "every file accounted for, 5,000 files of 10 corpora, 2,000 runs",
    "T4": "killed anywhere, 550 points: no half file, one more run finishes",
    "T5": "disk full anywhere, 250 points and 40 fills: no half file, exit 3, the bytes named",
    "T6": "200 hostile files: an answer for each, neighbours unchanged",
    "T7": "200,000 mutants: no crash, no unexplained death of a worker",
    "T8": "20,000 examples of each property: no counterexample",
    "T9": "200 files changed between scan and export: all noticed, none exported as what it was",
    "T11": "ZIPs of 70,000 entries, of 4.5 GB, of 300 colliding names: open everywhere, 150 MB of memory",
    "T12": "16 bombs: 5 s, 600 MB, a reason",
    "T13": "uploads of 1,000 x 3 MB and 20,000 x 20 kB: 50 MB of memory, all bytes right",
    "T14": "50 sessions at once: nothing of another's",
    "T15": "20 tabs lost: the work goes on",
    "T16": "no connection to anywhere else",
    "T17": "40 programs as names on all screens: none runs",
    "T19": "a secret in no log and no file",
    "T20": "every model's bytes checked; flipped ones refused; offline from start to end",
    "T21": "60 I/O errors: no file called gone, the next run works",
    "T23": "40 files with a place: none left, the same pixels",
    "T24": "200 runs on one server, from upload to deletion: 5 % of memory, no open file or temporary file left",
    "LAN": "nothing without the token",
    "T28": "nothing left of a run past its time",
}


def run(photos: int = 0) -> None:
    """`photos` is of no use here. UNIPIC_NIGHTLY=1 runs the nightly amounts."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/safety"]
        done = subprocess.run(command, cwd=PROJECT, env={**os.environ, "UNIPIC_LEDGER": str(ledger)}, check=False)
        lines = [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []
    report(lines)
    if done.returncode:
        print(f"\n**pytest ended with {done.returncode}: not all of this holds.**")


def report(lines: list[dict[str, object]]) -> None:
    by_test: defaultdict[str, dict[tuple[str, str], list[int]]] = defaultdict(dict)
    for line in lines:
        what, note = str(line["what"]), str(line["note"])
        found = by_test[str(line["test"])].setdefault((what, note), [0, 0])
        found[0] += int(str(line["number"]))
        found[1] += int(str(line["found"]))
    print("| test | goal | tried | gone wrong | by |\n|---|---|---:|---:|---|")
    for test in [*GOALS, *sorted(by_test.keys() - GOALS.keys())]:
        for (what, note), (number, wrong) in by_test[test].items():
            print(f"| {test} | {GOALS.get(test, '')} | {number:,} {what} | {wrong} | {note} |")
        if test not in by_test:
            print(f"| {test} | {GOALS[test]} | skipped | | |")
