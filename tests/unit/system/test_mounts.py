"""The table of mounts as the kernel writes it; that a file system hangs is in tests/process/test_hung_mounts.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from udaemon.system.mounts import Mount, Mounts, _inside, _parsed, beneath

TABLE = b"""\
22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:44 / /mnt/with\\040space rw master:1 propagate_from:2 - fuse.sshfs host:/ rw
25 22 0:45 / /mnt/b\\134ack rw - nfs4 host:/x rw
"""


def test_each_line_is_a_mount_whatever_optional_fields_it_has() -> None:
    assert list(_parsed(TABLE)) == [
        Mount("/", "ext4"),
        Mount("/proc", "proc"),
        Mount("/mnt/with space", "fuse.sshfs"),
        Mount("/mnt/b\\ack", "nfs4"),
    ]


@pytest.mark.parametrize(
    ("path", "directory", "inside"),
    [("/a", "/a", True), ("/a/b", "/a", True), ("/ab", "/a", False), ("/a", "/", True), ("/", "/a", False)],
)
def test_a_path_is_inside_by_its_parts(path: str, directory: str, *, inside: bool) -> None:
    assert _inside(path, directory) is inside


def test_a_path_is_on_the_innermost_mount() -> None:
    found = beneath("/proc/self/../self/stat")
    assert found is not None
    assert (found.point, found.kind) == ("/proc", "proc")


class Hanging(Mounts):
    """As if a server did not answer, somewhere."""

    def may_hang(self) -> bool:
        return True


def test_where_nothing_may_hang_everything_answers(tmp_path: Path) -> None:
    class Calm(Mounts):
        def may_hang(self) -> bool:
            return False

    mounts = Calm()
    assert mounts.answers("/nowhere/at/all")
    mounts.close()


def test_a_path_answers_where_all_that_it_leads_through_does(tmp_path: Path) -> None:
    mounts = Hanging()
    kind = beneath(str(tmp_path))
    assert kind is not None
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "relative").symlink_to("link")
    (tmp_path / "round").symlink_to("round")
    assert mounts.answers(str(tmp_path / "relative"))
    assert not mounts.answers(str(tmp_path / "round"))
    mounts.close()


def test_its_table_is_open_until_it_is_closed() -> None:
    before = len(os.listdir("/proc/self/fd"))
    mounts = Mounts()
    assert len(os.listdir("/proc/self/fd")) == before + 1
    mounts.close()
    assert len(os.listdir("/proc/self/fd")) == before
