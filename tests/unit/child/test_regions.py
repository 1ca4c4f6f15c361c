"""The scoreboard's memory: a region that nobody can shrink, and a file that leads to it and to nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.full_table import full_table

from udaemon.child import regions
from udaemon.child.regions import HEADER_SIZE, NAME_SIZE, SLOT_SIZE


@pytest.fixture
def region() -> Iterator[int]:
    fd = regions.make(3)
    yield fd
    os.close(fd)


def closed(found: list[tuple[int, int]]) -> list[int]:
    """How many slots each region has, none of which stays open."""
    for fd, _ in found:
        os.close(fd)
    return [slots for _, slots in found]


def test_a_region_has_its_size_for_good(region: int) -> None:
    assert os.fstat(region).st_size == HEADER_SIZE + 3 * SLOT_SIZE
    for size in (0, 1 << 20):
        with pytest.raises(PermissionError):
            os.ftruncate(region, size)


def test_a_file_leads_to_all_regions_and_one_that_is_there_is_replaced(tmp_path: Path, region: int) -> None:
    path = str(tmp_path / "board")
    second = regions.make(5)
    regions.point(path, [region])
    regions.point(path, [region, second])
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert closed(regions.pointed(path)) == [3, 5]
    os.close(second)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path, region: int) -> None:
    precious, path = tmp_path / "precious", tmp_path / "board"
    precious.write_text("x")
    path.symlink_to(precious)
    with pytest.raises(OSError, match="symbolic"):
        regions.pointed(str(path))
    regions.point(str(path), [region])
    assert precious.read_text() == "x"


@pytest.mark.parametrize(
    "text", ["", "\n", "/etc/passwd\n", "/proc/self/fd/0\n", "/proc/1/fd/../../etc/passwd\n", "/proc/9/fd/1 \n"]
)
def test_what_leads_elsewhere_leads_nowhere(tmp_path: Path, text: str) -> None:
    path = tmp_path / "board"
    path.write_text(text)
    assert regions.pointed(str(path)) == []


def test_where_one_of_them_is_no_region_there_is_none(tmp_path: Path, region: int) -> None:
    """Another version's, a file that is none at all, one whose supervisor has gone."""
    before = len(os.listdir("/proc/self/fd"))
    path = str(tmp_path / "board")
    other = os.memfd_create("other")
    os.write(other, regions.HEADER.pack(regions.MAGIC, regions.VERSION + 1, 1, SLOT_SIZE))
    null = os.open(os.devnull, os.O_RDONLY)
    for fd in (other, null, 999_999):
        regions.point(path, [region, fd])
        assert regions.pointed(path) == []
    os.close(other)
    os.close(null)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_directory_in_its_place_is_no_region(tmp_path: Path) -> None:
    assert regions.pointed(str(tmp_path)) == []


def test_a_slot_has_its_name_and_is_empty_beside_it(region: int) -> None:
    os.pwrite(region, b"\1" * SLOT_SIZE, HEADER_SIZE + SLOT_SIZE)
    regions.put_slot(region, 1, "mäiler/0")
    assert [regions.name_of(region, number) for number in range(3)] == ["", "mäiler/0", ""]
    assert not any(os.pread(region, regions.NAME_PLACE, HEADER_SIZE + SLOT_SIZE))
    regions.put_slot(region, 1, "")
    assert regions.name_of(region, 1) == ""


def test_a_name_that_fits_no_slot_is_refused(region: int) -> None:
    regions.put_slot(region, 0, "x" * NAME_SIZE)
    with pytest.raises(ValueError, match="too long"):
        regions.put_slot(region, 0, "ä" * (NAME_SIZE // 2 + 1))


def test_bytes_that_are_no_text_are_a_name_too(region: int) -> None:
    os.pwrite(region, b"\xff\xfe", HEADER_SIZE + regions.NAME_PLACE)
    assert regions.name_of(region, 0) == "\ufffd\ufffd"


def test_f13_without_a_descriptor_nothing_stays_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with full_table(), pytest.raises(OSError, match="Too many open files"):
        regions.make(1)
    assert len(os.listdir("/proc/self/fd")) == before
