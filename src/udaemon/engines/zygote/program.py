"""The program whose processes a zygote forks: its main module, path and arguments, as multiprocessing hands them on.

Knows no zygote. Daemons have no such program: each is one of its own.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from multiprocessing import process, spawn
from typing import Any

_EACH_ITS_OWN = frozenset({"authkey", "name"})
_process: Any = process


def describe() -> dict[str, Any]:
    """What a process has to know to be of this program.

    Raises:
        RuntimeError: This process is being told that just now: its main module starts processes when it is imported.
    """
    told = spawn.get_preparation_data("zygote")
    return {name: value for name, value in told.items() if name not in _EACH_ITS_OWN}


def be_of(program: Mapping[str, Any]) -> str | None:
    """Be a process of this program: import its main module. Returns why that failed, if it did."""
    here = _process.current_process()
    here._inheriting = True
    try:
        spawn.prepare(dict(program))
    except BaseException as error:  # noqa: BLE001 - SystemExit is just another way to fail
        traceback.print_exc()
        return f"{type(error).__name__}: {str(error).strip().partition(os.linesep)[0]}"
    finally:
        del here._inheriting
    return None
