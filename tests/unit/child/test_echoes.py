"""A signal that comes twice at once is one."""

from __future__ import annotations

from udaemon.child.echoes import ECHO, Echoes


def test_the_same_signal_at_once_is_an_echo_and_another_one_is_none() -> None:
    echoes = Echoes()
    assert not echoes.is_echo(15, 100.0)
    assert echoes.is_echo(15, 100.01)
    assert not echoes.is_echo(2, 100.02)
    assert echoes.is_echo(15, 100.0 + ECHO - 0.01)
    assert not echoes.is_echo(15, 100.0 + ECHO), "from the one that counted, not from its echoes"


def test_a_key_that_is_pressed_twice_is_meant_twice() -> None:
    echoes = Echoes()
    assert not echoes.is_echo(2, 100.0, typed=True)
    assert echoes.is_echo(2, 100.01), "a parent passes it on"
    assert not echoes.is_echo(2, 100.2, typed=True)
    assert echoes.is_echo(2, 100.21)
