"""A program that runs a task of its own by udaemon's loop."""

from __future__ import annotations

import sys

import udaemon


class Counter:
    def __init__(self, last: int) -> None:
        self.runs = 0
        self.last = last

    def do_task(self) -> None:
        self.runs += 1
        if self.runs == self.last:
            raise udaemon.StopTask


def tell(event: udaemon.TaskEvent) -> None:
    print(f"run {event.run_id} of {event.name} is done")


def main() -> int:
    end = udaemon.run(Counter(3), name="counter", sleep="50ms", on_task_done=tell)
    print(f"it ended: {end.value}")
    return 0 if end is udaemon.End.TASK_STOPPED else 1


if __name__ == "__main__":
    sys.exit(main())
