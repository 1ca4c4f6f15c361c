"""YAML text to plain tables: the 1.2 core schema, without its surprises.

Knows no key of ours. PyYAML's C parser makes the nodes; their types are decided here, since PyYAML's own rules are
those of YAML 1.1, where `no` is false and `1:30` is ninety.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import yaml

from udaemon.manifest.places import Place, Places, place_at, placer
from udaemon.manifest.problems import Finding, Path

_CORE = "tag:yaml.org,2002:"
_PLAIN = (
    ("null", re.compile(r"~|null|Null|NULL|"), "~nN"),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), "tTfF"),
    ("int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+"), "-+0123456789"),
    ("float", re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"), "-+.0123456789"),
    ("float", re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), "-+."),
)
_MAP, _SEQ, _STR = f"{_CORE}map", f"{_CORE}seq", f"{_CORE}str"
_SCALARS = {_STR, *(_CORE + name for name in ("null", "bool", "int", "float"))}
_OURS = {
    "cannot start any token": ("a character that begins no value", "put text in quotes"),
    "mapping values are not allowed": (
        "a colon where no key can stand",
        "put text that has a colon and a blank in quotes, or give the line before its colon",
    ),
    "sequence entries are not allowed": ("a list item where none can stand", "begin the list on a line of its own"),
    "undefined alias": ("an alias without its anchor", "an alias, *name, needs its anchor, &name, before it"),
    "another document": ("a second document", "keep one document in a file"),
    "expected ',' or ']'": ("a list that is not closed", "close the list"),
    "expected ',' or '}'": ("a table that is not closed", "close the table"),
    "found unexpected end of stream": ("a quote that is not closed", "close the string"),
    "found unexpected document indicator": ("a quote that is not closed", "close the string"),
    "unknown escape character": (
        "an escape that YAML does not know",
        "write \\\\ for a backslash, or use single quotes",
    ),
    "expected key": ("a line that is no key of its table", "indent it as the keys beside it, and write key: value"),
    "expected '-' indicator": ("a line that is no item of its list", "begin it with - as the items beside it"),
    "could not find expected ':'": ("a line without its colon", "write key: value"),
    "expected <document start>": ("text behind the end of the table", "indent it as the keys beside it"),
    "duplicate anchor": ("an anchor that is there already", "give it another name"),
    "expected alphabetic or numeric character": (
        "a name with other letters",
        "put text that begins with * or & in quotes",
    ),
    "undefined tag handle": ("a tag that is not declared", "put text that begins with ! in quotes"),
    "expected comment or line break": ("text behind | or >", "begin the text on the next line"),
}
"""By a part of what the parser says: what it is in our words, and how to mend it."""

_MOST = 200_000
_DEEPEST = 64


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """Say by their first letter which plain scalars are no strings; `012` is one: its meaning differs by reader."""
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {"": [(f"{_CORE}null", re.compile(r"^$"))]}
    for tag, pattern, letters in _PLAIN:
        whole = re.compile(rf"^(?:{pattern.pattern})\Z")
        for letter in letters:
            table.setdefault(letter, []).append((_CORE + tag, whole))
    return table


RESOLVERS = _resolvers()


class _Loader(yaml.CSafeLoader):
    """The C parser with the resolvers of the core schema; PyYAML's own take as long as all the rest."""

    def descend_resolver(self, current_node: yaml.Node | None, current_index: Any) -> None:
        """Do nothing: no type depends on where a node stands."""

    def ascend_resolver(self) -> None:
        """Do nothing."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """Return the tag of a node that has none."""
        if kind is yaml.ScalarNode:
            return _tag(value) if implicit[0] else _STR
        return _MAP if kind is yaml.MappingNode else _SEQ


@lru_cache(maxsize=4096)
def _tag(plain: str) -> str:
    return next((tag for tag, pattern in RESOLVERS.get(plain[:1], ()) if pattern.match(plain)), _STR)


def parse(text: str) -> tuple[dict[str, Any], list[Finding], yaml.Node | None]:
    """Read YAML; the node tree comes along, for it knows the places."""
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        return {}, [_syntax(error, text)], None
    except yaml.reader.ReaderError as error:
        return {}, [Finding("syntax", str(error.reason), place=place_at(text, min(error.position, len(text))))], None
    except RecursionError:
        return {}, [Finding("too-deep", "lists or tables are nested too deep")], None
    if node is None:
        return {}, [], None
    if not isinstance(node, yaml.MappingNode):
        return (
            {},
            [Finding("syntax", "a manifest is a table of keys", place=place_at(text, node.start_mark.index))],
            None,
        )
    build = _Build(text)
    try:
        return build.mapping(node, ()), build.findings, node
    except _Bomb as bomb:
        place = place_at(text, bomb.node.start_mark.index)
        return {}, [Finding("too-deep", "nested too deep, or repeated by aliases too often", place=place)], None


def places(text: str, node: yaml.Node) -> Places:
    """Find every key and every value.

    No deeper and no more than is ever built, as what was refused, such as the value of a bad key, has no bounds.
    By their offsets: for YAML a line also ends where no editor sees one end, with a lone CR, NEL, LS or PS.
    """
    found: Places = {}
    place = placer(text)

    def walk(node: yaml.Node, path: Path) -> None:
        if len(path) > _DEEPEST or len(found) > _MOST:
            return
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*path, str(key.value))
                if inner not in found:
                    found[inner] = (place(key.start_mark.index), place(value.start_mark.index))
                    walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                here = place(value.start_mark.index)
                found[*path, index] = (here, here)
                walk(value, (*path, index))

    walk(node, ())
    return found


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    words = " ".join(part for part in (error.context, error.problem) if part)
    code = "too-deep" if "depth" in words else "syntax"
    if mark is None:
        return Finding(code, words)
    words, hint = next((ours for part, ours in _OURS.items() if part in words), (words, None))
    if text[mark.index : mark.index + 1] == "\t":
        hint = "indent with blanks: YAML takes no tabs"
    return Finding(code, words, hint, place=place_at(text, mark.index))


class _Bomb(Exception):
    """More than any manifest needs."""

    def __init__(self, node: yaml.Node) -> None:
        super().__init__()
        self.node = node


class _Build:
    """One pass from nodes to plain values; what YAML allows and a manifest does not is noted and left out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.findings: list[Finding] = []
        self.count = 0
        self.open: list[int] = []

    @cached_property
    def place(self) -> Callable[[int], Place]:
        return placer(self.text)

    def note(self, code: str, message: str, hint: str | None, path: Path, node: yaml.Node) -> None:
        self.findings.append(Finding(code, message, hint, path, place=self.place(node.start_mark.index)))

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        """Its table. What is noted is read as what it was meant to be: nothing shall seem to be missing for it, too."""
        table: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.note("bad-key", "a key must be a string", "put it in quotes", (*path, "?"), key)
            elif key.tag != _STR:
                self.note("bad-key", "a key must be a string", "put it in quotes", (*path, key.value), key)
                if isinstance(value, yaml.MappingNode):  # a daemon, perhaps
                    merged.setdefault(key.value, self.value(value, (*path, key.value)))
            elif key.value == "<<":
                self.note(
                    "merge-key", "merge keys are no part of YAML 1.2", "use defaults or extends", (*path, "<<"), key
                )
                for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if isinstance(part, yaml.MappingNode):
                        merged = self.value(part, path) | merged
            elif key.value in table:
                self.note("duplicate-key", "is there already", "keep one of them", (*path, key.value), key)
            else:
                table[key.value] = self.value(value, (*path, key.value))
        return merged | table

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.count += 1
        if self.count > _MOST or len(path) > _DEEPEST or id(node) in self.open:
            raise _Bomb(node)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        self.open.append(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                self.taken(node, path, {_MAP})
                return self.mapping(node, path)
            self.taken(node, path, {_SEQ})
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self.open.pop()

    def taken(self, node: yaml.Node, path: Path, tags: set[str]) -> None:
        """Note a tag that is not taken; the value is read as what it shows."""
        if node.tag not in tags:
            self.note("yaml-tag", f"the tag {node.tag} is not taken", "leave it out", path, node)

    def scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        text = node.value
        if node.tag == _STR:
            return text
        self.taken(node, path, _SCALARS)
        try:
            match node.tag.removeprefix(_CORE):
                case "null":
                    return None
                case "bool":
                    return {"true": True, "false": False}[text.lower()]
                case "int":
                    return int(text, 0)
                case "float":
                    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except (ValueError, KeyError):
            self.note("syntax", "a value that cannot be read as what it says it is", None, path, node)
        return text
