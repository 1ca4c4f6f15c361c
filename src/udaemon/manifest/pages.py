"""Every key by the name that it is explained under, and where the documentation has a key or a code.

Knows no key and no code.
"""

from __future__ import annotations

from collections.abc import Iterator

from udaemon.manifest.keys import Key, Named, Table, keys_of
from udaemon.manifest.model import Daemon
from udaemon.manifest.root import Root

HOME = "https://udaemon.readthedocs.io/en/latest/"
"""The documentation of the latest release; `pyproject.toml` names it too."""


def every_key() -> dict[str, Key]:
    """Name every key: those of a daemon as they stand in its table, the top level's as they are.

    `env` and `env-file` stand in both; the daemon's has the short name and `top.env` is the other one.
    """
    return {**dict(level(Root)), **dict(_walk(Daemon, ""))}


def level(model: type, table: str = "") -> Iterator[tuple[str, Key]]:
    """Name the keys of one model, which is that of `table`, such as `stop.`."""
    daemon = {key.name for key in keys_of(Daemon)} if model is Root else set()
    for key in keys_of(model):
        yield f"{'top.' if key.name in daemon else table}{key.name}", key


def anchor(name: str) -> str:
    """Name the target of a key on the page of keys."""
    return f"key-{name.lstrip('$').replace('.', '-')}"


def key_page(name: str) -> str:
    """Return where the reference has a key."""
    return f"{HOME}reference/manifest.html#{anchor(name)}"


def code_page(code: str) -> str:
    """Return where the reference has a code, which is a heading of its own there."""
    return f"{HOME}reference/errors.html#{code}"


def _walk(model: type, table: str) -> Iterator[tuple[str, Key]]:
    for name, key in level(model, table):
        yield name, key
        if isinstance(key.type, (Table, Named)):
            yield from _walk(key.type.model, f"{name}.")
