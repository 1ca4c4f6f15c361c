"""Seeds that once broke an invariant, with what was wrong then; what they found has a test of its own beside."""

from __future__ import annotations

import pytest
from tests.simulation.run import run
from tests.simulation.scenario import PLAIN

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(987, id="a new session with the number of an old one was taken for another daemon's"),
        pytest.param(661, id="a common log that could not be opened left its pipe open"),
    ],
)
def test_what_a_seed_has_found_is_mended(seed: int) -> None:
    result = run(seed, scenario=PLAIN)
    assert result.wrongs == (), result.told()
