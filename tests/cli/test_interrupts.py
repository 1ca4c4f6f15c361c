"""Ctrl-C ends what waits for it, also where it comes a moment before the wait."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from pathlib import Path

import pytest
from tests.process.project import PATIENCE

from udaemon.cli.interrupts import interrupts, raise_again
from udaemon.control import messages
from udaemon.control.client import Client


def test_a_signal_that_came_before_ends_the_wait() -> None:
    former = signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
    try:
        with interrupts() as stop:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert select.select([stop], [], [], PATIENCE)[0] == [stop]
    finally:
        signal.signal(signal.SIGUSR1, former)


def test_whoever_was_woken_before_is_so_afterwards(tmp_path: Path) -> None:
    with (tmp_path / "other").open("wb", buffering=0) as other:
        os.set_blocking(other.fileno(), False)
        signal.set_wakeup_fd(other.fileno())
        try:
            with interrupts():
                pass
        finally:
            assert signal.set_wakeup_fd(-1) == other.fileno()


def test_a_client_that_is_to_stop_does_not_wait_for_an_answer() -> None:
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    with theirs, Client(ours) as client:
        theirs.sendall(messages.answer({}))
        client.be_patient(write, read)
        os.write(write, b"\x02")
        with pytest.raises(KeyboardInterrupt):
            client.ask("events", follow=True)
    os.close(read)
    os.close(write)


def test_what_came_in_a_finalizer_is_raised_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(sys, "unraisablehook", raise_again)
    former = signal.getsignal(signal.SIGALRM)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - at some moment of the two
        Finalized()
        select.select([], [], [], PATIENCE)
    signal.signal(signal.SIGALRM, former)


def test_what_else_a_finalizer_raises_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Finalized:
        def __del__(self) -> None:
            raise ValueError("its own")

    monkeypatch.setattr(sys, "unraisablehook", raise_again)
    Finalized()
    assert "ValueError: its own" in capsys.readouterr().err
