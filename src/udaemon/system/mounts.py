"""The file systems that are mounted, as far as that can be said without looking at a path (proc(5), mountinfo).

Knows nothing of links: whoever asks does so because to look at a path may take for ever.
"""

from __future__ import annotations

import os
import re
import select
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

_TABLE = "/proc/self/mountinfo"
_ESCAPED = re.compile(rb"\\([0-7]{3})")
_OURS_ALONE = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "bcachefs", "f2fs", "jfs", "vfat", "exfat", "ntfs3"),
        *("iso9660", "udf", "squashfs", "erofs", "overlay", "tmpfs", "ramfs", "rootfs"),
        *("proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "mqueue", "hugetlbfs", "debugfs", "tracefs"),
        *("securityfs", "pstore", "bpf", "configfs", "efivarfs", "binfmt_misc", "fusectl", "nsfs", "rpc_pipefs"),
    }
)
"""Types that no other machine and no other process has to answer for. What is not here may be one of those."""
_KERNELS_OWN = ("/proc", "/sys", "/dev")
"""Nobody has programs there; systemd has an automount point in each machine's /proc."""

_CHUNK = 65536
_MOST_LINKS = 40
"""As many as the kernel follows (path_resolution(7))."""


class Mount(NamedTuple):
    """Where a file system is mounted, and its type."""

    point: str
    kind: str


class Mounts:
    """Knows whether any file system may leave a system call without an answer, for as long as it is open."""

    def __init__(self) -> None:
        self._table = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC)  # it tells of changes as long as it is open
        self._changes = select.poll()
        self._changes.register(self._table, select.POLLPRI)
        self._mounts: tuple[Mount, ...] = ()
        self._may_hang = self._look()

    def may_hang(self) -> bool:
        """Whether one of them depends on a server, another machine's or a process (NFS, FUSE)."""
        if self._changes.poll(0):
            self._may_hang = self._look()
        return self._may_hang

    def answers(self, path: str) -> bool:
        """Whether all that a path leads through answers for certain. Nothing is looked at that may not."""
        if not self.may_hang():
            return True
        rest, here, links = path.split("/"), "/", 0
        while rest:
            here = os.path.normpath(os.path.join(here, rest.pop(0)))
            mount = _innermost(self._mounts, here)
            if mount is None or mount.kind not in _OURS_ALONE:
                return False
            with suppress(OSError):
                target = os.readlink(here)
                links += 1
                if links > _MOST_LINKS:
                    return False
                here = os.path.dirname(here)
                rest[:0] = ["/" if target.startswith("/") else "", *target.split("/")]
        return True

    def close(self) -> None:
        """Let go of the table."""
        os.close(self._table)

    def _look(self) -> bool:
        os.lseek(self._table, 0, os.SEEK_SET)
        table = b""
        while piece := os.read(self._table, _CHUNK):
            table += piece
        self._mounts = tuple(_parsed(table))
        return any(
            mount.kind not in _OURS_ALONE and not any(_inside(mount.point, place) for place in _KERNELS_OWN)
            for mount in self._mounts
        )


def beneath(path: str) -> Mount | None:
    """The mount that a path is on by its name; None where that cannot be told."""
    with suppress(OSError), open(_TABLE, "rb") as file:
        return _innermost(_parsed(file.read()), os.path.normpath(path))
    return None


def _innermost(mounts: Iterable[Mount], path: str) -> Mount | None:
    found: Mount | None = None
    for mount in mounts:
        if _inside(path, mount.point) and (found is None or len(mount.point) >= len(found.point)):
            found = mount  # of two at one place the later one covers the earlier
    return found


def _inside(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def _parsed(table: bytes) -> Iterator[Mount]:
    for line in table.splitlines():
        before, _, after = line.partition(b" - ")
        point = _ESCAPED.sub(lambda octal: bytes([int(octal[1], 8)]), before.split()[4])
        yield Mount(os.fsdecode(point), os.fsdecode(after.split()[0]))
