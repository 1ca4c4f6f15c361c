"""Run as process 1 of a pid namespace of its own: pids of dead daemons are given to strangers at once.

Knows no test; it prints what it saw as JSON. Arguments: an empty directory, and who is killed before the daemon is:
`nobody`, or `both`, the supervisor and its keeper.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.process.project import PATIENCE, Project
from tests.process.test_keeper import parent, supervisor

NEXT = Path("/proc/sys/kernel/ns_last_pid")
MANIFEST = """
    [daemons.db]
    command = "sleep 1000"
    restart = "never"
"""


def reap_orphans() -> None:
    """As process 1 must: what nobody waits for is ours. Those that `subprocess` waits for are not taken from it."""
    for entry in Path("/proc/self/task").iterdir():
        for pid in map(int, (entry / "children").read_text().split()):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "Z":
                os.waitpid(pid, 0)


def kill(pid: int) -> None:
    """Until not even its zombie is there."""
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}").exists():
        reap_orphans()
        assert time.monotonic() < deadline, pid
        threading.Event().wait(0.01)


def stranger(pid: int) -> subprocess.Popen[bytes]:
    """A process that has this pid, which is free (pid_namespaces(7))."""
    for _ in range(100):
        NEXT.write_text(str(pid - 1))
        made = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        if made.pid == pid:
            return made
        made.kill()
        made.wait()
    raise AssertionError(f"pid {pid} could not be had")


def run(directory: Path, killed: str) -> dict[str, object]:
    """Have a daemon die, give its pid to somebody else, and let every verb loose on the daemon."""
    project = Project(directory)
    project.manifest(MANIFEST)
    project.up()
    pid = project.instance("db")["pid"]
    if killed == "both":
        first = supervisor(project)
        kill(parent(first))
        kill(first)
    kill(pid)
    other = stranger(pid)
    if killed == "both":
        project.run("up", "-d")
    said = project.instance("db")
    for argv in (("signal", "HUP", "db"), ("stop", "-t", "0", "db"), ("start", "db"), ("restart", "-t", "0", "db")):
        project.run(*argv, code=None)
    again = project.instance("db")
    project.run("down", "-t", "0")
    lives = other.poll() is None
    other.kill()
    other.wait()
    return {"pid": pid, "said": said["pid"], "again": again["pid"], "state": again["state"], "lives": lives}


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), sys.argv[2])))
