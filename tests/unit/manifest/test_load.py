"""What a manifest comes to mean."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import pytest
from tests.unit.manifest.write import ENVIRON, loaded, told

from udaemon.errors import ManifestError
from udaemon.manifest.model import Backoff, Restart, Stop
from udaemon.manifest.read import examine, load

COMMAND = '[daemons.db]\ncommand = "redis-server --port 6380"\n'


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    manifest = loaded(tmp_path, COMMAND)
    daemon = manifest.daemons["db"]
    directory = os.path.realpath(tmp_path)
    assert (manifest.file, manifest.directory) == (f"{directory}/udaemon.toml", directory)
    assert daemon.command == ("redis-server", "--port", "6380")
    assert (daemon.cwd, daemon.umask, daemon.restart) == (directory, 0o022, Restart.ON_FAILURE)
    assert daemon.backoff == Backoff()
    assert daemon.log_dir == f"/state/udaemon/{manifest.project}/log"
    assert daemon.common_log == f"/state/udaemon/{manifest.project}/log/_common.log"
    assert manifest.log_path(daemon) == f"{daemon.log_dir}/db.log"


def test_values_are_read_into_seconds_bytes_and_names(tmp_path: Path) -> None:
    text = """
    [daemons.mailer]
    factory = "jobs.mail:create"
    sleep = "1m30s"
    min-sleep = 0.5
    umask = "027"
    stop = { signal = "SIGINT", timeout = 3 }
    start-limit.then = "cooldown 10m"
    log = { max-size = "1G", max-age = "1d" }
    on.start = "jobs.hooks:up"
    """
    daemon = loaded(tmp_path, text).daemons["mailer"]
    assert (daemon.sleep, daemon.min_sleep, daemon.umask) == (90.0, 0.5, 0o027)
    assert daemon.stop == Stop(signal="INT", timeout=3.0)
    assert daemon.start_limit.then == 600.0
    assert (daemon.log.max_size, daemon.log.max_age) == (1024**3, 86400.0)
    assert daemon.on.start == ("jobs.hooks:up",)


def test_no_limit_can_be_said(tmp_path: Path) -> None:
    text = COMMAND + "log = { max-size = -1, max-age = -1 }\nstart-limit.then = 'give-up'"
    daemon = loaded(tmp_path, text).daemons["db"]
    assert (daemon.log.max_size, daemon.log.max_age, daemon.start_limit.then) == (None, None, None)


def test_defaults_lie_under_a_daemon_key_by_key(tmp_path: Path) -> None:
    text = """
    [defaults]
    restart = "always"
    autostart = true
    stop = { signal = "INT", timeout = "30s" }
    success-exit-codes = [0, 1]
    [daemons.a]
    command = "a"
    autostart = false
    stop.timeout = "5s"
    success-exit-codes = []
    """
    daemon = loaded(tmp_path, text).daemons["a"]
    assert (daemon.restart, daemon.autostart) == (Restart.ALWAYS, False)
    assert daemon.stop == Stop(signal="INT", timeout=5.0)
    assert daemon.success_exit_codes == ()


def test_the_environment_comes_from_near_to_far(tmp_path: Path) -> None:
    (tmp_path / "common.env").write_text("A=file\nB=file\nC='file'\nexport D=file\n")
    (tmp_path / "own.env").write_text("C=own file\nD=own file\n")
    text = """
    env-file = "common.env"
    env = { B = "manifest", E = "manifest" }
    [defaults.env]
    E = "defaults"
    [daemons.a]
    command = "a"
    env-file = ["own.env"]
    env = { D = "daemon" }
    """
    manifest = loaded(tmp_path, text)
    assert manifest.env == {"A": "file", "B": "manifest", "C": "file", "D": "file", "E": "manifest"}
    assert manifest.daemons["a"].env == {
        "A": "file",
        "B": "manifest",
        "C": "own file",
        "D": "daemon",
        "E": "defaults",
    }


def test_an_env_file_of_a_daemon_replaces_that_of_defaults(tmp_path: Path) -> None:
    (tmp_path / "one.env").write_text("A=one\nB=one\n")
    (tmp_path / "two.env").write_text("A=two\n")
    text = "[defaults]\nenv-file='one.env'\n[daemons.a]\ncommand='a'\nenv-file='two.env'\n[daemons.b]\ncommand='b'"
    daemons = loaded(tmp_path, text).daemons
    assert daemons["a"].env == {"A": "two"}
    assert daemons["b"].env == {"A": "one", "B": "one"}


def test_variables_come_from_the_environment_over_dot_env(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=1\nHOST=box\n")
    text = '[daemons.a]\ncommand = ["a", "${PORT}", "${HOST}", "${NONE:-x y}", "$$HOME", "$PATH", "${PORT:?needed}"]'
    manifest = loaded(tmp_path, text, environ={**ENVIRON, "PORT": "2"})
    assert manifest.daemons["a"].command == ("a", "2", "box", "x y", "$HOME", "$PATH", "2")
    assert manifest.daemons["a"].env == {}


def test_relative_paths_start_at_the_manifest(tmp_path: Path) -> None:
    text = "run-dir='run'\n[defaults]\nlog-dir='log'\ncwd='~/work'\n[daemons.a]\ncommand='a'\ncommon-log='../x.log'"
    manifest = loaded(tmp_path, text)
    directory = os.path.realpath(tmp_path)
    daemon = manifest.daemons["a"]
    assert (manifest.run_dir, daemon.log_dir) == (f"{directory}/run", f"{directory}/log")
    assert (daemon.cwd, daemon.common_log) == ("/home/me/work", f"{os.path.dirname(directory)}/x.log")


def test_the_command_line_stands_above_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text('project = "a"\ncontext = "staging"\n' + COMMAND)
    manifest = load(environ=ENVIRON, cwd=str(tmp_path), project="b", context="production")
    assert (manifest.project, manifest.context) == ("b", "production")
    assert manifest.log_path(manifest.daemons["db"]) == "/state/udaemon/b/log/db-production.log"


def test_a_shell_gets_the_command_as_one_string(tmp_path: Path) -> None:
    text = "[daemons.a]\nshell = true\ncommand = 'echo \"$HOME\" | cat'"
    assert loaded(tmp_path, text).daemons["a"].command == ('echo "$HOME" | cat',)


def test_the_project_is_named_after_its_directory(tmp_path: Path) -> None:
    folder = tmp_path / "My Größe_1"
    folder.mkdir()
    assert loaded(folder, COMMAND).project == "my-gr--e_1"


def test_x_keys_at_the_top_mean_nothing(tmp_path: Path) -> None:
    text = "x-team: {on-call: ~, y: $nothing}\ndaemons:\n  a: {command: a}\n"
    assert list(loaded(tmp_path, text, name="udaemon.yaml").daemons) == ["a"]


def test_a_manifest_can_be_sent_to_another_process(tmp_path: Path) -> None:
    manifest = loaded(tmp_path, COMMAND)
    assert pickle.loads(pickle.dumps(manifest)) == manifest


def test_standard_input_is_a_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(COMMAND.encode())))
    manifest = load(["-"], environ=ENVIRON, cwd=str(tmp_path))
    assert (manifest.file, manifest.directory) == ("-", os.path.realpath(tmp_path))


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('[daemons.a]\ncommand = "a"\nslep', "syntax", 3),
        ("[daemons.a]\ncommand = a: b\n", "syntax", 2),
        ("daemons:\n  a: {command: a, slep: 1}\n", "unknown-key", 2),
        ("daemons:\n  a: {command: !a a}\n", "yaml-tag", 2),
        ("daemons:\n  a:\n    command: [a\n", "syntax", 4),
        ('{"daemons": {"a": {"command": "a", "command": "b"}}}', "duplicate-key", 1),
    ],
)
def test_a_mistake_on_standard_input_is_told_as_the_format_has_it(
    text: str, code: str, line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    (problem,) = examine(["-"], environ=ENVIRON, cwd=str(tmp_path)).problems
    assert (problem.code, problem.line) == (code, line)


def test_load_raises_once_with_everything(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text("[daemons.A]\ncommand = 'a'\n[daemons.b]\nsleep = 'x'\n")
    with pytest.raises(ManifestError) as caught:
        load(environ=ENVIRON, cwd=str(tmp_path))
    assert [problem.code for problem in caught.value.problems] == [
        "bad-name",
        "nothing-to-run",
        "bad-duration",
    ]
    assert caught.value.exit_code == 2


def test_a_mistake_in_defaults_is_told_once(tmp_path: Path) -> None:
    text = "[defaults]\nsleep = 'x'\n[daemons.a]\nfactory = 'a:b'\n[daemons.b]\nfactory = 'a:b'\n"
    assert [(problem.path, problem.line) for problem in told(tmp_path, text)] == [("defaults.sleep", 2)]


def test_of_very_many_problems_the_first_are_told(tmp_path: Path) -> None:
    problems = told(tmp_path, "[daemons.a]\ncommand = 'a'\n" + "".join(f"k{at} = 1\n" for at in range(1200)))
    assert len(problems) == 1001
    assert "there are more problems than these" in {problem.message for problem in problems}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("daemons:\n  a:\n    factory:\n    sleep: 1", ("daemons.a.factory", 3, 5)),
        ("daemons:\n  a: ~", ("daemons.a", 2, 3)),
        ("daemons:", ("daemons", 1, 1)),
        ("daemons: {a: {command: [a, ~]}}", ("daemons.a.command[1]", 1, 28)),
        ("daemons: {a: {command: a, env: {A: }}}", ("daemons.a.env.A", 1, 33)),
    ],
)
def test_nothing_is_no_value(text: str, found: tuple[str, int, int], tmp_path: Path) -> None:
    (problem,) = told(tmp_path, text, name="udaemon.yaml")
    assert (problem.code, (problem.path, problem.line, problem.column)) == ("no-value", found)


def test_a_variable_that_is_missing_is_the_only_thing_told_of_its_value(tmp_path: Path) -> None:
    text = "[defaults]\nsleep = '${NONE}'\n[daemons.a]\nfactory = '${GONE}'\n"
    problems = told(tmp_path, text)
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [
        ("missing-variable", 2, 9),
        ("missing-variable", 4, 11),
    ]
