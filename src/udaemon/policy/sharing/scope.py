"""What the names in a module's top level stand for, and what kind of value an expression makes.

Knows nothing of what is pure. A name with two meanings stands for both.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Mapping

from udaemon.policy.sharing import known
from udaemon.policy.sharing.bindings import Binding, Bindings, Origin

_BUILTINS = frozenset(dir(builtins))


class Scope:
    """The names that an expression can see, and what became of the module's classes so far."""

    def __init__(self, bindings: Bindings, outer: Scope | None = None) -> None:
        self.own = bindings
        self.all: Mapping[str, list[Binding]] = bindings
        if outer is None:
            self.conditions: list[tuple[Origin, bool, int, str]] = []
            self.plain_classes: set[str] = set()
            self.classes: dict[str, tuple[bool, bool]] = {}
        else:
            names = outer.all.keys() | bindings.keys()
            self.all = {name: [*outer.all.get(name, ()), *bindings.get(name, ())] for name in names}
            self.conditions = outer.conditions
            self.plain_classes = outer.plain_classes
            self.classes = outer.classes
        self._outer = outer
        self._asked: set[str] = set()

    def within(self, bindings: Bindings) -> Scope:
        """The scope of a class body in this one."""
        return Scope(bindings, self)

    @property
    def is_class_body(self) -> bool:
        """Whether this is a class's body and not the module."""
        return self._outer is not None

    def define(self, name: str, *, plain: bool, is_enum: bool) -> None:
        """A class was defined; a plain one can be derived from without running anything."""
        self.classes[name] = (plain, is_enum)
        if self._outer is None and plain and not is_enum and len(self.all.get(name, ())) == 1:
            self.plain_classes.add(name)

    def bindings(self, name: str) -> list[Binding]:
        """All meanings of a name."""
        return self.all.get(name, [])

    def is_own_definition(self, name: str) -> bool:
        """Whether it is a function or class that is defined here and nothing else."""
        found = self.bindings(name)
        return len(found) == 1 and found[0].node is not None and not getattr(found[0].node, "decorator_list", ())

    def paths_of(self, node: ast.expr) -> list[str | None]:
        """The dotted names that an expression can stand for; None for what is no name or none that is known."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return [None]
        found = self.bindings(node.id)
        if not found:
            return [".".join([f"builtins.{node.id}", *attributes]) if node.id in _BUILTINS else None]
        origins = [binding.origin for binding in found]
        return [None if origin is None else ".".join([origin.path, *attributes]) for origin in origins]

    def path_of(self, node: ast.expr) -> str | None:
        """The one dotted name that an expression stands for; with () behind it for a call of that."""
        called = isinstance(node, ast.Call)
        paths = set(self.paths_of(node.func if isinstance(node, ast.Call) else node))
        path = paths.pop() if len(paths) == 1 else None
        return None if path is None else f"{path}()" if called else path

    def is_main(self, test: ast.expr) -> bool:
        """Whether it asks if the module is run as a program, which one that is imported is not."""
        match test:
            case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant("__main__")]):
                return not self.bindings("__name__")
            case ast.Compare(left=ast.Constant("__main__"), ops=[ast.Eq()], comparators=[ast.Name(id="__name__")]):
                return not self.bindings("__name__")
        return False

    def is_type_checking(self, test: ast.expr) -> bool:
        """Whether it holds for type checkers only."""
        if isinstance(test, ast.Constant):
            return not test.value
        if self.path_of(test) in {"typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"}:
            return True
        found = self.bindings(test.id) if isinstance(test, ast.Name) else []
        return len(found) == 1 and isinstance(found[0].value, ast.Constant) and not found[0].value.value

    def kind_of(self, node: ast.expr | None) -> str | None:  # noqa: C901 - one line for each form
        """What an expression makes, where its form tells: a word of `METHODS`, or number."""
        match node:
            case ast.Constant(value=value):
                kinds = {str: "str", int: "number", float: "number", bool: "number", bytes: "bytes"}
                return kinds.get(type(value))
            case ast.JoinedStr():
                return "str"
            case ast.List() | ast.ListComp():
                return "list"
            case ast.Dict() | ast.DictComp():
                return "dict"
            case ast.Set() | ast.SetComp():
                return "set"
            case ast.Tuple():
                return "tuple"
            case ast.BinOp(left=left, op=ast.Div()) if self.kind_of(left) == "path":
                return "path"
            case ast.BinOp(left=left, op=ast.Add() | ast.Mod() | ast.Mult()):
                return self.kind_of(left)
            case ast.Attribute(value=value, attr="parent") if self.kind_of(value) == "path":
                return "path"
            case ast.Attribute(value=value, attr="name" | "stem" | "suffix") if self.kind_of(value) == "path":
                return "str"
            case ast.Subscript(value=ast.Attribute(value=value, attr="parents")) if self.kind_of(value) == "path":
                return "path"
            case ast.Name(id="__file__" | "__name__" as name) if not self.bindings(name):
                return "str"
            case ast.Name(id=name):
                return self._kind_of_name(name)
            case ast.Call():
                return self._kind_of_call(node)
        return None

    def _kind_of_name(self, name: str) -> str | None:
        found = self.bindings(name)
        if len(found) != 1 or found[0].value is None or name in self._asked:
            return None
        self._asked.add(name)
        try:
            return self.kind_of(found[0].value)
        finally:
            self._asked.discard(name)

    def _kind_of_call(self, node: ast.Call) -> str | None:
        path = self.path_of(node.func)
        if path is not None:
            kinds = {
                "builtins.str": "str",
                "builtins.list": "list",
                "builtins.sorted": "list",
                "builtins.dict": "dict",
                "builtins.set": "set",
                "builtins.tuple": "tuple",
                "collections.defaultdict": "dict",
                "collections.OrderedDict": "dict",
                "textwrap.dedent": "str",
            }
            return "path" if path.startswith("pathlib.") else "str" if path.startswith("os.path.") else kinds.get(path)
        if isinstance(node.func, ast.Attribute):
            owner = self.kind_of(node.func.value)
            if owner == "str":
                return known.TEXT_RESULTS.get(node.func.attr, "str")
            if owner == "path":
                return "str" if node.func.attr in {"as_posix", "as_uri"} else "path"
        return None

    def require(self, origin: Origin, line: int, text: str, *, base: bool = False) -> None:
        """Note what must hold of something imported."""
        self.conditions.append((origin, base, line, text))


def is_standard(path: str) -> bool:
    """Whether a dotted name is the standard library's."""
    top = path.partition(".")[0]
    return top in sys.stdlib_module_names or top in sys.builtin_module_names


def is_builtin(name: str) -> bool:
    """Whether Python itself has this name."""
    return name in _BUILTINS
