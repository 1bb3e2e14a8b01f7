"""Why a table can be rebuilt: it does not matter how often, with whom or in what pieces all is told."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.kernel.events import encode
from services.kernel.ids import derived_id
from services.processor import wire
from services.processor.domain import people
from services.processor.domain.decisions import (
    Decision,
    Grounds,
    LeadAlertDue,
    NudgeDue,
    NudgeHeld,
    RebookReminderDue,
)
from services.processor.domain.facts import Heard
from services.processor.domain.pairs import advance, due_at, fold
from services.processor.domain.people import Person
from services.processor.domain.policy import DEFAULT, WEEK
from services.processor.domain.state import Pair
from tests.processor.factories import MENTEE, MENTOR, day
from tests.processor.histories import histories
from tests.processor.story import (
    answered,
    booked,
    goal_reached,
    goal_set,
    held,
    kudos,
    missed,
    run,
    unanswered,
)

END = day(2000)


def whole(history: Iterable[Heard], until: datetime = END) -> tuple[Pair, list[Decision]]:
    """Fold a history in one go and let all time pass."""
    pair, decisions = Pair(), []
    for heard in history:
        pair, more = fold(pair, heard, DEFAULT)
        decisions += more
    pair, more = advance(pair, until, DEFAULT)
    return pair, decisions + more


def moments(draw: st.DrawFn, begin: datetime, end: datetime) -> list[datetime]:
    """Draw moments between two, both included, in order."""
    length = (end - begin) / timedelta(hours=1)
    parts = draw(st.lists(st.floats(0, 1), max_size=3))
    return [begin + timedelta(hours=length * part) for part in sorted(parts)]


@st.composite
def in_pieces(draw: st.DrawFn, history: list[Heard]) -> tuple[Pair, list[Decision]]:
    """Fold with time passing in between, through the table, and with stretches told again."""
    pair, decisions = Pair(), []
    times = [*(heard.time for heard in history), END]
    for number, heard in enumerate(history):
        again = history[draw(st.integers(0, number)) : number] if draw(st.booleans()) else []
        for event in (*again, heard):
            pair, more = fold(pair, event, DEFAULT)
            decisions += more
        for now in moments(draw, heard.time, times[number + 1]):
            pair, more = advance(pair, now, DEFAULT)
            decisions += more
        if draw(st.booleans()):
            pair = wire.load(wire.dump(pair))
    pair, more = advance(pair, END, DEFAULT)
    return pair, decisions + more


@given(st.data(), histories())
def test_pieces_repeats_and_the_table_in_between_change_nothing(
    data: st.DataObject, history: list[Heard]
) -> None:
    assert data.draw(in_pieces(history)) == whole(history)


@given(st.data(), histories("m1", most=12), histories("m2", most=12), histories("m3", most=12))
def test_other_pairs_in_between_change_nothing(
    data: st.DataObject, first: list[Heard], second: list[Heard], third: list[Heard]
) -> None:
    waiting = {"m1": list(first), "m2": list(second), "m3": list(third)}
    table: defaultdict[str, Pair] = defaultdict(Pair)
    found: Counter[Decision] = Counter()
    while names := sorted(name for name in waiting if waiting[name]):
        name = data.draw(st.sampled_from(names))
        table[name], decisions = fold(table[name], waiting[name].pop(0), DEFAULT)
        found.update(decisions)
    for pair in table.values():
        found.update(advance(pair, END, DEFAULT)[1])
    clean = [decision for history in (first, second, third) for decision in whole(history)[1]]
    assert found == Counter(clean)


@given(histories(), st.floats(0, 300), st.floats(0, 300))
def test_time_in_two_steps_is_time_in_one(history: list[Heard], first: float, second: float) -> None:
    pair, _ = whole(history, until=day(0))
    early, late = sorted((day(first), day(second)))
    middle, before = advance(pair, early, DEFAULT)
    after, then = advance(middle, late, DEFAULT)
    assert (after, before + then) == advance(pair, late, DEFAULT)


@given(histories(), st.floats(0, 300))
def test_nothing_is_due_any_more_once_time_is_worked_out(history: list[Heard], until: float) -> None:
    pair, _ = whole(history, day(until))
    due = due_at(pair, DEFAULT)
    assert due is None or due > day(until)
    assert advance(pair, day(until), DEFAULT) == (pair, [])


@given(histories())
def test_decisions_come_in_the_order_of_their_times_and_no_two_are_the_same(history: list[Heard]) -> None:
    _, decisions = whole(history)
    assert all(first.time <= second.time for first, second in pairwise(decisions))
    found = [decision.identity for decision in decisions]
    assert len(set(found)) == len(found)


@given(histories())
def test_a_history_told_again_tells_the_same_bytes(history: list[Heard]) -> None:
    first, again = ([encode(wire.told(made)) for made in whole(history)[1]] for _ in range(2))
    assert first == again


@given(histories())
def test_time_that_leads_to_nothing_leaves_the_pair_as_it_is(history: list[Heard]) -> None:
    pair, _ = whole(history, day(0))
    due = due_at(pair, DEFAULT)
    if due is not None:
        assert advance(pair, due - timedelta(milliseconds=1), DEFAULT) == (pair, [])


@given(histories(), st.randoms(use_true_random=False))
def test_events_that_come_late_never_turn_the_clock_back(history: list[Heard], random: Random) -> None:
    """Two topics are read side by side: while one is behind, its events are older than the pair's clock."""
    random.shuffle(history)
    pair = Pair()
    for heard in history:
        before = pair.clock
        pair, decisions = fold(pair, heard, DEFAULT)
        assert pair.clock is None or before is None or pair.clock >= before
        due = due_at(pair, DEFAULT)
        assert due is None or pair.clock is None or due > pair.calendar(pair.clock)
        assert all(made.grounds.evidence for made in decisions if not isinstance(made, _AT_ONCE))
    pair, _ = advance(pair, END, DEFAULT)
    assert due_at(pair, DEFAULT) is None


