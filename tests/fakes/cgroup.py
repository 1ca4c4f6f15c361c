"""Control groups in a directory of plain files, with the rules of the kernel that matter here.

A group is made with the files that its controllers bring, a process is in one group, a group with processes hands no
controllers on, and one that is in use is not removed.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from udaemon.system.cgroup import CONTROLLERS, Hierarchy

_FILES = {"memory": ("memory.max", "memory.events"), "cpu": ("cpu.max",), "pids": ("pids.max",)}


class FakeHierarchy(Hierarchy):
    """A group that was delegated, with this process and others in it."""

    def __init__(
        self, own: Path, controllers: Collection[str] = CONTROLLERS, members: Collection[int] | None = None
    ) -> None:
        super().__init__(str(own))
        self.written: list[tuple[str, str, str]] = []
        assert self.base is not None
        self.top = Path(self.base)
        if not self.top.exists():
            self.top.mkdir(parents=True)
            (self.top / "cgroup.controllers").write_text(" ".join(controllers) + "\n")
            for name in ("cgroup.subtree_control", "cgroup.events"):
                (self.top / name).write_text("")
            pids = [os.getpid()] if members is None else members
            (self.top / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))

    def said(self, name: str, file: str) -> str:
        """What stands in a file of a group."""
        return (self.top / name / file).read_text()

    def make(self, name: str) -> None:
        """Make it with its files; see `Hierarchy`."""
        group = self.top / name
        if group.exists():
            return
        group.mkdir()
        enabled = (self.top / "cgroup.subtree_control").read_text().split()
        for file in ("cgroup.procs", "cgroup.kill", *(file for one in enabled for file in _FILES[one])):
            (group / file).write_text("")

    def remove(self, name: str) -> bool:
        """Remove it with its files, unless a process is in it; see `Hierarchy`."""
        group = self.top / name
        if group.exists() and (group / "cgroup.procs").read_text():
            return False
        shutil.rmtree(group, ignore_errors=True)
        return True

    def write(self, directory: str, file: str, text: str) -> None:
        """Do what the kernel would; see `Hierarchy`."""
        group = Path(directory)
        self.written.append((group.name if group != self.top else "", file, text))
        if not (group / file).exists():
            raise FileNotFoundError(errno.ENOENT, "No such file", file)
        if file == "cgroup.procs":
            for each in (self.top, *filter(Path.is_dir, self.top.iterdir())):
                procs = each / "cgroup.procs"
                procs.write_text("".join(f"{pid}\n" for pid in procs.read_text().split() if pid != text))
            (group / file).write_text((group / file).read_text() + f"{text}\n")
        elif file == "cgroup.subtree_control":
            if (self.top / "cgroup.procs").read_text():
                raise OSError(errno.EBUSY, "Device or resource busy")
            names = {*(group / file).read_text().split(), *(word.removeprefix("+") for word in text.split())}
            (group / file).write_text(" ".join(sorted(names)) + "\n")
        elif file == "cgroup.kill":
            (group / "cgroup.procs").write_text("")
        else:
            (group / file).write_text(f"{text}\n")
