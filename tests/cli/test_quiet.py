"""`-q` and `-v`, before the verb and after it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cli.conftest import Udaemon
from tests.fakes.service import Service

from udaemon.cli.group import VERBS

TALKING = {
    "start": ["start", "db"],
    "stop": ["stop", "*"],
    "restart": ["restart", "db"],
    "start --dry-run": ["start", "db", "--dry-run"],
    "signal": ["signal", "HUP", "db"],
    "init": ["init", "new"],
}


@pytest.mark.parametrize("verb", list(VERBS))
@pytest.mark.parametrize("option", ["-q", "-v", "-vv"])
def test_every_verb_takes_them_on_either_side(udaemon: Udaemon, verb: str, option: str) -> None:
    """Of `ps`, -q behind it means the names only."""
    for line in ([option, verb, "--help"], [verb, option, "--help"]):
        assert udaemon(*line).code == 0
    long = {"-q": "--quiet", "-v": "--verbose", "-vv": "--verbose"}[option]
    assert udaemon(verb, long, "--help").code == (2 if (verb, long) == ("ps", "--quiet") else 0)


@pytest.mark.parametrize("line", TALKING.values(), ids=TALKING)
def test_a_verb_that_talks_says_nothing_when_it_is_asked_to(
    udaemon: Udaemon, service: Service, line: list[str], shop: Path
) -> None:
    for quiet in (["-q", *line], [*line, "--quiet"]):
        udaemon("start", "db")
        assert udaemon(*line).err
        shutil.rmtree(shop / "new", ignore_errors=True)
        udaemon("start", "db")
        said = udaemon(*quiet)
        assert (said.code, said.err) == (0, "")
        shutil.rmtree(shop / "new", ignore_errors=True)


def test_quiet_hides_no_failure(udaemon: Udaemon, service: Service) -> None:
    assert udaemon("signal", "HUP", "db", "-q") == (1, "", "db/0 has no process\n")
    assert udaemon("start", "nobody", "-q").err.startswith("udaemon: no such daemon: nobody\n")


def test_quiet_leaves_data_alone(udaemon: Udaemon, shop: Path) -> None:
    (shop / "a.ini").write_text("[task]\nfactory = X\n")
    loud, quiet = udaemon("import-ini", ".", "-o", "-"), udaemon("import-ini", ".", "-o", "-", "-q")
    assert quiet.out == loud.out
    assert loud.err
    assert quiet.err == ""
