"""The context: whose zygotes it uses, one of its own where nobody has any, and none before there is a process."""

from __future__ import annotations

import multiprocessing.context

from tests.fakes.zygote import FakeParent

from udaemon.engines.zygote.context import ZygoteContext
from udaemon.engines.zygote.process import ZygoteProcess


def test_it_is_a_context_of_multiprocessing_whose_processes_are_forked_by_a_zygote() -> None:
    context = ZygoteContext(parent=FakeParent())
    process = context.Process(target=print, args=(1,), name="mailer")
    assert isinstance(context, multiprocessing.context.BaseContext)
    assert isinstance(process, ZygoteProcess)
    assert (process.name, process.pid, process.is_alive()) == ("mailer", None, False)


def test_one_that_was_given_a_parent_has_no_zygote_of_its_own() -> None:
    parent = FakeParent()
    context = ZygoteContext(parent=parent)
    assert context.Process(target=print)._parent is parent
    context.close()


def test_its_own_parent_is_one_for_all_its_processes_until_it_is_closed() -> None:
    context = ZygoteContext()
    first, second = (context.Process(target=print)._parent for _ in range(2))
    assert first is second
    context.close()
    third = context.Process(target=print)._parent
    assert third is not first
    context.close()
    context.close()


def test_two_contexts_share_nothing() -> None:
    one, other = ZygoteContext(("json",)), ZygoteContext()
    assert one.Process(target=print)._parent is not other.Process(target=print)._parent
    one.close()
    other.close()
