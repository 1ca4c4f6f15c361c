"""Layers, included files, daemons that extend others, profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.write import ENVIRON, loaded, told

from udaemon.errors import ManifestError
from udaemon.manifest.model import Manifest, Php, Restart
from udaemon.manifest.read import examine, load


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)


def layers(folder: Path, *texts: str) -> Manifest:
    names = [f"{at}.toml" for at in range(len(texts))]
    write(folder, dict(zip(names, texts, strict=True)))
    return load(names, environ=ENVIRON, cwd=str(folder))


def test_a_later_layer_wins_key_by_key_and_can_say_false(tmp_path: Path) -> None:
    manifest = layers(
        tmp_path,
        "[daemons.a]\ncommand='a'\nautostart=true\nstop={signal='INT', timeout=5}\nsuccess-exit-codes=[0,1]",
        "[daemons.a]\nautostart=false\nstop.timeout=0\nsuccess-exit-codes=[]",
    )
    daemon = manifest.daemons["a"]
    assert (daemon.autostart, daemon.stop.signal, daemon.stop.timeout) == (False, "INT", 0.0)
    assert daemon.success_exit_codes == ()


def test_a_later_layer_s_defaults_lie_under_an_earlier_layer_s_daemon(tmp_path: Path) -> None:
    manifest = layers(tmp_path, "[daemons.a]\ncommand='a'\nrestart='never'", "[defaults]\nrestart='always'")
    assert manifest.daemons["a"].restart is Restart.NEVER


def test_layers_of_both_formats_lie_over_one_another(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "daemons: {a: {command: a}}", "b.toml": "[daemons.b]\ncommand='b'", "c.json": "{}"})
    manifest = load(["a.yaml", "b.toml", "c.json"], environ=ENVIRON, cwd=str(tmp_path))
    assert list(manifest.daemons) == ["a", "b"]
    assert manifest.file == str((tmp_path / "a.yaml").resolve())


def test_a_mistake_is_told_in_the_file_that_made_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.toml": "[daemons.a]\ncommand='a'\nrestart='x'\n[daemons.b]\nfactory='b:b'",
            "b.toml": "[daemons.a]\nrestart='y'\n[daemons.b]\ncommand='b'",
        },
    )
    problems = examine(["a.toml", "b.toml"], environ=ENVIRON, cwd=str(tmp_path)).problems
    assert [(problem.code, Path(str(problem.file)).name, problem.line) for problem in problems] == [
        ("bad-choice", "a.toml", 3),
        ("bad-choice", "b.toml", 2),
        ("both-to-run", "b.toml", 4),
    ]


def test_included_files_lie_under_the_one_that_includes_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "udaemon.toml": "include=['conf/*.toml', 'last.yaml']\n[daemons.a]\nrestart='never'",
            "conf/1.toml": "include='deep/x.toml'\n[daemons.a]\ncommand='a'\nrestart='always'",
            "conf/2.toml": "[daemons.b]\ncommand='b'",
            "conf/deep/x.toml": "[daemons.c]\ncommand='c'",
            "last.yaml": "daemons: {b: {command: later}}",
        },
    )
    manifest = load(environ=ENVIRON, cwd=str(tmp_path))
    assert {name: daemon.command for name, daemon in manifest.daemons.items()} == {
        "c": ("c",),
        "a": ("a",),
        "b": ("later",),
    }
    assert manifest.daemons["a"].restart is Restart.NEVER


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"udaemon.toml": "include='gone.toml'"}, ("unreadable", "include", "there is no file gone.toml")),
        (
            {"udaemon.toml": "include=['a.toml']", "a.toml": "include='udaemon.toml'\n[daemons.a]\ncommand='a'"},
            ("include-cycle", "include", "includes itself: udaemon.toml → a.toml → udaemon.toml"),
        ),
    ],
)
def test_what_cannot_be_included(files: dict[str, str], found: tuple[str, str, str], tmp_path: Path) -> None:
    write(tmp_path, {**files, "udaemon.toml": files["udaemon.toml"] + "\n[daemons.z]\ncommand='z'"})
    problems = examine(environ=ENVIRON, cwd=str(tmp_path)).problems
    assert [(problem.code, problem.path, problem.message) for problem in problems] == [found]


def test_a_pattern_may_match_nothing(tmp_path: Path) -> None:
    assert list(loaded(tmp_path, "include='conf.d/*'\n[daemons.a]\ncommand='a'").daemons) == ["a"]


CHAIN = """
[defaults]
autostart = false
stop.timeout = "1m"
[daemons.base]
enabled = false
restart = "always"
description = "never alone"
stop.signal = "INT"
env.A = "base"
[daemons.middle]
extends = "base"
command = "m"
env.B = "middle"
[daemons.top]
extends = "middle"
autostart = true
env.A = "top"
"""


def test_a_daemon_extends_another_one_that_extends_a_third(tmp_path: Path) -> None:
    daemons = loaded(tmp_path, CHAIN).daemons
    assert list(daemons) == ["middle", "top"]
    top = daemons["top"]
    assert (top.command, top.restart, top.autostart, top.enabled) == (("m",), Restart.ALWAYS, True, True)
    assert (top.stop.signal, top.stop.timeout, top.description) == ("INT", 60.0, "")
    assert dict(top.env) == {"A": "top", "B": "middle"}


def test_a_php_without_a_factory_is_for_the_daemons_that_have_one(tmp_path: Path) -> None:
    manifest = layers(
        tmp_path,
        """
        [defaults]
        php = { bootstrap = "app.php", interpreter = "bin/php -n" }
        [daemons.php]
        php.factory = 'A::b'
        [daemons.python]
        factory = "a:b"
        [daemons.command]
        command = "php a.php"
        [daemons.own]
        php = { factory = 'A::c', bootstrap = "/own.php", interpreter = "php8.2" }
        """,
    )
    assert {name: daemon.kind for name, daemon in manifest.daemons.items()} == {
        "php": "php",
        "python": "factory",
        "command": "command",
        "own": "php",
    }
    here = str(tmp_path.resolve())
    assert manifest.daemons["php"].php == Php(
        factory="A::b", bootstrap=f"{here}/app.php", interpreter=(f"{here}/bin/php", "-n")
    )
    assert manifest.daemons["own"].php == Php(factory="A::c", bootstrap="/own.php", interpreter=("php8.2",))
    assert manifest.daemons["python"].php == manifest.daemons["command"].php == Php()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "[daemons.a]\ncommand='a'\nextends='b'\n[daemons.b]\nextends='a'",
            [("extends-cycle", "daemons.a.extends", 3)],
        ),
        ("[daemons.a]\ncommand='a'\nextends='a'", [("extends-cycle", "daemons.a.extends", 3)]),
        (
            "[daemons.mailer]\ncommand='a'\n[daemons.b]\nextends='mailr'\ncommand='b'",
            [("unknown-daemon", "daemons.b.extends", 4)],
        ),
        ("[defaults]\nextends='a'\n[daemons.a]\ncommand='a'", [("contradiction", "defaults.extends", 2)]),
        (
            "[daemons.a]\ncommand='a'\nenabled=false\n[daemons.b]\nextends='a'\nfactory='b:b'",
            [("both-to-run", "daemons.b", 4)],
        ),
    ],
)
def test_what_cannot_be_extended(text: str, found: list[tuple[str, str, int]], tmp_path: Path) -> None:
    assert [(problem.code, problem.path, problem.line) for problem in told(tmp_path, text)] == found


def test_a_mistake_in_what_is_extended_is_told_once_and_there(tmp_path: Path) -> None:
    text = "[daemons.a]\ncommand='a'\nrestart='x'\n[daemons.b]\nextends='a'\n[daemons.c]\nextends='b'"
    assert [(problem.path, problem.line) for problem in told(tmp_path, text)] == [("daemons.a.restart", 3)]


PROFILES = """
[daemons.a]
command = "a"
[daemons.b]
command = "b"
profiles = "dev"
[daemons.c]
command = "c"
profiles = ["dev", "test"]
"""


@pytest.mark.parametrize(
    ("profiles", "names"), [([], "a"), (["dev"], "abc"), (["test"], "ac"), (["dev", "test"], "abc")]
)
def test_a_profile_s_daemons_are_there_when_it_is_asked_for(profiles: list[str], names: str, tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(PROFILES)
    manifest = load(environ=ENVIRON, cwd=str(tmp_path), profiles=profiles)
    assert "".join(manifest.daemons) == names


def test_a_profile_that_no_daemon_has_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "udaemon.toml").write_text(PROFILES)
    with pytest.raises(ManifestError) as caught:
        load(environ=ENVIRON, cwd=str(tmp_path), profiles=["devel"])
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == ('no daemon has the profile "devel"', "did you mean dev?")
