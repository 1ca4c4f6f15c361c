"""Control groups of cgroup v2 as directories: what may be made below the one that we are in, and who is in it.

Knows no daemon. A group that hands controllers on may have no processes itself (the kernel's rule, cgroups(7)), so ours
move into a group below it, and so does nobody else's: that would be no business of ours.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import suppress

from udaemon.system import oserror, procfs
from udaemon.system.process_tree import descendants

ROOT = "/sys/fs/cgroup"
OURS = "udaemon-supervisor"
"""The group of supervisors, loggers and zygotes. All projects share it: it has no limits."""
CONTROLLERS = ("memory", "cpu", "pids")
"""Those that have limits of ours."""
_RETRY = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EINTR, errno.EMFILE, errno.ENFILE})
_IN_USE = frozenset({errno.EBUSY, errno.ENOTEMPTY})
_PASSES = 5
"""Looks for processes of ours, as one of them may be forking while it is moved."""
_HOW = "set Delegate=yes in the [Service] of udaemon's systemd unit"


class CgroupRefused(Exception):
    """There is no such group to be had; `passes` says whether there may be another time."""

    def __init__(self, message: str, *, passes: bool = False) -> None:
        super().__init__(message)
        self.passes = passes


class Hierarchy:
    """The group that was delegated to us, and those below it.

    Args:
        own: The directory of the group that this process is in, None where there is no cgroup v2.
    """

    def __init__(self, own: str | None) -> None:
        self.base = os.path.dirname(own) if own is not None and os.path.basename(own) == OURS else own

    def path(self, name: str) -> str:
        """The directory of a group below ours."""
        return f"{self.base}/{name}"

    @property
    def events(self) -> str | None:
        """Where the kernel counts what it does for want of memory in all groups below; None where it does not."""
        path = f"{self.base}/memory.events"
        return path if os.access(path, os.R_OK) else None

    def names(self, prefix: str) -> list[str]:
        """The groups below ours whose names begin with this."""
        with suppress(OSError):
            return [name for name in os.listdir(self.base) if name.startswith(prefix)] if self.base else []
        return []

    def look(self, controllers: Collection[str]) -> str | None:
        """Why groups with these controllers cannot be had here, None where they can. Changes nothing."""
        try:
            lacking = self._lacking(controllers)
        except CgroupRefused as refused:
            return str(refused)
        for place in (self.base, f"{self.base}/cgroup.procs", f"{self.base}/cgroup.subtree_control"):
            if not os.access(place or "", os.W_OK):
                return f"{place} may not be written by uid {os.geteuid()}: {_HOW}"
        strangers = [pid for pid in self._members() if not is_ours(pid)] if lacking and not self._is_root() else []
        return self._occupied(strangers) if strangers else None

    def enable(self, controllers: Collection[str]) -> None:
        """Have groups below ours get these controllers.

        Raises:
            CgroupRefused: They cannot.
        """
        if not (lacking := self._lacking(controllers)):
            return
        try:
            if not self._is_root():
                self._move_ours()
            self.write(self.base or "", "cgroup.subtree_control", " ".join(f"+{name}" for name in lacking))
        except OSError as error:
            strangers = [pid for pid in self._members() if not is_ours(pid)]
            if error.errno == errno.EBUSY and strangers:
                raise CgroupRefused(self._occupied(strangers)) from None
            raise self.refused(error) from None

    def refused(self, error: OSError) -> CgroupRefused:
        """What to say of an error here."""
        how = f": {_HOW}" if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS} else ""
        return CgroupRefused(
            f"{self.base} is not ours to divide, {oserror.named_reason(error)}{how}", passes=error.errno in _RETRY
        )

    def make(self, name: str) -> None:
        """Make a group, or take the one that is there.

        Raises:
            OSError: There is none.
        """
        with suppress(FileExistsError):
            os.mkdir(self.path(name))

    def remove(self, name: str) -> bool:
        """Remove a group with all below it. Returns False while a process is in it."""
        for directory, _, _ in os.walk(self.path(name), topdown=False):
            try:
                os.rmdir(directory)
            except FileNotFoundError:
                continue
            except OSError as error:
                return error.errno not in _IN_USE  # whatever else it is, another try is of no use
        return True

    def read(self, directory: str, file: str) -> str:
        """What a file of a group says; nothing where there is no such file."""
        return procfs.read_or_nothing(f"{directory}/{file}").decode("ascii", "replace")

    def write(self, directory: str, file: str, text: str) -> None:
        """Tell the kernel something of a group.

        Raises:
            OSError: It refuses.
        """
        fd = os.open(f"{directory}/{file}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, text.encode("ascii"))
        finally:
            os.close(fd)

    def _lacking(self, controllers: Collection[str]) -> list[str]:
        """Those that the groups below do not get yet."""
        if self.base is None:
            raise CgroupRefused("there is no cgroup v2 on this machine, or none that can be seen from here")
        there = self.read(self.base, "cgroup.controllers").split()
        if missing := [name for name in controllers if name not in there]:
            many = "s" if len(missing) > 1 else ""
            raise CgroupRefused(f"{self.base} has no controller{many} {', '.join(missing)} of cgroup v2: {_HOW}")
        enabled = self.read(self.base, "cgroup.subtree_control").split()
        return [name for name in controllers if name not in enabled]

    def _is_root(self) -> bool:
        """Whether it is the root of all groups, which may have processes: it is the one without events."""
        return not os.path.exists(f"{self.base}/cgroup.events")

    def _members(self) -> list[int]:
        return [int(pid) for pid in self.read(self.base or "", "cgroup.procs").split() if pid != "0"]

    def _move_ours(self) -> None:
        self.make(OURS)
        for _ in range(_PASSES):
            if not (ours := [pid for pid in self._members() if is_ours(pid)]):
                return
            for pid in ours:
                with suppress(ProcessLookupError):
                    self.write(self.path(OURS), "cgroup.procs", str(pid))

    def _occupied(self, strangers: Collection[int]) -> str:
        pid = min(strangers)
        return (
            f"{self.base} has processes that are not udaemon's, pid {pid} ({procfs.comm(pid) or '?'}): "
            "give udaemon a group of its own, by a systemd unit with Delegate=yes or "
            "`systemd-run --user --scope -p Delegate=yes udaemon up`"
        )


def own_directory() -> str | None:
    """The directory of the group of cgroup v2 that this process is in; None where that is not mounted."""
    for place in (ROOT, f"{ROOT}/unified"):
        if os.path.exists(f"{place}/cgroup.controllers"):
            return f"{place}{procfs.cgroup()}".rstrip("/")
    return None


def is_ours(pid: int) -> bool:
    """Whether a process is this one, below it, or above it with nothing but our own program between."""
    return pid in _line() or pid in descendants(os.getpid())


def _line() -> frozenset[int]:
    return frozenset(_upward(os.getpid()))


def _upward(pid: int | None) -> Iterator[int]:
    own = _program(os.getpid())
    while pid and pid > 0 and (pid == os.getpid() or (own is not None and _program(pid) == own)):
        yield pid
        pid = procfs.parent(pid)


def _program(pid: int) -> str | None:
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")
    return None
