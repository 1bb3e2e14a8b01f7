"""A bar on a terminal that says how much of a long read is done."""

import time
from typing import TextIO

WIDTH = 30
REDRAW_SECONDS = 0.1


class Progress:
    """Draws on `stream` if that is a terminal, and nothing otherwise."""

    def __init__(self, stream: TextIO, what: str) -> None:
        self._stream = stream if stream.isatty() else None
        self._what = what
        self._done = 0
        self._drawn = 0.0

    def advance(self, by: int, total: int) -> None:
        """Count `by` more of `total`."""
        self._done += by
        now = time.monotonic()
        if self._done < total and now - self._drawn < REDRAW_SECONDS:
            return
        self._drawn = now
        self._draw(total)

    def _draw(self, total: int) -> None:
        if self._stream is None:
            return
        share = 1.0 if total == 0 else min(1.0, self._done / total)
        bar = "#" * round(share * WIDTH)
        self._stream.write(f"\r{self._what} [{bar:<{WIDTH}}] {share:4.0%} {self._done:,} of {total:,}")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._stream is not None:
            self._stream.write("\n")
