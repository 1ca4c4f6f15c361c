"""`${VAR}` in the string values of a manifest.

Knows no key but those that are filled for each instance; which variables there are is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from udaemon.manifest.instance_values import KEPT
from udaemon.manifest.own_instance import is_filled
from udaemon.manifest.problems import Finding, Path, Wrong

_START = re.compile(r"(?P<dollars>(?:\$\$)+)|\$\{")
_BRACE = re.compile(r"[{}]")
_BODY = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<how>:-|:\?)(?P<rest>.*))?", re.DOTALL)
_OTHER_FORM = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)([-?])(.*)", re.DOTALL)
_FORMS = "write ${VAR}, ${VAR:-default} or ${VAR:?message}; $$ for a dollar sign"
_DEEPEST = 8
"""References within defaults; nobody writes so many, and each level is read again for the one around it."""


def interpolate(data: Mapping[str, Any], variables: Mapping[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    """Put variables in, everywhere but under `x-` keys; a finding for each that cannot be."""
    findings: list[Finding] = []
    with_kept = {**variables, **KEPT}

    def walk(value: Any, path: Path) -> Any:
        if isinstance(value, str):
            if "$" not in value:
                return value
            try:
                return replace(value, with_kept if is_filled(path) else variables)
            except Wrong as wrong:
                findings.append(Finding(wrong.code, wrong.message, wrong.hint, path))
                return value
        if isinstance(value, Mapping):
            return {name: walk(part, (*path, name)) for name, part in value.items()}
        if isinstance(value, list):
            return [walk(part, (*path, index)) for index, part in enumerate(value)]
        return value

    result = {name: value if name.startswith("x-") else walk(value, (name,)) for name, value in data.items()}
    return result, findings


def replace(text: str, variables: Mapping[str, str]) -> str:
    """Put variables into one text; a `$` before anything but `{` and `$` stays as it is.

    A default may hold references itself, and braces that close again, as in Compose: `${DATA:-${HOME}/data}`.

    Raises:
        Wrong: It has a reference that is none, or to a variable that is not set and has no default.
    """
    return "".join(_parts(text, variables, used=True, depth=0))


def _parts(text: str, variables: Mapping[str, str], *, used: bool, depth: int) -> Iterator[str]:
    """The pieces of a text; of one that is not `used` only its form is looked at."""
    end = 0
    while found := _START.search(text, end):
        yield text[end : found.start()]
        if found["dollars"]:
            end = found.end()
            yield "$" * (len(found[0]) // 2)
        else:
            end = _closing(text, found.end())
            yield _value(text[found.end() : end - 1], variables, used=used, depth=depth)
    yield text[end:]


def _closing(text: str, start: int) -> int:
    """Where the reference whose text begins at `start` is over, behind its own closing brace."""
    level = 1
    for found in _BRACE.finditer(text, start):
        level += 1 if found[0] == "{" else -1
        if level == 0:
            return found.end()
    raise Wrong("bad-reference", "a ${ whose brace is not closed", _FORMS)


def _value(text: str, variables: Mapping[str, str], *, used: bool, depth: int) -> str:
    body = _BODY.fullmatch(text)
    if body is None:
        other = _OTHER_FORM.fullmatch(text)
        hint = f"write ${{{other[1]}:{other[2]}{other[3]}}}, which is for an empty variable too" if other else _FORMS
        raise Wrong("bad-reference", "a ${ that is no reference to a variable", hint)
    if depth == _DEEPEST:
        raise Wrong("bad-reference", f"references are nested more than {_DEEPEST} deep", "set one of the variables")
    name, how, rest = body["name"], body["how"], body["rest"]
    value = variables.get(name)
    if how == ":-":
        default = "".join(_parts(rest, variables, used=used and not value, depth=depth + 1))
        return value or default
    if not used:
        return ""
    if how == ":?":
        if not value:  # the message as it is written: a variable in it may hold a secret
            raise Wrong(
                "missing-variable", f"{name}: {rest or 'is not set'}", f"set {name} in the environment or in .env"
            )
        return value
    if value is None:
        hint = f"set {name} in the environment or in .env, or write ${{{name}:-default}}"
        if name in KEPT:
            hint = "only command, env and log.file are filled for each instance"
        raise Wrong("missing-variable", f"the variable {name} is not set", hint)
    return value
