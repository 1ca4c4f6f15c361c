"""Seeds that once broke an invariant, with what was wrong then; what they found has a test of its own beside."""

from __future__ import annotations

import pytest
from tests.simulation.run import run
from tests.simulation.scenario import PLAIN, Scenario, scenario_of

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.parametrize(
    ("seed", "scenario"),
    [
        pytest.param(987, PLAIN, id="a new session with the number of an old one was taken for another daemon's"),
        pytest.param(661, PLAIN, id="a common log that could not be opened left its pipe open"),
        pytest.param(9, scenario_of(9), id="a process with the number of the last one was not known after a takeover"),
        pytest.param(193, scenario_of(193), id="without a descriptor a live process was taken for ended"),
        pytest.param(22, scenario_of(22), id="a sweep that could not list children was never over"),
        pytest.param(12, scenario_of(12), id="a task that waited for room to start waited for a lock, too"),
        pytest.param(436, scenario_of(436), id="a step that waited for its next try was swept when it ran"),
    ],
)
def test_what_a_seed_has_found_is_mended(seed: int, scenario: Scenario) -> None:
    result = run(seed, scenario=scenario)
    assert result.wrongs == (), result.told()
