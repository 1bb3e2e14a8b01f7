"""What is a person's over all pairs: the budget of nudges, and what they are recognised for."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.processor import wire
from services.processor.domain import people
from services.processor.domain.decisions import (
    Achievement,
    AchievementCounted,
    Grounds,
    NudgeDue,
    NudgeHeld,
    Reason,
    RecognitionEarned,
)
from services.processor.domain.people import MENTORSHIPS, REMEMBERED, Person
from services.processor.domain.policy import DEFAULT, WEEK, Step
from tests.processor.factories import MENTEE, day, names


def nudge(on: float, pair: str = "m1") -> NudgeDue:
    grounds = Grounds((f"held/{pair}",), "1")
    return NudgeDue(names(pair), day(on), MENTEE, Step.NUDGE, (Reason.GAP,), grounds)


def run(*nudges: NudgeDue, cap: int = 2) -> list[NudgeDue | NudgeHeld]:
    person, found = Person(), []
    for one in nudges:
        person, verdict = people.judge(person, one, replace(DEFAULT, nudges_per_week=cap))
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
        person, _ = people.judge(person, one, DEFAULT)
    assert people.judge(person, nudge(1), DEFAULT) == (person, nudge(1))
    assert people.judge(person, nudge(3), DEFAULT) == (person, NudgeHeld(nudge(3)))


def test_no_cap_lets_nothing_pass() -> None:
    assert sent(nudge(1), cap=0) == [False]


def test_memory_is_bounded() -> None:
    person = Person()
    for on in range(REMEMBERED + 5):
        person, _ = people.judge(person, nudge(on), DEFAULT)
    assert len(person.verdicts) == REMEMBERED


def last_warning(on: float, pair: str = "m1") -> NudgeDue:
    return msgspec.structs.replace(
        nudge(on, pair), step=Step.WARN, reasons=(Reason.NO_SIGN_OF_LIFE, Reason.GAP)
    )


def test_a_last_warning_that_is_held_is_tried_again_when_there_is_room() -> None:
    held = run(nudge(1, "m1"), nudge(3, "m2"), last_warning(4, "m3"))[2]
    assert held == NudgeHeld(last_warning(4, "m3"), day(8))
    assert sent(nudge(1, "m1"), nudge(3, "m2"), last_warning(4, "m3"), last_warning(8, "m3"))[-1]
    assert run(last_warning(4), cap=0) == [NudgeHeld(last_warning(4), day(11))]


def counted(
    count: int, pair: str = "m1", achievement: Achievement = Achievement.KUDOS_RECEIVED
) -> AchievementCounted:
    grounds = Grounds((f"thanks/{pair}/{count}",), "1")
    return AchievementCounted(names(pair), day(count), MENTEE, achievement, grounds, count)


def earned(*one_by_one: AchievementCounted) -> list[tuple[str, int, tuple[str, ...]]]:
    """Return cause, count and evidence of what is recognised, each tally through the table."""
    person, found = Person(), []
    for one in one_by_one:
        person, decisions = people.fold(wire.load_person(wire.dump_person(person)), one, DEFAULT)
        for made in decisions:
            assert isinstance(made, RecognitionEarned)
            found.append((one.grounds.cause, made.count, made.grounds.evidence))
    return found


def test_thanks_count_over_all_mentorships() -> None:
    told = [counted(1, "m1"), counted(1, "m2"), counted(2, "m1"), counted(1, "m3"), counted(3, "m1")]
    assert earned(*told) == [
        ("thanks/m1/1", 1, ("thanks/m1/1",)),
        ("thanks/m1/3", 5, tuple(one.grounds.cause for one in told)),
    ]


def test_what_was_counted_before_counts_no_second_time() -> None:
    again = [counted(1, "m1"), counted(2, "m1"), counted(1, "m1"), counted(2, "m1")]
    assert earned(*again, *(counted(n, "m2") for n in (1, 2, 3)))[1:] == [
        ("thanks/m2/3", 5, ("thanks/m1/1", "thanks/m1/2", "thanks/m2/1", "thanks/m2/2", "thanks/m2/3"))
    ]


def test_impact_and_thanks_are_counted_apart() -> None:
    impact = counted(1, "m1", Achievement.MENTOR_IMPACT)
    assert [count for _, count, _ in earned(counted(1), impact)] == [1, 1]


def test_what_a_mentorship_had_before_people_were_counted_counts_at_its_next_event() -> None:
    assert [count for _, count, _ in earned(counted(7, "m1"), counted(4, "m2"))] == [1, 5, 10]


def test_a_count_is_reached_once_whichever_event_comes_last() -> None:
    orders = ([counted(1, "m1"), counted(1, "m2")], [counted(1, "m2"), counted(1, "m1")])
    firsts = [people.fold(Person(), first, DEFAULT)[1] for first, _ in orders]
    assert len({decision.identity for made in firsts for decision in made}) == 1


def test_of_very_many_mentorships_the_sum_is_kept() -> None:
    person = Person()
    for number in range(MENTORSHIPS + 5):
        person, _ = people.fold(person, counted(2, f"m{number}"), DEFAULT)
    assert person.kudos.total == 2 * (MENTORSHIPS + 5)
    assert len(person.kudos.counts) == MENTORSHIPS


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
        person, verdict = people.judge(person, nudge(on, pair), policy)
        if isinstance(verdict, NudgeDue):
            passed[verdict.identity, pair] = verdict.time
    for begin in passed.values():
        assert sum(begin <= time < begin + WEEK for time in passed.values()) <= cap
