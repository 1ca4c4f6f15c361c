"""`udaemon logs`: which lines, in which order, and how they are shown."""

from __future__ import annotations

import gzip
import os
import socket
import time
from pathlib import Path

import pytest

from udaemon.cli.main import main
from udaemon.logs.entries import stamp_of

MANIFEST = """
project = "shop"
[defaults]
log-dir = "log"
[daemons.mailer]
command = "true"
instances = 2
[daemons.web]
command = "true"
"""
MAILER = """\
2024-11-24T12:00:01.000Z [0] one
2024-11-24T12:00:03.000Z [1] three
2024-11-24T12:00:05.000Z udaemon: the log file was removed or renamed; this is a new one
"""
WEB = """\
2024-11-24T12:00:02.000Z two
2024-11-24T12:00:04.000Z fo\x1b[31mur\u202e \t\x85
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that does not run, with two logs."""
    (tmp_path / "udaemon.toml").write_text(MANIFEST)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "mailer.log").write_text(MAILER)
    (tmp_path / "log" / "web.log").write_text(WEB)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(argv) == 0
    return capsys.readouterr().out


def test_lines_of_all_daemons_come_by_their_times(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "logs") == (
        "mailer/0 | one\n"
        "web/0    | two\n"
        "mailer/1 | three\n"
        "web/0    | four\\u202e \t\\x85\n"
        "mailer   | udaemon: the log file was removed or renamed; this is a new one\n"
    )


def test_raw_passes_the_bytes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "logs", "--raw", "web") == "web/0 | two\nweb/0 | fo\x1b[31mur\u202e \t\x85\n"


def test_timestamps_are_shown_where_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "logs", "-t", "web", "-n", "1", "--raw").startswith("web/0 | 2024-11-24T12:00:04.000Z fo")


def test_each_instance_has_its_colour(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--color", "always", "logs", "mailer") == (
        "\x1b[36mmailer/0 | \x1b[0mone\n"
        "\x1b[33mmailer/1 | \x1b[0mthree\n"
        "\x1b[36mmailer   | \x1b[0mudaemon: the log file was removed or renamed; this is a new one\n"
    )


COLORED = "\x1b[36mweb/0 | \x1b[0mfo\x1b[31mur\\u202e \t\\x85\x1b[0m\n"
STRIPPED = "web/0 | four\\u202e \t\\x85\n"


@pytest.mark.parametrize(
    ("argv", "environ", "expected"),
    [
        ((), {}, STRIPPED),
        (("--color", "always"), {}, COLORED),
        ((), {"FORCE_COLOR": "1"}, COLORED),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, STRIPPED),
        (("--color", "never"), {"FORCE_COLOR": "1"}, STRIPPED),
        (("--color", "always"), {"NO_COLOR": "1"}, COLORED),
    ],
)
def test_a_daemons_own_colours_are_shown_where_colours_are_and_end_with_their_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    environ: dict[str, str],
    expected: str,
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert shown(capsys, *argv, "logs", "web", "-n", "1") == expected


def test_one_instance_is_shown_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "logs", "mailer/1") == "mailer/1 | three\n"


def test_the_last_lines_are_counted_for_each_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "logs", "-n", "1").splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["web/0", "mailer"]
    assert shown(capsys, "logs", "--tail", "0") == ""


def test_globs_name_daemons(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "logs", "w*", "-n1", "--raw").startswith("web/0 | fo")


@pytest.mark.parametrize("since", ["2024-11-24T12:00:04Z", "2024-11-24T13:00:04+01:00"])
def test_since_a_moment(capsys: pytest.CaptureFixture[str], since: str) -> None:
    lines = shown(capsys, "logs", "--since", since).splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["web/0", "mailer"]


