"""`stop.command` with real processes: it asks in place of the signal, and what fails or hangs costs no stop."""

from __future__ import annotations

from collections.abc import Callable

from tests.process.conftest import Bell
from tests.process.project import Project, gone

Ring = Callable[[str], Bell]


def own(project: Project, rung: Bell) -> None:
    """A daemon that ends by USR1 and tells of a TERM."""
    project.file(
        "own",
        f"""
        trap 'echo usr1 > {rung.path}; exit 0' USR1
        trap 'echo term > {rung.path}; exit 0' TERM
        echo ready > {rung.path}
        while :; do sleep 0.05; done
        """,
    )


def test_a_stop_command_ends_the_daemon_whose_pid_it_is_told(project: Project, bell: Ring) -> None:
    rung = bell("told")
    own(project, rung)
    project.file("ask", "echo asks; kill -USR1 $UDAEMON_PID; pwd")
    project.manifest('[daemons.web]\ncommand = "sh own"\nstop = { command = "sh ask" }\n')
    project.up()
    assert rung.lines(1) == ["ready"]
    project.run("stop", "web")
    assert rung.lines(1) == ["usr1"]
    seen = project.instance("web")
    assert (seen["state"], seen["exit"]["code"], seen["exit"]["reason"]) == ("stopped", 0, "stopped")
    assert "asks" in project.log("web")
    project.down()


def test_one_that_fails_or_is_not_there_is_followed_by_the_signal(project: Project, bell: Ring) -> None:
    rung = bell("told")
    own(project, rung)
    project.manifest("""
        [daemons.failing]
        command = "sh own"
        stop = { command = "false", timeout = "30s" }

        [daemons.missing]
        command = "sh own"
        stop = { command = "./no-such-program", timeout = "30s" }
    """)
    project.up()
    rung.lines(2)
    project.run("stop", "failing", "missing")
    assert rung.lines(2) == ["term", "term"]
    told = project.run("events").stdout
    assert "its stop command failed: exit code 1: sent SIGTERM" in told
    assert "its stop command cannot be run: exec ./no-such-program: No such file" in told
    project.down()


def test_one_that_hangs_is_killed_with_the_daemon_when_the_time_is_over(project: Project, bell: Ring) -> None:
    rung = bell("told")
    own(project, rung)
    project.file("ask", f"echo $$ > {rung.path}; exec sleep 1000")
    project.manifest('[daemons.web]\ncommand = "sh own"\nstop = { command = "sh ask", timeout = "700ms" }\n')
    project.up()
    rung.lines(1)
    pid = project.instance("web")["pid"]
    project.run("stop", "web", code=None)
    assert gone([pid, int(rung.lines(1)[0])])
    assert project.instance("web")["exit"]["signal"] == 9
    project.down()


def test_one_that_goes_on_when_the_daemon_has_ended_ends_by_itself_and_is_waited_for(
    project: Project, bell: Ring
) -> None:
    rung = bell("told")
    own(project, rung)
    project.file(
        "ask", f"kill -USR1 $UDAEMON_PID; while kill -0 $UDAEMON_PID; do sleep 0.02; done; echo all > {rung.path}"
    )
    project.manifest('[daemons.web]\ncommand = "sh own"\nstop = { command = "sh ask", timeout = "30s" }\n')
    project.up()
    rung.lines(1)
    project.run("stop", "web")
    assert rung.lines(2) == ["usr1", "all"]
    project.down()
