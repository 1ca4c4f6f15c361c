"""The jobs of a night. Each says what it would do."""

from __future__ import annotations

from udaemon import TaskContext


def backup() -> None:
    """Nothing else has the database meanwhile: `lock`."""
    print("copied the database", flush=True)


def export() -> None:
    """Runs after the backup where that takes until three."""
    print("exported", flush=True)


class Mail:
    """Mails the export that it comes after."""

    def __init__(self, context: TaskContext) -> None:
        self.context = context

    def do_task(self) -> None:
        """`after` is None in a run that was kicked."""
        after = self.context.after
        print("mailed nothing" if after is None else f"mailed run {after.id} of {after.name}", flush=True)


def mail(context: TaskContext) -> Mail:
    """Make the task."""
    return Mail(context)
