"""The page of faults is what its table and the tests say."""

import re
from pathlib import Path

from tests.docs.scripts import script

ROOT = Path(__file__).parents[2]
faults = script("faults")


def test_the_page_of_faults_is_fresh() -> None:
    assert faults.PAGE.read_text(encoding="utf-8") == faults.page(), "run: python docs/faults.py"


def test_a_row_that_the_code_or_a_test_names_is_on_the_page() -> None:
    known = set(re.findall(r"^\| ([FI]\d+) \|", faults.page(), re.MULTILINE))
    named = {f"F{number}" for number in re.findall(r"faults\.md F(\d+)", _sources())} | set(faults.tests_of_rows())

    assert named <= known


def test_a_test_that_the_table_names_is_there() -> None:
    assert faults.named_by_rows() - faults.tests() == set()


def _sources() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
