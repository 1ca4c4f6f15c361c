"""What a daemon leaves behind on purpose or by escaping: found, killed, or named (FAULTS F27, F35 to F37)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

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
        assert time.monotonic() - begun < 2.5
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
