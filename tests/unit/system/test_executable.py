"""What is wrong with a program, found out by looking, in words that say what to do about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from udaemon.system.executable import fault, located


def write(path: Path, text: bytes | str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("text", "mode", "code", "says"),
    [
        ("#!/bin/sh\n", 0o755, None, ""),
        (b"\x7fELF\0\0", 0o755, None, ""),
        ("#!/bin/sh\n", 0o644, "not-executable", "is not executable"),
        ("echo\n", 0o755, "no-interpreter", "has no #! line"),
        ("", 0o755, "no-interpreter", "is empty"),
        ("#!\n", 0o755, "no-interpreter", "names nothing"),
        ("#!/bin/sh\r\n", 0o755, "no-interpreter", "carriage return"),
        (b"\xef\xbb\xbf#!/bin/sh\n", 0o755, "no-interpreter", "byte order mark"),
        ("#!/no/such/sh\n", 0o755, "no-interpreter", "names /no/such/sh, which is not there"),
        ("#!/usr/bin/env no-such-thing\n", 0o755, "no-interpreter", "asks for no-such-thing"),
        ("#!/usr/bin/env -S A=1 sh -e\n", 0o755, None, ""),
        ("#!" + "/x" * 200, 0o755, None, ""),
    ],
)
def test_a_file_is_told_by_its_mode_and_its_first_line(
    tmp_path: Path, text: bytes | str, mode: int, code: str | None, says: str
) -> None:
    write(tmp_path / "serve", text, mode)
    found = fault("./serve", cwd=str(tmp_path), path="/bin:/usr/bin")
    assert (None if found is None else found.code) == code
    assert found is None or says in found.message


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    os.mkfifo(tmp_path / "fifo", 0o755)
    (tmp_path / "link").symlink_to("nowhere")
    told = {name: fault(f"./{name}", cwd=str(tmp_path), path=None) for name in ("dir", "fifo", "link")}
    assert {name: None if one is None else one.message for name, one in told.items()} == {
        "dir": "is a directory",
        "fifo": "is no file",
        "link": "is a link to nowhere, which is not there",
    }


@pytest.mark.parametrize(
    ("program", "hint"),
    [
        ("serve", 'write "./serve": a name without a slash is looked for in PATH'),
        ("sevre-it", "did you mean serve-it?"),
        ("serve-it --port 1", "write each argument as an item of its own, or the whole as one string"),
        ("quite-another", "install it, or write its path"),
        ("./srve", "did you mean ./serve?"),
        ("tools/x", None),
    ],
)
def test_what_was_meant_is_guessed(tmp_path: Path, program: str, hint: str | None) -> None:
    write(tmp_path / "serve", "#!/bin/sh\n")
    write(tmp_path / "bin" / "serve-it", "#!/bin/sh\n")
    found = fault(program, cwd=str(tmp_path), path=str(tmp_path / "bin"))
    assert found is not None
    assert (found.code, found.hint) == ("no-program", hint)


def test_a_program_beside_the_manifest_is_not_the_one_in_cwd(tmp_path: Path) -> None:
    write(tmp_path / "serve", "#!/bin/sh\n")
    (tmp_path / "srv").mkdir()
    found = fault("./serve", cwd=str(tmp_path / "srv"), path=None, beside=str(tmp_path))
    assert found is not None
    assert found.hint == 'write "../serve"'


def test_the_first_executable_one_in_path_is_taken_else_one_that_is_there(tmp_path: Path) -> None:
    plain = write(tmp_path / "a" / "serve", "", 0o644)
    runs = write(tmp_path / "b" / "serve", "#!/bin/sh\n")
    places = [str(tmp_path / "a"), str(tmp_path / "b")]
    if os.geteuid() != 0 or not os.access(plain, os.X_OK):
        assert located("serve", cwd="/", path=os.pathsep.join(places)) == str(runs)
    assert located("serve", cwd="/", path=places[0]) == str(plain)
    assert located("serve", cwd=str(tmp_path), path="b") == str(runs)
