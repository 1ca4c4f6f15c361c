"""Programs that say of themselves that they are ready, well, and what they do, as services of systemd do."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.process.project import Project, gone

SERVICE = """
    import os, socket, sys, time

    said = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    said.connect(os.environ["NOTIFY_SOCKET"])
    with open("usec", "w") as file:
        file.write(os.environ.get("WATCHDOG_USEC", ""))
    for line in open("orders"):
        said.send(line.strip().encode().replace(b";", bytes([10])))
    time.sleep(1000)
"""


@pytest.fixture(autouse=True)
def short_runtime_directory(project: Project) -> Iterator[None]:
    """The path of a socket has 107 bytes at most, and pytest's directories may be longer alone."""
    with tempfile.TemporaryDirectory(prefix="u") as directory:
        project.runtime = Path(directory)
        project.environ["XDG_RUNTIME_DIR"] = directory
        yield
        if project.run_directories():
            project.run("down", "-t", "0", code=None)


def service(project: Project, keys: str) -> None:
    project.file("service.py", SERVICE)
    os.mkfifo(project.directory / "orders")
    project.manifest(f'[daemons.srv]\ncommand = "python3 service.py"\n{keys}\n')


def test_it_is_ready_when_it_says_so_and_its_status_is_in_ps(project: Project) -> None:
    service(project, "ready = { notify = true }")
    with project.process("up", "-d", "--wait") as up:
        with open(project.directory / "orders", "w") as orders:
            print("STATUS=loads the index", file=orders, flush=True)
            while project.run("ps", code=None).returncode == 3 or project.instance("srv")["status"] is None:
                pass
            seen = project.instance("srv")
            assert (seen["state"], seen["status"]) == ("starting", "loads the index")
            print("READY=1;STATUS=serves \x1b[31m12\x1b[0m clients", file=orders, flush=True)
            assert up.wait(30) == 0
        seen = project.instance("srv")
        assert (seen["state"], seen["health"]) == ("running", "ok")
        table = project.run("ps").stdout
        assert "STATUS" in table
        assert "serves" in table
        assert "\x1b" not in table


def test_one_that_never_says_so_is_not_ready_in_time(project: Project) -> None:
    service(project, 'ready = { notify = true, within = "1s" }\nrestart = "never"')
    with project.process("up", "-d", "--wait") as up:
        os.close(os.open(project.directory / "orders", os.O_WRONLY))
        assert up.wait(30) == 1
    assert project.instance("srv")["exit"]["reason"] == "unready"


@contextmanager
def talking(orders: Path) -> Iterator[None]:
    """Have the service say over and over that it is well, however long a verb takes meanwhile."""
    enough = threading.Event()
    fd = os.open(orders, os.O_RDWR)  # one that is started anew may not read yet

    def say() -> None:
        while not enough.wait(0.05):
            os.write(fd, b"WATCHDOG=1\n")

    thread = threading.Thread(target=say)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()
        os.close(fd)


def test_silence_of_a_watchdog_restarts_it(project: Project) -> None:
    service(project, 'health = { notify = true, period = "400ms", failures = 2 }')
    project.run("up", "-d")
    with talking(project.directory / "orders"):
        while project.instance("srv")["health"] != "ok":
            pass
    assert (project.directory / "usec").read_text() == "400000"
    project.until("srv", lambda one: one["restarts"] > 0)
    seen = project.instance("srv")
    assert seen["exit"]["reason"] == "unhealthy"


def test_a_flood_costs_the_others_nothing(project: Project) -> None:
    project.file(
        "flood.py",
        """
        import os, socket
        said = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        said.connect(os.environ["NOTIFY_SOCKET"])
        said.send(b"READY=1")
        while True:
            said.send(b"STATUS=" + b"x" * 3000)
    """,
    )
    project.manifest('[daemons.flood]\ncommand = "python3 flood.py"\nready = { notify = true }\n')
    project.up()
    pid = project.ps()["supervisor"]["pid"]
    before = cpu(pid)
    project.run("wait", "flood@stopped", "--timeout", "3s", code=124)
    assert cpu(pid) - before < 60, "of 300 ticks"
    assert len(project.instance("flood")["status"]) == 200


def cpu(pid: int) -> int:
    """Ticks of CPU that a process has used."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_the_next_supervisor_asks_and_listens_on(project: Project) -> None:
    project.file("here", "")
    project.file(
        "service.py",
        SERVICE.replace("said.connect(os.environ", "at = (os.environ")
        .replace("said.send(", "said.sendto(")
        .replace("bytes([10])))", "bytes([10])), at)"),
    )
    os.mkfifo(project.directory / "orders")
    project.manifest(
        """
        [daemons.srv]
        command = "python3 service.py"
        ready = { notify = true }
        [daemons.file]
        command = "sleep 1000"
        ready = { file = "here", period = "100ms", timeout = "10s" }
        """
    )
    with project.process("up", "-d", "--wait") as up, open(project.directory / "orders", "w") as orders:
        print("READY=1", file=orders, flush=True)
        assert up.wait(30) == 0
        pids = {one["name"]: one["pid"] for one in project.instances()}
        killed = project.ps()["supervisor"]["pid"]
        os.kill(killed, signal.SIGKILL)
        assert gone([killed])
        while project.run("ps", code=None).returncode != 0:
            pass
        print("STATUS=still here", file=orders, flush=True)
        while project.instance("srv")["status"] != "still here":
            pass
        os.unlink(project.directory / "here")
        project.until("file", lambda one: one["health"] == "unready")
        assert {one["name"]: one["pid"] for one in project.instances()} == pids


def test_a_socket_whose_path_is_too_long_is_told_and_not_tried_for_ever(project: Project) -> None:
    deep = project.directory / ("d" * 100)
    deep.mkdir(mode=0o700)
    project.runtime, project.environ["XDG_RUNTIME_DIR"] = deep, str(deep)
    service(project, "ready = { notify = true }")
    done = project.run("up", "-d", "--wait", code=1)
    assert "notify socket cannot be made" in done.stderr
    assert "ENAMETOOLONG" in done.stderr
    project.down()
