"""W3C trace context: parse, carry, forward, and own spans that cost next to nothing unless sampled.

A sampled span goes to where `export_to` says, else it leaves one JSON log line `span` (trace, span and parent
id, name, microseconds); an unsampled one leaves nothing. Names and attributes are codes and names of methods
and topics: nothing of people.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from services.kernel import log

_HEADER = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_UNSAMPLED: Final = "-00"
_current: ContextVar["Trace | None"] = ContextVar("trace", default=None)


class Kind(IntEnum):
    """What a span is to others; numbered as OpenTelemetry does."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


@dataclass(frozen=True, slots=True)
class Trace:
    """A place in a trace: whose child the next span becomes."""

    trace_id: str
    span_id: str
    sampled: bool

    def header(self) -> str:
        """Return the `traceparent` that names this place."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


@dataclass(frozen=True, slots=True)
class Span:
    """What happened at a place and ended just now, after so many nanoseconds; a root has no `parent_id`."""

    name: str
    place: Trace
    parent_id: str
    nanoseconds: int
    kind: Kind = Kind.INTERNAL
    attributes: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False


@dataclass(slots=True)
class Outcome:
    """How a block went that is being measured; one that raises has failed anyway."""

    failed: bool = False


UNMEASURED: Final = nullcontext(Outcome())
"""What measures nothing: nobody asks how it went, so all share one outcome."""


class _State:
    """Where this process's sampled spans go; None: to the log."""

    export: Callable[[Span], None] | None = None


def export_to(take: Callable[[Span], None] | None) -> None:
    """Let `take`, which must neither wait nor raise, have every sampled span from now on; None: the log."""
    _State.export = take


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


def is_sampled() -> bool:
    """Whether spans of the running task are kept."""
    trace = _current.get()
    return trace is not None and trace.sampled


def sampled(header: str | None) -> Trace | None:
    """Return the place that a `traceparent` names if spans below it are kept."""
    if header is None or header.endswith(_UNSAMPLED):
        return None  # told without reading: most are
    trace = parse(header)
    return trace if trace is not None and trace.sampled else None


def span(name: str, kind: Kind = Kind.INTERNAL, **attributes: str) -> AbstractContextManager[Outcome]:
    """Measure the block as a child span of the running task's place; `a__b` names the attribute `a.b`."""
    parent = _current.get()
    if parent is None or not parent.sampled:
        return UNMEASURED
    return _measured(parent, name, kind, attributes)


@contextmanager
def _measured(parent: Trace, name: str, kind: Kind, attributes: Mapping[str, str]) -> Iterator[Outcome]:
    outcome, here = Outcome(), child(parent)
    token = _current.set(here)
    started = time.perf_counter_ns()
    try:
        yield outcome
    except BaseException:
        outcome.failed = True
        raise
    finally:
        _current.reset(token)
        spent = time.perf_counter_ns() - started
        record(Span(name, here, parent.span_id, spent, kind, named(attributes), outcome.failed))


def named(attributes: Mapping[str, str]) -> Mapping[str, str]:
    """Return attributes under their real names: `a__b` is written for `a.b`."""
    return {key.replace("__", "."): value for key, value in attributes.items()}


def record(ended: Span) -> None:
    """Write down a sampled span, or hand it to whoever exports them."""
    if _State.export is not None:
        _State.export(ended)
        return
    log.write(
        "span",
        {
            "name": ended.name,
            "trace_id": ended.place.trace_id,
            "span_id": ended.place.span_id,
            "parent_id": ended.parent_id,
            "us": ended.nanoseconds // 1000,
        },
    )
