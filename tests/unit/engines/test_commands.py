"""What a start that did not come to a process is called, and what it leaves open: nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import pytest
from tests.fakes.full_table import full_table

from udaemon.engines.commands import Command, ExecFailed, Launcher, shell
from udaemon.policy.reasons import Trouble
from udaemon.system.mounts import Mounts


class Table(Mounts):
    """Says whether an exec may hang, and looks at nothing."""

    def __init__(self, *, hangs: bool) -> None:
        self.hangs = hangs
        self.closed = False

    def may_hang(self) -> bool:
        return self.hangs

    def close(self) -> None:
        self.closed = True


def command(*argv: str, **options: object) -> Command:
    return Command(argv=argv, env={}, cwd="/", output=1, **options)  # type: ignore[arg-type]


@pytest.fixture
def descriptors() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd"))
    yield
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.mark.usefixtures("descriptors")
def test_an_argument_that_no_program_can_be_given_is_the_manifests_mistake() -> None:
    launcher = Launcher(mounts=Table(hangs=False))
    with pytest.raises(ExecFailed, match="embedded null byte") as failed:
        launcher.start(command("a\0b"))
    assert failed.value.trouble is Trouble.CONFIG
    launcher.close()


@pytest.mark.usefixtures("descriptors")
def test_f13_without_a_descriptor_for_its_pipe_nothing_is_forked_and_another_try_makes_sense() -> None:
    launcher = Launcher(mounts=Table(hangs=True))
    with full_table(), pytest.raises(ExecFailed, match=r"^pipe: Too many open files \(EMFILE\)$") as failed:
        launcher.start(command("/bin/true"))
    assert failed.value.trouble is Trouble.RESOURCE
    launcher.close()


@pytest.mark.parametrize(
    ("error", "trouble", "why"),
    [
        (ValueError("embedded null byte"), Trouble.CONFIG, "exec 'php': embedded null byte"),
        (OSError(errno.EMFILE, "x"), Trouble.RESOURCE, "exec php: Too many open files (EMFILE)"),
    ],
)
def test_a_program_that_cannot_be_looked_for_was_not_executed(error: Exception, trouble: Trouble, why: str) -> None:
    def find() -> tuple[str, ...]:
        raise error

    launcher = Launcher(mounts=Table(hangs=False))
    with pytest.raises(ExecFailed) as failed:
        launcher.start(command("php", find_argv=find))
    assert (failed.value.trouble, str(failed.value)) == (trouble, why)
    launcher.close()


@pytest.mark.usefixtures("descriptors")
def test_what_it_keeps_is_closed_with_it() -> None:
    table = Table(hangs=False)
    Launcher(mounts=table).close()
    assert table.closed


def test_a_script_is_run_by_the_shell_with_its_arguments() -> None:
    assert shell(("echo $1 | cat", "name", "a b")) == ("/bin/sh", "-c", "echo $1 | cat", "name", "a b")
