"""The run directory taken away, spoiled, full or left over: F55, F56, and what a deep or foreign path does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, UDAEMON, Project, gone

COMMAND = """
    [daemons.command]
    command = "sleep 1000"
"""


@pytest.mark.parametrize("what", ["directory", "base", "socket", "lock"])
def test_f56_a_run_directory_that_is_taken_away_is_made_again(project: Project, what: str) -> None:
    """Else nobody could stop its supervisor, and the next `up` would start a second copy of everything."""
    project.manifest(COMMAND)
    project.up()
    told = project.ps()
    with project.process("events", "-f") as events:
        assert events.stdout is not None
        (directory,) = project.run_directories()
        match what:
            case "directory":
                shutil.rmtree(directory, ignore_errors=True)
            case "base":
                shutil.rmtree(directory.parent, ignore_errors=True)
            case "socket":
                (directory / "control.sock").unlink()
            case "lock":
                (directory / "lock").unlink()
        while "made anew" not in events.stdout.readline():
            pass

    again = project.run("up", "-d")

    assert f"already running, pid {told['supervisor']['pid']}" in again.stderr
    assert [one["pid"] for one in project.instances()] == [told["instances"][0]["pid"]]
    (directory,) = project.run_directories()
    assert (directory / "command.pid").read_text() == str(told["instances"][0]["pid"])
    project.run("restart", "command")
    project.down()
    assert project.run_directories() == []
    assert gone([told["supervisor"]["pid"]])


def test_f56_a_supervisor_that_cannot_answer_keeps_its_project_though_its_directory_is_gone(project: Project) -> None:
    """A second one would run everything twice, if only for a moment: the name is claimed, and it is named."""
    project.manifest(COMMAND)
    project.up()
    first = project.ps()
    pid = first["supervisor"]["pid"]
    (directory,) = project.run_directories()
    os.kill(pid, signal.SIGSTOP)
    shutil.rmtree(directory)
    refused = project.run("up", "-d", code=1)
    os.kill(pid, signal.SIGCONT)

    assert f"supervisor, pid {pid}, does not answer" in refused.stderr
    assert project.ps()["supervisor"]["pid"] == pid
    assert project.instance("command")["pid"] == first["instances"][0]["pid"]


@pytest.mark.parametrize("spoil", ["mode", "link", "file"])
def test_f56_an_unsafe_run_directory_is_refused_in_a_line(project: Project, spoil: str) -> None:
    project.manifest(COMMAND)
    project.up()
    project.down()
    base = project.runtime / "udaemon"
    base.rmdir()
    match spoil:
        case "mode":
            base.mkdir(mode=0o777)
            base.chmod(0o777)
        case "link":
            base.symlink_to(project.state)
        case "file":
            base.write_text("")

    refused = project.run("up", "-d", code=1)

    assert len(refused.stderr.splitlines()) == 2
    assert "run directory" in refused.stderr
    if base.is_dir() and not base.is_symlink():
        base.rmdir()
    else:
        base.unlink()


def test_f55_files_of_a_dead_supervisor_are_no_hindrance(project: Project) -> None:
    """Whatever they say: the lock is the truth, and a pid in a file may be anybody's."""
    project.manifest(COMMAND)
    project.up()
    told = project.ps()
    (directory,) = project.run_directories()
    supervisor, daemon = told["supervisor"]["pid"], told["instances"][0]["pid"]
    keeper = int(Path(f"/proc/{supervisor}/stat").read_text().rpartition(") ")[2].split()[1])
    for pid in (keeper, supervisor, daemon):
        os.kill(pid, signal.SIGKILL)
    assert gone([supervisor, daemon], patience=5.0)
    (directory / "supervisor.pid").write_text(str(os.getpid()))
    for file in (directory / "locks").iterdir():
        file.write_bytes(os.getpid().to_bytes(4, sys.byteorder) * 1024)
    (directory / "scoreboard").write_bytes(b"\xff" * 100)

    project.up()
    assert project.instance("command")["state"] == "running"
    project.down()
    assert project.run_directories() == []


def test_a_deep_run_directory_and_the_longest_names_work(tmp_path: Path) -> None:
    """AF_UNIX paths end at 107 bytes (unix(7)); names at 63, and no path need be ASCII."""
    directory = tmp_path / "Verzeichnis mit Umläuten – 目录"
    directory.mkdir()
    project = Project(directory)
    project.runtime = directory / ("tief" * 20) / ("tiefer" * 20)
    project.runtime.mkdir(parents=True, mode=0o700)
    project.environ["XDG_RUNTIME_DIR"] = str(project.runtime)
    name = "d" * 63
    project.file("beat.py", "def create():\n    return lambda: None\n")
    project.manifest(f"""
        project = "{"p" * 63}"
        context = "production"
        run-dir = "läufe"

        [daemons.{name}]
        factory = "beat:create"
        sleep = "10ms"
        instances = 2
    """)
    project.up()
    assert [one["state"] for one in project.instances()] == ["running"] * 2
    assert (directory / "läufe" / f"{name}-production-1.pid").read_text() == str(project.instance(name, 1)["pid"])
    project.down()
    assert project.run_directories() == []
    assert list((directory / "läufe").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize(
    ("options", "lack"),
    [("size=16k", "KiB more"), ("size=1m,nr_inodes=4", "files more"), ("size=1m,ro", "cannot be made")],
    ids=["no space", "no inodes", "read-only"],
)
def test_f56_a_full_run_directory_is_told_before_anything_starts(project: Project, options: str, lack: str) -> None:
    """Issue 9: `up -d` ended with 0 and "runs", and no daemon came up."""
    project.manifest(COMMAND)
    script = (
        f'mount -t tmpfs -o {options},mode=700 none "$XDG_RUNTIME_DIR" && "$@"; echo "exit $?"; find "$XDG_RUNTIME_DIR"'
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *UDAEMON, "up", "-d"],
        cwd=project.directory,
        env=project.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stdout.splitlines()[0] == "exit 1"
    assert [line for line in done.stdout.splitlines() if ".sock" in line or "lock" in line] == []
    assert lack in done.stderr
    assert str(project.runtime) in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("fill", ["head -c 3M /dev/zero > {}/fill", "for i in $(seq 60); do : > {}/fill$i; done"])
def test_f56_who_comes_after_another_supervisor_needs_no_room(project: Project, fill: str) -> None:
    """It was refused the start, and nobody was in charge until there was room again."""
    project.manifest(COMMAND)
    script = f"""
        mount -t tmpfs -o size=2m,nr_inodes=50,mode=700 none "$XDG_RUNTIME_DIR" && "$@" up -d
        ({fill.format('"$XDG_RUNTIME_DIR"')}) 2> /dev/null
        "$@" reexec && "$@" ps -q
        "$@" down && ls "$XDG_RUNTIME_DIR/udaemon"
    """
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", script, "sh", *UDAEMON],
        cwd=project.directory,
        env=project.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "command/0\n"), done.stderr
    assert "in place of pid" in done.stderr


def test_f56_who_comes_after_another_supervisor_goes_on_though_it_may_write_nothing(project: Project) -> None:
    """A directory lies where the file that leads to the scoreboard has to be."""
    project.manifest(COMMAND)
    project.up()
    (directory,) = project.run_directories()
    for name in ("scoreboard", "supervisor.pid"):
        (directory / name).unlink()
        (directory / name).mkdir()

    project.run("reexec")

    assert project.instance("command")["state"] == "running"
    assert "scoreboard cannot be written: " in project.run("events").stdout
    for name in ("scoreboard", "supervisor.pid"):
        (directory / name).rmdir()
