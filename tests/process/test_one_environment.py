"""One way to a daemon's environment: `check`, `run` and `up` find the same modules and programs, in any locale."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from tests.process.project import Project

WHERE = {
    "env": ("", "env.PYTHONPATH = 'lib'"),
    "an absolute path": ("", "env.PYTHONPATH = '{directory}/lib'"),
    "env-file": ("", "env-file = 'own.env'"),
    "defaults.env": ("[defaults.env]\nPYTHONPATH = 'lib'", ""),
    "defaults.env-file": ("[defaults]\nenv-file = 'own.env'", ""),
    "the manifest's env": ("[env]\nPYTHONPATH = 'lib'", ""),
    "the manifest's env-file": ("env-file = 'own.env'", ""),
}


@pytest.mark.parametrize("where", WHERE)
def test_modules_are_found_by_all_three_wherever_pythonpath_is_said(where: str, project: Project) -> None:
    top, own = (text.format(directory=project.directory) for text in WHERE[where])
    project.file("lib/elsewhere.py", "def create(): return lambda: print('ran')")
    project.file("own.env", "PYTHONPATH=lib\n")
    project.manifest(f"{top}\n[daemons.a]\nfactory = 'elsewhere:create'\nsleep = 1000\n{own}\n")
    (project.directory / "below").mkdir()
    assert "good" in project.run("check").stdout
    assert "ran" in project.run("run", "a", "--once").stdout
    project.up()
    assert project.instance("a")["state"] == "running"


def test_daemons_with_other_search_paths_are_asked_each_for_itself(project: Project) -> None:
    for lib in ("one", "two"):
        project.file(f"{lib}/same.py", f"def {lib}(): return lambda: None")
    text = "[daemons.{0}]\nfactory = 'same:{0}'\nsleep = 1\nenv.PYTHONPATH = '{0}'\n"
    project.manifest(text.format("one") + text.format("two"))
    assert "good" in project.run("check").stdout


DUMP = """
import os, udaemon
def write(out):
    with open("/proc/self/environ") as own:
        seen = own.read() if __name__ == "__main__" else "\\0".join(f"{n}={v}" for n, v in os.environ.items())
    with open(out, "w") as file:
        file.write(seen)
    raise udaemon.StopTask
def create(out): return lambda: write(out)
if __name__ == "__main__":
    write("OUT")
"""


def environment(project: Project, kind: str, **given: str) -> dict[str, str]:
    """What a command or a task that `up` starts with these variables sees as its environment."""
    project.environ |= given
    out = project.directory / "environment"
    script = project.file("dump.py", DUMP.replace("OUT", str(out)))
    what = f"command = ['{sys.executable}', '{script}']\nsuccess-exit-codes = [0, 1]"
    if kind == "factory":
        what = f"factory = 'dump:create'\nparams.out = '{out}'\nsleep = 1000"
    (project.directory / "work").mkdir()
    project.manifest(f"[daemons.a]\n{what}\ncwd = 'work'\nrestart = 'never'")
    project.run("up", "-d")
    project.until("a", lambda one: one["state"] == "exited")
    entries = [entry.partition("=") for entry in out.read_text().split("\0") if entry]
    return {name: value for name, _, value in entries}


@pytest.mark.parametrize("kind", ["command", "factory"])
def test_what_the_callers_shell_keeps_for_itself_reaches_no_daemon(kind: str, project: Project) -> None:
    shell = {"PWD": "/from/shell", "OLDPWD": "/old", "SHLVL": "7", "_": "/usr/bin/udaemon", "MINE": "kept"}
    seen = environment(project, kind, **shell)
    assert seen["PWD"] == f"{project.directory}/work"
    assert seen["MINE"] == "kept"
    assert not {"OLDPWD", "SHLVL", "_"} & seen.keys()


@pytest.mark.parametrize("kind", ["command", "factory"])
@pytest.mark.parametrize("given", [None, "C.UTF-8"])
def test_lc_ctype_reaches_a_daemon_only_if_the_user_set_it(kind: str, given: str | None, project: Project) -> None:
    """In the C locale Python sets it for itself."""
    for name in ("LANG", "LC_ALL", "LC_CTYPE"):
        project.environ.pop(name, None)
    seen = environment(project, kind, LANG="C", **({"LC_CTYPE": given} if given else {}))
    if kind == "command":  # what is dumped is the process's own, before its Python adds one
        assert seen.get("LC_CTYPE") == given
    elif given:
        assert seen["LC_CTYPE"] == given


LOCALES = {
    "C": {"LC_ALL": "C"},
    "C, without Python's help": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX": {"LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    "ISO-8859-1": {"LC_ALL": "de_DE.ISO-8859-1"},
    "ISO-8859-1 by LANG": {"LANG": "de_DE.ISO-8859-1", "PYTHONUTF8": "0"},
}


@pytest.fixture(scope="session")
def locales(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A directory with a locale that is not UTF-8."""
    if shutil.which("localedef") is None:
        pytest.skip("there is no localedef")
    directory = tmp_path_factory.mktemp("locales")
    make = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(directory / "de_DE.ISO-8859-1")]
    if subprocess.run(make, capture_output=True, check=False).returncode > 1:
        pytest.skip("there are no locales to make one of")
    return str(directory)


