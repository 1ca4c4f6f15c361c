"""What every test shares: a steady environment, and one place for tests that measure time.

Knows nothing of udaemon itself.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long drawing takes says more about who else uses the machine than about a strategy.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

_SAID_BY_USERS = ("UDAEMON_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "PYTHONUNBUFFERED")

# A shell starts what goes on in the background with these ignored, and what a test starts would inherit that.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that measure time on one worker, so that they do not disturb each other."""
    for item in items:
        if item.get_closest_marker("timing") is not None:
            item.add_marker(pytest.mark.xdist_group("timing"))


@pytest.fixture(autouse=True)
def steady_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give each test its own run and state directories and a terminal of 80 columns; answer their parent."""
    for name in [name for name in os.environ if name.startswith(_SAID_BY_USERS)]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("xdg")
    for variable, folder in (("XDG_RUNTIME_DIR", "run"), ("XDG_STATE_HOME", "state")):
        (home / folder).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(home / folder))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "UTC")
    return home
