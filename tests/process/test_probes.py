"""Readiness and health of real processes: each way to ask, each reason, and what a hostile endpoint may do."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from tests.process.project import Json, Project

SERVER = """
    import http.server, os, sys

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(open("status").read()))
            self.end_headers()

        def log_message(self, *args):
            pass

    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
FAST = 'period = "100ms", timeout = "10s"'


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: int = server.getsockname()[1]
    return found


def events(project: Project, name: str) -> list[tuple[str, str]]:
    told = [json.loads(line) for line in project.run("events", "--json").stdout.splitlines()]
    return [(one["event"], one["message"]) for one in told if one["name"] == name]


def web(project: Project, port: int, keys: str) -> None:
    project.file("server.py", SERVER)
    project.file("status", "200")
    project.manifest(f'[daemons.web]\ncommand = "python3 server.py {port}"\n{keys}\n')


def test_http_readiness_is_waited_for_lost_and_found_and_kills_nobody(project: Project, port: int) -> None:
    web(project, port, f'ready = {{ http = "http://127.0.0.1:{port}/", failures = 2, {FAST} }}')
    project.file("status", "503")
    with project.process("up", "-d"):
        wait_for_supervisor(project)
        project.until("web", lambda one: one["runs"]["last"]["error"] is not None)
        assert project.instance("web")["state"] == "starting"
        project.file("status", "200")
        project.run("wait", "web", "--timeout", "30")
    pid = project.instance("web")["pid"]
    assert project.instance("web")["health"] == "ok"
    project.file("status", "503")
    seen = project.until("web", lambda one: one["health"] == "unready")
    assert seen["runs"]["last"]["error"] == "unready: HTTP 503"
    project.file("status", "204")
    seen = project.until("web", lambda one: one["health"] == "ok")
    assert (seen["pid"], seen["restarts"]) == (pid, 0)
    assert [word for word, _ in events(project, "web")][-3:] == ["ready", "unready", "ready"]


def wait_for_supervisor(project: Project) -> None:
    while project.run("ps", code=None).returncode == 3:
        pass


def test_one_that_is_not_well_is_restarted_and_one_that_is_marked_is_not(project: Project, port: int) -> None:
    health = f'health = {{ http = "http://127.0.0.1:{port}/", {FAST} }}'
    web(project, port, f'ready = {{ tcp = ":{port}", {FAST} }}\n{health}')
    project.up()
    pid = project.instance("web")["pid"]
    project.until("web", lambda one: one["health"] == "ok" or one["state"] == "running")
    project.file("status", "500")
    project.until("web", lambda one: one["restarts"] > 0)
    project.file("status", "200")
    seen = project.until("web", lambda one: one["state"] == "running" and one["pid"] != pid)
    assert ("failing", "unhealthy: HTTP 500") in events(project, "web")
    assert seen["exit"]["reason"] == "unhealthy"


def test_one_that_runs_and_is_not_well_is_told_where_one_looks_for_trouble(project: Project) -> None:
    project.manifest(f"""
        [daemons.web]
        command = "sleep 1000"
        health = {{ exec = "false", {FAST}, action = "mark" }}
    """)
    project.up()
    project.until("web", lambda one: one["health"] == "failing")
    assert project.run("ps", "--check", code=1).stderr == "web/0 is failing\n"
    assert "trouble     web failing: unhealthy: exit code 1\n" in project.run("status").stdout


def test_one_that_is_not_ready_in_time_says_why_and_gives_up_as_restart_says(project: Project, port: int) -> None:
    """What asks is there before the first of them: to start it may take longer than they have."""
    project.file("here", "")
    project.manifest(
        f"""
        [defaults]
        restart = "never"
        [daemons.first]
        command = "sleep 1000"
        restart = "always"
        ready = {{ file = "here", {FAST} }}
        [daemons.tcp]
        command = "sleep 1000"
        depends-on = ["first"]
        ready = {{ tcp = ":{port}", within = "1s", {FAST} }}
        [daemons.exec]
        command = "sleep 1000"
        depends-on = ["first"]
        ready = {{ exec = "sh -c 'echo first; echo $MINE is not there; exit 3'", within = "3s", {FAST} }}
        env = {{ MINE = "it" }}
        [daemons.file]
        command = "sleep 1000"
        depends-on = ["first"]
        ready = {{ file = "nothing", within = "1s", {FAST} }}
        """
    )
    said = project.run("up", "-d", "--wait", code=1).stderr
    assert "tcp/0 failed: not ready within 1 s: connection refused\n" in said
    assert "exec/0 failed: not ready within 3 s: it is not there (exit code 3)\n" in said
    assert "/nothing: no such file or directory\n" in said
    assert {one["exit"]["reason"] for one in project.instances()} == {"unready", None}


