"""Each claim of the security page leads to a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guide" / "security.md"

_PROOF = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def claims() -> list[str]:
    """The points below the doors."""
    doors = PAGE.read_text(encoding="utf-8").partition("## The doors")[2].partition("## To tell")[0]
    return [point.partition("\n\n")[0] for point in doors.split("\n- ")[1:]]


def defined_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_claim_of_the_security_page_has_a_proof() -> None:
    limits = "As with every process, root and the same user can read its environment"
    unproven = [claim for claim in claims() if not _PROOF.search(claim) and limits not in " ".join(claim.split())]
    assert len(claims()) > 20
    assert unproven == []


def test_each_proof_is_a_test_that_is_there() -> None:
    proofs = _PROOF.findall(PAGE.read_text(encoding="utf-8"))
    missing = [
        (path, name)
        for path, name in proofs
        if not (ROOT / "tests" / path).exists() or name not in defined_in(ROOT / "tests" / path)
    ]
    assert len(proofs) > 30
    assert missing == []
