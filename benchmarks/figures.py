"""A measured figure, and the table and the JSON made of figures.

Knows nothing of how one is measured.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

CAVEAT = (
    "Peers exec an interpreter for each daemon, udaemon forks one: that is the point of it, and no merit of its loop."
)


class Options(NamedTuple):
    """What a row needs to know of the command line."""

    daemons: int
    repeat: int
    idle: float
    beside: Path | None = None


class Figure(NamedTuple):
    """One line of the table: a value for each contestant, compared with `base`.

    `limit` is the ratio to the base that udaemon must not pass, or the value itself where there is no base.
    """

    row: str
    what: str
    unit: str
    values: Mapping[str, float]
    base: str | None = "floor"
    limit: float | None = None

    def ratio(self, name: str) -> float | None:
        """How many times the base's value this contestant's is."""
        base = self.values.get(self.base) if self.base else None
        return self.values[name] / base if base and name in self.values else None

    def passed(self) -> bool | None:
        """Whether udaemon is within the limit; None where there is none or udaemon was not measured."""
        if self.limit is None or "udaemon" not in self.values:
            return None
        ratio = self.ratio("udaemon") if self.base else self.values["udaemon"]
        return None if ratio is None else ratio <= self.limit


def table(figures: Sequence[Figure]) -> str:
    """Aligned text, one line a figure."""
    lines = [["row", "what", "udaemon", "base", "ratio", "limit", "", "others"]]
    for figure in figures:
        ratio, passed = figure.ratio("udaemon"), figure.passed()
        others = [
            f"{name} {show(value)}" + (f" ({_times(other)})" if (other := figure.ratio(name)) else "")
            for name, value in figure.values.items()
            if name not in {"udaemon", figure.base}
        ]
        lines.append([
            figure.row,
            f"{figure.what}, {figure.unit}",
            show(figure.values.get("udaemon")),
            f"{figure.base} {show(figure.values.get(figure.base))}" if figure.base else "-",
            f"{ratio:.2f}×" if ratio is not None else "-",
            (f"≤ {figure.limit:g}" + ("×" if figure.base else "")) if figure.limit is not None else "-",
            {True: "ok", False: "OVER", None: ""}[passed],
            ", ".join(others),
        ])  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def show(value: float | None) -> str:
    """Three figures that count."""
    return "-" if value is None else f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def _times(ratio: float) -> str:
    """A ratio: a tenth more is seen where it is small."""
    return f"{ratio:.2f}×" if ratio < 10 else f"{ratio:.1f}×"


def write_json(path: Path, figures: Sequence[Figure], options: Options) -> None:
    """Write all that was measured, with the machine it was measured on."""
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    rows = [figure._asdict() | {"ratio": figure.ratio("udaemon"), "passed": figure.passed()} for figure in figures]
    told = {"machine": machine, "options": options._asdict(), "figures": rows}
    path.write_text(json.dumps(told, indent=1, default=os.fspath) + "\n")
