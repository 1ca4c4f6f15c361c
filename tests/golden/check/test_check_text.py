"""Every wrong manifest in this folder gets exactly the text that stands beside it, in TOML and in YAML.

A case is a folder with `udaemon.toml`, `udaemon.yaml` or both, and the text that `udaemon check` shows for each in
`toml.txt` and `yaml.txt`. `UDAEMON_ACCEPT=1 pytest tests/golden` writes the text anew: read the diff before it is kept.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda file: f"{file.parent.name}-{file.suffix[1:]}")
def test_the_text_is_exactly_as_it_stands_beside_the_manifest(manifest: Path) -> None:
    environ = {"HOME": "/home/nobody", "XDG_STATE_HOME": "/state", "PORT": "8080"}
    examined = examine([str(manifest)], environ=environ, cwd=str(manifest.parent))
    shown = as_text(examined.problems, examined.sources, str(manifest.parent))
    expected = manifest.parent / f"{manifest.suffix[1:]}.txt"
    if ACCEPT:
        expected.write_text(shown)
    assert shown == expected.read_text()


@pytest.mark.parametrize("case", sorted({manifest.parent for manifest in MANIFESTS}), ids=lambda case: case.name)
def test_toml_and_yaml_get_the_same_diagnostics(case: Path) -> None:
    told = [
        {(problem.code, problem.path, problem.message, problem.hint) for problem in examined.problems}
        for examined in (
            examine([str(manifest)], environ={"HOME": "/home/nobody", "PORT": "8080"}, cwd=str(case))
            for manifest in MANIFESTS
            if manifest.parent == case
        )
    ]
    assert all(one == told[0] for one in told)


def test_every_code_of_a_manifest_has_a_case() -> None:
    told = {
        code
        for text in HERE.glob("*/*.txt")
        for code in re.findall(r"(?:error|warning)\[([a-z-]+)\]", text.read_text())
    }
    elsewhere = {
        "no-php",
        "import-failed",
        "not-callable",
        "no-task",
        "wrong-params",
        "too-big",
        "unsafe",
        "unknown-profile",
        "too-many",
    }
    assert told == set(CODES) - elsewhere
