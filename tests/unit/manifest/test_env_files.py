"""Files of variables: Compose's grammar, and each other line told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.write import ENVIRON, loaded, told

DAEMON = "[daemons.a]\ncommand = 'a'\nenv-file = 'own.env'\n"
CALLER = {**ENVIRON, "FROM_CALLER": "caller's"}


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        ("A=1", {"A": "1"}),
        ("  A = 1  ", {"A": "1"}),
        ("export A=1", {"A": "1"}),
        ("A=", {"A": ""}),
        ("A=a b", {"A": "a b"}),
        ("A=a # not this", {"A": "a"}),
        ("A=a#b", {"A": "a#b"}),
        ("A='a # b' # not this", {"A": "a # b"}),
        ("A='a\nb'\nB=1", {"A": "a\nb", "B": "1"}),
        (r'A="a\nb\"c\\"', {"A": 'a\nb"c\\'}),
        (r'A="a\$b"', {"A": "a$b"}),
        (r"A='a\$b'", {"A": r"a\$b"}),
        ("A=${B}$C", {"A": "${B}$C"}),
        ("# only\n\n  # this\nA=1", {"A": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("a.b-c=1", {"a.b-c": "1"}),
        ("A=ü€", {"A": "ü€"}),
        ("A=1\nA=2", {"A": "2"}),
        ("FROM_CALLER", {"FROM_CALLER": "caller's"}),
        ("export FROM_CALLER", {"FROM_CALLER": "caller's"}),
        ("FROM_NOBODY", {}),
        ("", {}),
    ],
)
def test_what_a_line_says(line: str, variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "own.env").write_text(line)
    assert loaded(tmp_path, DAEMON, environ=CALLER).daemons["a"].env == variables


def test_a_name_alone_is_the_callers_or_not_there_whatever_is_said_below(tmp_path: Path) -> None:
    (tmp_path / "own.env").write_text("FROM_CALLER\nFROM_NOBODY\n")
    text = "[env]\nFROM_CALLER = 'far'\nFROM_NOBODY = 'far'\n" + DAEMON
    assert loaded(tmp_path, text, environ=CALLER).daemons["a"].env == {"FROM_CALLER": "caller's"}
    text += "env.FROM_NOBODY = 'near'\n"
    assert loaded(tmp_path, text, environ=CALLER).daemons["a"].env == {"FROM_CALLER": "caller's", "FROM_NOBODY": "near"}


def test_a_name_alone_in_the_manifests_own_env_file(tmp_path: Path) -> None:
    (tmp_path / "own.env").write_text("FROM_CALLER\nFROM_NOBODY\n")
    text = "env-file = 'own.env'\n[daemons.a]\ncommand = 'a'\n"
    manifest = loaded(tmp_path, text, environ=CALLER)
    assert manifest.env == manifest.daemons["a"].env == {"FROM_CALLER": "caller's"}


WRONG = {
    "[section]\nA=1": (1, 1, "a section, which a file of variables has not"),
    "A=1\n  [x]\n": (2, 3, "a section, which a file of variables has not"),
    "A=a\\\nb\n": (1, 1, "a line that goes on in the next one"),
    "A=a \\\n  B=b\n": (1, 1, "a line that goes on in the next one"),
    "A=1\n\n\nA='x\ny": (4, 1, "a quote that is not closed"),
    'A="x\nB=1': (1, 1, "a quote that is not closed"),
    "A='x'y": (1, 1, "there is something behind the closing quote"),
    "A B=1": (1, 1, "is no line NAME=value"),
    "A: 1": (1, 1, "is no line NAME=value"),
    "=1": (1, 1, "is no line NAME=value"),
    "1A=1": (1, 1, "begins with no name of a variable"),
    "ä=1": (1, 1, "begins with no name of a variable"),
    "A=1\nB=\0": (2, 3, "a NUL byte"),
    "A=1\nB=\udcff": (2, 3, "is not UTF-8 from here on"),
}


@pytest.mark.parametrize("name", ["own.env", ".env"])
@pytest.mark.parametrize("content", WRONG)
def test_what_is_no_variable_is_told_at_its_own_place(content: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content.encode(errors="surrogateescape"))
    text = DAEMON if name == "own.env" else "[daemons.a]\ncommand = '${HOME}/a'\n"
    (problem,) = told(tmp_path, text)
    assert (problem.code, problem.file) == ("env-file", str(tmp_path / name))
    assert (problem.line, problem.column, problem.message) == WRONG[content]


def test_all_lines_are_told_each_once_however_many_daemons_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "own.env").write_text("A B\nC=1\nD E\n")
    text = "".join(f"[daemons.d{at}]\ncommand = 'a'\nenv-file = 'own.env'\n" for at in range(3))
    assert [problem.line for problem in told(tmp_path, text)] == [1, 3]


def test_a_dotenv_that_nobody_asks_for_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A B")
    assert told(tmp_path, "[daemons.a]\ncommand = 'a'\n") == ()


def test_an_optional_file_that_is_missing_is_nothing(tmp_path: Path) -> None:
    text = DAEMON.replace("'own.env'", "[{ path = 'gone.env', required = false }, 'own.env']")
    (tmp_path / "own.env").write_text("A=1\n")
    manifest = loaded(tmp_path, text)
    assert manifest.daemons["a"].env == {"A": "1"}
    assert manifest.files[str(tmp_path / "gone.env")] == (0, 0)  # so that its appearance is a difference
    (tmp_path / "gone.env").write_text("A=0\nB=2\n")
    assert loaded(tmp_path, text).daemons["a"].env == {"A": "1", "B": "2"}


@pytest.mark.parametrize("way", ["link", "under-a-file", "no-directory"])
def test_what_counts_as_missing(way: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    path = {"link": "link", "under-a-file": "file/x.env", "no-directory": "none/x.env"}[way]
    text = DAEMON.replace("'own.env'", f"{{ path = '{path}', required = false }}")
    assert loaded(tmp_path, text).daemons["a"].env == {}


@pytest.mark.parametrize(("made", "words"), [("own.env/", "is no regular file"), ("A B\n", "is no line NAME=value")])
def test_an_optional_file_that_is_there_must_be_right(made: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "own.env").mkdir() if made.endswith("/") else (tmp_path / "own.env").write_text(made)
    (problem,) = told(tmp_path, DAEMON.replace("'own.env'", "{ path = 'own.env', required = false }"))
    assert words in problem.message


@pytest.mark.parametrize(
    ("own", "variables"),
    [
        ("env-file = { path = 'b.env' }", {"B": "1"}),
        ("env-file = [{ path = 'b.env' }]", {"B": "1"}),
        ("env-file = 'b.env'", {"B": "1"}),
        ("", {"A": "1"}),
    ],
)
def test_a_table_replaces_that_of_defaults_as_a_whole(own: str, variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text("A=1\n")
    defaults = "[defaults]\nenv-file = { path = 'a.env', required = false }\n"
    text = f"{defaults}[daemons.a]\ncommand = 'a'\n{own}\n"
    (tmp_path / "b.env").write_text("B=1\n")
    assert loaded(tmp_path, text).daemons["a"].env == variables
    if own:
        (tmp_path / "b.env").unlink()
        (problem,) = told(tmp_path, text)  # it is required, whatever is said of the other one
        assert problem.code == "env-file"


def test_the_manifests_own_may_be_optional_too(tmp_path: Path) -> None:
    text = "env-file = [{ path = 'gone.env', required = false }]\n[daemons.a]\ncommand = 'a'\n"
    assert loaded(tmp_path, text).env == {}


def test_one_file_may_be_required_by_one_and_not_by_the_other(tmp_path: Path) -> None:
    optional = "env-file = { path = 'gone.env', required = false }"
    text = f"[daemons.a]\ncommand = 'a'\n{optional}\n[daemons.b]\ncommand = 'b'\nenv-file = 'gone.env'\n"
    (problem,) = told(tmp_path, text)
    assert (problem.path, problem.line) == ("daemons.b.env-file", 6)
    assert problem.hint is not None
    assert "required = false" in problem.hint
