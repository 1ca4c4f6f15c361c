"""A program that runs a daemon of the sample manifest itself, with a listener of its own.

Run it with `python -m examples.embedded.program`; TERM or Ctrl-C ends it after the run under way.
"""

from __future__ import annotations

import sys
from pathlib import Path

import udaemon

MANIFEST = Path(__file__).parents[2] / "udaemon.toml"


def tell(event: udaemon.TaskEvent) -> None:
    print(f"run {event.run_id} of {event.name} took {event.duration:.3f} s")


if __name__ == "__main__":
    sys.exit(udaemon.Runner(MANIFEST).run_daemon("disk", sleep="1s", on_task_done=[tell]))
