"""How an end is told whatever the user's code has made of streams and hooks; here everything of his may raise."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest

from udaemon.child.telling import code_text, exit_code, last_line, say, show_end, show_exception


class Unspeakable(Exception):
    """One that can be asked nothing."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


class Foreign(Exception):
    """An error of another language."""

    foreign = True
    logged = False


class Frozen(Exception):
    """One that takes no note."""

    def add_note(self, note: str) -> None:
        raise AttributeError(note)


class Closed(io.StringIO):
    """A stream that raises whatever it is asked."""

    @property
    def closed(self) -> bool:
        raise ValueError("what did you expect")

    def write(self, _text: str) -> int:
        raise ValueError("closed")


@pytest.fixture
def restore() -> Iterator[None]:
    hook, stream = sys.excepthook, sys.stderr
    yield
    sys.excepthook, sys.stderr = hook, stream


def raised(error: BaseException) -> BaseException:
    """The same with a traceback."""
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("x"), "ValueError: x"),
        (ValueError(), "ValueError"),
        (ValueError("one\ntwo"), "ValueError: one"),
        (ValueError("\n one\n"), "ValueError: one"),
        (KeyError("a"), "KeyError: 'a'"),
        (Unspeakable(), f"{__name__}.Unspeakable: (its text cannot be had)"),
        (Foreign("PDOException: gone\n#0 {main}"), "PDOException: gone"),
        (Foreign(), "Foreign"),
    ],
)
def test_the_last_line_of_a_traceback(error: BaseException, line: str) -> None:
    assert last_line(error) == line


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError(), 1),
        (KeyboardInterrupt(), 1),
        (SystemExit(), 0),
        (SystemExit(0), 0),
        (SystemExit(3), 3),
        (SystemExit(256), 0),
        (SystemExit(-1), 255),
        (SystemExit(2**63), 255),
        (SystemExit(-(2**63)), 0),
        (SystemExit("text"), 1),
        (SystemExit(True), 1),
        (SystemExit([]), 1),
    ],
)
def test_the_exit_code_is_that_of_a_python_program(error: BaseException, code: int) -> None:
    assert exit_code(error) == code


def test_what_sys_exit_was_given_as_python_writes_it() -> None:
    assert [code_text(SystemExit(code)) for code in (None, 3, "x", Unspeakable())] == ["None", "3", "'x'", "…"]


def test_a_note_stands_below_the_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    show_exception(raised(ValueError("x")), "(the daemon goes on)")
    assert capfd.readouterr().err.endswith("ValueError: x\n(the daemon goes on)\n")


def test_one_that_takes_no_note_is_told_all_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    show_exception(raised(Frozen("x")), "(the daemon goes on)")
    assert capfd.readouterr().err.endswith("Frozen: x\n")


@pytest.mark.usefixtures("restore")
def test_a_hook_of_the_users_is_asked_first(capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[BaseException] = []
    sys.excepthook = lambda _kind, error, _trace: seen.append(error)
    error = raised(ValueError("x"))
    show_exception(error)
    assert (seen, capfd.readouterr().err) == ([error], "")


@pytest.mark.usefixtures("restore")
def test_where_the_hook_fails_the_log_has_both(capfd: pytest.CaptureFixture[str]) -> None:
    def hook(_kind: object, _error: object, _trace: object) -> None:
        raise SystemExit("the hook's own")

    sys.excepthook = hook
    show_exception(raised(ValueError("x")))
    assert capfd.readouterr().err.endswith("ValueError: x\n(sys.excepthook failed: SystemExit: the hook's own)\n")


@pytest.mark.usefixtures("restore")
@pytest.mark.parametrize("stream", [None, Closed(), object()], ids=["none", "closed", "no stream"])
def test_without_a_stream_it_goes_to_the_log_itself(capfd: pytest.CaptureFixture[str], stream: object) -> None:
    sys.stderr = stream
    show_exception(raised(ValueError("x")))
    say("and a line")
    assert capfd.readouterr().err.endswith("ValueError: x\nand a line\n")


@pytest.mark.usefixtures("restore")
def test_an_exception_that_cannot_be_written_has_one_line_at_least(capfd: pytest.CaptureFixture[str]) -> None:
    sys.stderr = None
    show_exception(raised(Unspeakable()))
    assert "Unspeakable: " in capfd.readouterr().err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SystemExit(), ""),
        (SystemExit(3), ""),
        (SystemExit("a text"), "a text\n"),
        (SystemExit([1]), "[1]\n"),
        (SystemExit(Unspeakable()), "(its text cannot be had)\n"),
        (Foreign("PDOException: gone"), "udaemon: PDOException: gone\n"),
    ],
)
def test_what_is_told_of_an_end_without_a_traceback(
    capfd: pytest.CaptureFixture[str], error: BaseException, told: str
) -> None:
    show_end(raised(error))
    assert capfd.readouterr().err == told


def test_an_error_of_another_language_that_is_in_the_log_already_is_not_told_twice(
    capfd: pytest.CaptureFixture[str],
) -> None:
    error = Foreign("x")
    error.logged = True
    show_end(error)
    assert capfd.readouterr().err == ""


def test_a_traceback_begins_with_the_users_code(capfd: pytest.CaptureFixture[str]) -> None:
    def users() -> None:
        raise ValueError("x")

    code = compile("users()", sys.modules["udaemon.child.telling"].__file__ or "", "exec")
    with pytest.raises(ValueError, match="x") as caught:
        exec(code, {"users": users})  # a frame that seems to be ours
    error = caught.value
    show_end(error.with_traceback((error.__traceback__ and error.__traceback__.tb_next) or None))
    text = capfd.readouterr().err
    assert "child/telling.py" not in text.replace("tests/unit/child/test_telling.py", "")
    assert 'raise ValueError("x")' in text
