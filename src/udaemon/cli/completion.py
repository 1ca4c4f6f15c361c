"""What may come next on a command line: verbs, options, choices, daemons, signals, conditions, words of `explain`.

Knows no click and no shell: `command_line.py` is the command line as data, `shells.py` how a shell is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from udaemon.cli.command_line import ALIASES, ANYWHERE, EXPLAINED, GLOBAL, VERBS
from udaemon.cli.options import GlobalOptions
from udaemon.cli.verb import read

Value = str | tuple[str, ...] | None
"""What an option or argument takes: one of these words, or what the word names; "" is anything, None is nothing."""

Option = tuple[tuple[str, ...], Value, bool, str]
"""Its names, its value, whether it may be repeated, its help."""

Verb = tuple[str, tuple[Option, ...], tuple[tuple[Value, bool], ...]]
"""Its help, its options, and its arguments: the value of each, and whether there may be many."""

CONDITIONS = ("ready", "stopped", "run-ok")
"""What a daemon can be waited for."""


class Offer(NamedTuple):
    """A word that may stand there, and what it means. Of kind `file` or `dir` it is for the shell to find some."""

    word: str
    help: str = ""
    kind: str = "plain"


def offers(words: Sequence[str], begun: str) -> Iterator[Offer]:
    """The words that may stand next.

    Args:
        words: Those before it, without the name of the program.
        begun: What is written of it already.
    """
    line = before = read(words, _with_value(GLOBAL), until_argument=True)
    options, arguments = GLOBAL, _VERB
    if before.arguments:
        name, *rest = before.arguments
        _, own, arguments = VERBS.get(ALIASES.get(name, name), _UNKNOWN)
        taken = {name for names, *_ in own for name in names}
        options = (*own, *(option for option in ANYWHERE if taken.isdisjoint(option[0])))
        line = read(rest, _with_value(options))
    given = _global(before.options)
    if line.unfinished is not None:
        return _values(_with_value(options)[line.unfinished], begun, given)
    if not line.ended and begun.startswith("-"):
        name, equals, value = begun.partition("=")
        if equals:
            found = _values(_with_value(options).get(name), value, given)
            return (offer._replace(word=f"{name}={offer.word}") for offer in found)
        return _names(options, {name for name, _value in line.options}, begun)
    place = min(len(line.arguments), len(arguments) - 1)
    if place < 0 or (place < len(line.arguments) and not arguments[place][1]):
        return iter(())
    return _values(arguments[place][0], begun, given)


_VERB: tuple[tuple[Value, bool], ...] = (("verb", False),)
_UNKNOWN: Verb = ("", (), ())


def _with_value(options: Iterable[Option]) -> dict[str, Value]:
    return {name: value for names, value, _, _ in options if value is not None for name in names}


def _global(options: Iterable[tuple[str, str]]) -> GlobalOptions:
    """Those that tell which project it is."""

    def all_of(*names: str) -> tuple[str, ...]:
        return tuple(value for name, value in options if name in names)

    project, context = all_of("-p", "--project"), all_of("--context")
    return GlobalOptions(
        all_of("-f", "--file"),
        project[-1] if project else None,
        context[-1] if context else None,
        quiet=True,
        profiles=all_of("--profile"),
    )


def _names(options: Iterable[Option], given: set[str], begun: str) -> Iterator[Offer]:
    """The options that may still be given."""
    for names, _, repeats, told in options:
        if repeats or given.isdisjoint(names):
            yield from (Offer(name, told) for name in names if name.startswith(begun))


def _values(value: Value, begun: str, given: GlobalOptions) -> Iterator[Offer]:
    if value in {"file", "dir"}:
        return iter((Offer(begun, kind=str(value)),))
    if value == "verb":
        return (Offer(name, told) for name, (told, _, _) in VERBS.items() if name.startswith(begun))
    words = value if isinstance(value, tuple) else _words(value, begun, given)
    return (Offer(word) for word in words if word.startswith(begun))


def _words(value: str | None, begun: str, given: GlobalOptions) -> Iterable[str]:
    """What one of the words in `command_line.py` stands for."""
    match value:
        case "daemons" | "daemon":
            from udaemon.cli.names import nameable

            return nameable(given, begun, one=value == "daemon")
        case "condition":
            name, at, _ = begun.partition("@")
            return (f"{name}@{word}" for word in CONDITIONS) if at else _words("daemons", begun, given)
        case "signal":
            import signal

            return (one.name.removeprefix("SIG") for one in signal.Signals)
        case "explained":
            return EXPLAINED
        case _:
            return ()
