"""What `ps`, `status`, `events` and `check` show on a terminal of 24 lines, as tmux draws it: golden text."""

from __future__ import annotations

import re
import shutil

import pytest
from tests.process.project import Project
from tests.process.terminal import Terminal, golden, masked

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

MANIFEST = """
    project = "shop"

    [daemons.web]
    command = ["sleep", "1000"]
    description = "Answers what people ask."

    [daemons.mailer]
    factory = "jobs:create"
    sleep = "1h"
    instances = 2

    [daemons.flaky]
    command = ["sh", "-c", "echo no database; exit 3"]
    start-limit = { count = 1, window = "1m" }
    backoff = { initial = "1ms" }
"""
JOBS = """
    class Task:
        def do_task(self):
            print("sent", flush=True)

    def create():
        return Task()
"""
MISTAKES = """
    [daemons.web]
    comand = ["sleep", "1000"]
    [daemons.mailer]
    factory = "jobs:create"
    sleep = "1 month"
"""


@pytest.fixture
def shop(project: Project) -> Project:
    """A project that runs, of which one daemon has given up."""
    project.manifest(MANIFEST)
    project.file("jobs.py", JOBS)
    project.run("up", "-d")
    project.until("flaky", lambda one: one["state"] == "failed")
    for index in (0, 1):
        project.until("mailer", lambda one: one["runs"]["count"] == 1 and one["activity"] == "sleeping", index)
    return project


def screen_of(project: Project, columns: int, verb: str) -> str:
    """What is there when the verb has ended."""
    terminal = Terminal(project, columns, verb)
    try:
        return terminal.until(r"^code \d")
    finally:
        terminal.close()


def settled(text: str) -> str:
    """Masked; of paths, whose length is the machine's, nothing is left."""
    text = re.sub(r"^(manifest|log) .*(\n {12}.*)*", r"\1         PATH", text, flags=re.MULTILINE)
    text = re.sub(r"\d\d:\d\d:\d\d", "HH:MM:SS", re.sub(r"^\d{4}-\d\d-\d\d$", "DAY", text, flags=re.MULTILINE))
    return masked(re.sub(r"\b[\d.]+s ago\b|\bnow\b", "T ago", text))


@pytest.mark.parametrize(("columns", "titles"), [(50, {"LAST RUN"}), (80, {"LAST RUN", "NEXT", "UPTIME"})])
def test_the_instances(shop: Project, columns: int, titles: set[str]) -> None:
    """Which columns there are beyond these depends on how long the figures are."""
    heading, *rows, code = screen_of(shop, columns, "ps web mailer").splitlines()
    assert heading.startswith("NAME      STATE ")
    assert titles <= set(re.split("  +", heading))
    assert [row.split()[:2] for row in rows] == [["web", "running"], ["mailer/0", "running"], ["mailer/1", "running"]]
    last = heading.index("LAST RUN")
    assert [row[last : last + 3].strip() for row in rows] == ["", "ok", "ok"]
    assert code == "code 0"


@pytest.mark.parametrize("columns", [50, 80])
@pytest.mark.parametrize("verb", ["status", "status flaky"])
def test_cards(shop: Project, columns: int, verb: str) -> None:
    text = settled(screen_of(shop, columns, verb))
    golden(
        f"look/{verb.replace(' ', '-')}-{columns}", text[: text.index("events")]
    )  # these are as wide as they are old


@pytest.mark.parametrize("columns", [50, 80])
def test_what_happened_to_one(shop: Project, columns: int) -> None:
    golden(f"look/events-{columns}", settled(screen_of(shop, columns, "events flaky")))


@pytest.mark.parametrize("columns", [50, 80])
@pytest.mark.parametrize(("name", "manifest"), [("good", MANIFEST), ("mistakes", MISTAKES)])
def test_a_manifest_is_checked(project: Project, columns: int, name: str, manifest: str) -> None:
    project.manifest(manifest)
    project.file("jobs.py", JOBS)
    golden(f"look/check-{name}-{columns}", screen_of(project, columns, "check"))
