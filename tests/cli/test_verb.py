"""The verb of a command line, as click would find it: by it a supervisor is forked or not, before click is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.cli.group import cli
from udaemon.cli.verb import ENDING, WITH_VALUE, verb_of


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("up", "up"),
        ("up -d --wait", "up"),
        ("up up", "up"),
        ("-q -vv up", "up"),
        ("--quiet --color never up", "up"),
        ("--color=never --context x up -d", "up"),
        ("-f udaemon.toml up", "up"),
        ("-fudaemon.toml -p shop --profile dev up", "up"),
        ("-vf udaemon.toml up", "up"),
        ("-- up", "up"),
        ("-f x -- up", "up"),
        ("up -- -h", "up"),
        ("-f up", None),
        ("-f up ps", "ps"),
        ("-vf up ps", "ps"),
        ("-fup ps", "ps"),
        ("--file up", None),
        ("--file=up ps", "ps"),
        ("-p up logs up", "logs"),
        ("--context up down", "down"),
        ("--profile up --color up check", "check"),
        ("-f -- up", "up"),
        ("explain up", "explain"),
        ("logs up", "logs"),
        ("run up", "run"),
        ("stop -- up", "stop"),
        ("-- ps up", "ps"),
        ("- up", "-"),
        ("up --help", None),
        ("up -d -h", None),
        ("--help up", None),
        ("-qh up", None),
        ("--version up", None),
        ("", None),
        ("-q", None),
        ("--", None),
    ],
)
def test_the_verb_is_the_first_word_that_is_no_option_and_no_value_of_one(line: str, verb: str | None) -> None:
    assert verb_of(line.split()) == verb


def test_the_options_are_those_that_click_reads() -> None:
    with_value = {name for option in cli.params if not _is_flag(option) for name in option.opts}
    ending = {name for option in cli.get_params(click.Context(cli)) if option.is_eager for name in option.opts}
    assert with_value == WITH_VALUE
    assert ending | {"-h"} == ENDING


@given(
    st.lists(
        st.sampled_from(["up", "ps", "-", "--", "-q", "-v", "-qv", "--quiet", "-f", "-fx", "-vf", "--file", "--file=x"])
        | st.sampled_from(sorted(WITH_VALUE)),
        max_size=7,
    )
)
def test_click_finds_the_same_verb(arguments: list[str]) -> None:
    try:
        _, rest, _ = cli.make_parser(click.Context(cli)).parse_args(list(arguments))
    except click.UsageError:  # click refuses the line, whatever is taken for its verb
        verb_of(arguments)
        return
    assert verb_of(arguments) == (rest[0] if rest else None)


@pytest.mark.parametrize(
    ("arguments", "launches"),
    [(["explain", "up"], False), (["-f", "up", "check"], False), (["logs", "up"], False), (["up", "--nonsense"], True)],
)
def test_a_supervisor_begins_early_for_up_alone(tmp_path: Path, arguments: list[str], launches: bool) -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "udaemon", *arguments],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode != 0
    assert ("udaemon.service.spawn_supervisor" in told.stderr) is launches


def _is_flag(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and (option.is_flag or option.count)
