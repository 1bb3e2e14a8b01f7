"""What every process does on its way to its work."""

import gc
from collections.abc import Iterator

import pytest

from services.kernel import host


@pytest.fixture
def collector() -> Iterator[None]:
    """Put the garbage collector back as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_the_collector_looks_only_at_what_the_work_makes() -> None:
    before, (young, *older) = gc.get_freeze_count(), gc.get_threshold()
    host.settle()
    assert gc.get_freeze_count() > before + 1000
    assert gc.get_threshold()[0] > young
    assert list(gc.get_threshold()[1:]) == older
