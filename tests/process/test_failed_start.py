"""A supervisor that does not come to stand (I23): the reason is told on the terminal, and nothing stays behind."""

from __future__ import annotations

import pytest
from tests.process.project import Project, gone

HOOK = """
    import builtins, errno, os, signal, socket, sys

    first = os.getpid()

    class Hook:
        \"\"\"Something happens in one process at an import: in the supervisor, or in whoever is none.\"\"\"

        def find_spec(self, name, _path=None, _target=None):
            is_supervisor = "udaemon.service.main" in sys.modules
            if name == "udaemon.control.server" and is_supervisor and "AT_LAST" in os.environ:
                exec(os.environ["AT_LAST"])
            if name == "udaemon.system.subreaper" and not is_supervisor and "KEEPER" in os.environ:
                exec(os.environ["KEEPER"])

    sys.meta_path.insert(0, Hook())
    exec(os.environ.get("AT_FIRST", ""))
"""
DAEMONS = """
    [daemons.command]
    command = ["sh", "-c", "echo $$$$ >> pids; exec sleep 1000"]
    instances = 3

    [daemons.task]
    task = "app:run"
    sleep = "1h"
"""
KILLED = "udaemon: the supervisor was killed by signal 9 (SIGKILL) while it started\n"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def hooked(project: Project) -> Project:
    """A project whose supervisor has begun its daemons when it imports what answers on the socket."""
    project.file("hook/sitecustomize.py", HOOK)
    project.file("app.py", "def run():\n    pass\n")
    project.manifest(DAEMONS)
    return project


def _up(project: Project, *options: str, **hooks: str) -> str:
    """What a failed `up` says. Sees that it leaves nothing, and that the next one begins."""
    environ = project.environ
    project.environ = environ | {"PYTHONPATH": str(project.directory / "hook")} | hooks
    try:
        said = project.run("up", *options, code=1).stderr
    finally:
        project.environ = environ
    started = project.directory / "pids"
    pids = [int(pid) for pid in started.read_text().split()] if started.exists() else []
    assert gone(pids, 0.0)
    assert project.run_directories() == []
    project.up()
    assert {one["state"] for one in project.instances()} == {"running"}
    project.down()
    return said


@pytest.mark.parametrize("options", [(), ("-d",)])
def test_i23_one_that_is_killed_is_told_to_be(hooked: Project, options: tuple[str, ...]) -> None:
    assert _up(hooked, *options, AT_LAST=KILL) == KILLED


@pytest.mark.parametrize("options", [(), ("-d",)])
def test_a_bug_behind_the_start_of_daemons_shows_its_traceback_on_the_terminal(
    hooked: Project, options: tuple[str, ...]
) -> None:
    said = _up(hooked, *options, AT_LAST="raise SyntaxError('broken')").splitlines()
    assert said[0] == "Traceback (most recent call last):"
    assert said[-3:] == [
        "SyntaxError: broken",
        "udaemon: the supervisor ended while it started",
        "  hint: its traceback stands above",
    ]


def test_one_that_ends_by_itself_is_told_with_its_exit_code(hooked: Project) -> None:
    said = _up(hooked, "-d", AT_LAST="os._exit(7)")
    assert said.splitlines()[0] == "udaemon: the supervisor ended with exit code 7 while it started"


def test_i23_its_daemons_end_though_its_keeper_was_stopped_before_it_could_inherit_them(hooked: Project) -> None:
    assert _up(hooked, "-d", AT_LAST=KILL, KEEPER="os.kill(os.getpid(), signal.SIGSTOP)") == KILLED


def test_f13_an_up_without_descriptors_leaves_no_run_directory(hooked: Project) -> None:
    refused = """if True:
        def pipe(real=os.pipe):
            if os.getpid() == first:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return real()
        os.pipe = pipe
    """
    said = _up(hooked, "-d", AT_FIRST=refused)
    assert said == "udaemon: the system refused what this needs: Too many open files (EMFILE)\n"


def test_f13_a_keeper_without_descriptors_is_told_in_a_line(hooked: Project) -> None:
    refused = """if True:
        def socketpair(family=socket.AF_UNIX, type=socket.SOCK_STREAM, proto=0, real=socket.socketpair):
            if type == socket.SOCK_SEQPACKET:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return real(family, type, proto)
        socket.socketpair = socketpair
    """
    said = _up(hooked, "-d", AT_FIRST=refused)
    assert said == "udaemon: the supervisor could not start: fork: Too many open files (EMFILE)\n"
