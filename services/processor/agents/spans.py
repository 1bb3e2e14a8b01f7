"""Spans of folds: of each record in a sampled trace, from when it was taken until its effect is stored."""

from collections.abc import Sequence
from typing import Any

from services.kernel import tracing
from services.kernel.events import spans
from services.kernel.tracing import Kind, Span, Trace
from services.processor.agents.reading import Reading, Said


def folded(readings: Sequence[Reading[Any]], group: str, nanoseconds: int) -> None:
    """Write down the sampled ones of a batch that was stored just now."""
    for reading in readings:
        said = reading.said
        if said is not None and (place := tracing.sampled(said.event.trace)) is not None:
            tracing.record(_span(reading, said, place, (group, nanoseconds)))


def _span(reading: Reading[Any], said: Said[Any], place: Trace, by: tuple[str, int]) -> Span:
    group, nanoseconds = by
    about = spans.about(reading.record, said.event, group)
    here = tracing.child(place)
    return Span(spans.name(reading.record), here, place.span_id, nanoseconds, Kind.CONSUMER, about)
