"""Whether the making of a function or a class runs anything: decorators, metaclasses and bases.

Knows nothing of what is in them.
"""

from __future__ import annotations

import ast
import builtins

from udaemon.policy.sharing import known
from udaemon.policy.sharing.bindings import Origin
from udaemon.policy.sharing.expression import Impure, check, check_arguments, check_type, put
from udaemon.policy.sharing.scope import Scope, is_standard


def check_decorator(node: ast.expr, scope: Scope) -> None:
    """A decorator that only wraps what it is given."""
    call = node if isinstance(node, ast.Call) else None
    target = call.func if call else node
    match target:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
            attribute in known.PROPERTY_DECORATORS and scope.is_class_body and name in scope.own
        ):
            return
    for path in scope.paths_of(target):
        builtin = (path or "").removeprefix("builtins.")
        if path not in known.DECORATORS and builtin not in known.BUILTIN_DECORATORS:
            raise Impure(node.lineno, f"is decorated by {put(target)}")
    if call:
        check_arguments(call, scope)


def check_metaclass(node: ast.expr, scope: Scope) -> None:
    """A metaclass that is known to do nothing when a class is made."""
    for path in scope.paths_of(node):
        if (path or "").removeprefix("builtins.") not in known.METACLASSES:
            raise Impure(node.lineno, f"has the metaclass {put(node)}")


def check_base(node: ast.expr, scope: Scope, derived: str) -> bool:
    """A class that can be derived from without running anything. Returns whether it is an enum."""
    if isinstance(node, ast.Subscript):
        check_type(node.slice, scope)
        node = node.value
    if isinstance(node, ast.Call):
        check(node, scope, active=False)
        if scope.path_of(node) in {"collections.namedtuple()", "typing.NamedTuple()", "typing.TypedDict()"}:
            return False
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(node, ast.Name) and node.id in scope.classes and _is_class_only(node.id, scope):
        plain, is_enum = scope.classes[node.id]
        if plain:
            return is_enum
    elif isinstance(root, ast.Name):
        origins = [binding.origin for binding in scope.bindings(root.id)]
        if not origins and isinstance(getattr(builtins, root.id, None), type) and node is root:
            return False
        paths = [path for path in scope.paths_of(node) if path is not None]
        if origins and None not in origins and len(paths) == len(origins):
            for path in paths:
                if not is_standard(path):
                    scope.require(_split(path), node.lineno, f"derives {derived} from {put(node)}", base=True)
            return any(path.startswith("enum.") for path in paths)
    raise Impure(node.lineno, f"derives {derived} from {put(node)}")


def is_enum_base(node: ast.expr, scope: Scope) -> bool:
    """Whether an enum may have this base: another enum, or a type of Python's own."""
    if isinstance(node, ast.Name) and node.id in scope.classes:
        return scope.classes[node.id][1]
    return all(path is not None and is_standard(path) for path in scope.paths_of(node))


def _is_class_only(name: str, scope: Scope) -> bool:
    return all(isinstance(binding.node, ast.ClassDef) for binding in scope.bindings(name))


def _split(path: str) -> Origin:
    bare = path.lstrip(".")
    module, _, name = bare.rpartition(".")
    return Origin(len(path) - len(bare), module, name)
