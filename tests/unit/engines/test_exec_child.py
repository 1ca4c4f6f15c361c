"""What is said of a command that was not executed, and whether another try makes sense; tests/process has the exec."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.child.identity import IdentityRefused
from udaemon.engines.commands import Command
from udaemon.engines.exec_child import has_entered, reason, refusal
from udaemon.policy.reasons import Trouble

TEXT = st.characters(exclude_categories=["Cs"])


def command(program: str, cwd: str = "/", path: str = "/usr/bin:/bin") -> Command:
    return Command(argv=(program,), env={"PATH": path}, cwd=cwd, output=1)


def refused(number: int, program: str, **options: str) -> tuple[Trouble, str]:
    error = OSError(number, os.strerror(number))
    return reason((program,), command(program, **options), error, entered=True)


@pytest.mark.parametrize(
    ("said", "entered", "why"),
    [
        (b"", False, None),
        (b"+", True, None),
        (b"config chdir /x: No such file", False, (Trouble.CONFIG, "chdir /x: No such file")),
        (b"+resource exec a: Out of memory", True, (Trouble.RESOURCE, "exec a: Out of memory")),
        (b"+config ", True, (Trouble.CONFIG, "")),
        (b"+config exec \xff", True, (Trouble.CONFIG, "exec \ufffd")),
    ],
)
def test_what_a_process_has_said_is_read(said: bytes, why: object, *, entered: bool) -> None:
    assert (has_entered(said), refusal(said)) == (entered, why)


@given(st.sampled_from(list(Trouble)), st.text(TEXT), st.sampled_from([b"+", b""]))
def test_what_is_written_comes_back(trouble: Trouble, why: str, entered: bytes) -> None:
    said = entered + f"{trouble.value} {why}".encode()
    assert refusal(said) == (trouble, why)


@pytest.mark.parametrize(
    ("number", "trouble"),
    [
        (errno.EAGAIN, Trouble.RESOURCE),
        (errno.ENOMEM, Trouble.RESOURCE),
        (errno.EMFILE, Trouble.RESOURCE),
        (errno.ETXTBSY, Trouble.RESOURCE),
        (errno.ESTALE, Trouble.RESOURCE),
        (errno.EHOSTUNREACH, Trouble.RESOURCE),
        (errno.ENOENT, Trouble.CONFIG),
        (errno.EACCES, Trouble.CONFIG),
        (errno.ENOEXEC, Trouble.CONFIG),
        (errno.E2BIG, Trouble.CONFIG),
        (errno.ELOOP, Trouble.CONFIG),
    ],
)
def test_what_may_pass_by_itself_is_tried_again_and_the_errno_is_named(number: int, trouble: Trouble) -> None:
    found, why = refused(number, "/nowhere/a")
    assert found is trouble
    assert f"exec /nowhere/a: {os.strerror(number)} ({errno.errorcode[number]})" in why


def test_a_script_without_a_first_line_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "a"
    script.write_text("echo\n")
    script.chmod(0o755)
    trouble, why = refused(errno.ENOEXEC, str(script))
    assert trouble is Trouble.CONFIG
    assert why.startswith(f"exec {script}: Exec format error (ENOEXEC); it ")


def test_what_the_system_has_said_is_not_said_twice() -> None:
    assert refused(errno.ENOENT, "/nowhere/a") == (
        Trouble.CONFIG,
        "exec /nowhere/a: No such file or directory (ENOENT)",
    )


@pytest.mark.parametrize(("exists", "what"), [(False, "chdir"), (True, "exec")])
def test_where_nobody_knows_how_far_it_came_the_directory_is_looked_at(
    tmp_path: Path, what: str, *, exists: bool
) -> None:
    """Of vfork(2)'s child all that is known is the errno."""
    cwd = str(tmp_path if exists else tmp_path / "gone")
    trouble, why = reason(("a",), command("a", cwd=cwd), FileNotFoundError(errno.ENOENT, "x"))
    assert trouble is Trouble.CONFIG
    assert why.startswith(f"{what} {cwd if what == 'chdir' else 'a'}: No such file or directory (ENOENT)")


def test_an_errno_that_no_directory_gives_is_the_programs() -> None:
    assert reason(("a",), command("a", cwd="/gone"), OSError(errno.E2BIG, "x"))[1].startswith("exec a: ")


def test_a_nul_byte_is_the_manifests_mistake() -> None:
    assert reason(("a\0b",), command("a"), ValueError("embedded null byte")) == (
        Trouble.CONFIG,
        r"exec 'a\x00b': embedded null byte",
    )


@pytest.mark.parametrize(("passes", "trouble"), [(True, Trouble.RESOURCE), (False, Trouble.CONFIG)])
def test_who_cannot_be_who_he_is_to_be_is_told_in_those_words(trouble: Trouble, *, passes: bool) -> None:
    error = IdentityRefused("user x: there is none", passes=passes)
    assert reason(("a",), command("a"), error) == (trouble, "user x: there is none")


def test_what_nobody_has_thought_of_is_tried_again() -> None:
    assert reason((), command("a"), MemoryError()) == (Trouble.RESOURCE, "cannot be executed: MemoryError()")
