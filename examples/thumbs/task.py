"""Pretends to make thumbnails: each instance takes the pictures whose number is its own, modulo all instances."""

from __future__ import annotations

import time

from udaemon import TaskContext


class Thumbnailer:
    def __init__(self, pictures: int, context: TaskContext) -> None:
        self.mine = range(context.instance, pictures, context.instances)
        self.context = context

    def do_task(self) -> None:
        done = 0
        for _picture in self.mine:
            if self.context.stopping:  # a stop lets a run finish; a long one may look up and be brief
                break
            time.sleep(0.02)
            done += 1
        print(f"run {self.context.run_id}: {done} of {len(self.mine)} pictures")


def create(pictures: int, context: TaskContext) -> Thumbnailer:
    return Thumbnailer(pictures, context)
