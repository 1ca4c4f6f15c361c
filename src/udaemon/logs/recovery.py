"""Ends the step in which a logger was killed: what it had taken and not yet written is written, and nothing twice.

Knows nothing of the loop. It is done before the first chunk is taken, and can itself be killed and done again.
"""

from __future__ import annotations

import contextlib
import os
import time

from udaemon.logs.journal import FINISH, MOVE, RETRY, WRITE
from udaemon.logs.rotation import new_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from udaemon.logs.intake import Intake
    from udaemon.logs.journal import Journal
    from udaemon.logs.sink import Sink
    from udaemon.logs.stream import Stream

_OTHERS = 64 * 1024
"""Bytes that strangers may have added to a file in the moment between a look at its size and our write."""


def recover(intake: Intake, streams: Iterable[Stream], sinks: Iterable[Sink]) -> None:
    """End what is under way.

    Args:
        intake: Where the chunk is.
        streams: All pipes.
        sinks: All files, with what was kept for them.
    """
    journal = intake.journal
    stream = next((one for one in streams if one.slot == journal.stream), None)
    sink = next((one for one in sinks if one.slot == journal.sink), None)
    queued = intake.queued()
    if journal.phase == MOVE and queued:
        journal.moved(queued, time.time())
    if journal.phase == WRITE:
        if queued > journal.size:  # not what a logger noted; what is there counts
            journal.moved(queued, journal.time)
        chunk = intake.complete(journal.size - queued)
        if stream is not None and sink is not None:
            stream.look_at(chunk)
            _write(journal, stream, sink, stream.formatter.feed(chunk, journal.time))
    elif journal.phase == FINISH and stream is not None and sink is not None:
        _write(journal, stream, sink, stream.formatter.finish(journal.time))
    elif journal.phase == RETRY and sink is not None:
        sink.written(_done(journal, sink, sink.kept.read()))
    journal.commit()
    intake.discard()
    for one in sinks:
        if one.kept.size or not one.kept.ends_line:
            one.resume()


def _write(journal: Journal, stream: Stream, sink: Sink, lines: bytes) -> None:
    if lines:
        done = _done(journal, sink, lines)
        sink.resume()
        sink.append(lines, done=done)
    journal.commit(stream.held_back(journal.size), sink.kept.changed())


def _done(journal: Journal, sink: Sink, data: bytes) -> int:
    """How much of what was to be written is in files."""
    if not journal.begun:
        return 0
    before = min(journal.done, len(data))
    wanted = data[before : before + journal.length]
    tail = _tail(journal, sink)
    if tail is None:
        return before
    if wanted and wanted in tail:
        return before + len(wanted)
    same = 0
    while same < min(len(wanted), len(tail)) and wanted[same] == tail[same]:
        same += 1
    return before + same


def _tail(journal: Journal, sink: Sink) -> bytes | None:
    """What was added to the file of the last write; None where that file is no more."""
    path = sink.path
    for name in (path, new_name(path), *(f"{path}.{number}" for number in range(1, sink.backups + 1))):
        with contextlib.suppress(OSError):
            found = os.stat(name, follow_symlinks=False)
            if (found.st_dev, found.st_ino) == journal.identity:
                fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
                try:
                    return os.pread(fd, journal.length + _OTHERS, journal.offset)
                finally:
                    os.close(fd)
    return None
