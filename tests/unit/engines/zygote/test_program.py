"""What a process has to know to be of this program."""

from __future__ import annotations

import sys

from udaemon.engines.zygote.program import describe


def test_a_program_is_described_without_what_each_process_has_for_itself() -> None:
    told = describe()
    assert not {"authkey", "name"} & set(told)
    assert told["sys_path"]
    assert told["dir"]
    assert told["sys_argv"] == sys.argv
