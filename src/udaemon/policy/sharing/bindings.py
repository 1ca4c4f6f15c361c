"""Which names a module or a class body binds, and to what: the ground for telling what a call calls.

Knows nothing of what is pure. It does not follow the order of statements: a name that is bound twice has two meanings.
`x += 1` is no meaning of its own: it is for the analysis to see that x is still what it was.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple


class Origin(NamedTuple):
    """Something imported: `name` of `module`, or the module itself where `name` is empty.

    `level` counts the leading dots, as in the import statement.
    """

    level: int
    module: str
    name: str

    @property
    def path(self) -> str:
        """The dotted name."""
        return ".".join(part for part in ("." * self.level + self.module, self.name) if part)


class Binding(NamedTuple):
    """One meaning of a name: something imported, a definition, or a value (None where that is not one expression)."""

    origin: Origin | None = None
    node: ast.stmt | None = None
    value: ast.expr | None = None


Bindings = Mapping[str, list[Binding]]
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def bindings_of(body: Iterable[ast.stmt]) -> dict[str, list[Binding]]:
    """Collect what these statements bind, those within them included, but not the bodies of functions and classes."""
    found: dict[str, list[Binding]] = {}
    for statement in body:
        for name, binding in _bound(statement):
            found.setdefault(name, []).append(binding)
    return found


def _bound(node: ast.AST) -> Iterator[tuple[str, Binding]]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield from _by(one)
        if isinstance(one, _SCOPES):
            waiting += one.decorator_list
            continue
        if isinstance(one, ast.Lambda):
            continue
        waiting += ast.iter_child_nodes(one)


def _by(node: ast.AST) -> Iterator[tuple[str, Binding]]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name, Binding(node=node)
        case ast.Import() | ast.ImportFrom():
            yield from _imported(node)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, Binding(value=value)
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            yield name, Binding(value=value)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, Binding(value=value)
        case ast.Assign(targets=targets):
            yield from _targets(targets)
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _targets([target])
        case ast.comprehension(target=target):
            yield from _targets([target])
        case ast.withitem(optional_vars=ast.expr() as target):
            yield from _targets([target])
        case ast.ExceptHandler(name=str(name)):
            yield name, Binding()
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name, Binding()


def _targets(targets: Iterable[ast.expr]) -> Iterator[tuple[str, Binding]]:
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id, Binding()


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Binding]]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, Binding(Origin(node.level, node.module or "", alias.name))
        elif alias.asname:
            yield alias.asname, Binding(Origin(0, alias.name, ""))
        else:
            top = alias.name.partition(".")[0]
            yield top, Binding(Origin(0, top, ""))
