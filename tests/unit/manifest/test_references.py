"""Value types that refer to something: a callable, a signal, a mask, a program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udaemon.manifest.problems import Wrong
from udaemon.manifest.references import (
    MODULE,
    NAME,
    PHP_CALLABLE,
    PYTHON_CALLABLE,
    SIGNALS,
    Command,
    Cooldown,
    SignalName,
    Umask,
)
from udaemon.manifest.values import ValueType


def wrong(of: ValueType, value: object) -> tuple[str, str | None]:
    with pytest.raises(Wrong) as caught:
        of.parse(value)
    return caught.value.code, caught.value.hint


@pytest.mark.parametrize(
    ("of", "value", "read"),
    [
        (PYTHON_CALLABLE, "pkg.mod:Class.make", "pkg.mod:Class.make"),
        (PHP_CALLABLE, "\\Acme\\Mäil::make", "\\Acme\\Mäil::make"),
        (MODULE, "a.b_c", "a.b_c"),
        (NAME, "0-a_b", "0-a_b"),
        (SignalName(), "SIGTERM", "TERM"),
        (Umask(), "022", 0o22),
        (Umask(), "7", 7),
        (Cooldown(), "give-up", None),
        (Cooldown(), "cooldown 10m", 600.0),
        (Command(), "a 'b c' d", ("a", "b c", "d")),
        (Command(), ["a", "", "b c"], ("a", "", "b c")),
    ],
)
def test_what_is_right_is_read_and_written_so_that_it_is_read_again(of: ValueType, value: object, read: object) -> None:
    assert of.parse(value) == read
    assert of.parse(of.dump(of.parse(value))) == read


@pytest.mark.parametrize(
    ("of", "value", "code", "hint"),
    [
        (PYTHON_CALLABLE, "pkg.mod.make", "bad-callable", 'write "pkg.mod:make"'),
        (PYTHON_CALLABLE, "pkg mod", "bad-callable", 'write "package.module:function"'),
        (PYTHON_CALLABLE, 5, "wrong-type", 'write "package.module:function"'),
        (PHP_CALLABLE, "Acme\\\\Mail->make()", "bad-callable", "write 'Acme\\Mail::make'"),
        (SignalName(), "term", "bad-signal", 'did you mean "TERM"?'),
        (SignalName(), "KILLL", "bad-signal", 'did you mean "KILL"?'),
        (SignalName(), 15, "wrong-type", 'write a signal\'s name, such as "TERM", "INT" or "QUIT"'),
        (Umask(), 22, "wrong-type", 'write it as an octal string, such as "022"'),
        (Umask(), "089", "bad-umask", 'write it as an octal string, such as "022"'),
        (Cooldown(), "cooldown", "bad-choice", 'write "give-up", or "cooldown 10m"'),
        (Cooldown(), "cooldown 0s", "out-of-range", "write a duration up to 3650d"),
        (Cooldown(), "cooldown 9999d", "out-of-range", "write a duration up to 3650d"),
        (Command(), "a 'b", "bad-command", "close the quote, or write a list of strings"),
        (Command(), " ", "bad-command", "write the program, then its arguments"),
        (Command(), [], "bad-command", "write the program, then its arguments"),
        (Command(), ["", "a"], "bad-command", "write the program, then its arguments"),
        (Command(), "x" * 131_072, "bad-command", "put it into a script"),
        (Command(), {}, "wrong-type", None),
    ],
)
def test_what_is_wrong_is_told_with_what_was_meant(of: ValueType, value: object, code: str, hint: str | None) -> None:
    assert wrong(of, value) == (code, hint)


def test_each_word_of_a_list_that_is_no_text_is_told() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        Command().parse(["a", 1, None])
    assert [one.path for one in caught.value.exceptions if isinstance(one, Wrong)] == [(1,), (2,)]


@pytest.mark.parametrize("name", SIGNALS)
def test_each_signal_has_both_spellings(name: str) -> None:
    assert SignalName().parse(name) == SignalName().parse(f"SIG{name}") == name


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1).filter(lambda words: words[0] != ""))
def test_no_command_is_changed_by_being_written(words: list[str]) -> None:
    assert Command().parse(Command().dump(tuple(words))) == tuple(words)
