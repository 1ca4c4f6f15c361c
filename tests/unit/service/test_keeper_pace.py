"""How soon a keeper starts the next supervisor."""

from udaemon.service.keeper_pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_that_was_killed_is_replaced_at_once_and_one_that_never_stands_is_not() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    waits = []
    for _ in range(8):
        pace.begins()
        waits.append(pace.died(stood=False))
    assert waits == [0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0]
    pace.begins()
    assert pace.died(stood=True) == 0.0
    clock.now += 6.0
    assert pace.died(stood=False) == 0.0


def test_another_one_goes_on_with_the_count() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    pace.begins()
    pace.died(stood=False)
    assert Pace(*pace.state, clock).died(stood=False) == 0.2


def test_one_that_cannot_be_started_is_tried_again_after_a_wait() -> None:
    clock = Clock()
    clock.now = 100.0
    pace = Pace(clock=clock)
    pace.begins()
    pace.failed()
    assert pace.died(stood=False) == 0.2


def test_one_that_stood_is_never_waited_for_long_however_many_were_killed_before() -> None:
    """Its daemons are without one meanwhile; and one that dies by itself, as soon as it stands, costs little then."""
    pace = Pace(clock=Clock())
    waits = []
    for _ in range(80):
        pace.begins()
        waits.append(pace.died(stood=True))
    assert waits == [0.0] * 50 + [0.2, 0.4, 0.8] + [1.0] * 27


def test_those_that_were_killed_and_those_that_never_stood_are_counted_apart() -> None:
    pace = Pace(clock=Clock())
    for _ in range(40):
        pace.begins()
        assert pace.died(stood=True) == 0.0
    waits = []
    for _ in range(3):
        pace.begins()
        waits.append(pace.died(stood=False))
    assert waits == [0.0, 0.2, 0.4]
    pace.begins()
    assert pace.died(stood=True) == 0.0
    pace.begins()
    assert pace.died(stood=False) == 0.0


def test_one_that_could_not_be_started_after_many_that_were_killed_is_tried_again_soon() -> None:
    pace = Pace(clock=Clock())
    for _ in range(40):
        pace.begins()
        pace.died(stood=True)
    waits = []
    for _ in range(3):
        pace.failed()
        waits.append(pace.died(stood=False))
    assert waits == [0.2, 0.4, 0.8]
