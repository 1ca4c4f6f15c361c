"""Imports modules in a process made for it, and tells their tasks and factories with the types of their parameters.

Knows nothing of manifests: it reads module names by marshal on stdin and answers as JSON on the fd that argv names
(`imports.py` starts it). A module that cannot be imported is left out; `check` says why.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import marshal
import os
import sys
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any]

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    list: {"type": "array"},
    tuple: {"type": "array"},
    dict: {"type": "object"},
}


def factories(module_name: str) -> Iterator[dict[str, Any]]:
    """List the public functions and classes that a module defines itself."""
    try:
        module = importlib.import_module(module_name)
    except BaseException:  # noqa: BLE001 - whatever a module does at import, the others are told
        return
    for name, found in sorted(vars(module).items()):
        if name.startswith("_") or getattr(found, "__module__", None) != module_name:
            continue
        if inspect.isclass(found):
            if hasattr(found, "do_task"):
                yield described(f"{module_name}:{name}", found)
            for method, inner in sorted(vars(found).items()):
                if isinstance(inner, classmethod | staticmethod) and not method.startswith("_"):
                    yield described(f"{module_name}:{name}.{method}", getattr(found, method))
        elif inspect.isfunction(found):
            yield described(f"{module_name}:{name}", found)


def described(reference: str, found: Callable[..., Any]) -> dict[str, Any]:
    """Describe one: which keys may name it, the first line of its docstring, and a schema for each parameter."""
    keys = keys_for(found)
    try:
        parameters = inspect.signature(found).parameters
    except (TypeError, ValueError):
        return {"reference": reference, "keys": keys, "description": "", "open": True, "params": {}}
    hints: dict[str, Any] = {}
    with contextlib.suppress(Exception):  # an annotation may name what is only there for type checkers
        hints = typing.get_type_hints(found.__init__ if inspect.isclass(found) else found)
    return {
        "reference": reference,
        "keys": keys,
        "description": (inspect.getdoc(found) or "").partition("\n")[0],
        "open": any(one.kind is one.VAR_KEYWORD for one in parameters.values()),
        "params": {
            name: _parameter(one, hints.get(name))
            for name, one in parameters.items()
            if one.kind in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY} and name != "context"
        },
    }


def keys_for(found: Callable[..., Any]) -> list[str]:
    """Return whether a callable may be a factory, a task or, for all that can be seen, both."""
    if inspect.isclass(found):
        return ["factory"]
    returned = getattr(found, "__annotations__", {}).get("return", "")
    if inspect.iscoroutinefunction(found) or returned in {None, "None"}:
        return ["task"]
    return ["factory", "task"] if returned == "" else ["factory"]


def _parameter(one: inspect.Parameter, hint: Any) -> Schema:
    told = {**schema_of(hint)}
    if one.default is one.empty:
        told["description"] = "needed"
    elif isinstance(one.default, str | int | float | bool):
        told["default"] = one.default
    return told


def schema_of(hint: Any) -> Schema:
    """Describe a type as far as a manifest can write it; anything else may be anything."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in {typing.Union, types.UnionType}:
        forms = [schema_of(argument) for argument in arguments if argument is not type(None)]
        return forms[0] if len(forms) == 1 else {} if {} in forms else {"anyOf": forms}
    if origin in _PLAIN:
        inner = schema_of(arguments[-1 if origin is dict else 0]) if arguments else {}
        key = "additionalProperties" if origin is dict else "items"
        return {**_PLAIN[origin], key: inner} if inner else _PLAIN[origin]
    return {}


def main() -> None:
    """Answer what stdin asks."""
    fd = int(sys.argv[1])
    os.set_inheritable(fd, False)  # what an import starts must not keep the pipe open
    asked = marshal.load(sys.stdin.buffer)  # noqa: S302 - `schema` wrote it, into a pipe of its own
    os.chdir(asked["directory"])
    sys.path.insert(0, asked["directory"])
    sys.dont_write_bytecode = True
    told = [one for module in asked["modules"] for one in factories(module)]
    with os.fdopen(fd, "w") as answer:
        json.dump(told, answer)
