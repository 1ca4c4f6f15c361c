"""What a daemon leaves behind on purpose or by escaping: found, killed, or named (faults.md F27, F35 to F37)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
from tests.process.conftest import Bell
from tests.process.project import Project, alive, gone


def test_f27_who_holds_a_log_after_the_end_is_named_and_not_waited_for(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    heir = bell("heir")
    project.file("leaves.sh", f"sleep 1000 & echo $! > {heir.path}; exec sleep 1001")
    project.manifest("""
        [daemons.leaves]
        command = "sh leaves.sh"
        stop = { kill-tree = false }
    """)
    project.up()
    (pid,) = map(int, heir.lines(1))
    try:
        begun = time.monotonic()
        project.down()
        assert time.monotonic() - begun < 8.0
        assert alive(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
    common = (project.state / "udaemon" / project.directory.name / "log" / "_common.log").read_text()
    assert f"pid {pid} (sleep), left behind, holds " in common


def test_f35_one_that_scrubbed_itself_is_known_by_the_log_it_writes_to(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    """Own session, empty environment, no lock: what it prints still comes from that daemon."""
    heir = bell("heir")
    project.file(
        "escapes.py",
        f"""
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                with open({str(heir.path)!r}, "w") as bell:
                    print(os.getpid(), file=bell)
                os.closerange(3, 200)
                os.execve("/bin/sleep", ["sleep", "1000"], {{}})
            os._exit(0)
        os.wait()
        time.sleep(1000)
        """,
    )
    project.manifest("""
        [daemons.escapes]
        command = "python3 escapes.py"
    """)
    project.up()
    (pid,) = map(int, heir.lines(1))
    project.run("stop", "escapes")
    assert gone([pid], patience=0.0)


def test_f37_two_hundred_children_in_sessions_of_their_own_are_gone_in_bounded_time(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    ready = bell("ready")
    project.file(
        "bomb.py",
        f"""
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pids = []
        for _ in range(200):
            pid = os.fork()
            if pid == 0:
                os.setsid()
                time.sleep(1000)
                os._exit(0)
            pids.append(pid)
        with open({str(ready.path)!r}, "w") as bell:
            print(*pids, file=bell)
        time.sleep(1000)
        """,
    )
    project.manifest("""
        [daemons.bomb]
        command = "python3 bomb.py"
        stop = { timeout = "200ms" }
    """)
    project.up()
    children = [int(word) for word in ready.lines(1)[0].split()]
    begun = time.monotonic()
    project.run("stop", "bomb")
    assert time.monotonic() - begun < 5.0
    assert [pid for pid in children if alive(pid)] == []
    assert project.instance("bomb")["state"] == "stopped"


LEFT = """
    import os, signal, sys, time
    if os.fork() == 0:
        def end(*_):
            with open("bye", "a") as bye:
                print(os.getpid(), file=bye)
            os._exit(0)
        signal.signal(signal.SIGTERM, end)
        os.setsid()
        with open(sys.argv[1], "w") as bell:
            print(os.getpid(), file=bell)
        while True:
            signal.pause()
    {leader}
"""


@pytest.mark.parametrize("leader", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(3)"])
def test_f35_what_a_crash_leaves_behind_cleans_up_before_the_next_copy_starts(
    project: Project, bell: Callable[[str], Bell], leader: str
) -> None:
    there = bell("there")
    project.file("left.py", LEFT.format(leader=f"open(sys.argv[2]).read(); {leader}"))
    hold = project.directory / "hold.fifo"
    os.mkfifo(hold)
    project.manifest(f"""
        [daemons.left]
        command = "python3 left.py {there.path} {hold}"
    """)
    project.up()
    (first,) = map(int, there.lines(1))
    hold.write_text("end")
    (second,) = map(int, there.lines(1))
    assert not alive(first)
    assert (project.directory / "bye").read_text().split() == [str(first)]
    project.down()
    assert not alive(second)


def test_f36_one_that_backgrounds_itself_is_asked_to_end_once_and_is_not_tried_again(
    project: Project, bell: Callable[[str], Bell]
) -> None:
    there = bell("there")
    project.file("left.py", LEFT.format(leader="sys.exit(0)"))
    project.manifest(f"""
        [daemons.left]
        command = "python3 left.py {there.path}"
        restart = "always"
    """)
    project.run("up", "-d")
    (pid,) = map(int, there.lines(1))
    seen = project.until("left", lambda one: one["state"] == "failed")
    assert gone([pid], patience=0.0)
    assert (project.directory / "bye").read_text().split() == [str(pid)]
    assert (seen["restarts"], seen["exit"]["reason"]) == (0, "config")
    assert "daemon backgrounded itself; run it in the foreground" in project.run("ps").stdout
