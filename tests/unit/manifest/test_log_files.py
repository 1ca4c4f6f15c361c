"""Which files a daemon's output goes to."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.write import loaded, told

from udaemon.manifest.changes import compare
from udaemon.manifest.log_files import LogFile, log_files


def files(folder: Path, log: str, *, instances: int = 1, more: str = "") -> list[LogFile]:
    text = f"{more}[daemons.web]\ncommand = 'a'\ninstances = {instances}\nlog-dir = '/logs'\nlog = {log}\n"
    manifest = loaded(folder, text)
    return list(log_files(manifest.daemons["web"], manifest.context))


@pytest.mark.parametrize(
    ("log", "path"),
    [
        ("{}", "/logs/web.log"),
        ("{ file = 'own.log' }", "/logs/own.log"),
        ("{ file = '/var/log/x' }", "/var/log/x"),
        ("{ file = 'sub/own.log' }", "HERE/sub/own.log"),
        ("{ file = './own.log' }", "HERE/own.log"),
        ("{ file = '~/own.log' }", "/home/me/own.log"),
        ("{ file = '${UDAEMON_NAME}.txt' }", "/logs/web.txt"),
        ("{ file = '${HOME}/own.log' }", "/home/me/own.log"),
        ("{ file = '$${UDAEMON_INSTANCE}' }", "/logs/0"),  # as in command: loading keeps the reference either way
    ],
)
def test_a_name_is_in_log_dir_and_a_path_is_one_like_any_other(log: str, path: str, tmp_path: Path) -> None:
    (file,) = files(tmp_path, log)
    assert file.path == path.replace("HERE", str(tmp_path))


def test_the_context_is_in_the_name_only_where_that_is_not_said(tmp_path: Path) -> None:
    context = "context = 'staging'\n"
    assert files(tmp_path, "{}", more=context)[0].path == "/logs/web-staging.log"
    assert files(tmp_path, "{ file = 'own.log' }", more=context)[0].path == "/logs/own.log"


def test_instances_share_a_file_unless_their_number_is_in_its_name(tmp_path: Path) -> None:
    assert files(tmp_path, "{ file = 'w.log' }", instances=2) == [LogFile("/logs/w.log")]
    assert files(tmp_path, "{ file = 'w-${UDAEMON_INSTANCE}.log' }", instances=2) == [
        LogFile("/logs/w-0.log", 0),
        LogFile("/logs/w-1.log", 1),
    ]


@pytest.mark.parametrize(
    ("file", "errors"), [("", "web.err.log"), ("file = 'x.log',", "x.err.log"), ("file = 'x.out',", "x.out.err")]
)
def test_stderr_may_have_a_file_of_its_own(file: str, errors: str, tmp_path: Path) -> None:
    _, second = files(tmp_path, f"{{ {file} stderr = 'separate' }}")
    assert second == LogFile(f"/logs/{errors}", None, errors=True)


def test_defaults_may_name_a_file_for_each_daemon(tmp_path: Path) -> None:
    text = "[defaults]\nlog-dir = '/l'\nlog = { file = 'my-${UDAEMON_NAME}.log' }\n"
    manifest = loaded(tmp_path, text + "[daemons.a]\ncommand = 'a'\n[daemons.b]\ncommand = 'b'\n")
    assert [daemon.log_path("") for daemon in manifest.daemons.values()] == ["/l/my-a.log", "/l/my-b.log"]


def test_one_file_for_all_is_refused_where_it_is_said(tmp_path: Path) -> None:
    text = "[defaults]\nlog = { file = 'all.log' }\n[daemons.a]\ncommand = 'a'\n[daemons.b]\ncommand = 'b'\n"
    (problem,) = told(tmp_path, text)
    assert (problem.code, problem.path, problem.line) == ("same-log", "defaults.log.file", 2)
    assert problem.message == "all.log would be the log of a and b"
    assert problem.hint is not None
    assert "${UDAEMON_NAME}.log" in problem.hint


@pytest.mark.parametrize(
    ("before", "after", "applies"),
    [
        ("{ file = 'a.log' }", "{ file = 'b.log' }", "restart"),
        ("{}", "{ stderr = 'separate' }", "restart"),
        ("{ file = 'a.log' }", "{}", "restart"),
        ("{ mode = '0600' }", "{ mode = '0644' }", "live"),
        ("{ file = 'a.log', backups = 1 }", "{ file = 'a.log', backups = 2 }", "live"),
    ],
)
def test_another_file_needs_another_process(before: str, after: str, applies: str, tmp_path: Path) -> None:
    text = "[daemons.web]\ncommand = 'a'\nlog = "
    changes = compare(loaded(tmp_path, text + before), loaded(tmp_path, text + after))
    assert changes.changed[0].applies == applies
