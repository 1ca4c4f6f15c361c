"""The page of the verbs is what they say of themselves."""

from pathlib import Path

from udaemon.cli.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_page_of_verbs_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m udaemon.cli.reference"
