"""Every wrong manifest in this folder gets exactly the text that stands beside it, in TOML and in YAML.

A case is a folder with `udaemon.toml`, `udaemon.yaml` or both, and the text that `udaemon check` shows for each in
`toml.txt` and `yaml.txt`. With a `jobs.py` beside them factories are imported, as `check` does; a file `profile`
names the profile asked for. `UDAEMON_ACCEPT=1 pytest tests/golden` writes the text anew: read the diff first.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from udaemon.check.directories import check_directories
from udaemon.check.imports import check_imports
from udaemon.check.programs import check_php, check_programs
from udaemon.check.pythons import check_pythons
from udaemon.errors import Problem
from udaemon.manifest.codes import CODES
from udaemon.manifest.read import examine
from udaemon.manifest.report import as_text

HERE = Path(__file__).parent
ACCEPT = bool(os.environ.get("UDAEMON_ACCEPT"))
MANIFESTS = sorted(
    file
    for case in HERE.iterdir()
    if case.is_dir()
    for file in case.glob("udaemon.*")
    if file.suffix in {".toml", ".yaml"}
)
ENVIRON = {"HOME": "/home/nobody", "XDG_STATE_HOME": "/state", "PORT": "8080"}
WITHOUT_A_CASE = {
    "no-cgroup": "depends on the machine; see tests/unit/engines/test_cgroups.py",
    "too-big": "a file of more than 80,000 values",
    "too-many": "a text of more than a thousand problems",
    "unsafe": "depends on who runs the tests, and on owner and mode of the file, which git does not keep",
}
"""Codes that have a test of their own, the others in `tests/unit/manifest/test_read.py`, and why."""


def problems(manifest: Path) -> tuple[tuple[Problem, ...], dict[str, str]]:
    """What `check` tells of a manifest, and the text of its files."""
    profile = manifest.parent / "profile"
    profiles = profile.read_text().split() if profile.exists() else []
    found = examine([str(manifest)], environ=ENVIRON, cwd=str(manifest.parent), profiles=profiles)
    if found.understood is not None:
        imported = check_imports(found.understood).findings if (manifest.parent / "jobs.py").exists() else []
        whole = found.understood
        checks = (check_directories, check_php, check_programs, check_pythons)
        looked = [] if found.problems else [one for check in checks for one in check(whole)]
        found = found.with_more([*imported, *looked])  # else what is installed would show
    return found.problems, found.sources


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda file: f"{file.parent.name}-{file.suffix[1:]}")
def test_the_text_is_exactly_as_it_stands_beside_the_manifest(manifest: Path) -> None:
    told, sources = problems(manifest)
    shown = as_text(told, sources, str(manifest.parent)).replace(str(manifest.parent), "HERE")
    expected = manifest.parent / f"{manifest.suffix[1:]}.txt"
    if ACCEPT:
        expected.write_text(shown)
    assert shown == expected.read_text()


@pytest.mark.parametrize("case", sorted({manifest.parent for manifest in MANIFESTS}), ids=lambda case: case.name)
def test_toml_and_yaml_get_the_same_diagnostics(case: Path) -> None:
    first, *others = [
        {(problem.code, problem.path, problem.message, problem.hint) for problem in problems(manifest)[0]}
        for manifest in MANIFESTS
        if manifest.parent == case
    ]
    assert all(other == first for other in others)


def test_every_code_has_a_case() -> None:
    told = {
        code
        for text in HERE.glob("*/*.txt")
        for code in re.findall(r"(?:error|warning)\[([a-z-]+)\]", text.read_text())
    }
    assert told == set(CODES) - set(WITHOUT_A_CASE)
