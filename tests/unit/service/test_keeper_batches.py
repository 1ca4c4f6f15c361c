"""Messages to and from the keeper are joined to as few as the kernel takes."""

from udaemon.logs.wire import LONGEST
from udaemon.service.keeper_wire import MOST_FDS, batches


def test_they_are_joined_in_their_order() -> None:
    """Descriptors stay in the order of their messages."""
    assert list(batches([(b"a", 3), (b"b", None), (b"c", 5)])) == [(b"abc", [3, 5])]
    assert list(batches([])) == []


def test_no_message_has_too_much() -> None:
    """Neither descriptors nor bytes."""
    many = list(batches([(b"x", number) for number in range(3 * MOST_FDS + 1)]))
    assert [len(fds) for _, fds in many] == [MOST_FDS] * 3 + [1]
    long = list(batches([(b"y" * 1000, None)] * 200))
    assert max(len(data) for data, _ in long) <= LONGEST
    assert b"".join(data for data, _ in long) == b"y" * 200_000
