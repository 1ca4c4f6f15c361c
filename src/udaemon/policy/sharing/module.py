"""Whether a module does nothing but define things when it is imported, decided from its source.

Knows no file, no clock, and no other module: what depends on those it names, as imports and as conditions. It is wrong
to the safe side only: what it does not know for harmless makes the module one that every process imports for itself.
"""

from __future__ import annotations

import ast
import warnings

from udaemon.policy.sharing.bindings import bindings_of
from udaemon.policy.sharing.definition import check_base, check_decorator, check_metaclass, is_enum_base
from udaemon.policy.sharing.expression import Impure, check, check_type, put
from udaemon.policy.sharing.scope import Scope
from udaemon.policy.sharing.verdict import NOTHING, Condition, Import, Reason, Verdict

LARGEST = 1024 * 1024
"""Bytes of a module that are looked at; nobody writes a larger one by hand."""


def examine(text: bytes | str) -> Verdict:
    """Find what the import of a module with this text does."""
    if len(text) > LARGEST:
        return Verdict(impure=Reason(1, f"is larger than {LARGEST // 1024} KiB"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        return Verdict(impure=Reason(error.lineno or 1, f"has a syntax error: {error.msg}"))
    except ValueError as error:  # NUL bytes, or a codec that does not fit
        return Verdict(impure=Reason(1, f"cannot be read: {error}"))
    except (RecursionError, MemoryError):
        return Verdict(impure=Reason(1, "is nested too deeply"))
    try:
        return _Module(tree).verdict()
    except RecursionError:
        return Verdict(impure=Reason(1, "is nested too deeply"))


class _Module:
    """One look at a syntax tree."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._bindings = bindings_of(tree.body)
        self._scope = Scope(self._bindings)
        self._imports: list[Import] = []
        self._impure: Reason | None = None
        self._lazy_annotations = False

    def verdict(self) -> Verdict:
        """Look at it all. Imports are collected to the end, also after the first impurity."""
        self._lazy_annotations = any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.names[0].name == "annotations"
            for node in self._tree.body
        )
        self._body(self._tree.body, self._scope, sure=True, guarded=False)
        conditions = tuple(
            Condition(origin, base, Reason(line, text)) for origin, base, line, text in self._scope.conditions
        )
        exports = {
            name: tuple(binding.origin or NOTHING for binding in found)
            for name, found in self._bindings.items()
            if any(binding.origin for binding in found)
        }
        return Verdict(tuple(self._imports), self._impure, conditions, frozenset(self._scope.plain_classes), exports)

    def _body(self, body: list[ast.stmt], scope: Scope, *, sure: bool, guarded: bool) -> None:
        for statement in body:
            try:
                self._statement(statement, scope, sure=sure, guarded=guarded)
            except Impure as found:
                self._blame(found.line, found.text)

    def _blame(self, line: int, text: str) -> None:
        if self._impure is None or line < self._impure.line:
            self._impure = Reason(line, text)

    def _statement(self, node: ast.stmt, scope: Scope, *, sure: bool, guarded: bool) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node, sure=sure, guarded=guarded)
            case ast.If():
                self._if(node, scope, sure=sure, guarded=guarded)
            case ast.Try():
                self._try(node, scope, sure=sure, guarded=guarded)
            case ast.With(items=items):
                self._body(node.body, scope, sure=sure, guarded=guarded or _suppresses_import_errors(items))
                for item in items:
                    check(item.context_expr, scope, active=False)
                    if scope.path_of(item.context_expr) not in {"contextlib.suppress()", "contextlib.nullcontext()"}:
                        raise Impure(node.lineno, f"enters {put(item.context_expr)}")
            case ast.For():
                self._body(node.body + node.orelse, scope, sure=False, guarded=guarded)
                check(node.iter, scope, active=True)
                _check_loop(node)
                _check_target(node.target, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, scope)
            case ast.ClassDef():
                self._class(node, scope)
            case _:
                self._simple_statement(node, scope)

    def _simple_statement(self, node: ast.stmt, scope: Scope) -> None:  # noqa: C901 - one arm for each statement
        match node:
            case ast.Pass() | ast.Global() | ast.Nonlocal() | ast.Break() | ast.Continue():
                return
            case ast.Expr(value=value):
                check(value, scope, active=False)
            case ast.Assign(targets=targets, value=value):
                check(value, scope, active=True)
                for target in targets:
                    _check_target(target, scope)
            case ast.AnnAssign():
                if not self._lazy_annotations:
                    check_type(node.annotation, scope)
                if node.value is not None:
                    check(node.value, scope, active=True)
                _check_target(node.target, scope)
            case ast.AugAssign(target=target, value=value):
                check(value, scope, active=True)
                if scope.kind_of(target) is None:
                    raise Impure(node.lineno, f"changes {put(target)}")
            case ast.Delete(targets=targets):
                for target in targets:
                    if not isinstance(target, ast.Name):
                        raise Impure(node.lineno, f"deletes {put(target)}")
            case ast.Assert(test=test):
                check(test, scope, active=True)
            case _ if type(node).__name__ == "TypeAlias":  # its value is not evaluated before it is asked for
                return
            case _:
                raise Impure(node.lineno, f"has a {type(node).__name__.lower()} statement at its top level")

    def _import(self, node: ast.Import | ast.ImportFrom, *, sure: bool, guarded: bool) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._imports.append(Import(0, alias.name, (), node.lineno, sure, guarded))
            return
        names = tuple(alias.name for alias in node.names if alias.name != "*")
        self._imports.append(Import(node.level, node.module or "", names, node.lineno, sure, guarded))
        if not names:
            raise Impure(node.lineno, f"imports * from {'.' * node.level}{node.module or ''}")

    def _if(self, node: ast.If, scope: Scope, *, sure: bool, guarded: bool) -> None:
        if scope.is_main(node.test):
            self._body(node.orelse, scope, sure=sure, guarded=guarded)
            return
        if scope.is_type_checking(node.test):
            self._body(node.orelse, scope, sure=sure, guarded=guarded)
            return
        self._body(node.body, scope, sure=False, guarded=guarded)
        self._body(node.orelse, scope, sure=False, guarded=guarded)
        check(node.test, scope, active=True)

    def _try(self, node: ast.Try, scope: Scope, *, sure: bool, guarded: bool) -> None:
        missing = any(_catches_import_errors(handler) for handler in node.handlers)
        self._body(node.body, scope, sure=sure, guarded=guarded or missing)
        for handler in node.handlers:
            body = [statement for statement in handler.body if not isinstance(statement, ast.Raise)]
            self._body(body, scope, sure=False, guarded=guarded)
            if handler.type is not None:
                check(handler.type, scope, active=False)
        self._body(node.orelse, scope, sure=False, guarded=guarded)
        self._body(node.finalbody, scope, sure=sure, guarded=guarded)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        if node.name == "__getattr__" and scope is self._scope:
            raise Impure(node.lineno, "defines __getattr__, which runs when a name is asked for")
        for decorator in node.decorator_list:
            check_decorator(decorator, scope)
        if len({scope.path_of(one) for one in node.decorator_list} & _CLASS_PROPERTY) == 2:
            raise Impure(node.lineno, f"makes {node.name} a property of the class, which runs when it is asked for")
        arguments = node.args
        for default in (*arguments.defaults, *(one for one in arguments.kw_defaults if one is not None)):
            check(default, scope, active=False)
        if self._lazy_annotations:
            return
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        for annotation in [one.annotation for one in every if one is not None] + [node.returns]:
            if annotation is not None:
                check_type(annotation, scope)

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = scope.within(bindings_of(node.body))
        self._body(node.body, inner, sure=True, guarded=False)
        for decorator in node.decorator_list:
            check_decorator(decorator, scope)
        is_enum = sum(check_base(base, scope, node.name) for base in node.bases) > 0
        if is_enum and not all(is_enum_base(base, scope) for base in node.bases):
            raise Impure(node.lineno, f"makes members of {node.name} by a class that it derives from")
        for keyword in node.keywords:
            if keyword.arg == "metaclass":
                check_metaclass(keyword.value, scope)
            else:
                check(keyword.value, scope, active=True)
        if is_enum and (hook := {"__init__", "__new__", "_missing_", "_generate_next_value_"} & inner.own.keys()):
            raise Impure(node.lineno, f"makes members of {node.name} by its {min(hook)}()")
        if found := sorted(_ANYWHERE & inner.own.keys()):
            raise Impure(node.lineno, f"gives {node.name} a {found[0]}(), which runs where {node.name} is only named")
        scope.define(node.name, plain="__init_subclass__" not in inner.own, is_enum=is_enum)


_CLASS_PROPERTY = frozenset({"builtins.classmethod", "builtins.property"})
_ANYWHERE = frozenset({"__class_getitem__", "__mro_entries__"})
"""What runs also in an annotation or a list of bases, in whatever module."""


def _check_loop(node: ast.For) -> None:
    """A loop ends if nothing that it goes through can grow meanwhile."""
    names = {one.id for one in ast.walk(node.iter) if isinstance(one, ast.Name)}
    for inner in (one for statement in node.body for one in ast.walk(statement)):
        match inner:
            case ast.Attribute(value=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)) if name in names:
                raise Impure(inner.lineno, f"works with {name} in a loop over it")
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()) if name in names:
                raise Impure(inner.lineno, f"works with {name} in a loop over it")


def _check_target(target: ast.expr, scope: Scope) -> None:
    match target:
        case ast.Name():
            return
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                _check_target(element, scope)
        case ast.Starred(value=value):
            _check_target(value, scope)
        case ast.Subscript(value=ast.Name() as owner, slice=index) if scope.kind_of(owner) in {"dict", "list"}:
            check(index, scope, active=True)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if scope.is_own_definition(
            name
        ) and not attribute.startswith("__"):
            return
        case _:
            raise Impure(target.lineno, f"changes {put(target)}")


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or _names_import_error(handler.type)


def _names_import_error(node: ast.expr) -> bool:
    known = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return any(isinstance(one, ast.Name) and one.id in known for one in ast.walk(node))


def _suppresses_import_errors(items: list[ast.withitem]) -> bool:
    return any(_names_import_error(item.context_expr) for item in items)