def test_exec_and_file_and_uptime_make_ready(project: Project) -> None:
    project.file("here", "")
    project.manifest(
        f"""
        [daemons.exec]
        command = "sleep 1000"
        ready = {{ exec = ["test", "-e", "here"], {FAST} }}
        [daemons.file]
        command = "sleep 1000"
        ready = {{ file = "here", {FAST} }}
        [daemons.up]
        command = "sleep 1000"
        ready = {{ uptime = "300ms" }}
        """
    )
    project.up()
    assert {(one["state"], one["health"]) for one in project.instances()} == {("running", "ok")}


def hang(_client: socket.socket) -> bytes | None:
    return None


def much(_client: socket.socket) -> bytes:
    return b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000


def long_line(_client: socket.socket) -> bytes:
    return b"x" * 1_000_000


def redirect(_client: socket.socket) -> bytes:
    return b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"


def nothing(_client: socket.socket) -> bytes:
    return b""


@contextmanager
def serving(answer: Callable[[socket.socket], bytes | None]) -> Iterator[int]:
    """A server that answers whatever it is asked like this, and closes; that never answers with None."""
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                if (data := answer(client)) is None:
                    held.append(client)
                    continue
                with suppress(OSError), client:
                    client.recv(65536)
                    client.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for client in held:
        client.close()


@pytest.mark.parametrize(
    ("answer", "timeout", "reason"),
    [
        (hang, "300ms", "no answer within 0.3 s"),
        (long_line, "30s", "answers something else than HTTP"),
        (nothing, "30s", "closed the connection without an answer"),
        (much, "30s", None),
        (redirect, "30s", None),
    ],
)
def test_a_hostile_endpoint_costs_nobody_else_anything(
    project: Project, answer: Callable[[socket.socket], bytes | None], timeout: str, reason: str | None
) -> None:
    with serving(answer) as port:
        project.file("here", "")
        project.manifest(
            f"""
            [daemons.bad]
            command = "sleep 1000"
            health = {{ http = "http://127.0.0.1:{port}/", period = "100ms", timeout = "{timeout}", action = "mark" }}
            [daemons.good]
            command = "sleep 1000"
            ready = {{ file = "here", {FAST} }}
            """
        )
        project.up()
        wanted = "ok" if reason is None else "failing"
        seen = until_health(project, "bad", wanted)
        assert seen["runs"]["last"]["error"] == (reason and f"unhealthy: {reason}")
        os.unlink(project.directory / "here")
        assert until_health(project, "good", "unready")["state"] == "running"
        project.down()


def until_health(project: Project, name: str, health: str) -> Json:
    """The first good answer is no event: look again and again."""
    while (seen := project.instance(name))["health"] != health:
        pass
    return seen


def test_a_prober_that_is_killed_is_replaced_and_asks_the_same(project: Project, port: int) -> None:
    web(project, port, f'ready = {{ http = "http://127.0.0.1:{port}/", failures = 1, {FAST} }}')
    project.up()
    supervisor = project.ps()["supervisor"]["pid"]
    os.kill(prober_of(supervisor), signal.SIGKILL)
    project.file("status", "500")
    seen = project.until("web", lambda one: one["health"] == "unready")
    assert (seen["state"], seen["restarts"]) == ("running", 0)


def prober_of(supervisor: int) -> int:
    for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))):
        with suppress(OSError), open(f"/proc/{pid}/cmdline") as file, open(f"/proc/{pid}/stat") as stat:
            if "probing.prober" in file.read() and int(stat.read().rpartition(")")[2].split()[1]) == supervisor:
                return pid
    raise AssertionError("there is no prober")


def test_no_prober_where_nothing_is_asked(project: Project) -> None:
    project.manifest('[daemons.a]\ncommand = "sleep 1000"\nready = { uptime = "100ms" }\n')
    project.up()
    with pytest.raises(AssertionError):
        prober_of(project.ps()["supervisor"]["pid"])
