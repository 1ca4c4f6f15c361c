"""A program that asks a running project how its daemons are, and starts those that gave up once more."""

from __future__ import annotations

import sys

import udaemon
import udaemon.client
from udaemon.client import NotDone, State


def main() -> int:
    try:
        project = udaemon.client.connect("udaemon.toml")
        project.wait("mailer", until="run-ok", timeout=10)
    except udaemon.NotRunning as error:
        print(error.message)
        return int(error.exit_code)
    for one in project.instances():
        good = one.runs.count - one.runs.failed
        print(f"{one} is {one.state}, and has had {good} good {'run' if good == 1 else 'runs'}")
    failed = [str(one) for one in project.instances() if one.state is State.FAILED]
    try:
        for outcome in project.start(*failed, timeout=10) if failed else ():
            print(outcome)
    except NotDone as error:
        print(*error.outcomes, sep="\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
