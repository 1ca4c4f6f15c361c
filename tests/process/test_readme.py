"""What the README says is what CI does, and each verb has its place in the reference.

Reads both as text; `tests/docs` runs what they show.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.process.project import Project

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_readme_has_two_lines_for_a_fresh_machine() -> None:
    """One line runs the sample, one runs the tests; each makes its environment first."""
    lines = [block.rstrip("\n") for block in blocks(README, "sh")]
    assert [line.split(" && ")[0] for line in lines] == ["python3 -m venv .venv"] * 2
    assert [line.count("\n") for line in lines] == [0, 0]
    assert lines[0].split(" && ")[-1] == ".venv/bin/udaemon up"
    assert lines[1].split(" && ")[-1].startswith(".venv/bin/pytest ")


def test_ci_takes_its_lines_from_the_readme() -> None:
    """The script looks the lines up, and has no other way of running the whole suite."""
    taken = re.findall(r"grep -m1 -F '([^']+)' README\.md", CI)
    found = [[line for line in README.splitlines() if wanted in line] for wanted in taken]
    assert taken == [".venv/bin/udaemon up", ".venv/bin/pytest"]
    assert [len(lines) for lines in found] == [1, 1]
    assert re.findall(r"bin/pytest\S* .*", CI.replace("'.venv/bin/pytest' README", "")) == [
        'bin/pytest" -q -n 2 tests/unit tests/property tests/golden\' - "$python" "$scratch/$version"'
    ]


def test_each_verb_has_its_section_in_the_reference(project: Project) -> None:
    """`udaemon --help` and reference/cli.md name the same verbs."""
    helped = project.run("--help").stdout
    listed = re.findall(r"^  ([a-z][a-z-]*)(?:  |$)", helped.partition("\nRun:")[2], re.MULTILINE)
    reference = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    described = re.findall(r"^#+ `?(?:udaemon )?([a-z-]+)", reference, re.MULTILINE)
    assert listed != []
    assert set(listed) - set(described) == set()
