r"""From a PHP factory to a Python one, by the rules of a map file.

Knows nothing of whether either exists.

A rule is a line `PHP = python`. A left side that ends with `\` or `_` is a prefix; any other stands for one whole
factory. `#` and `;` start a comment line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from udaemon.frozen import frozen
from udaemon.manifest.references import CALLABLE_PATTERN, MODULE_PATTERN

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PREFIX_ENDS = ("\\", "_")

TODO = "TODO: "
"""How a value begins that a person has to supply. It is no callable, so that no manifest with it can be used."""


@frozen
class Rules:
    """The rules of a map file: whole factories first, then prefixes, the longest first."""

    whole: Mapping[str, str]
    prefixes: Mapping[str, str]

    def apply(self, factory: str) -> str | None:
        """The Python factory, "package.module:Class.method"; None where no rule is right."""
        php = factory.removeprefix("\\")
        if php in self.whole:
            return self.whole[php]
        for prefix in sorted(self.prefixes, key=len, reverse=True):
            if php.startswith(prefix):
                return _under(self.prefixes[prefix], php[len(prefix) :], prefix[-1])
        return None


NO_RULES = Rules({}, {})


def parse(text: str) -> tuple[Rules, tuple[tuple[int, str], ...]]:
    """Read a map file; what is wrong in it comes back as (line, sentence) pairs."""
    whole: dict[str, str] = {}
    prefixes: dict[str, str] = {}
    wrong: list[tuple[int, str]] = []
    for number, php, python in _lines(text):
        is_prefix = php.endswith(_PREFIX_ENDS)
        rules = prefixes if is_prefix else whole
        pattern = MODULE_PATTERN if is_prefix else CALLABLE_PATTERN
        if not php or not re.fullmatch(pattern[1:-1], python):
            form = r"Acme\Jobs\ = acme.jobs" if is_prefix else r"Acme\Mail::create = acme.mail:create"
            wrong.append((number, f"no rule; write one as `{form}`"))
        elif php in rules:
            wrong.append((number, f"a second rule for {php}"))
        else:
            rules[php] = python
    return Rules(whole, prefixes), tuple(wrong)


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and line.strip()[0] not in "#;":
            php, _, python = line.partition("=")
            yield number, php.strip().removeprefix("\\"), python.strip()


def _under(module: str, rest: str, separator: str) -> str | None:
    r"""`Mail\Queue::create` under `acme` is `acme.mail:Queue.create`."""
    path, colons, method = rest.partition("::")
    *packages, last = path.split(separator)
    names = [module, *(_HUMP.sub("_", package).lower() for package in packages)]
    attribute = f"{last}.{method}" if colons else last
    python = f"{'.'.join(names)}:{attribute}"
    return python if re.fullmatch(CALLABLE_PATTERN[1:-1], python) else None
