"""Whose a process is, as far as no look into /proc is needed for that: by its session, however it came to that."""

from __future__ import annotations

from udaemon.engines.lineage import Lineage
from udaemon.policy.instance import Key
from udaemon.system.process_tree import Relative

A, B = Key("a", 0), Key("b", 1)
NO_PID = 2**30
"""No process of this machine has it."""


def relative(session: int, pid: int = NO_PID) -> Relative:
    return Relative(pid, session, zombie=False, started=0)


def lineage() -> Lineage:
    made = Lineage("shop")
    made.add(A, 7, [(1, 10), (1, 11)])
    made.add(B, 8, [])
    return made


def test_a_process_is_known_by_the_session_of_its_leader() -> None:
    made = lineage()
    assert [made.owner(relative(session)) for session in (7, 8, 9)] == [A, B, None]


def test_a_session_that_a_descendant_made_is_known_once_it_was_seen() -> None:
    made = lineage()
    made.adopt(A, relative(70))
    assert made.owner(relative(70)) == A


def test_i3_what_leads_a_session_of_its_own_is_not_known_by_the_number_that_another_one_had() -> None:
    """The number is used again as soon as all of that session have ended, also while others of the daemon live."""
    made = lineage()
    made.adopt(A, relative(70))
    assert made.owner(relative(70, pid=70)) is None


def test_a_process_with_the_lock_of_one_is_its_own_whatever_its_session_was() -> None:
    made = Lineage("shop", open_files=lambda _pid: {(1, 10)}, environ=lambda _pid: {})
    made.add(A, 7, [(1, 10), (1, 11)])
    made.add(B, 8, [])
    assert made.owner(relative(8)) == A


def test_a_session_is_his_who_had_it_first() -> None:
    made = lineage()
    made.adopt(A, relative(8))
    assert made.owner(relative(8)) == B


def test_what_was_removed_is_known_no_more_and_the_others_are() -> None:
    made = lineage()
    made.adopt(A, relative(70))
    made.adopt(A, relative(8))
    made.remove(A)
    assert [made.owner(relative(session)) for session in (7, 70, 8)] == [None, None, B]


def test_a_pid_that_comes_again_is_the_new_one_s() -> None:
    made = lineage()
    made.remove(A)
    made.add(A, 9, [(1, 10)])
    assert [made.owner(relative(session)) for session in (7, 9)] == [None, A]
