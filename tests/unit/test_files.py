"""Every module that decides something has a test file of its name, so that a newcomer finds the one by the other.

A module decides where it has an `if` or a `match`. Its file is `tests/unit/ROOM/test_NAME.py`; a handler's may also be
the test of its verb. What has none stands below, with the file that tests it and why that is another one.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "udaemon"
ROOMS = ("engines", "policy", "supervisor", "control", "logs", "child", "manifest")

ELSEWHERE = {
    # It forks, execs, is a process of its own, or changes the one that calls it: only the kernel can show that.
    "child/bootstrap.py": "process/test_child.py",
    "child/dispositions.py": "process/test_child_handlers.py",
    "child/embed.py": "process/test_embed.py",
    "child/forked.py": "process/test_child_forks.py",
    "child/fresh.py": "process/test_child_fresh.py",
    "child/warm_up.py": "process/test_warm_up.py",
    "child/spawned.py": "process/test_start_method.py",
    "child/title.py": "process/test_signals.py",
    "control/claim.py": "process/test_claim.py",
    "control/running.py": "process/test_claim.py",
    "engines/zygote/__main__.py": "process/test_engine_faults.py",
    "logs/client.py": "process/test_log_deaths.py",
    "logs/orphans.py": "process/test_log_deaths.py",
    "logs/pipe.py": "cli/test_run.py",
    "logs/process.py": "process/test_log_deaths.py",
    "supervisor/foreground.py": "cli/test_run.py",
    # A part of something that is tested as a whole.
    "child/replanning.py": "unit/child/test_timetables.py",
    "control/rundir_guard.py": "unit/control/test_shortage.py",
    "logs/compress.py": "unit/logs/test_sink.py",
    "manifest/build.py": "golden/check/test_check_text.py",
    "manifest/model.py": "unit/manifest/test_every_key.py",
    "supervisor/log_pipes.py": "unit/supervisor/test_perform.py",
}


def decides(text: str) -> bool:
    """Whether what a module does depends on anything; an import for types alone does not."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.If | ast.Match)]
    return any(not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")) for node in nodes)


def has_its_own(module: str) -> bool:
    """Whether there is a test file of its name."""
    path = Path(module)
    places = ["cli", "process"] if path.parts[:2] == ("control", "handlers") else []
    names = [f"unit/{path.parent}", *places]
    return any((TESTS / name / f"test_{path.stem}.py").exists() for name in names)


MODULES = sorted(str(file.relative_to(SOURCE)) for room in ROOMS for file in (SOURCE / room).rglob("*.py"))
DECIDING = [module for module in MODULES if decides((SOURCE / module).read_text(encoding="utf-8"))]


def test_each_module_that_decides_something_has_a_test_file_of_its_name() -> None:
    assert [module for module in DECIDING if not has_its_own(module) and module not in ELSEWHERE] == []


def test_no_exception_is_listed_that_is_none() -> None:
    assert [module for module in ELSEWHERE if module not in DECIDING or has_its_own(module)] == []
    assert [file for file in ELSEWHERE.values() if not (TESTS / file).exists()] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", False),
        ("def f(x):\n    if x:\n        return 1", True),
        ("def f(x):\n    match x:\n        case 1:\n            pass", True),
        ("if TYPE_CHECKING:\n    import x", False),
        ("import typing\nif typing.TYPE_CHECKING:\n    import x\nelif y:\n    import z", True),
    ],
)
def test_what_it_is_to_decide(text: str, *, expected: bool) -> None:
    assert decides(text) is expected
