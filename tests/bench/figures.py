"""One figure, the table for people and the JSON lines for machines."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """`ratio` = value / baseline, both of one run; times in milliseconds, memory in MiB.

    Of cohorts: the share of mentees who got a mentor, pairs who would rather have each other, and by which
    share the total may be below the best.
    """

    bench: str
    value: float
    unit: str
    baseline: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    note: str = ""
    seconds: float | None = None
    peak_mib: float | None = None
    matched_share: float | None = None
    blocking_pairs: int | None = None
    gap: float | None = None

    @property
    def ratio(self) -> float | None:
        """How the value stands to its baseline."""
        return None if not self.baseline else self.value / self.baseline

    def line(self) -> str:
        """Return the JSON line."""
        fields = {**asdict(self), "ratio": self.ratio}
        return json.dumps({key: _short(value) for key, value in fields.items() if value not in {None, ""}})


def show(figures: Iterable[Figure]) -> None:
    """Print the table to stderr and the JSON lines to stdout."""
    table = Table("bench", "value", "unit", "baseline", "ratio", "p50 ms", "p99 ms", "note")
    for one in figures:
        numbers = (one.value, one.baseline, one.ratio, one.p50_ms, one.p99_ms)
        value, *rest = ("" if number is None else f"{_short(number)}" for number in numbers)
        table.add_row(one.bench, value, one.unit, *rest, one.note)
        print(one.line(), flush=True)  # noqa: T201 -- the product of this program
    Console(stderr=True, width=None if sys.stderr.isatty() else 160).print(table)


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
