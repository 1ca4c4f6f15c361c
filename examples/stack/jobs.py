"""Two tasks that use the database."""

from __future__ import annotations

from client import ask


def take_order() -> None:
    print(f"order {ask('orders')}")


def count_stock() -> None:
    print(f"counted {ask('counts')} times, {ask('orders?')} orders so far")