def test_since_some_time_ago(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    with (shop / "log" / "web.log").open("ab") as file:
        file.write(stamp_of(time.time() - 60) + b" a minute ago\n")
    assert shown(capsys, "logs", "--since", "10m").splitlines()[-1] == "web/0    | a minute ago"


def test_a_since_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--since", "yesterdayish"]) == 2
    assert "write 10m, 2h" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mialer", "no such daemon: mialer"),
        ("mailer/2", "no such instance: mailer/2"),
        ("mailer/x", "no such instance: mailer/x"),
    ],
)
def test_a_name_that_fits_nothing_is_4_and_says_what_is_meant(
    capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    assert main(["logs", name]) == 4
    said = capsys.readouterr()
    assert (said.out, message in said.err) == ("", True)
    assert "mailer" in said.err


def test_no_log_yet_is_no_error(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    (shop / "log" / "web.log").unlink()
    assert shown(capsys, "logs", "web") == ""


def test_f25_bad_utf_8_is_shown_escaped(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    (shop / "log" / "web.log").write_bytes(b"\xff\xfe\x00 ok\r\n")
    assert shown(capsys, "logs", "web") == "web/0 | \\xff\\xfe\\x00 ok\\r\n"


def test_f31_a_log_that_is_a_link_is_not_read(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    (shop / "log" / "web.log").unlink()
    (shop / "log" / "web.log").symlink_to("/etc/passwd")
    assert main(["logs", "web"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "web.log cannot be read: Too many levels of symbolic links (ELOOP)" in said.err


def test_legacy_lines_are_read_back_by_their_times_and_instances(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "log" / "mailer.log").write_text(
        "11/24/2024 12:00:01 p [17768] 0> one\n11/24/2024 12:00:03 p [17769] 1> th\x1b[31mree\n"
    )
    assert shown(capsys, "logs", "mailer/1", "web", "-t", "--since", "2024-11-24T12:00:02Z", "-n", "1") == (
        "mailer/1 | 2024-11-24T12:00:03.000Z three\nweb/0    | 2024-11-24T12:00:04.000Z four\\u202e \t\\x85\n"
    )
    assert shown(capsys, "--color", "always", "logs", "mailer", "--raw") == (
        "\x1b[36mmailer/0 | \x1b[0mone\n\x1b[33mmailer/1 | \x1b[0mth\x1b[31mree\n"
    )


def test_an_apps_json_is_shown_with_all_its_fields_whatever_they_are_called(
    capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    (shop / "udaemon.toml").write_text(MANIFEST + "log = { timestamps = false }\n")
    lines = [
        '{"name":"web","line":5}',
        '{"name":"web","line":"text","level":"info"}',
        '{"time":"2024-11-24T12:00:02.000Z","name":"web","instance":7,"line":"a"}',
        "2024-11-24T12:00:02.000Z of the app's own",
        "11/24/2024 12:00:01 p [17768] of the app's own",
    ]
    (shop / "log" / "web.log").write_text("".join(f"{line}\n" for line in lines))
    assert shown(capsys, "logs", "web").splitlines() == [f"web/0 | {line}" for line in lines]
    assert shown(capsys, "logs", "web", "-n", "2").splitlines() == [f"web/0 | {line}" for line in lines[-2:]]


@pytest.mark.parametrize("kind", ["directory", "fifo", "socket", "link", "parent-file"])
def test_f31_what_is_no_file_is_told_and_the_other_logs_are_shown(
    capsys: pytest.CaptureFixture[str], shop: Path, kind: str
) -> None:
    path = shop / "log" / "mailer.log"
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    elif kind == "link":
        path.symlink_to("web.log")
    else:
        (shop / "file").write_text("")
        text = MANIFEST.replace("instances = 2", 'log-dir = "file/log"')
        (shop / "udaemon.toml").write_text(text)
    assert main(["logs"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[-2:] == ["web/0    | two", "web/0    | four\\u202e \t\\x85"]
    assert said.err.count("cannot be read") == 1
    assert "mailer" in said.err


def test_f31_a_rotated_file_that_cannot_be_read_is_told_and_the_rest_of_the_log_is_shown(
    capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    whole = gzip.compress(b"2024-11-24T11:00:00.000Z packed\n" * 5000)
    (shop / "log" / "web.log.3.gz").write_bytes(whole[: len(whole) // 2])
    (shop / "log" / "web.log.2.gz").write_bytes(b"no gzip at all")
    (shop / "log" / "web.log.1").mkdir()
    for argv in (("logs", "web"), ("logs", "web", "-n", "9999"), ("logs", "-n", "2", "web")):
        assert main(argv) == 1
        said = capsys.readouterr()
        assert said.out.splitlines()[-2:] == ["web/0 | two", "web/0 | four\\u202e \t\\x85"]
        assert "web.log.1 cannot be read" in said.err
        if "2" not in argv:
            assert "web.log.2.gz cannot be read" in said.err
            assert "web.log.3.gz cannot be read" in said.err
