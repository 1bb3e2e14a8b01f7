"""W3C trace context: parse, carry, forward, and own spans that cost next to nothing unless sampled.

A sampled span leaves one JSON log line `span` (trace, span and parent id, name, microseconds); an unsampled
one leaves nothing.
"""

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from services.kernel import log

_HEADER = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_current: ContextVar["Trace | None"] = ContextVar("trace", default=None)


@dataclass(frozen=True, slots=True)
class Trace:
    """A place in a trace: whose child the next span becomes."""

    trace_id: str
    span_id: str
    sampled: bool

    def header(self) -> str:
        """Return the `traceparent` that names this place."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def parse(header: str | None) -> Trace | None:
    """Read a `traceparent`; anything malformed is no parent."""
    match = _HEADER.fullmatch(header) if header else None
    if match is None:
        return None
    return Trace(match[1], match[2], bool(int(match[3], 16) & 1))


def begin(sample: float = 0.0) -> Trace:
    """Start a trace of our own, sampled with probability `sample`."""
    sampled = sample > 0 and random.random() < sample  # noqa: S311 -- sampling, not secrecy
    return Trace(f"{random.getrandbits(128) or 1:032x}", _span_id(), sampled)


def child(parent: Trace) -> Trace:
    """Return a new place below `parent`."""
    return Trace(parent.trace_id, _span_id(), parent.sampled)


def _span_id() -> str:
    return f"{random.getrandbits(64) or 1:016x}"


def current() -> Trace | None:
    """Return the place in the trace of the running task."""
    return _current.get()


def header() -> str | None:
    """Return the `traceparent` of the running task, to store or to forward."""
    trace = _current.get()
    return None if trace is None else trace.header()


def attach(trace: Trace | None) -> None:
    """Make `trace` the running task's place; a task of its own needs no detach."""
    _current.set(trace)


@contextmanager
def span(name: str) -> Iterator[None]:
    """Measure the block as a child span of the running task's place."""
    parent = _current.get()
    if parent is None or not parent.sampled:
        yield
        return
    here = child(parent)
    token = _current.set(here)
    started = time.perf_counter_ns()
    try:
        yield
    finally:
        _current.reset(token)
        record(name, here, parent.span_id, time.perf_counter_ns() - started)


def record(name: str, trace: Trace, parent_id: str, nanoseconds: int) -> None:
    """Write down a sampled span that ended just now."""
    log.write(
        "span",
        {
            "name": name,
            "trace_id": trace.trace_id,
            "span_id": trace.span_id,
            "parent_id": parent_id,
            "us": nanoseconds // 1000,
        },
    )
