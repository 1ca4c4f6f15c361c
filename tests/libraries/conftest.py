"""The fixtures of tests with real processes, for tests with libraries.

Knows no library.
"""

from __future__ import annotations

from tests.process.conftest import nothing_left, project

__all__ = ["nothing_left", "project"]
