"""F60, I17: an exception may quote the URL of a database; its own log has it whole, and nothing of ours does."""

from __future__ import annotations

from functools import partial

from tests.process.project import Json, Project

JOBS = """
    def fails():
        raise ConnectionError("postgres://u:hunter2@db/x refused")

    def create():
        fails()
"""
MANIFEST = """
    [defaults]
    sleep = "1h"
    restart = "never"

    [daemons.run]
    task = "jobs:fails"

    [daemons.made]
    factory = "jobs:create"

    [daemons.tried]
    task = "jobs:fails"
    restart = "always"
    backoff = { initial = "1h", max = "1h" }
"""


def _is(state: str, one: Json) -> bool:
    return bool(one["state"] == state)


def test_f60_a_password_in_an_exception_is_in_no_verb_and_in_no_file_of_ours(project: Project) -> None:
    project.file("jobs.py", JOBS)
    project.manifest(MANIFEST)
    up = project.run("up", "-d")
    for name, state in (("run", "failed"), ("made", "failed"), ("tried", "backoff")):
        project.until(name, partial(_is, state))
    verbs = (
        *(("start", name) for name in ("run", "made")),
        *(("wait", name, "--timeout", "0.1") for name in ("run", "tried")),
        ("restart", "made"),
        ("restart", "--rolling", "made"),
        ("stop", "tried"),
        *(("status",), ("ps",), ("ps", "--json"), ("inspect", "run"), ("events",), ("events", "--json")),
    )
    told = [up, *(project.run(*verb, code=None) for verb in verbs)]
    project.run("up", "-d", code=None)
    own = {project.directory / project.instance(name)["log"] for name in ("run", "made", "tried")}
    common = next(project.state.glob("udaemon/*/log/_common.log"))
    texts = [common.read_bytes(), *(path.read_bytes() for path in own)]
    project.down()
    assert [done.args[3:] for done in told if "hunter2" in done.stdout + done.stderr] == []
    assert b"postgres://u:********@db/x refused" in texts[0]
    assert [b"hunter2" in text for text in texts] == [False, True, True, True]
