"""From a command daemon as it is declared to what is executed: program, environment, directory, descriptors."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from udaemon.engines.command_spec import command
from udaemon.engines.commands import Command
from udaemon.manifest.model import Daemon, Php
from udaemon.policy.plan import StartPlan

PLAN = StartPlan(project="shop", context="live", directory="/m")
DB = Daemon(name="db", command=("redis-server", "--port", "1"), env={"A": "1"}, umask=0o27, instances=2)


def executed(daemon: Daemon = DB, index: int = 1, report: int | None = None) -> Command:
    return command(PLAN, daemon, index, output=8, keep=(7,), report=report)


def test_a_command_is_executed_as_it_is_declared() -> None:
    found = executed()
    assert (found.argv, found.umask, found.output, found.keep) == (("redis-server", "--port", "1"), 0o27, 8, (7,))
    assert (found.foreground, found.find_argv) == (False, None)


def test_it_is_told_which_copy_it_is() -> None:
    env = executed().env
    told = {name: env[f"UDAEMON_{name}"] for name in ("PROJECT", "NAME", "INSTANCE", "INSTANCES", "CONTEXT")}
    assert told == {"PROJECT": "shop", "NAME": "db", "INSTANCE": "1", "INSTANCES": "2", "CONTEXT": "live"}
    assert env["A"] == "1"


def test_without_a_directory_of_its_own_it_begins_in_the_manifest_s() -> None:
    plain, own = executed(), executed(evolve(DB, cwd="/srv"))
    assert ((plain.cwd, plain.env["PWD"]), (own.cwd, own.env["PWD"])) == (("/m", "/m"), ("/srv", "/srv"))


def test_a_shell_runs_a_script_only_where_that_is_declared() -> None:
    script = Daemon(name="db", command=("a | b",), shell=True)
    assert executed(script, 0).argv == ("/bin/sh", "-c", "a | b")


@pytest.mark.parametrize(("instances", "number"), [(1, False), (2, True)])
def test_a_daemon_of_the_php_library_is_told_its_number_where_there_are_several(
    tmp_path: Path, instances: int, number: bool
) -> None:
    library = tmp_path / "Daemon.php"
    library.write_text("<?php\n")
    entry = tmp_path / "daemon.php"
    entry.write_text("<?php\n")
    php = Php(entry=str(entry), library=str(library))
    old = Daemon(name="old", command=("php", str(entry), "--id", "old"), php=php, instances=instances)
    found = executed(old, report=5)
    assert found.keep == (7, 5)
    assert found.find_argv is not None
    argv = tuple(found.find_argv())
    assert ("--instance" in argv) == number
    assert "php" in argv[0]


def test_each_instance_has_its_number_in_arguments_and_environment() -> None:
    numbered = evolve(DB, command=("redis-server", "--port", "638${UDAEMON_INSTANCE}"), env={"N": "${UDAEMON_NAME}"})
    found = [executed(numbered, index) for index in (0, 1)]
    assert [one.argv[-1] for one in found] == ["6380", "6381"]
    assert [one.env["N"] for one in found] == ["db", "db"]
