"""Whether an expression that runs at import makes a value and does nothing else.

Knows no statement and no other module. `check` says no by raising `Impure`; what is imported from elsewhere and is not
the standard library's becomes a condition.
"""

from __future__ import annotations

import ast

from udaemon.policy.sharing import known
from udaemon.policy.sharing.bindings import Origin
from udaemon.policy.sharing.scope import Scope, is_builtin, is_standard

_CALL_BACK = ("json.", "enum.")
"""Calls with keywords for what they call in turn."""
_WHOLE_ENVIRONMENT = "reads the environment as a whole, which holds the daemon's name"


class Impure(Exception):
    """The first thing that is more than a definition: its line and what it does."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


def check(node: ast.expr, scope: Scope, *, active: bool) -> None:  # noqa: C901 - one arm for each form
    """See that evaluating this does nothing but make a value.

    Args:
        node: The expression.
        scope: The names it can see.
        active: What comes of it is worked with, so that its own methods run, or put where the module can find it again.
    """
    match node:
        case ast.Constant():
            return
        case ast.Name(id=name):
            _check_name(name, node.lineno, scope, active=active)
        case ast.Attribute():
            _check_attribute(node, scope, active=active)
        case ast.Call():
            _check_call(node, scope)
        case ast.Lambda(args=arguments):
            for default in (*arguments.defaults, *(one for one in arguments.kw_defaults if one is not None)):
                check(default, scope, active=False)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                check(element, scope, active=active)
        case ast.Set(elts=elements):
            for element in elements:
                check(element, scope, active=True)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                check(value, scope, active=key is None or active)
                if key is not None:
                    check(key, scope, active=True)
        case ast.Subscript(value=ast.Attribute() as owner, slice=index) if scope.path_of(owner) == "os.environ":
            _check_variable(index, node.lineno)
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[ast.Attribute() as owner]) if (
            scope.path_of(owner) == "os.environ"
        ):
            _check_variable(left, node.lineno)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            check(test, scope, active=True)
            check(body, scope, active=active)
            check(orelse, scope, active=active)
        case ast.NamedExpr(value=value):
            check(value, scope, active=True)
        case (
            ast.Subscript()
            | ast.BinOp()
            | ast.UnaryOp()
            | ast.BoolOp()
            | ast.Compare()
            | ast.JoinedStr()
            | ast.FormattedValue()
            | ast.Slice()
            | ast.Starred()
            | ast.ListComp()
            | ast.SetComp()
            | ast.DictComp()
            | ast.GeneratorExp()
        ):
            for part in _parts(node):
                check(part, scope, active=True)
        case _:
            raise Impure(node.lineno, f"has a {type(node).__name__.lower()} expression at its top level")


def _parts(node: ast.expr) -> list[ast.expr]:
    parts: list[ast.expr] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.comprehension):
            if child.is_async:
                raise Impure(node.lineno, "has an asynchronous comprehension at its top level")
            parts += [child.iter, *child.ifs]
        elif isinstance(child, ast.expr):
            parts.append(child)
    return parts


def check_type(node: ast.expr, scope: Scope) -> None:
    """See that an annotation does nothing: what its names are does not matter, as long as it calls nothing."""
    match node:
        case ast.Name() | ast.Constant():
            return
        case ast.Attribute(value=value) | ast.Starred(value=value):
            check_type(value, scope)
        case ast.Subscript(value=value, slice=index):
            check_type(value, scope)
            check_type(index, scope)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            check_type(left, scope)
            check_type(right, scope)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                check_type(element, scope)
        case _:
            check(node, scope, active=True)


def _check_name(name: str, line: int, scope: Scope, *, active: bool) -> None:
    found = scope.bindings(name)
    if not found and not is_builtin(name) and name not in known.SPECIAL_NAMES:
        raise Impure(line, f"uses {name}, which is not defined in it")
    if active:
        for binding in found:
            if binding.origin is not None:
                _check_foreign(binding.origin, line, scope, name)


def _check_foreign(origin: Origin, line: int, scope: Scope, text: str) -> None:
    if origin.path == "os.environ":
        raise Impure(line, _WHOLE_ENVIRONMENT)
    if origin.level or not is_standard(origin.path):
        scope.require(origin, line, f"works with {text}")


def _check_attribute(node: ast.Attribute, scope: Scope, *, active: bool) -> None:
    root: ast.expr = node
    depth = 0
    while isinstance(root, ast.Attribute):
        root, depth = root.value, depth + 1
    if not isinstance(root, ast.Name):
        check(node.value, scope, active=True)
        return
    _check_name(root.id, node.lineno, scope, active=False)
    for binding in scope.bindings(root.id):
        origin = binding.origin
        if origin is None or (not active and not origin.name and depth == 1):
            continue
        rest = ast.unparse(node).partition(".")[2]
        whole = Origin(origin.level, origin.module, f"{origin.name}.{rest}".lstrip("."))
        if whole.path != "os.environ" or active:
            _check_foreign(whole, node.lineno, scope, put(node))


def _check_call(node: ast.Call, scope: Scope) -> None:
    for path in scope.paths_of(node.func):
        _check_path_call(node, path, scope)


def _check_path_call(node: ast.Call, path: str | None, scope: Scope) -> None:
    builtin = path.removeprefix("builtins.") if path and path.startswith("builtins.") else None
    if path in known.ENVIRONMENT and node.args:
        _check_variable(node.args[0], node.lineno)
        check_arguments(node, scope)
    elif path == "collections.defaultdict":
        _check_default(node, scope)
    elif path is not None and path.startswith(_CALL_BACK) and not all(_is_constant(one.value) for one in node.keywords):
        raise Impure(node.lineno, f"calls {path}() with what it calls in turn")
    elif path in known.PURE_CALLS or (path in known.FROM_FILE and _begins_with_file(node, scope)):
        check_arguments(node, scope)
    elif builtin in known.CALLED_BUILTINS:
        if any(keyword.arg in {"key", None} for keyword in node.keywords) or (
            builtin == "type" and len(node.args) != 1
        ):
            raise Impure(node.lineno, f"calls {builtin}() with what it calls in turn")
        check_arguments(node, scope)
    elif path is None and isinstance(node.func, ast.Attribute) and _is_method(node.func, scope):
        check(node.func.value, scope, active=True)
        check_arguments(node, scope)
    else:
        raise Impure(node.lineno, _calls(node, path, scope))


def _check_default(node: ast.Call, scope: Scope) -> None:
    """A defaultdict calls its factory whenever a key is not there."""
    for factory in node.args[:1]:
        if isinstance(factory, ast.Lambda) and not factory.args.args:
            check(factory.body, scope, active=True)
        elif not all((path or "").startswith(("builtins.", "collections.")) for path in scope.paths_of(factory)):
            raise Impure(node.lineno, f"makes a defaultdict that calls {put(factory)}")
    for argument in (*node.args[1:], *(keyword.value for keyword in node.keywords)):
        check(argument, scope, active=True)


def _is_constant(node: ast.expr) -> bool:
    return all(isinstance(one, ast.Constant | ast.Tuple | ast.Load) for one in ast.walk(node))


def _is_method(called: ast.Attribute, scope: Scope) -> bool:
    kind = scope.kind_of(called.value)
    if kind == "path" and called.attr in known.PATHS_FROM_FILE:
        return _begins_with_file(called.value, scope)
    return called.attr in known.METHODS.get(kind or "", ())


def _begins_with_file(node: ast.AST, scope: Scope) -> bool:
    """Whether a path is that of the module, and so no matter of the working directory."""
    return any(isinstance(one, ast.Name) and one.id == "__file__" for one in ast.walk(node)) and not scope.bindings(
        "__file__"
    )


def check_arguments(node: ast.Call, scope: Scope) -> None:
    """See that the arguments of a call only make values."""
    for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
        check(argument, scope, active=True)


def _check_variable(name: ast.expr, line: int) -> None:
    match name:
        case ast.Constant(value=str(value)) if not value.startswith("UDAEMON_"):
            return
        case ast.Constant(value=value):
            raise Impure(line, f"reads {value!s}, which differs from daemon to daemon")
    raise Impure(line, "reads a variable of the environment whose name is not plain")


def _calls(node: ast.Call, path: str | None, scope: Scope) -> str:
    if path is not None:
        return f"calls {path.removeprefix('builtins.')}()"
    text = f"calls {put(node.func)}()"
    bound = scope.bindings(node.func.id) if isinstance(node.func, ast.Name) else []
    if bound and all(binding.node is not None for binding in bound):
        text += ", which is its own"
    return text


def put(node: ast.AST) -> str:
    """The text of an expression, short enough for a line."""
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}..."
