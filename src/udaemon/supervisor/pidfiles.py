"""Pid files: for people and old scripts. Nothing here reads one, and nothing in udaemon believes one.

Knows the names of the legacy library: NAME[-CONTEXT][-I].pid, digits and no newline.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence

from udaemon.policy.instance import Instance, Key


def file_name(instance: Instance, context: str) -> str:
    """The pid file's name; the number of the copy is in it only where there are several."""
    number = f"-{instance.index}" if instance.daemon.instances > 1 else ""
    return f"{instance.daemon.name}{f'-{context}' if context else ''}{number}.pid"


class PidFiles:
    """Keeps the pid files of all instances in each of the given directories.

    Args:
        directories: Where they are.
        context: What is in their names.
        elsewhere: Told what is to be in a file that must not be touched here, as its file system may not answer;
            False where it is of one that does.
    """

    def __init__(
        self,
        directories: Sequence[str],
        context: str,
        elsewhere: Callable[[str, int | None], bool] = lambda _path, _pid: False,
    ) -> None:
        self._directories = tuple(directories)
        self._context = context
        self._elsewhere = elsewhere
        self._written: dict[Key, set[str]] = {}

    def write(self, instance: Instance, pid: int) -> None:
        """Put `pid` there in one step; a link in its place is replaced, never followed.

        A file under a name that it had before is removed: the number is in it only where there are several copies.

        Raises:
            OSError: A directory cannot be written. The daemon runs all the same.
        """
        if self.is_misnamed(instance):
            self.remove(instance.key)
        for path in self._paths(instance):
            if not self._elsewhere(path, pid):
                put(path, pid)
            self._written.setdefault(instance.key, set()).add(path)

    def remove(self, key: Key) -> None:
        """Take away what we wrote for it, under whatever name it had then; what is gone already is as good."""
        for path in self._written.pop(key, ()):
            if not self._elsewhere(path, None):
                put(path, None)

    def is_misnamed(self, instance: Instance) -> bool:
        """Whether what we wrote for it would have another name now."""
        return bool(self._written.get(instance.key, set()).difference(self._paths(instance)))

    def path(self, instance: Instance) -> str:
        """Where a person would look: in the manifest's own directory for them, where there is one."""
        return self._paths(instance)[-1]

    def _paths(self, instance: Instance) -> list[str]:
        name = file_name(instance, self._context)
        return [os.path.join(directory, name) for directory in self._directories]


def put(path: str, pid: int | None) -> None:
    """Have a file hold this pid, or none be there; what is gone already is as good.

    Raises:
        OSError: It cannot be written.
    """
    if pid is None:
        with contextlib.suppress(OSError):
            os.unlink(path)
        return
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        _write(temporary, str(pid).encode())
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _write(path: str, text: bytes) -> None:
    """Write a new file; what is in its place is taken away, never opened: a FIFO would wait for a reader."""
    try:
        fd = _create(path)
    except FileExistsError:
        os.unlink(path)
        fd = _create(path)
    except FileNotFoundError:  # a `run-dir` that is not there yet is made, as a `log-dir` is
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        fd = _create(path)
    try:
        os.write(fd, text)
    finally:
        os.close(fd)


def _create(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
