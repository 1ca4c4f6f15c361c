from __future__ import annotations

from collections.abc import Iterator
from functools import wraps


def send_mail(queue):
    print("sent", queue)


def sweep() -> None:
    print("swept")


async def fetch():
    print("fetched")


class Mailer:
    def do_task(self) -> None: ...


class Ticker:
    def do_task(self) -> Iterator[int]:
        yield 1


def create_mailer() -> Mailer:
    return Mailer()


def numbers() -> Iterator[int]:
    yield 1


def making_a_task(function):
    @wraps(function)
    def make():
        return function

    return make


@making_a_task
def wrapped() -> None:
    print("done")


mailer = Mailer()
ticker = Ticker()
queue = "mail"
