"""A program that runs a daemon of a manifest in its own process."""

from __future__ import annotations

import sys

import udaemon


def tell(event: udaemon.TaskEvent) -> None:
    print(f"run {event.run_id} of {event.name} is done")


def main() -> int:
    try:
        return udaemon.Runner("udaemon.toml").run_daemon("mailer", once=True, on_task_done=tell)
    except udaemon.ManifestError as error:
        for problem in error.problems:
            print(f"{problem.file}:{problem.line}:{problem.column}: {problem.path}: {problem.message}")
        return int(error.exit_code)
    except udaemon.UdaemonError as error:  # there is no such daemon, or it runs already
        print(error.message)
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
