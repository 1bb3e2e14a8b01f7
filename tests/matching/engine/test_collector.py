"""The collector is as it was afterwards, whatever happens in between."""

import gc
from collections.abc import Iterator

import pytest

from services.kernel.errors import Invalid
from services.matching.domain.cohort import compute
from services.matching.domain.engine import collector
from tests.matching.factories import cohort, mentee


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    was_on = gc.isenabled()
    yield
    (gc.enable if was_on else gc.disable)()


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_pauses_and_is_as_it_was_afterwards(on: bool) -> None:  # noqa: FBT001 -- a parameter
    (gc.enable if on else gc.disable)()
    with collector.paused():
        assert not gc.isenabled()
    assert gc.isenabled() is on


def test_a_refused_run_leaves_the_collector_on() -> None:
    gc.enable()
    with pytest.raises(Invalid):
        compute(cohort(mentee("e2")))
    assert gc.isenabled()
