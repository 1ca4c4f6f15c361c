"""The log pipes of all instances: made, handed to the logger, and known by their numbers until they have ended.

Knows nothing of the processes that write to them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count
from typing import TypedDict

from udaemon.logs.client import LoggerLink
from udaemon.logs.log_target import LogTarget
from udaemon.policy.instance import Instance, Key
from udaemon.supervisor.log_targets import common_target, log_target
from udaemon.system.file_identity import identity


class Pipes(TypedDict):
    """The write ends of log pipes, as a request names them."""

    output: int
    errors: int | None


def _targets(instance: Instance) -> tuple[LogTarget, ...]:
    """Where its stdout goes, and its stderr where that is kept apart."""
    context, index, daemon = instance.plan.context, instance.index, instance.daemon
    paths = (daemon.log_path(context, index), daemon.error_log_path(context, index))
    return tuple(log_target(daemon, index, path) for path in paths if path is not None)


class LogPipes:
    """The pipes: one for an instance, or two where its stderr is kept apart.

    Args:
        logger: Takes the read ends.
    """

    def __init__(self, logger: LoggerLink) -> None:
        self._logger = logger
        self._streams: dict[Key, tuple[int, ...]] = {}
        self._paths: dict[int, str] = {}
        self._pipes: dict[int, tuple[int, int]] = {}
        self._numbers = count(1)

    def spawned(self, key: Key, pid: int) -> None:
        """Let the logger know the process behind a log pipe, if there is a pipe: its pid is in some lines."""
        for stream in self._streams.get(key, ()):
            self._logger.spawned(stream, pid)

    def not_spawned(self, key: Key) -> None:
        """There is no process behind a log pipe, if there ever was a pipe."""
        self.spawned(key, 0)

    def change(self, instance: Instance) -> None:
        """Let an instance's log go by the present declaration, as far as it can."""
        for stream in self._streams.get(instance.key, ()):
            if stream in self._paths:
                target = log_target(instance.daemon, instance.index, self._paths[stream])
                self._logger.change(stream, target, instance.pid)

    def guard(self, key: Key, pidfd: int) -> None:
        """Let the logger end a process of this machine should we die."""
        self._logger.watch(self._streams[key][0], pidfd)

    def forget(self, key: Key) -> None:
        """There is no such instance any more."""
        self._streams.pop(key, None)

    def whose(self, stream: int) -> list[Key]:
        """The instance that a log pipe is of now; none for one of a former process."""
        return [key for key, streams in self._streams.items() if stream in streams]

    def common_log(self, path: str, *, timestamps: bool = False) -> int:
        """A pipe into a common log. Returns the write end."""
        return self._pipe_to_logger(common_target(path, timestamps=timestamps))[1]

    def path(self, stream: int) -> str:
        """The file that a log pipe goes to."""
        return self._paths[stream]

    def log_ended(self, stream: int) -> None:
        """A log pipe has ended and is in its file to the last byte."""
        del self._paths[stream]
        self._pipes.pop(stream, None)

    def not_ended(self) -> dict[tuple[int, int], str]:
        """Device and inode of each daemon's log pipe that has not ended, and the file it goes to."""
        return {pipe: self._paths[stream] for stream, pipe in self._pipes.items()}

    def inherit(self, pipes: Iterable[tuple[int, str, Key | None, tuple[int, int]]]) -> None:
        """Go on with the log pipes of another supervisor.

        Args:
            pipes: Of each its number, its file, the instance that it is of, and device and inode.
        """
        last = 0
        for number, path, key, opened in sorted(pipes):
            self._paths[number], last = path, number
            if key is not None:
                self._streams[key] = (*self._streams.get(key, ()), number)
                self._pipes[number] = opened
        self._numbers = count(last + 1)

    def knows(self, key: Key) -> bool:
        """Whether an instance has a log pipe that is known."""
        return key in self._streams

    def identities(self, key: Key) -> tuple[tuple[int, int], ...]:
        """Device and inode of each log pipe of an instance."""
        return tuple(self._pipes[stream] for stream in self._streams.get(key, ()) if stream in self._pipes)

    def take(self, instance: Instance, read: int, *, errors: bool = False) -> None:
        """Have the logger write what comes out of this pipe to the instance's log, or to that of its errors."""
        target = _targets(instance)[-1 if errors else 0]
        stream = self._new_stream(target.path)
        self._logger.open(stream, read, target)
        self._streams[instance.key] = (*self._streams.get(instance.key, ()), stream)
        self._pipes[stream] = identity(read)

    def open(self, instance: Instance) -> Pipes:
        """Pipes whose read ends are the logger's, for stdout, and for stderr where it is kept apart: the write ends.

        Raises:
            OSError: There is no room for one.
        """
        streams: list[int] = []
        ends: list[int] = []
        try:
            for target in _targets(instance):
                stream, write = self._pipe_to_logger(target)
                ends.append(write)
                streams.append(stream)
                self._pipes[stream] = identity(write)
        except BaseException:
            for write in ends:  # the logger sees the end of what it was given
                os.close(write)
            raise
        self._streams[instance.key] = tuple(streams)
        return {"output": ends[0], "errors": ends[1] if len(ends) > 1 else None}

    def open_beside(self, instance: Instance) -> int:
        """One more pipe into an instance's log, for a command that is run about it. Returns the write end.

        Raises:
            OSError: There is no room for it.
        """
        daemon = instance.daemon
        stream, write = self._pipe_to_logger(log_target(daemon, instance.index, daemon.log_path(instance.plan.context)))
        self._logger.spawned(stream, 0)
        return write

    def _pipe_to_logger(self, target: LogTarget) -> tuple[int, int]:
        """A pipe whose read end is the logger's. Returns the number of its stream, and the write end."""
        read, write = os.pipe2(os.O_CLOEXEC)
        stream = self._new_stream(target.path)
        try:
            self._logger.open(stream, read, target)
        except BaseException:
            self.log_ended(stream)
            os.close(read)
            os.close(write)
            raise
        return stream, write

    def _new_stream(self, path: str) -> int:
        stream = next(self._numbers)
        self._paths[stream] = path
        return stream
