"""Where each value of a manifest comes from, by file, line and table."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.manifest.write import ENVIRON

from udaemon.manifest.dump import dump
from udaemon.manifest.origin import Origin, leaves, origins
from udaemon.manifest.read import examine

FILES = {
    "base.toml": '[defaults]\numask = "077"\nenv = { A = "defaults" }\n[daemons.base]\ncommand = "a"\ninstances = 2\n',
    "top.toml": (
        'project = "shop"\nenv = { B = "manifests", H = "${HOME}/x" }\n'
        '[daemons.mine]\nextends = "base"\nstop.timeout = 7\nenv-file = "vars"\nenv = { C = "own" }\n'
    ),
    "vars": "D=file\nC=hidden\n",
}


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Origin]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    examined = examine(["base.toml", "top.toml"], environ=ENVIRON, cwd=str(tmp_path))
    assert examined.problems == ()
    options = {"project": None, "context": "test"}
    implied = {"mine": {"E": "ours"}}
    plain = dump(examined.right()) | {"context": "test"}
    plain["daemons"]["mine"]["env"]["E"] = "ours"
    return {
        ".".join(map(str, one.path)): one for one in origins(plain, examined.documents, examined.top, options, implied)
    }


@pytest.mark.parametrize(
    ("path", "source", "via", "file", "line"),
    [
        ("project", "own", None, "top.toml", 1),
        ("context", "option", None, None, None),
        ("daemons.mine.stop.timeout", "own", None, "top.toml", 5),
        ("daemons.mine.command", "extends", "base", "base.toml", 5),
        ("daemons.mine.instances", "extends", "base", "base.toml", 6),
        ("daemons.mine.umask", "defaults", None, "base.toml", 2),
        ("daemons.base.umask", "defaults", None, "base.toml", 2),
        ("daemons.mine.restart", "built-in", None, None, None),
        ("daemons.mine.env.A", "defaults", None, "base.toml", 3),
        ("daemons.mine.env.B", "manifest", None, "top.toml", 2),
        ("daemons.mine.env.C", "own", None, "top.toml", 7),
        ("daemons.mine.env.D", "env-file", None, None, None),
        ("daemons.mine.env.E", "built-in", None, None, None),
        ("daemons.base.instances", "own", None, "base.toml", 6),
    ],
)
def test_each_value_is_said_somewhere(
    found: dict[str, Origin], path: str, source: str, via: str | None, file: str | None, line: int | None
) -> None:
    one = found[path]
    assert (one.source, one.via, one.file and Path(one.file).name, one.line) == (source, via, file, line)


def test_the_variables_in_a_text_are_named_and_its_layer_counted(found: dict[str, Origin]) -> None:
    assert found["env.H"].variables == ("HOME",)
    assert (found["project"].layer, found["daemons.base.instances"].layer) == (1, 0)


def test_an_empty_table_is_a_value_and_others_are_what_is_in_them() -> None:
    assert list(leaves({"a": {}, "b": {"c": 1, "d": [2]}}, ())) == [(("a",), {}), (("b", "c"), 1), (("b", "d"), [2])]
