"""In a container: `up` as process 1, an exit code that is a daemon's, and everything as JSON on standard output."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.process.project import PATIENCE, UDAEMON, Project, gone

NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


@pytest.fixture
def container(project: Project) -> Iterator[subprocess.Popen[str]]:
    """`up` as process 1 of a PID namespace, as in a container without an init."""
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("the kernel grants no PID namespace here")
    project.manifest("""
        [daemons.web]
        command = "sh -c 'echo up as $$$$; exec sleep 1000'"
    """)
    with subprocess.Popen(
        [*NAMESPACE, *UDAEMON, "up"],
        cwd=project.directory,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


def first(container: subprocess.Popen[str]) -> int:
    """The pid by which we see its process 1, once its daemon runs."""
    assert container.stdout is not None
    for line in container.stdout:
        if re.search(r"up as \d+", line):
            break
    (pid,) = children(container.pid)
    return pid


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_f9_as_process_1_a_signal_stops_all(container: subprocess.Popen[str], number: signal.Signals) -> None:
    pid = first(container)
    began = time.monotonic()
    os.kill(pid, number)
    output, _ = container.communicate(timeout=PATIENCE)
    assert container.returncode == (130 if number == signal.SIGINT else 0), output
    assert time.monotonic() - began < PATIENCE
    assert gone([pid])


def test_f8_as_process_1_nothing_that_is_left_behind_stays_a_zombie(container: subprocess.Popen[str]) -> None:
    pid = first(container)
    # From outside the project, as by `docker exec`: its orphan becomes a child of process 1.
    enter = ["nsenter", "--pid", "--mount", f"--target={pid}", "sh", "-c", "sleep 0.1 & sleep 0.2 &"]
    for _ in range(20):
        subprocess.run(enter, check=True, capture_output=True, timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while zombies(pid):
        assert time.monotonic() < deadline, f"zombies of process 1: {zombies(pid)}"
        os.sched_yield()
    os.kill(pid, signal.SIGTERM)
    container.communicate(timeout=PATIENCE)


def test_f1_as_process_1_a_supervisor_that_is_killed_has_a_successor(
    project: Project, container: subprocess.Popen[str]
) -> None:
    """As with `up -d`: daemons go on, also over a `reexec`, and what comes of them is shown in the foreground."""
    pid = first(container)
    before = project.ps()
    (keeper,) = [child for child in children(pid) if b"keeper" in Path(f"/proc/{child}/cmdline").read_bytes()]
    (supervisor,) = [child for child in children(keeper) if b"super" in Path(f"/proc/{child}/cmdline").read_bytes()]
    os.kill(supervisor, signal.SIGKILL)
    assert gone([supervisor])
    after = project.ps()
    assert after["supervisor"]["pid"] != before["supervisor"]["pid"]
    assert [(one["pid"], one["restarts"]) for one in after["instances"]] == [
        (one["pid"], one["restarts"]) for one in before["instances"]
    ]
    project.run("reexec")
    assert project.ps()["instances"][0]["pid"] == before["instances"][0]["pid"]
    project.run("restart", "web")
    os.kill(pid, signal.SIGTERM)
    output, _ = container.communicate(timeout=PATIENCE)
    assert container.returncode == 0, output
    assert "recovered" in output
    assert "restarted" in output or "web/0 started" in output
    assert gone([pid, keeper])


def zombies(pid: int) -> list[int]:
    found = []
    for child in children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it was reaped just now
            if ") Z " in Path(f"/proc/{child}/stat").read_text():
                found.append(child)
    return found


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -USR1 $$$$", 128 + signal.SIGUSR1)])
def test_the_exit_code_is_that_of_the_daemon_named(project: Project, script: str, code: int) -> None:
    project.manifest(f"""
        [daemons.web]
        command = "sleep 1000"
        [daemons.migrate]
        command = "sh -c '{script}'"
        restart = "never"
    """)
    done = project.run("up", "--exit-code-from", "migrate", code=code)
    assert "web/0 stopped" in done.stderr


def test_a_daemon_that_is_started_again_has_not_ended(project: Project) -> None:
    project.file("twice.sh", "test -e once && exit 5; : > once; exit 3")
    project.manifest("""
        [daemons.job]
        command = "sh twice.sh"
        restart = "on-failure"
        backoff = { initial = "1ms" }
        start-limit = { count = 1, window = "1m" }
    """)
    project.run("up", "--exit-code-from", "job", code=5)


def test_of_several_instances_the_first_that_ends_counts(project: Project) -> None:
    project.manifest("""
        [daemons.job]
        command = "sh -c 'test $$UDAEMON_INSTANCE = 1 && exit 9; exec sleep 1000'"
        instances = 3
        restart = "never"
    """)
    project.run("up", "--exit-code-from", "job", code=9)


def test_a_signal_counts_more_than_the_daemon_named(project: Project) -> None:
    project.manifest('daemons.web.command = "sleep 1000"')
    with project.process("up", "--exit-code-from", "web") as up:
        assert up.stderr is not None
        assert any("web/0 started" in line for line in up.stderr)
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=PATIENCE)
    assert up.returncode == 130


@pytest.mark.parametrize("option", [("--exit-code-from", "web"), ("--log-format", "json")])
def test_what_is_for_the_foreground_is_refused_with_detach(project: Project, option: tuple[str, str]) -> None:
    project.manifest('daemons.web.command = "sleep 1000"')
    done = project.run("up", "-d", *option, code=2)
    assert "foreground" in done.stderr
    project.run("ps", code=3)


def test_an_unknown_name_starts_nothing(project: Project) -> None:
    project.manifest('daemons.web.command = "sleep 1000"')
    done = project.run("up", "--exit-code-from", "wbe", code=4)
    assert "no such daemon: wbe" in done.stderr
    project.run("ps", code=3)


def test_lines_and_events_are_json_objects(project: Project) -> None:
    project.file("say.sh", """printf 'a \\033[31mred\\033[0m \\377 "line"\\n'""")
    project.manifest("""
        [daemons.say]
        command = "sh say.sh"
        instances = 2
        restart = "never"
    """)
    done = project.run("up", "--log-format", "json", "--exit-code-from", "say/1")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    lines = [one for one in told if "line" in one]
    assert {(one["name"], one["instance"]) for one in lines} <= {("say", 0), ("say", 1)}
    assert {one["line"] for one in lines} == {'a \x1b[31mred\x1b[0m \\xff "line"'}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", one["time"]) for one in lines)
    events = [one for one in told if "event" in one]
    assert {"started", "exited"} <= {one["event"] for one in events}
    assert len(lines) + len(events) == len(told)


def test_a_reader_that_has_gone_stops_all_as_with_plain_lines(project: Project) -> None:
    project.manifest('daemons.web.command = "sleep 1000"')
    with project.process("up", "--log-format", "json") as up:
        assert up.stdout is not None
        assert up.stdout.readline()
        up.stdout.close()
        project.run("stop", "web", code=None)
        up.wait(PATIENCE)


def test_the_example_checks_and_its_image_runs_what_there_is(project: Project) -> None:
    example = Path(__file__).parents[2] / "examples/container"
    told = re.findall(r"^(?:HEALTHCHECK .*)?CMD (\[.*\])$", (example / "Dockerfile").read_text(), re.MULTILINE)
    probe, command = map(json.loads, told)
    project.file("udaemon.toml", (example / "udaemon.toml").read_text().replace("8000", "0"))
    project.run("check")
    with project.process(*command[1:]) as up:
        assert up.stdout is not None
        assert any("alive" in line for line in up.stdout)
        project.run(*probe[1:])
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=PATIENCE)
    assert up.returncode == 0
