"""What a reader of the docs has: an empty directory, and nothing that he leaves behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.reader import Reader
from tests.process.conftest import nothing_left as nothing_left  # noqa: PLC0414 - a fixture of this folder, too


@pytest.fixture
def reader(tmp_path: Path, nothing_left: None) -> Iterator[Reader]:
    """A reader in an empty directory called shop; what he leaves running is stopped at the end."""
    directory = tmp_path / "shop"
    directory.mkdir()
    one = Reader(directory, dict(os.environ))
    yield one
    one.stop()
