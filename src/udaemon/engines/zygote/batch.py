"""A batch: the processes that a zygote is asked for in one request, and what its answer means for each of them.

Knows nothing of when a batch is made up, nor of the zygote's state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from udaemon.engines.zygote.connection import ZygoteConnection
from udaemon.engines.zygote.popen import Popen
from udaemon.engines.zygote.protocol import Origin, Parent


def ask(connection: ZygoteConnection, batch: Sequence[Popen], bare: str | None) -> None:
    """Ask a zygote for these, and note down in each what it is forked from.

    Args:
        connection: The zygote.
        batch: None of them lets it go on with its imports.
        bare: Why it has imported nothing of the user's, None where it has.

    Raises:
        OSError: It has gone, or there are no descriptors left.
    """
    for popen in batch:
        popen.origin = Origin(connection.pid, popen.bare or bare)
    connection.ask(batch)


def deliver(batch: Sequence[Popen], results: Sequence[Any], parent: Parent) -> None:
    """Give each of a batch its result. The parent is told of those of which nothing is known."""
    lost: list[Popen] = []
    errors: list[Exception] = []
    for popen, result in zip(batch, results, strict=True):
        try:
            if not popen.told(result):
                lost.append(popen)
        except Exception as error:  # noqa: BLE001 - faults.md F6: the others of the batch are there, too
            errors.append(error)
    if lost:
        parent.lost(lost, "zygote does not know what became of it")
    if errors:
        raise errors[0]
