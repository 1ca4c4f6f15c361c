"""A daemon that has failed and cannot end: told, shown as leaving, killed when the time of a stop has passed."""

from __future__ import annotations

import pytest
from tests.process.project import Project

CODES = {
    "a process": """
        import multiprocessing, time
        def create():
            def task():
                multiprocessing.Process(target=time.sleep, args=(3600,)).start()
                raise ValueError("no")
            return task
        """,
    "a thread of the executor": """
        import asyncio, threading
        class Task:
            async def do_task(self):
                asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
                raise ValueError("no")
        def create(): return Task()
        """,
}


@pytest.mark.parametrize("what", CODES)
def test_a_failed_daemon_that_something_keeps_is_leaving_and_then_gone(what: str, project: Project) -> None:
    project.file("job.py", CODES[what])
    project.manifest('[daemons.job]\nfactory = "job:create"\nrestart = "never"\nstop.timeout = "2s"\n')
    project.run("up", "-d")

    seen = project.until("job", lambda one: one["activity"] == "leaving" or one["state"] != "running")
    assert (seen["state"], seen["activity"]) in {("running", "leaving"), ("starting", "leaving")}
    seen = project.until("job", lambda one: one["pid"] is None)
    assert seen["exit"]["reason"] == "exception"
    assert seen["runs"]["last"]["error"] == "ValueError: no"
