"""`python -m benchmarks [ROW…]`: run the rows, print the table of ratios, write JSON where asked.

Knows nothing of a row but its name.
"""

from __future__ import annotations

import argparse
import compileall
import importlib
import signal
import sys
from pathlib import Path

import benchmarks
import udaemon
from benchmarks.contestants import Contestant, Floor, Supervisor, Udaemon
from benchmarks.figures import CAVEAT, Figure, Options, table, write_json

ROWS = ("start", "memory", "status", "idle", "replacement", "stop", "check", "sharing")
LONG = ("parts", "scale", "recovery", "probes")
"""Rows that take minutes, and are measured only where they are named."""
CONTESTANTS: dict[str, type[Contestant]] = {kind.name: kind for kind in (Floor, Udaemon, Supervisor)}


def main(argv: list[str]) -> int:
    """Answer 0 when udaemon is within every limit that was measured, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="udaemon beside a bare floor.")
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"which rows: {', '.join(ROWS)} (default: all), {', '.join(LONG)}"
    )
    parser.add_argument("--count", type=int, default=100, help="how many light daemons (default: 100)")
    parser.add_argument("--repeat", type=int, default=5, help="turns of start and stop (default: 5)")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds to watch for wake-ups (default: 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--peers", action="store_true", help="measure supervisor as well, if it is installed")
    parser.add_argument("--only", choices=CONTESTANTS, action="append", help="measure just these contestants")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="parts: measure another src/udaemon instead")
    args = parser.parse_args(argv)
    for row in args.rows:
        if row not in ROWS + LONG:
            parser.error(f"no row {row!r}; there are {', '.join(ROWS + LONG)}")
    names = args.only or ["floor", "udaemon", *(["supervisor"] if args.peers else [])]
    options = Options(args.count, args.repeat, args.idle, args.beside)
    _compile()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no contestant outlives us
    figures: list[Figure] = []
    for row in args.rows or ROWS:
        print(f"measuring {row} …", file=sys.stderr, flush=True)
        module = importlib.import_module(f"benchmarks.rows.{row}")
        figures += module.measure([CONTESTANTS[name] for name in names], options)
    print(table(figures))
    if "supervisor" in names:
        print(f"\n{CAVEAT}")
    if args.json:
        write_json(args.json, figures, options)
    return 1 if any(figure.passed() is False for figure in figures) else 0


def _compile() -> None:
    """Write the bytecode that pip writes when it installs; Python may be told not to (PYTHONDONTWRITEBYTECODE)."""
    for package in (udaemon, benchmarks):
        compileall.compile_dir(package.__path__[0], quiet=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
