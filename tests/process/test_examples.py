"""The sample manifest's daemons, each run for real."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
from pathlib import Path

import pytest
from tests.process.child import PATIENCE, Child

from udaemon.child.report import Leaving
from udaemon.child.spec import ChildSpec
from udaemon.engines.child_spec import spec_of
from udaemon.manifest.model import Manifest
from udaemon.manifest.read import load

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sample() -> Manifest:
    return load([str(ROOT / "udaemon.toml")], environ=os.environ)


def spec(sample: Manifest, name: str, index: int = 0, **params: object) -> ChildSpec:
    made = spec_of(sample, sample.daemons[name], index)
    return made._replace(params={**made.params, **params}, sleep=0.05, min_sleep=0.0)


def test_every_daemon_of_the_sample_is_known_here_and_has_a_line_in_the_readme(sample: Manifest) -> None:
    said = re.findall(r"^- \[`(\w+)`\]\((\S+)\)", (ROOT / "examples/README.md").read_text(), re.MULTILINE)

    assert [name for name, _ in said] == list(sample.daemons) == ["disk", "tide", "thumbs", "prices"]
    assert all((ROOT / "examples" / path).is_file() for _, path in said)


def test_disk_says_how_full_it_is(sample: Manifest, tmp_path: Path) -> None:
    with Child(tmp_path, spec=spec(sample, "disk")) as child:
        child.wait_for("full", 2)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert re.match(r"(INFO|WARNING) / is \d+ % full", child.lines[0])


@pytest.mark.parametrize("index", [0, 1])
def test_thumbs_says_what_its_share_is(index: int, sample: Manifest, tmp_path: Path) -> None:
    with Child(tmp_path, spec=spec(sample, "thumbs", index, pictures=5)) as child:
        share = 3 - index
        child.wait_for(f"run 1: {share} of {share} pictures\n")
        child.signal(signal.SIGTERM)

        assert child.end() == 0


def test_prices_says_them_while_the_market_answers(sample: Manifest, tmp_path: Path) -> None:
    with Child(tmp_path, spec=spec(sample, "prices", fails=0)) as child:
        child.wait_for("plums", 2)
        child.signal(signal.SIGTERM)

        assert child.end() == 0
        assert re.fullmatch(r"apples \d\.\d\d, pears \d\.\d\d, plums \d\.\d\d", child.lines[0])


def test_prices_says_when_it_does_not(sample: Manifest, tmp_path: Path) -> None:
    with Child(tmp_path, spec=spec(sample, "prices", fails=1)) as child:
        assert child.end() == 1
        assert re.match(r"run 1 of prices failed after 0\.\d\d s; udaemon starts it again", child.lines[0])
        leaving = child.reports[-1]
        assert isinstance(leaving, Leaving)
        assert leaving.reason == "exception"
        assert str(leaving.message).startswith("ConnectionError: the market does not answer")


def test_tide_says_the_tide_and_goodbye(sample: Manifest) -> None:
    command = sample.daemons["tide"].command
    assert command is not None
    with subprocess.Popen(
        command, cwd=sample.directory, stdout=subprocess.PIPE, text=True, env=os.environ | {"TIDE_PERIOD": "60"}
    ) as process:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], PATIENCE)[0]
        first = process.stdout.readline()
        process.terminate()

        assert first == "the tide is low\n"
        assert process.stdout.read() == "the sea is calm\n"
        assert process.wait(PATIENCE) == 0
