"""What `check` says at its end, as golden text: UDAEMON_ACCEPT=1 writes it."""

from __future__ import annotations

import pytest
from tests.unit.ui.golden import compare

from udaemon.ui.checked import Checked, plain, table

CHECKED = [
    Checked("udaemon.toml", good=True, daemons=1, problems=""),
    Checked("a/directory/below/another/one/udaemon.yaml", good=True, daemons=500, problems="12 warnings"),
    Checked("b.toml", good=False, daemons=0, problems="3 errors, 1 warning"),
]


@pytest.mark.parametrize("columns", [50, 80, 120])
@pytest.mark.parametrize("color", [False, True], ids=["plain", "color"])
def test_a_manifest_has_a_line_on_a_terminal(columns: int, color: bool) -> None:
    compare(f"checked/{columns}{'-color' if color else ''}", table(CHECKED, columns, color=color), columns)


def test_elsewhere_those_that_are_good_have_one() -> None:
    assert [plain(one) for one in CHECKED] == [
        "udaemon.toml: good, 1 daemon\n",
        "a/directory/below/another/one/udaemon.yaml: good, 500 daemons, 12 warnings\n",
        "",
    ]
