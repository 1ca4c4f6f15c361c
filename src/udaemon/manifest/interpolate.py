"""`${VAR}` in the string values of a manifest.

Knows no key; which variables there are is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from udaemon.manifest.problems import Finding, Path, Wrong

_REFERENCE = re.compile(r"(?P<dollars>(?:\$\$)+)|\$(?:\{(?P<body>[^}]*)(?P<end>\}?))")
_BODY = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<how>:-|:\?)(?P<rest>.*))?", re.DOTALL)
_FORMS = "write ${VAR}, ${VAR:-default} or ${VAR:?message}; $$ for a dollar sign"


def interpolate(data: Mapping[str, Any], variables: Mapping[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    """Put variables in, everywhere but under `x-` keys; a finding for each that cannot be."""
    findings: list[Finding] = []

    def walk(value: Any, path: Path) -> Any:
        if isinstance(value, str):
            if "$" not in value:
                return value
            try:
                return replace(value, variables)
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
    """Put variables into one text; a `$` before anything but `{` and `$` stays as it is."""
    return "".join(_parts(text, variables))


def _parts(text: str, variables: Mapping[str, str]) -> Iterator[str]:
    end = 0
    for found in _REFERENCE.finditer(text):
        yield text[end : found.start()]
        end = found.end()
        yield "$" * (len(found[0]) // 2) if found["dollars"] else _value(found, variables)
    yield text[end:]


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    body = _BODY.fullmatch(found["body"])
    if body is None or not found["end"]:
        raise Wrong("bad-reference", "a ${ that is no reference to a variable", _FORMS)
    name, how, rest = body["name"], body["how"], body["rest"]
    value = variables.get(name)
    if how == ":-":
        return value or rest
    if how == ":?":
        if not value:
            raise Wrong(
                "missing-variable", f"{name}: {rest or 'is not set'}", f"set {name} in the environment or in .env"
            )
        return value
    if value is None:
        hint = f"set {name} in the environment or in .env, or write ${{{name}:-default}}"
        raise Wrong("missing-variable", f"the variable {name} is not set", hint)
    return value
