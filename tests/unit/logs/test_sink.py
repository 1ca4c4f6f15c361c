"""What happens to lines that a file does not take."""

from __future__ import annotations

import gzip
import os
import select
from pathlib import Path

from udaemon.logs.log_target import LogTarget
from udaemon.logs.sink import BUFFER, Sink


def sink_at(path: Path, **keys: object) -> Sink:
    return Sink(LogTarget(path=str(path), **({"timestamps": False} | keys)))  # type: ignore[arg-type]


def test_a_refused_file_is_told_at_once_and_taken_when_it_becomes_right(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.mkdir()
    sink = sink_at(path)
    sink.open()
    assert sink.state == "blocked (not a regular file)"
    sink.append(b"kept\n")
    path.rmdir()
    sink.retry()
    assert (sink.state, path.read_bytes()) == ("ok", b"kept\n")


def test_a_refused_file_heals_without_a_line_too(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.symlink_to("elsewhere")
    sink = sink_at(path)
    sink.open()
    assert sink.state == "blocked (a symbolic link, not a file)"
    path.unlink()
    sink.retry()
    assert sink.state == "ok"


def test_what_cannot_be_written_is_kept_until_the_buffer_is_full(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.mkdir()
    sink = sink_at(path)
    half = b"y" * (BUFFER // 2 - 1) + b"\n"
    sink.append(half)
    assert not sink.full
    sink.append(half)
    assert sink.full
    sink.retry()
    assert sink.unwritten == 2 * len(half)
    path.rmdir()
    sink.retry()
    assert not sink.full
    assert path.read_bytes() == half * 2


def test_dropped_lines_leave_a_counted_mark_where_they_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.mkdir()
    sink = sink_at(path, drop=True)
    most = b"y" * (BUFFER - 1) + b"\n"
    sink.append(most)
    assert sink.state == "blocked (not a regular file)"
    sink.append(b"one\ntwo\n")
    assert (sink.state, sink.full) == ("dropping (not a regular file)", False)
    sink.retry()
    assert sink.state == "dropping (not a regular file)"
    path.rmdir()
    sink.retry()
    sink.append(b"after\n")
    kept, _, rest = path.read_bytes().partition(b"\n")
    assert kept + b"\n" == most
    mark, _, after = rest.partition(b"\n")
    assert mark.startswith(b"udaemon: 2 lines (8 bytes) dropped here since 2")
    assert after == b"after\n"


def end_jobs(sink: Sink, jobs: list[int]) -> None:
    """Wait for each compression, also for those that begin with the end of another."""
    done = 0
    while done < len(jobs):
        assert select.select([jobs[done]], [], [], 10)[0]
        done += 1
        sink.job_done()


def test_a_rotated_file_is_compressed_by_a_process_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    jobs: list[int] = []
    target = LogTarget(path=str(path), timestamps=False, max_size=1000, backups=3, compress=True)
    sink = Sink(target, lambda fd, _sink: jobs.append(fd))
    for letter in (b"a", b"b", b"c"):
        sink.append(letter * 900 + b"\n")
    end_jobs(sink, jobs)
    sink.close()
    assert sorted(os.listdir(tmp_path)) == ["x.log", "x.log.1.gz", "x.log.2.gz"]
    assert gzip.decompress((tmp_path / "x.log.2.gz").read_bytes()) == b"a" * 900 + b"\n"
    assert gzip.decompress((tmp_path / "x.log.1.gz").read_bytes()) == b"b" * 900 + b"\n"


def test_rotated_files_are_compressed_though_one_was_rotated_away_meanwhile(tmp_path: Path) -> None:
    """A flood, and then silence: no other rotation would come to begin with those that are there now."""
    path = tmp_path / "x.log"
    jobs: list[int] = []
    target = LogTarget(path=str(path), timestamps=False, max_size=1000, backups=2, compress=True)
    sink = Sink(target, lambda fd, _sink: jobs.append(fd))
    for letter in (b"a", b"b", b"c", b"d", b"e"):
        sink.append(letter * 900 + b"\n")
    assert len(jobs) == 1
    end_jobs(sink, jobs)
    sink.close()
    assert sorted(os.listdir(tmp_path)) == ["x.log", "x.log.1.gz", "x.log.2.gz"]
    assert gzip.decompress((tmp_path / "x.log.1.gz").read_bytes()) == b"d" * 900 + b"\n"
