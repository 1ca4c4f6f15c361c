"""Tests of external commands: what they inherit, and what an exec that fails says."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.fakes.full_table import full_table
from tests.process.launching import launch

from udaemon.engines.commands import Command, ExecFailed, Launcher, shell
from udaemon.policy.reasons import Trouble
from udaemon.system.exit_status import Status, reap
from udaemon.system.mounts import Mounts

Wait = Callable[..., list[int]]
Start = Callable[..., tuple[Status, bytes]]


class Forking(Mounts):
    """As if a file system were mounted that may not answer."""

    def may_hang(self) -> bool:
        return True


@pytest.fixture(params=[Mounts, Forking])
def mounts(request: pytest.FixtureRequest) -> type[Mounts]:
    """Both ways of starting a command, which must make no difference that a command could notice."""
    kind: type[Mounts] = request.param
    return kind


@pytest.fixture
def start(tmp_path: Path, wait: Wait, mounts: type[Mounts]) -> Iterator[Start]:
    """Run a command to its end, and answer its status and output."""
    launchers = []

    def run(*argv: str, nofile: tuple[int, int] | None = None, **options: object) -> tuple[Status, bytes]:
        launcher = Launcher(nofile, mounts=mounts())
        launchers.append(launcher)
        read, write = os.pipe2(os.O_CLOEXEC)
        with os.fdopen(read, "rb") as output:
            given = {"env": dict(os.environ), "cwd": str(tmp_path), "output": write} | options
            try:
                pid = launch(launcher, Command(argv=argv, **given))  # type: ignore[arg-type]
            finally:
                os.close(write)
            pidfd = os.pidfd_open(pid)
            wait([pidfd], timeout=10, what=f"the end of {argv}")
            status = reap(pidfd)
            os.close(pidfd)
            assert status is not None
            return status, output.read()

    yield run
    for launcher in launchers:
        launcher.close()


def test_output_and_exit_code(start: Start) -> None:
    assert start(*shell(["echo out; echo err >&2; exit 3"])) == (Status(3, None, core=False), b"out\nerr\n")


def test_a_signal_is_told_as_one(start: Start) -> None:
    status, _ = start(*shell(["kill -9 $$"]))
    assert status == Status(None, 9, core=False)
    assert status.returncode == -9


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("/nowhere/x",), "exec /nowhere/x: No such file or directory (ENOENT)"),
        (
            ("no-such",),
            (
                "exec no-such: No such file or directory (ENOENT); it is in no directory of PATH"
                " (install it, or write its path)"
            ),
        ),
        (
            ("./plain",),
            "exec ./plain: Permission denied (EACCES); it is not executable (chmod +x ./plain)",
        ),
        (
            ("./folder",),
            "exec ./folder: Permission denied (EACCES); it is a directory (name a program in it)",
        ),
        (
            ("./bare",),
            (
                "exec ./bare: Exec format error (ENOEXEC); it has no #! line"
                ' (begin it with one, such as #!/bin/sh, or write "sh ./bare")'
            ),
        ),
        (("./nothing",), "exec ./nothing: No such file or directory (ENOENT)"),
        (("./noise",), "exec ./noise: Exec format error (ENOEXEC)"),
        (("./plain/x",), "exec ./plain/x: Not a directory (ENOTDIR)"),
        (("./loop",), "exec ./loop: Too many levels of symbolic links (ELOOP)"),
        (
            ("./orphan",),
            (
                "exec ./orphan: No such file or directory (ENOENT); it has a #! line that names /no/such/interpreter,"
                " which is not there (install it, or name one that is there)"
            ),
        ),
        (("x" * 300,), f"exec {'x' * 300}: File name too long (ENAMETOOLONG)"),
        (("a\0b",), "exec 'a\\x00b': embedded null byte"),
    ],
)
def test_f14_a_program_that_cannot_begin_is_a_config_error(
    start: Start, tmp_path: Path, argv: tuple[str, ...], message: str
) -> None:
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "noise").write_bytes(b"\x00\x01")
    (tmp_path / "orphan").write_text("#!/no/such/interpreter\n")
    (tmp_path / "bare").write_text("echo hello\n")
    for name in ("noise", "orphan", "bare"):
        (tmp_path / name).chmod(0o755)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ExecFailed) as failed:
        start(*argv)
    assert (str(failed.value), failed.value.trouble) == (message, Trouble.CONFIG)


def test_f14_a_program_that_is_being_written_is_tried_again(start: Start, tmp_path: Path) -> None:
    program = tmp_path / "busy"
    program.write_bytes(Path("/bin/true").read_bytes())
    program.chmod(0o755)
    with program.open("r+b"), pytest.raises(ExecFailed, match="ETXTBSY") as failed:
        start("./busy")
    assert failed.value.trouble is Trouble.RESOURCE


def test_f14_a_missing_working_directory_is_told_as_such(start: Start, tmp_path: Path) -> None:
    with pytest.raises(ExecFailed) as failed:
        start("/bin/true", cwd=str(tmp_path / "gone"))
    assert str(failed.value) == f"chdir {tmp_path}/gone: No such file or directory (ENOENT)"
    assert failed.value.trouble is Trouble.CONFIG


def test_bare_names_are_looked_up_in_the_path_of_the_daemon(start: Start, tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho mine\n")
    tool.chmod(0o755)
    assert start("tool", env={"PATH": f"/nowhere:{tool.parent}"})[1] == b"mine\n"


def test_f61_only_the_declared_fds_are_inherited(start: Start) -> None:
    declared, stray = os.open("/", os.O_RDONLY), os.open("/", os.O_RDONLY)
    os.set_inheritable(stray, True)
    _, output = start("/bin/sh", "-c", "ls /proc/$$/fd", keep=(declared,))
    os.close(declared)
    os.close(stray)
    assert {int(fd) for fd in output.split()} == {0, 1, 2, declared}


def test_f62_it_leads_a_session_with_clean_signals(start: Start) -> None:
    _, stat = start(*shell(["read line < /proc/self/stat; echo $line"]))
    _pid_comm, _, rest = stat.decode().partition(") ")
    assert len({stat.split()[0].decode(), *rest.split()[2:4]}) == 1, "pid, process group and session are one"
    # cat and not the shell, which blocks signals now and then
    _, status = start("cat", "/proc/self/status")
    masks = dict(line.split(":\t") for line in status.decode().splitlines() if line.startswith("Sig"))
    standard = (1 << 31) - 1  # what the C library does with its own ones, 32 and 33, is inherited
    assert (int(masks["SigBlk"], 16) & standard, int(masks["SigIgn"], 16) & standard) == (0, 0)
    assert start(*shell(["readlink /proc/$$/fd/0; umask"]), umask=0o027)[1] == b"/dev/null\n0027\n"


@pytest.fixture
def raised_limit() -> Iterator[int]:
    """The soft file limit, which was raised to the hard one for the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = min(soft, 100 + max(map(int, os.listdir("/proc/self/fd"))))  # whatever tests before have left open
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield low
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_f47_it_gets_the_file_limit_of_the_user(start: Start, raised_limit: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert start(*shell(["ulimit -S -n"]), nofile=(raised_limit, before[1]))[1] == f"{raised_limit}\n".encode()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_f13_a_command_starts_while_more_fds_are_open_than_it_may_have(
    raised_limit: int, wait: Wait, mounts: type[Mounts]
) -> None:
    launcher = Launcher((raised_limit, raised_limit), mounts=mounts())
    many = [os.open("/", os.O_RDONLY) for _ in range(raised_limit)]
    pid = launch(launcher, Command(argv=("/bin/true",), env={}, cwd="/", output=many[0]))
    pidfd = os.pidfd_open(pid)
    wait([pidfd], timeout=10, what="the end of true")
    status = reap(pidfd)
    for fd in (*many, pidfd):
        os.close(fd)
    launcher.close()
    assert status == Status(0, None, core=False)


def test_f13_no_fd_left_is_a_resource_error(mounts: type[Mounts]) -> None:
    launcher = Launcher(mounts=mounts())
    launcher._reserve.close()
    launcher._reserve.close()
    with full_table(), pytest.raises(ExecFailed, match="EMFILE") as failed:
        launch(launcher, Command(argv=("/bin/true",), env={}, cwd="/", output=2))
    launcher.close()
    assert failed.value.trouble is Trouble.RESOURCE


def test_f65_it_gets_the_oom_score_of_the_user(tmp_path: Path, mounts: type[Mounts]) -> None:
    read, write = os.pipe2(os.O_CLOEXEC)
    launcher = Launcher(oom_score=500, mounts=mounts())
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    argv = shell([f"read line < {fifo}; cat /proc/self/oom_score_adj"])
    pid = launch(launcher, Command(argv=argv, env=dict(os.environ), cwd="/", output=write))
    fifo.write_text("go\n")
    os.waitpid(pid, 0)
    launcher.close()
    os.close(write)
    with os.fdopen(read) as output:
        assert output.read() == "500\n"


def test_a_forked_command_holds_nothing_of_others_while_it_waits(tmp_path: Path, wait: Wait) -> None:
    """A command that finds its arguments takes as long as it likes, with none of our locks and pipes."""
    theirs, ours = os.pipe2(os.O_CLOEXEC)
    told, tells = os.pipe2(os.O_CLOEXEC)
    held = os.memfd_create("their lock", os.MFD_CLOEXEC)
    launcher = Launcher(mounts=Forking())

    def find() -> tuple[str, ...]:
        open_here = []
        for fd in range(held + 1):
            with suppress(OSError):
                open_here.append(os.readlink(f"/proc/self/fd/{fd}"))
        os.write(tells, " ".join(open_here).encode())
        os.read(theirs, 1)
        return ("/bin/true",)

    command = Command(argv=("x",), env={}, cwd="/", output=tells, keep=(tells, theirs), find_argv=find)
    _, pidfd, report = launcher.start(command)
    assert report is not None
    wait([told], timeout=10, what="what is open in the child")
    assert "their lock" not in os.read(told, 65536).decode()
    os.write(ours, b"x")
    wait([pidfd], timeout=10, what="its end")
    assert reap(pidfd) == Status(0, None, core=False)
    launcher.close()
    for fd in (theirs, ours, told, tells, held, pidfd, report):
        os.close(fd)
