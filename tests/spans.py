"""Sampled spans of this process, taken instead of written down."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.kernel import tracing
from services.kernel.tracing import Span


@contextmanager
def taken() -> Iterator[list[Span]]:
    """Take spans until the block ends."""
    spans: list[Span] = []
    tracing.export_to(spans.append)
    try:
        yield spans
    finally:
        tracing.export_to(None)
