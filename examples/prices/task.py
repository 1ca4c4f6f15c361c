"""Asks for prices at a market that does not always answer."""

from __future__ import annotations

import asyncio
import random

from udaemon import TaskEvent


class Market:
    def __init__(self, fails: float) -> None:
        self.fails = fails

    async def price_of(self, fruit: str) -> float:
        await asyncio.sleep(random.uniform(0.05, 0.2))
        if random.random() < self.fails:
            raise ConnectionError(f"the market does not answer for {fruit}")
        return round(random.uniform(1, 5), 2)


class Prices:
    def __init__(self, fruits: list[str], fails: float) -> None:
        self.fruits = fruits
        self.market = Market(fails)

    async def do_task(self) -> None:
        found = await asyncio.gather(*map(self.market.price_of, self.fruits))
        print(", ".join(f"{fruit} {price:.2f}" for fruit, price in zip(self.fruits, found, strict=True)))


def create(fruits: list[str], fails: float) -> Prices:
    return Prices(fruits, fails)


def on_failure(event: TaskEvent) -> None:
    """A listener, named in the manifest: told of a run that an exception has left."""
    print(f"run {event.run_id} of {event.name} failed after {event.duration:.2f} s; udaemon starts it again")