_AT_ONCE = RebookReminderDue | LeadAlertDue | NudgeHeld


@given(st.lists(histories(), min_size=1, max_size=4))
def test_over_all_pairs_no_person_gets_more_nudges_a_week_than_the_cap(told: list[list[Heard]]) -> None:
    nudges = [made for history in told for made in whole(history)[1] if isinstance(made, NudgeDue)]
    for who in (MENTOR, MENTEE):
        person, sent = Person(), []
        for number, nudge in enumerate(nudge for nudge in nudges if nudge.person == who):
            apart = replace(nudge, grounds=Grounds((f"event {number}",), "1"))
            person, verdict = people.judge(person, apart, DEFAULT)
            sent += [verdict.time] if isinstance(verdict, NudgeDue) else []
        weeks = zip(sorted(sent), sorted(sent)[DEFAULT.nudges_per_week :], strict=False)
        assert all(last - first >= WEEK for first, last in weeks)


def busy(years: int) -> list[Heard]:
    """Return a history of weekly meetings, monthly goals and check-ins, and much talk."""
    found = []
    for week in range(52 * years):
        on, name = week * 7.0, f"{week:036}"
        ended = missed(name, on, [MENTEE]) if week % 9 == 8 else held(name, on)
        found += [booked(name, on - 6, on), ended, answered(on + 0.1, 4, MENTEE, check_in=False)]
        found += [kudos(on + 0.2, MENTOR), kudos(on + 0.3, MENTEE)]
        if week % 4 == 0:
            found += [goal_set(name, on + 0.4, on + 60), unanswered(on + 0.5), answered(on + 0.6, 3, MENTOR)]
        if week % 4 == 3:
            found.append(goal_reached(f"{week - 3:036}", on + 0.7))
    short = (
        replace(heard, event=derived_id(heard.event), subject=wire.short(heard.subject)) for heard in found
    )
    return sorted(short, key=lambda heard: heard.time)


def test_what_is_kept_of_a_pair_has_a_bound() -> None:
    sizes = [len(wire.dump(run(busy(years), until=0)[0])) for years in (2, 4)]
    assert sizes[1] < 5 * 1024
    assert sizes[1] < sizes[0] * 1.2
