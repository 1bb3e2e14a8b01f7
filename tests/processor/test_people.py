"""The budget of nudges: no seven days hold more than the cap, whichever pairs they come from."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.processor import wire
from services.processor.domain import people
from services.processor.domain.decisions import Grounds, NudgeDue, NudgeHeld, Reason
from services.processor.domain.people import REMEMBERED, Person
from services.processor.domain.policy import DEFAULT, WEEK, Step
from tests.processor.factories import MENTEE, day, names


def nudge(on: float, pair: str = "m1") -> NudgeDue:
    grounds = Grounds((f"held/{pair}",), "1")
    return NudgeDue(names(pair), day(on), MENTEE, Step.NUDGE, (Reason.GAP,), grounds)


def run(*nudges: NudgeDue, cap: int = 2) -> list[NudgeDue | NudgeHeld]:
    person, found = Person(), []
    for one in nudges:
        person, verdict = people.fold(person, one, replace(DEFAULT, nudges_per_week=cap))
        found.append(verdict)
    return found


def sent(*nudges: NudgeDue, cap: int = 2) -> list[bool]:
    return [isinstance(verdict, NudgeDue) for verdict in run(*nudges, cap=cap)]


def test_two_nudges_a_week_pass_and_the_third_is_held() -> None:
    third = nudge(3, "m3")
    assert run(nudge(1, "m1"), nudge(2, "m2"), third)[2] == NudgeHeld(third)


def test_after_seven_days_there_is_room_again_and_held_ones_take_none() -> None:
    assert sent(nudge(1), nudge(2), nudge(7.9), nudge(8), nudge(9), nudge(10)) == [
        *(True, True, False),
        *(True, True, False),
    ]


def test_nudges_that_come_late_find_the_weeks_around_them() -> None:
    assert sent(nudge(10), nudge(12), nudge(6), nudge(3)) == [True, True, False, True]


def test_a_repeat_gets_the_verdict_of_the_first_time_and_changes_nothing() -> None:
    person = Person()
    for one in (nudge(1), nudge(2), nudge(3)):
        person, _ = people.fold(person, one, DEFAULT)
    assert people.fold(person, nudge(1), DEFAULT) == (person, nudge(1))
    assert people.fold(person, nudge(3), DEFAULT) == (person, NudgeHeld(nudge(3)))


def test_no_cap_lets_nothing_pass() -> None:
    assert sent(nudge(1), cap=0) == [False]


def test_memory_is_bounded() -> None:
    person = Person()
    for on in range(REMEMBERED + 5):
        person, _ = people.fold(person, nudge(on), DEFAULT)
    assert len(person.verdicts) == REMEMBERED


nudges = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["m1", "m2", "m3"])), max_size=30)


@given(nudges, st.integers(0, 4), st.data())
def test_whatever_comes_no_seven_days_hold_more_than_the_cap(
    drawn: list[tuple[int, str]], cap: int, data: st.DataObject
) -> None:
    policy = replace(DEFAULT, nudges_per_week=cap)
    person, passed = Person(), {}
    for on, pair in drawn:
        if data.draw(st.booleans()):
            person = wire.load_person(wire.dump_person(person))
        person, verdict = people.fold(person, nudge(on, pair), policy)
        if isinstance(verdict, NudgeDue):
            passed[verdict.identity, pair] = verdict.time
    for begin in passed.values():
        assert sum(begin <= time < begin + WEEK for time in passed.values()) <= cap
