"""The scoreboard: mapped memory with one slot for each instance, written by the child with plain memory stores.

Knows nothing of what a run is for. Times are monotonic seconds. A child may be hostile: the memory is sealed at its
size (`regions.py`), and the reader takes a copy by `pread` and believes only numbers in range.

A slot has a name, by which readers find it; which number it has is the supervisor's to say (`supervisor/slots.py`). It
is 256 native float64 words; counts are whole floats, exact up to 2 ** 53, because storing a float costs half as
much as storing an int. The words that change with each run share one cache line. DONE and BEGUN are the seqlock and the
run counter in one: the writer sets BEGUN first and DONE last; a copy in which they differ was taken in between. On a
machine that reorders stores such a copy may go unseen: each number is then whole, but two may be of different runs.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Sequence
from math import nan
from typing import Self

from udaemon.child import regions
from udaemon.child.histogram import BUCKETS, bucket, percentile
from udaemon.child.regions import HEADER_SIZE, SLOT_SIZE
from udaemon.child.slot_reading import SlotReading

SLOT = struct.Struct("=256d")

DONE, LAST_START, LAST_END, CURRENT, NEXT_DUE, LATE, FAILED_ID, BEGUN = range(8)
PID, FAILED, RSS_PEAK, RESUME, STOP, KICKS, PAUSED, MISSED = range(8, 16)
HISTOGRAM = 16
ASKED, ALLOWED = 230, 231  # child/run_locks.py

_COPIES = 16  # how often a reader tries to meet a quiet moment


class SlotWriter:
    """The child's own slot. `words` is open to the loop, which stores a run's words in place."""

    def __init__(self, words: memoryview[float]) -> None:
        self.words = words
        self._kicks = self._paused = 0.0

    @classmethod
    def of(cls, board: memoryview[float], slot: int) -> SlotWriter:
        """One slot of what `map_all` gave."""
        start = (HEADER_SIZE + slot * SLOT_SIZE) // board.itemsize
        return cls(board[start : start + SLOT_SIZE // board.itemsize])

    @classmethod
    def anonymous(cls) -> SlotWriter:
        """A slot that nobody else reads."""
        return cls(memoryview(bytearray(SLOT_SIZE)).cast("d"))

    @property
    def count(self) -> int:
        """How many runs have ended, in this process and the ones before it."""
        return _whole(self.words[DONE])

    def taken_over(self) -> Self:
        """Take the slot over for a new process: counts go on; a run that the last process died in has failed."""
        words = self.words
        for place in (DONE, FAILED, LATE, MISSED):  # whatever anybody has written there
            words[place] = float(_whole(words[place]))
        if words[CURRENT]:
            self.failed(words[CURRENT], nan)
        words[BEGUN] = words[DONE]
        words[NEXT_DUE] = 0.0
        words[RSS_PEAK] = 0.0
        self._kicks = words[KICKS]  # those were meant for another process
        return self

    def attach(self, pid: int) -> None:
        """Write the pid of the process, from within it. It may have been asked to stop already."""
        words = self.words
        words[STOP] = -1.0 if words[STOP] != pid else words[STOP]
        words[ASKED] = words[ALLOWED] = 0.0
        words[PID] = float(pid)

    def asked_to_stop(self) -> bool:
        """Whether the supervisor wants this process to leave, whatever became of the signal that says so."""
        return self.words[STOP] == self.words[PID]

    @property
    def is_paused(self) -> bool:
        """Whether the operator wants no run to begin."""
        self._paused = self.words[PAUSED]
        return self._paused == 1.0

    def has_wishes(self) -> bool:
        """Whether the operator has asked for a run, a pause or its end since that was looked at last."""
        return self.words[KICKS] != self._kicks or self.words[PAUSED] != self._paused

    def look_again(self) -> None:
        """Have a pause looked at once more."""
        self._paused = nan

    def take_kick(self) -> bool:
        """Whether the operator asked for a run since this was called last; several are one."""
        kicks = self.words[KICKS]
        kicked, self._kicks = kicks != self._kicks, kicks
        return kicked

    def miss(self, count: int) -> None:
        """Count due times that no run will serve."""
        self.words[MISSED] += float(count)

    def cut_off(self) -> None:
        """From now on write to a private copy."""
        self.words = memoryview(bytearray(self.words)).cast("d")

    def leave_until(self, due: float) -> None:
        """Note that this process exits in a pause and the next one is to run at `due`."""
        self.words[RESUME] = due

    def take_resume(self) -> float:
        """When the previous process planned the next run, 0 when it did not exit in a pause; cleared by reading."""
        due, self.words[RESUME] = self.words[RESUME], 0.0
        return due

    def began(self, started: float) -> None:
        """Record the start of a run."""
        self.words[CURRENT] = started
        self.words[NEXT_DUE] = 0.0

    def done(self, started: float, ended: float) -> None:
        """Record a run that returned."""
        number = self._ended(started, ended)
        self.words[HISTOGRAM + bucket(ended - started)] += 1.0
        self.words[DONE] = number

    def failed(self, started: float, ended: float) -> None:
        """Record a run that raised, or in which the process died (`ended` is nan then)."""
        number = self._ended(started, ended)
        self.words[FAILED_ID] = number
        self.words[FAILED] += 1.0
        self.words[DONE] = number

    def _ended(self, started: float, ended: float) -> float:
        """Store what is stored of every run; its number is for `DONE`, which comes last."""
        words = self.words
        number = words[DONE] + 1.0
        words[BEGUN] = number
        words[LAST_START] = started
        words[LAST_END] = ended
        words[CURRENT] = 0.0
        return number

    def paused(self, due: float, rss_peak: int) -> None:
        """The next run is due at `due`."""
        self.words[NEXT_DUE] = due
        self.words[RSS_PEAK] = float(rss_peak)

    def came_late(self) -> None:
        """Count a run that starts late because the last one outlasted the period."""
        self.words[LATE] += 1.0

    def stay(self, duration: float, times: float) -> None:
        """Count `times` runs of about `duration` whose other words the loop has stored itself."""
        self.words[HISTOGRAM + bucket(duration)] += times


def map_all(fd: int) -> memoryview[float]:
    """Map a scoreboard file for writing. The fd may be closed afterwards."""
    return memoryview(mmap.mmap(fd, 0)).cast("d")


class Scoreboard:
    """All slots, numbered on through its regions: made by the supervisor, read by whoever likes.

    Args:
        regions: Descriptor and number of slots of each.
        path: The file that leads to them, for who may add one.
    """

    def __init__(self, regions: Sequence[tuple[int, int]], path: str | None = None) -> None:
        self._regions = list(regions)
        self._path = path

    @classmethod
    def create(cls, path: str, slots: int) -> Scoreboard:
        """Make a new one with empty slots, and write to the file `path` where it is.

        An old one stays as it is: a child of a dead supervisor may still have it mapped.
        """
        board = cls((), path)
        board.grow(slots)
        return board

    @classmethod
    def open(cls, path: str) -> Scoreboard | None:
        """Open what the file `path` leads to; None when that is no scoreboard of this version, or has gone."""
        found = regions.pointed(path)
        return cls(found) if found else None

    @property
    def slots(self) -> int:
        """How many there are."""
        return sum(slots for _, slots in self._regions)

    @property
    def fd(self) -> int:
        """The descriptor of the first region."""
        return self._regions[0][0]

    def grow(self, slots: int) -> None:
        """Add a region of so many slots.

        Raises:
            OSError: There are no descriptors or there is no memory left; then it is as it was.
        """
        assert self._path is not None
        fd = regions.make(slots)
        try:
            regions.point(self._path, [*(known for known, _ in self._regions), fd])
        except BaseException:
            os.close(fd)
            raise
        self._regions.append((fd, slots))

    def locate(self, slot: int) -> tuple[int, int]:
        """The descriptor of the region in which a slot is, and its number there.

        Raises:
            IndexError: There is no such slot.
        """
        for fd, slots in self._regions:
            if 0 <= slot < slots:
                return fd, slot
            slot -= slots
        raise IndexError(slot)

    def assign(self, slot: int, name: str) -> None:
        """Empty a slot and give it a name, by which readers find it; the empty name for nobody's."""
        regions.put_slot(*self.locate(slot), name)

    def find(self, name: str) -> int | None:
        """The slot of that name, None where there is none."""
        return next((slot for slot in range(self.slots) if regions.name_of(*self.locate(slot)) == name), None)

    def read(self, name: str) -> SlotReading | None:
        """What an instance's slot says, found by its name: `mailer/0`."""
        slot = self.find(name)
        return None if slot is None else self.read_slot(slot)

    def read_slot(self, slot: int) -> SlotReading | None:
        """What a slot says; None before its first process, and for a slot that is not there."""
        if not 0 <= slot < self.slots:
            return None
        fd, number = self.locate(slot)
        words: tuple[float, ...] = ()
        for _ in range(_COPIES):
            data = os.pread(fd, SLOT_SIZE, HEADER_SIZE + number * SLOT_SIZE)
            if len(data) < SLOT_SIZE:
                return None
            words = SLOT.unpack(data)
            if words[DONE] == words[BEGUN]:
                break
        return reading(words)

    def close(self) -> None:
        """Close the file; children keep theirs."""
        for fd, _ in self._regions:
            os.close(fd)


