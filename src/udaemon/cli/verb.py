"""How a command line falls into options, arguments and a verb, told before click is loaded, or without it.

Knows the options that may stand before a verb, and no verb. It refuses nothing: where that matters, click does.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

WITH_VALUE = frozenset({"-f", "--file", "-p", "--project", "--context", "--profile", "--color"})
"""Options of `udaemon` itself whose next word is theirs; a test holds them against those that click reads."""
ENDING = frozenset({"-h", "--help", "--version"})
"""Options with which no verb is done."""


class Words:
    """The words of a command line; no tuple with names, which costs 1 ms of the time before a supervisor is forked.

    Attributes:
        options: Each option that was given, with its value; "" for a flag.
        arguments: What is no option.
        unfinished: The last word, where it is an option whose value is still to come.
        ended: Whether a `--` has ended the options.
    """

    def __init__(self) -> None:
        self.options: list[tuple[str, str]] = []
        self.arguments: list[str] = []
        self.unfinished: str | None = None
        self.ended = False


def read(words: Sequence[str], with_value: Container[str], *, until_argument: bool = False) -> Words:
    """Tell options from arguments as getopt(3) does.

    Args:
        words: Without the name of the program.
        with_value: The options that take a value: `-n5`, `-n 5`, `--tail 5` or `--tail=5`.
        until_argument: Whether all that follows the first argument is an argument too.
    """
    told = Words()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            told.ended = True
            told.arguments += rest
            break
        if word == "-" or not word.startswith("-"):
            told.arguments.append(word)
            if until_argument:
                told.arguments += rest
                break
            continue
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        while name not in with_value and value and not equals:  # letters of flags in one word
            told.options.append((name, ""))
            name, value = f"-{value[0]}", value[1:]
        if name in with_value and not value and not equals:
            if not rest:
                told.unfinished = name
                break
            value = rest.pop(0)
        told.options.append((name, value))
    return told


def verb_of(arguments: Sequence[str]) -> str | None:
    """The verb, None where there is none or only help is wanted."""
    before = read(arguments, WITH_VALUE, until_argument=True)
    if not before.arguments or any(name in ENDING for name, _value in before.options):
        return None
    verb, *after = before.arguments
    # Where one of these is the value of an option instead, a moment is lost.
    return None if {"-h", "--help"} & set(after[: after.index("--") if "--" in after else None]) else verb