@pytest.mark.parametrize("name", LOCALES)
def test_text_is_utf8_in_every_locale(name: str, project: Project, request: pytest.FixtureRequest) -> None:
    for variable in ("LANG", "LC_ALL", "LC_CTYPE"):
        project.environ.pop(variable, None)
    project.environ |= LOCALES[name]
    if "ISO" in name:
        project.environ["LOCPATH"] = request.getfixturevalue("locales")
    project.file(
        "jobs.py",
        """
        import os, udaemon
        def make(name):
            os.mkdir(name)
            raise udaemon.StopTask
        def create(word): return lambda: make(os.environ["DIR"] + word)
        """,
    )
    directory = project.directory
    (directory / "größe").mkdir()
    project.manifest(
        """
        run-dir = "läufe"
        [defaults]
        cwd = "größe"
        log-dir = "protokolle-ü"
        restart = "never"
        env.DIR = "für-"
        [daemons.command]
        command = ["sh", "-c", 'mkdir "$DIR$1"; echo "€ $1"', "sh", "bücher"]
        [daemons.task]
        factory = "jobs:create"
        params = { word = "aufgäbe" }
        sleep = 1000
        """
    )
    assert "größe" in written(project, "config")
    project.run("run", "task", "--once")
    assert (directory / "größe" / "für-aufgäbe").is_dir()
    (directory / "größe" / "für-aufgäbe").rmdir()
    project.run("up", "-d")
    for name, made in (("command", "für-bücher"), ("task", "für-aufgäbe")):
        project.until(name, lambda one: one["state"] == "exited")
        assert (directory / "größe" / made).is_dir()
    assert (directory / "läufe").is_dir()
    project.down()
    log = directory / "protokolle-ü" / "command.log"
    assert "€ bücher" in log.read_bytes().decode()
    assert "€ bücher" in written(project, "logs", "command")


def written(project: Project, *argv: str) -> str:
    """What a verb writes, read as UTF-8 whatever the locale is."""
    command = [sys.executable, "-m", "udaemon", *argv]
    done = subprocess.run(command, cwd=project.directory, env=project.environ, capture_output=True, check=True)
    return done.stdout.decode()


def test_bytes_that_are_no_text_end_no_verb(project: Project) -> None:
    project.environ["ODD"] = os.fsdecode(b"caf\xe9")
    project.manifest("[daemons.a]\ncommand = ['printenv', 'ODD', '${ODD}']\nlog-dir = 'log'\nrestart = 'never'")
    for arguments in (["config"], ["config", "--format", "json"], ["check"], ["check", "--format", "json"]):
        project.run(*arguments)