def reading(words: tuple[float, ...]) -> SlotReading | None:
    """Parse a slot's words, whatever they are."""
    pid = _whole(words[PID])
    if not 0 < pid < 2**31:
        return None
    count = _whole(words[DONE])
    started, ended = _time(words[LAST_START]), _time(words[LAST_END])
    duration = ended - started if started is not None and ended is not None and ended >= started else None
    outcome = "failed" if words[FAILED_ID] == words[DONE] else "ok"
    counts = words[HISTOGRAM : HISTOGRAM + BUCKETS]
    return SlotReading(
        pid=pid,
        count=count,
        failed=_whole(words[FAILED]),
        late=_whole(words[LATE]),
        current_started_at=_time(words[CURRENT]),
        next_at=_time(words[NEXT_DUE]),
        last_id=count or None,
        last_started_at=started if count else None,
        last_duration=duration if count else None,
        last_outcome=outcome if count else None,
        duration_p50=percentile(counts, 0.5),
        duration_p95=percentile(counts, 0.95),
        rss_peak=_whole(words[RSS_PEAK]) or None,
        missed=_whole(words[MISSED]),
    )


def _whole(word: float) -> int:
    return int(word) if 0 <= word <= 2**53 else 0


def _time(word: float) -> float | None:
    return word if 0 < word < 2**40 else None
