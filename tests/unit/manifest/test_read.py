"""Manifests that cannot be read at all: one problem each, quickly, whatever the bytes are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.unit.manifest.write import ENVIRON, told

from udaemon.manifest.read import examine

BOMBS = {
    "dotted-key.toml": b"a" + b".a" * 20_000 + b" = 1",
    "dotted-header.toml": b"[a" + b" . a" * 10_000 + b"]",
    "brackets.toml": b"a = " + b"[" * 5_000,
    "braces.toml": b"a = " + b"{a=" * 5_000,
    "integer.toml": b"a = " + b"9" * 5_000,
    "date.toml": b"a = 2026-02-31",
    "brackets.yaml": b"a: " + b"[" * 5_000,
    "braces.yaml": b"a: " + b"{a: " * 5_000,
    "integer.yaml": b"daemons: {a: {command: a, instances: " + b"9" * 5_000 + b"}}",
    "aliases.yaml": b"a0: &a0 [x]\n"
    + b"".join(b"a%d: &a%d [*a%d,*a%d,*a%d]\n" % (i, i, i - 1, i - 1, i - 1) for i in range(1, 40)),
    "recursive.yaml": b"daemons: &a {a: *a}",
    "random.toml": bytes(range(256)),
    "random.yaml": bytes(range(256)),
    "nul.toml": b'project = "\0"',
    "big.toml": b"# " + b"x" * 10_000_000,
    "big.yaml": b"a: [" + b"1," * 5_000_000,
    "empty.toml": b"",
    "empty.yaml": b"",
    "list.yaml": b"- a",
    "control.yaml": b"a: \x07",
    "tag.yaml": b"daemons: !!python/object/apply:os.system [ls]",
}


@pytest.mark.parametrize("name", BOMBS)
def test_f52_a_bomb_is_a_problem_like_any_other(name: str, tmp_path: Path) -> None:
    problems = told(tmp_path, BOMBS[name], name=name)
    assert 1 <= len(problems) <= 2
    assert all(problem.severity == "error" for problem in problems)


@pytest.mark.parametrize("text", ["x" * 5_000_000, "[" + "1," * 90_000])
def test_what_is_larger_than_any_manifest_is_not_parsed(text: str, tmp_path: Path) -> None:
    assert [problem.code for problem in told(tmp_path, text)] == ["too-big"]


def test_after_a_thousand_problems_one_says_that_there_are_more(tmp_path: Path) -> None:
    problems = told(tmp_path, "".join(f"wrong-{at} = 1\n" for at in range(1200)))
    assert len(problems) == 1001
    assert sum(problem.code == "too-many" for problem in problems) == 1


def test_f52_files_that_include_the_next_one_twice_are_not_read_a_million_times(tmp_path: Path) -> None:
    for at in range(40):
        (tmp_path / f"{at + 1}.toml").write_text(f'include = ["{at + 2}.toml", "{at + 2}.toml"]')
    (tmp_path / "41.toml").write_text("[daemons.a]\ncommand = 'a'")
    codes = {problem.code for problem in told(tmp_path, 'include = "1.toml"\n[daemons.b]\ncommand = "b"')}
    assert codes == {"too-big"}


def test_f52_all_files_together_hold_no_more_than_one(tmp_path: Path) -> None:
    for at in range(3):
        (tmp_path / f"{at}.toml").write_text("".join(f"x-{at}-{key} = 1\n" for key in range(15_000)))
    problems = told(tmp_path, "include = ['0.toml', '1.toml', '2.toml']\n[daemons.a]\ncommand = 'a'")
    assert {(problem.code, problem.file) for problem in problems} >= {("too-big", str(tmp_path / "2.toml"))}


def test_f52_a_large_file_is_not_kept_a_thousand_times(tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_text("#" + "x" * 4_000_000)
    problems = told(tmp_path, "include = [" + "'large.toml', " * 900 + "]\n[daemons.a]\ncommand = 'a'")
    assert {problem.code for problem in problems} == {"too-big"}


def test_f52_a_chain_of_extends_has_an_end(tmp_path: Path) -> None:
    text = "".join(f"[daemons.d{at}]\nextends = 'd{at + 1}'\n" for at in range(9)) + "[daemons.d9]\ncommand = 'a'"
    problems = told(tmp_path, text)
    assert [(problem.code, problem.path) for problem in problems] == [
        ("too-deep", "daemons.d0.extends"),
        ("too-deep", "daemons.d1.extends"),
    ]


@pytest.mark.parametrize("escape", ["\\u0000", "\\U00000000"])
def test_f52_an_escaped_nul_is_refused(escape: str, tmp_path: Path) -> None:
    text = f'[daemons.a]\ncommand = ["a", "{escape}"]'
    assert [(problem.code, problem.line, problem.column) for problem in told(tmp_path, text)] == [("encoding", 2, 17)]


@pytest.mark.parametrize("name", ["../../x", "-rf", "", ".", "a/b", "a" * 300, "\x1b", "A", "ä"])
def test_f53_a_name_that_could_do_harm_is_refused(name: str, tmp_path: Path) -> None:
    key = "".join(f"\\u{ord(letter):04x}" for letter in name)
    problems = told(tmp_path, f'[daemons."{key}"]\ncommand = "a"')
    assert [problem.code for problem in problems] == ["bad-name"]


def test_bytes_that_are_no_utf8_are_told_with_their_place(tmp_path: Path) -> None:
    problems = told(tmp_path, b'project = "a"\n# gr' + b"\xfc\xdf\n")
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [("encoding", 2, 5)]


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "udaemon.toml")
    examined = examine(environ=ENVIRON, cwd=str(tmp_path))
    assert [(problem.code, problem.message) for problem in examined.problems] == [("unreadable", "is no regular file")]


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    examined = examine(["gone.toml"], environ=ENVIRON, cwd=str(tmp_path))
    assert [problem.message for problem in examined.problems] == ["cannot be read: No such file or directory"]


@pytest.mark.skipif(os.geteuid() != 0, reason="it is root that must be careful")
@pytest.mark.parametrize(
    ("mode", "owner", "good"), [(0o644, 0, True), (0o646, 0, False), (0o644, 1, False), (0o664, 0, True)]
)
def test_root_runs_no_manifest_that_others_may_write(mode: int, owner: int, good: bool, tmp_path: Path) -> None:
    file = tmp_path / "udaemon.toml"
    file.write_text('[daemons.a]\ncommand = "a"')
    shutil.chown(file, owner, 0)
    file.chmod(mode)
    problems = examine(environ=ENVIRON, cwd=str(tmp_path)).problems
    assert [problem.code for problem in problems] == ([] if good else ["unsafe"])


@pytest.mark.skipif(os.geteuid() != 0, reason="it is root that must be careful")
def test_root_takes_no_variables_that_others_may_write(tmp_path: Path) -> None:
    (tmp_path / "own.env").write_text("LD_PRELOAD=/tmp/evil.so\n")
    (tmp_path / "own.env").chmod(0o666)
    problems = told(tmp_path, "[daemons.a]\ncommand = 'a'\nenv-file = 'own.env'")
    assert [(problem.code, problem.message) for problem in problems] == [
        ("env-file", "own.env may be written by others than root")
    ]


def special(kind: str, file: Path) -> Path:
    """Put something at a path that is no file to be read."""
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "terminal":
        file.symlink_to("/dev/tty")
    elif kind == "huge":
        with file.open("wb") as stream:
            stream.truncate(50 * 1024**3)
    elif kind == "nowhere":
        file.symlink_to("gone")
    return file


SPECIAL = {
    "pipe": "is no regular file",
    "directory": "is no regular file",
    "device": "is no regular file",
    "huge": "is larger than 4 MiB",
    "nowhere": "is a link to gone, which is not there",
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_whatever_is_named_as_a_manifest_is_read_without_a_wait(kind: str, tmp_path: Path) -> None:
    file = special(kind, tmp_path / "special.toml")
    (tmp_path / "udaemon.toml").write_text("include = '*special.toml'\n[daemons.a]\ncommand = 'a'")
    (tmp_path / "named.toml").write_text("include = 'special.toml'\n[daemons.a]\ncommand = 'a'")
    alone = examine([str(file)], environ=ENVIRON, cwd=str(tmp_path)).problems
    assert [(problem.message, problem.file) for problem in alone] == [(SPECIAL[kind], str(file))]
    included = examine(["udaemon.toml"], environ=ENVIRON, cwd=str(tmp_path)).problems
    told = [] if kind == "directory" else [(SPECIAL[kind], str(file))]  # a pattern is for files
    assert [(problem.message, problem.file) for problem in included] == told
    named = examine(["named.toml"], environ=ENVIRON, cwd=str(tmp_path)).problems
    assert len(named) == 1
    assert "special.toml" in f"{named[0].message} {named[0].file}"


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("name", [".env", "own.env"])
def test_whatever_is_named_as_a_file_of_variables_is_read_without_a_wait(kind: str, name: str, tmp_path: Path) -> None:
    special(kind, tmp_path / name)
    text = "[daemons.a]\ncommand = 'a'\ndescription = '${HOME}'\n"
    problems = told(tmp_path, text + ("" if name == ".env" else "env-file = 'own.env'"))
    words = SPECIAL[kind] if name == ".env" else f"own.env {SPECIAL[kind]}"
    assert [(problem.code, problem.message) for problem in problems] == [("env-file", words)]
    file = name if name == ".env" else "udaemon.toml"
    assert problems[0].file == str(tmp_path / file)


def test_an_env_file_that_cannot_be_read_is_told_at_its_key(tmp_path: Path) -> None:
    (tmp_path / "bad.env").write_text("A='open\n")
    problems = told(tmp_path, "[daemons.a]\ncommand = 'a'\nenv-file = ['gone.env', 'bad.env']")
    assert {
        (problem.code, problem.message, os.path.basename(problem.file or ""), problem.line) for problem in problems
    } == {
        ("env-file", "gone.env cannot be read: No such file or directory", "udaemon.toml", 3),
        ("env-file", "a quote that is not closed", "bad.env", 1),
    }
