"""Where each value of a manifest comes from.

Knows how tables lie over one another; reads nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from udaemon.manifest.document import Document
from udaemon.manifest.merge import Tree, lineage
from udaemon.manifest.problems import Path
from udaemon.manifest.quoting import NAME
from udaemon.manifest.secrets import is_variable


class Origin(NamedTuple):
    """Where one value comes from.

    `source` is `own` for the key itself, `extends`, `defaults`, `manifest` (its `env`), `env-file`, `option` or
    `built-in`; `via` is the daemon that is extended. `file`, `line`, `column` and `layer` (0 is the lowest) are None
    where no manifest says it. `variables` are those in its text.
    """

    path: Path
    value: Any
    source: str
    via: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    layer: int | None = None
    variables: tuple[str, ...] = ()


def origins(
    plain: Tree,
    documents: tuple[Document, ...],
    top: Tree,
    options: Mapping[str, str | None],
    implied: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Iterator[Origin]:
    """Return the origin of each value of a dumped manifest.

    `options` are those of the command line, by key; `implied` the variables that no manifest sets, by daemon.
    """
    for path, value in leaves(plain, ()):
        if len(path) > 3 and path[2] == "env" and path[3] in implied.get(str(path[1]), ()):
            yield Origin(path, value, "built-in")
        elif len(path) == 1 and options.get(str(path[0])) is not None:
            yield Origin(path, value, "option")
        else:
            yield _origin(path, value, documents, top)


def leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Find every value that is no table, or an empty one."""
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    else:
        yield path, value


def _origin(path: Path, value: Any, documents: tuple[Document, ...], top: Tree) -> Origin:
    variable = is_variable(path)
    for wanted, source, via in _candidates(path, top):
        for layer, document in reversed(list(enumerate(documents))):
            if wanted not in document.places:
                continue
            if variable and str(_at(document.data, wanted)).replace("$", "$$") != value:
                break  # a file of variables stands above this
            _, (line, column) = document.places[wanted]
            names = NAME.findall(str(_at(document.written, wanted)))
            return Origin(path, value, source, via, document.file, line, column, layer, tuple(dict.fromkeys(names)))
    return Origin(path, value, "env-file" if variable else "built-in")


def _candidates(path: Path, top: Tree) -> Iterator[tuple[Path, str, str | None]]:
    yield path, "own", None
    if path[0] == "daemons" and len(path) > 2:
        for base in lineage(top, str(path[1]))[1:]:
            yield ("daemons", base, *path[2:]), "extends", base
        yield ("defaults", *path[2:]), "defaults", None
        if path[2] == "env":
            yield path[2:], "manifest", None


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data
