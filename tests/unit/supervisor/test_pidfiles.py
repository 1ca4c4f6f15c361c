"""Pid files carry the legacy library's names, hold digits only, and never follow a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attrs import evolve

from udaemon.manifest.model import Daemon
from udaemon.policy.instance import Key, declared
from udaemon.supervisor.pidfiles import PidFiles, file_name


@pytest.mark.parametrize(
    ("instances", "index", "context", "expected"),
    [
        (1, 0, "", "mailer.pid"),
        (1, 0, "production", "mailer-production.pid"),
        (3, 2, "production", "mailer-production-2.pid"),
        (2, 0, "", "mailer-0.pid"),
    ],
)
def test_a_name_has_the_context_and_the_number_where_there_is_one(
    instances: int, index: int, context: str, expected: str
) -> None:
    """docs/reference/contract.md, "Files"; docs/guide/legacy.md, "Files"."""
    daemon = Daemon(name="mailer", command=("true",), instances=instances)
    assert file_name(declared(daemon, index), context) == expected


def test_written_in_each_directory_and_taken_away_again(tmp_path: Path) -> None:
    directories = [tmp_path / "a", tmp_path / "b"]
    for directory in directories:
        directory.mkdir()
    files = PidFiles([str(directory) for directory in directories], "")
    instance = declared(Daemon(name="mailer", command=("true",)), 0)

    files.write(instance, 42)
    assert [(directory / "mailer.pid").read_bytes() for directory in directories] == [b"42", b"42"]

    files.remove(instance.key)
    assert [list(directory.iterdir()) for directory in directories] == [[], []]


def test_f31_a_link_in_its_place_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "mailer.pid").symlink_to(victim)
    files = PidFiles([str(tmp_path)], "")

    files.write(declared(Daemon(name="mailer", command=("true",)), 0), 42)

    assert victim.read_text() == "precious"
    assert not (tmp_path / "mailer.pid").is_symlink()


def test_a_file_of_somebody_else_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "mailer.pid").write_text("7")

    PidFiles([str(tmp_path)], "").remove(Key("mailer", 0))

    assert (tmp_path / "mailer.pid").read_text() == "7"


def test_f31_nothing_in_the_place_of_the_new_file_can_hold_up_the_supervisor(tmp_path: Path) -> None:
    """To open a FIFO that nobody reads would wait for ever; a link there could name any file."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    instance = declared(Daemon(name="mailer", command=("true",)), 0)
    files = PidFiles([str(tmp_path)], "")
    temporary = tmp_path / f"mailer.pid.{os.getpid()}.tmp"

    os.mkfifo(temporary)
    files.write(instance, 42)
    assert (tmp_path / "mailer.pid").read_bytes() == b"42"

    temporary.symlink_to(victim)
    files.write(instance, 43)
    assert (tmp_path / "mailer.pid").read_bytes() == b"43"
    assert victim.read_text() == "precious"

    (tmp_path / "mailer.pid").unlink()
    os.mkfifo(tmp_path / "mailer.pid")
    files.write(instance, 44)
    assert (tmp_path / "mailer.pid").read_bytes() == b"44"


def test_f31_a_run_dir_that_is_a_fifo_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run")
    files = PidFiles([str(tmp_path / "run")], "")
    with pytest.raises(NotADirectoryError):
        files.write(declared(Daemon(name="mailer", command=("true",)), 0), 42)


def test_a_file_is_removed_under_the_name_it_was_written_by(tmp_path: Path) -> None:
    """With a second copy, its name would be another one."""
    files = PidFiles([str(tmp_path)], "")
    mailer = Daemon(name="mailer", command=("true",))
    files.write(declared(mailer, 0), 7)
    assert [path.name for path in tmp_path.iterdir()] == ["mailer.pid"]
    twice = declared(evolve(mailer, instances=2), 0)
    assert files.path(twice).endswith("mailer-0.pid")
    files.remove(twice.key)
    assert list(tmp_path.iterdir()) == []
