"""Whether this version of udaemon can take over from a supervisor that lives: asked before that one leaves.

Changes nothing. What cannot be taken over is one line that says why: a program that does not load, a form that it does
not know.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import udaemon
from udaemon.child import regions
from udaemon.errors import UdaemonError
from udaemon.logs import journal
from udaemon.logs.inheritance import KEPT_JOURNAL
from udaemon.policy import ledger
from udaemon.service.keeper_link import Kept
from udaemon.service.outlive import KEPT_BOARD, KEPT_HANDOFF, handed
from udaemon.service.standby import STATE_VERSION
from udaemon.supervisor.ledger import LEDGER, load

SHOWN = (KEPT_HANDOFF, f"{KEPT_JOURNAL}0", f"{KEPT_BOARD}0000")
"""What has to be shown: one of each form. There may be thousands of log pipes, and none of them is looked at."""

_PROCESSES = (
    "udaemon.service.supervisor",
    "udaemon.service.keeper",
    "udaemon.control.server",
    "udaemon.engines.zygote.server",
    "udaemon.child.process",
    "udaemon.logs.logger_main",
)
"""What our processes begin with."""


def rehearse(shown: Mapping[str, Kept], version: int) -> tuple[str, str]:
    """Do all of a start that changes nothing.

    Args:
        shown: Of the store, what is named in `SHOWN`.
        version: Of the form of the store, and of what else goes from one supervisor to the next.

    Returns:
        `able` and the versions as JSON, or `unable` and why.
    """
    try:
        _check_code()
        _check_forms(shown, version)
    except UdaemonError as error:
        return "unable", error.message
    except Exception as error:  # noqa: BLE001 - whatever it is, one that cannot start must not be let
        return "unable", f"{type(error).__name__}: {error}"
    return "able", json.dumps(versions())


def versions() -> dict[str, Any]:
    """Those of this program and of the forms that it reads."""
    return {
        "version": udaemon.__version__,
        "ledger": ledger.VERSION,
        "journal": journal.VERSION,
        "scoreboard": regions.VERSION,
        "store": STATE_VERSION,
    }


def _check_code() -> None:
    """Load what each of our processes begins with, and see that every other module can be compiled."""
    for name in _PROCESSES:
        import_module(name)
    for name in _modules():
        spec = find_spec(name)
        if spec is None or spec.loader is None:
            raise UdaemonError(f"{name} is not there")
        get_code = getattr(spec.loader, "get_code", None)
        if get_code is not None:
            get_code(name)


def _modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(udaemon.__path__, "udaemon."):
        if found.name != "udaemon.__main__":
            yield found.name


def _check_forms(shown: Mapping[str, Kept], version: int) -> None:
    _compare("what the supervisor hands over", version, STATE_VERSION)
    _, _, directory = handed(shown[KEPT_HANDOFF].fd)
    load(f"{directory}/{LEDGER}", lambda _text: None)
    if (kept := shown.get(f"{KEPT_JOURNAL}0")) is not None:
        _compare("the journal of the logs", journal.version_of(kept.fd), journal.VERSION)
    board = regions.version_of(shown[f"{KEPT_BOARD}0000"].fd)
    if board != regions.VERSION:  # daemons write to it as they have begun, in the older form, too
        raise UdaemonError(f"the scoreboard has version {board}, and this udaemon writes version {regions.VERSION}")


def _compare(what: str, version: int, ours: int) -> None:
    if version > ours:
        raise UdaemonError(f"{what} was written by a newer udaemon (version {version}, this one reads {ours})")
