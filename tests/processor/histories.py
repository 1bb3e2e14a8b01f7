"""Random histories of pairs: everything that can be heard, in any order, at any distance."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from services.processor.domain import facts
from services.processor.domain.facts import Fact, Heard
from tests.processor.factories import LEAD, MENTEE, MENTOR, day, mentorship, names

GOALS, MEETINGS = ("g1", "g2", "g3"), ("a", "b", "c", "d", "e")

people = st.sampled_from([MENTOR, MENTEE, LEAD])
moments = st.integers(0, 200).map(day)
days = moments.map(lambda moment: moment.date())

_lifecycle: st.SearchStrategy[Fact] = st.one_of(
    st.just(facts.MentorshipCreated()),
    st.builds(
        facts.MentorshipActivated,
        st.sampled_from([0, 7, 14, 28]).map(lambda count: timedelta(days=count)),
        st.none() | days,
    ),
    st.builds(facts.MentorshipExtended, days),
    st.just(facts.MentorshipPaused()),
    st.just(facts.MentorshipResumed()),
)
_over: st.SearchStrategy[Fact] = st.sampled_from([facts.MentorshipCompleted(), facts.MentorshipEnded()])
_voices: st.SearchStrategy[Fact] = st.one_of(
    st.builds(facts.Answered, people, st.integers(0, 5), st.booleans()),
    st.builds(facts.CheckInOpened, people),
    st.builds(facts.CheckInExpired, people),
    st.builds(facts.FitAnswered, people, st.sampled_from(facts.Fit)),
    st.sampled_from([facts.KudosGiven(MENTOR, MENTEE), facts.KudosGiven(MENTEE, MENTOR)]),
)
_goals: st.SearchStrategy[tuple[str, Fact]] = st.sampled_from(GOALS).flatmap(
    lambda goal: st.tuples(
        st.just(f"goals/{goal}"),
        st.one_of(
            st.builds(facts.GoalDated, st.none() | days),
            st.just(facts.GoalCompleted(f"{mentorship()}/goals/{goal}")),
            st.just(facts.GoalReopened()),
            st.just(facts.GoalDropped()),
        ),
    )
)
_meetings: st.SearchStrategy[tuple[str, Fact]] = st.sampled_from(MEETINGS).flatmap(
    lambda meeting: st.tuples(
        st.just(f"meetings/{meeting}"),
        st.one_of(
            st.builds(facts.MeetingBooked, moments),
            st.just(facts.MeetingHeld()),
            st.builds(
                facts.MeetingMissed,
                st.just(f"{mentorship()}/meetings/{meeting}"),
                st.sampled_from([(), (MENTEE,), (MENTOR, MENTEE)]),
            ),
            st.builds(facts.MeetingCancelled, st.sampled_from(["", MENTOR, MENTEE])),
        ),
    )
)


def _about(subject: str) -> Any:
    return lambda fact: (subject, fact)


_told: st.SearchStrategy[tuple[str, Fact]] = st.one_of(
    _meetings,
    _meetings,
    _goals,
    _lifecycle.map(_about("pair")),
    st.integers(0, 9).flatmap(lambda number: _voices.map(_about(f"voice/{number}"))),
)
_waits = st.sampled_from([0.0, 0.01, 0.5, 1.0, 1.0, 2.0, 3.0, 7.0, 15.0, 45.0])


@st.composite
def histories(draw: st.DrawFn, pair: str = "m1", most: int = 25) -> list[Heard]:
    """Draw what is heard of one pair: it begins, lives, and now and then is over; times never go back."""
    drawn = draw(st.lists(st.tuples(_waits, _told), max_size=most))
    begin = draw(st.sampled_from([(), (facts.MentorshipActivated(timedelta(days=14), None),)]))
    end = draw(st.sampled_from([(), ()]) | _over.map(lambda fact: (fact,)))
    facts_told = [
        *((0.0, ("pair", fact)) for fact in begin),
        *drawn,
        *((1.0, ("pair", fact)) for fact in end),
    ]
    return _heard(pair, facts_told)


def _heard(pair: str, told: Sequence[tuple[float, tuple[str, Fact]]]) -> list[Heard]:
    at, found = 0.0, []
    for number, (wait, (subject, fact)) in enumerate(told, start=1):
        at += wait
        event = f"{pair}/{number}"
        found.append(Heard(event, names(pair), subject, number, day(at), fact))
    return found
