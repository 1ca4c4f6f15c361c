"""Runs seeds by hand: `python -m tests.simulation SEED` prints all that happened, `FIRST LAST` the seeds that fail."""

from __future__ import annotations

import sys

from tests.simulation.run import run


def main(arguments: list[str]) -> int:
    """Run the seeds that are named. Returns how many failed."""
    first, last = int(arguments[0]), int(arguments[-1])
    failed = 0
    for seed in range(first, last + 1):
        result = run(seed)
        if first == last:
            print(*result.trace, sep="\n")
        if result.wrongs:
            failed += 1
            print(result.told())
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 100))
