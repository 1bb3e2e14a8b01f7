"""Two topics are written side by side: which of two events of one moment comes first is chance."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.processor.domain import facts
from services.processor.domain.decisions import Decision, HealthChanged
from services.processor.domain.facts import Heard
from services.processor.domain.pairs import advance, fold
from services.processor.domain.policy import DEFAULT
from services.processor.domain.state import Pair
from tests.processor.factories import day
from tests.processor.histories import histories

MOMENT = 50
"""Milliseconds; events of the same one differ in the ids of what follows, as either is its latest cause."""
END = day(2000)

_MEETINGS = facts.MeetingBooked | facts.MeetingHeld | facts.MeetingMissed | facts.MeetingCancelled
_CLOCKS = facts.MentorshipPaused | facts.MentorshipResumed
"""What stops and starts the clocks of a pair: there, the moment itself is what all later times shift by."""


def whole(history: Iterable[Heard], until: datetime) -> tuple[Pair, list[Decision]]:
    """Fold a history and let time pass."""
    pair, decisions = Pair(), []
    for heard in history:
        pair, more = fold(pair, heard, DEFAULT)
        decisions += more
    pair, more = advance(pair, until, DEFAULT)
    return pair, decisions + more


def told(history: Iterable[Heard]) -> Counter[object]:
    """Return the ids of what is told until long afterwards, but for how health went in between."""
    decisions = whole(history, END)[1]
    return Counter((type(made), made.identity) for made in decisions if not isinstance(made, HealthChanged))


def meet(first: Heard, second: Heard) -> bool:
    """Whether one is told on the topic of meetings and the other on that of mentorships."""
    clocks = isinstance(first.fact, _CLOCKS) or isinstance(second.fact, _CLOCKS)
    return not clocks and isinstance(first.fact, _MEETINGS) != isinstance(second.fact, _MEETINGS)


@given(histories(), st.data())
def test_which_of_two_topics_comes_first_changes_nothing_that_is_told_but_how_health_went_in_between(
    history: list[Heard], data: st.DataObject
) -> None:
    places = [place for place in range(len(history) - 1) if meet(*history[place : place + 2])]
    assume(places)
    place = data.draw(st.sampled_from(places))
    before, after = history[:place], history[place + 2 :]
    first = history[place]
    apart = timedelta(milliseconds=data.draw(st.integers(1, MOMENT)))
    second = replace(history[place + 1], time=first.time + apart)
    written, swapped = ([*before, *pair, *after] for pair in ((first, second), (second, first)))
    assert told(written) == told(swapped)
