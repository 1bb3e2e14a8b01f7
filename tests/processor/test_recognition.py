"""What is recognised, of whom, how often, and with which evidence."""

from dataclasses import replace

from services.processor.domain.decisions import RecognitionEarned
from services.processor.domain.facts import KudosGiven, MentorshipCompleted
from services.processor.domain.policy import DEFAULT
from services.processor.domain.state import EVIDENCE
from tests.processor.factories import LEAD, MENTEE, MENTOR, mentorship
from tests.processor.story import earned, goal_reached, goal_reopened, held, kudos, missed, tell, told

BOTH = ("e1", "e2")


def test_a_reached_goal_is_the_mentees_and_the_first_one_also_the_mentors() -> None:
    assert earned(told([goal_reached("g", 3)], until=3)) == [
        (3, "e2", "GOAL_COMPLETED", 0),
        (3, "e2", "FIRST_GOAL", 0),
        (3, "e1", "MENTOR_IMPACT", 1),
    ]


def test_each_goal_earns_one_recognition_under_the_id_it_always_had() -> None:
    decisions = told([goal_reached("g", 3), goal_reached("h", 4)], until=4)
    goals = [made for made in decisions if made.rule == "goal-recognition/1"]
    assert [made.identity for made in goals] == [
        ("GoalCompleted@3", "goal-recognition/1"),
        ("GoalCompleted@4", "goal-recognition/1"),
    ]
    assert isinstance(goals[1], RecognitionEarned)
    assert (goals[1].person, goals[1].goal) == (MENTEE, f"{mentorship()}/goals/h")


def test_a_goal_reached_again_after_it_was_opened_again_earns_nothing_twice() -> None:
    history = [goal_reached("g", 3), goal_reopened("g", 4), goal_reached("g", 5)]
    assert {on for on, *_ in earned(told(history, until=5))} == {3}


def test_impact_counts_the_goals_of_the_mentee() -> None:
    history = [goal_reached(f"g{n}", n) for n in range(1, 11)]
    impact = [(on, count) for on, _, what, count in earned(told(history, 11)) if what == "MENTOR_IMPACT"]
    assert impact == [(1, 1), (5, 5), (10, 10)]


def test_meetings_are_recognised_for_both_at_1_5_10_and_40() -> None:
    history = [held(f"m{n}", n) for n in range(1, 42)]
    meetings = [one for one in earned(told(history, until=50)) if one[2] == "MEETINGS_HELD"]
    assert meetings == [
        (count, person, "MEETINGS_HELD", count) for count in (1, 5, 10, 40) for person in BOTH
    ]


def test_a_streak_ends_with_a_miss_and_is_recognised_only_when_longer_than_ever() -> None:
    first = [held(f"a{n}", n) for n in range(1, 8)]
    again = [held(f"b{n}", n) for n in range(21, 34)]
    decisions = earned(told([*first, missed("m", 20), *again], until=40))
    assert [(on, who, count) for on, who, what, count in decisions if what == "STREAK"] == [
        (on, who, count) for on, count in ((6, 6), (32, 12)) for who in BOTH
    ]


def test_kudos_are_the_recipients_and_strangers_earn_nothing() -> None:
    history = [
        held("a", 0),
        *(kudos(n, MENTOR) for n in range(1, 6)),
        kudos(7, MENTEE),
        tell(8, KudosGiven(MENTEE, LEAD)),
    ]
    found = [one for one in earned(told(history, until=9)) if one[2] == "KUDOS_RECEIVED"]
    assert found == [
        (1, "e1", "KUDOS_RECEIVED", 1),
        (5, "e1", "KUDOS_RECEIVED", 5),
        (7, "e2", "KUDOS_RECEIVED", 1),
    ]


def test_a_mentorship_brought_to_its_end_is_recognised_for_both_once() -> None:
    history = [held("a", 0), tell(8, MentorshipCompleted(), "x"), tell(9, MentorshipCompleted(), "y")]
    found = [one for one in earned(told(history, until=9)) if one[2] == "MENTORSHIP_COMPLETED"]
    assert found == [(8, person, "MENTORSHIP_COMPLETED", 0) for person in BOTH]


def test_evidence_is_all_that_was_counted_and_of_many_the_last_ones() -> None:
    history = [held(f"m{n}", n) for n in range(1, 11)]
    made = [one for one in told(history, until=11) if one.rule == "meetings-held/1"]
    evidence = {one.count: one.grounds.evidence for one in made if isinstance(one, RecognitionEarned)}
    assert evidence[1] == ("MeetingHeld@1",)
    assert evidence[5] == tuple(f"MeetingHeld@{n}" for n in range(1, 6))
    assert evidence[10] == tuple(f"MeetingHeld@{n}" for n in range(11 - EVIDENCE, 11))


def test_decisions_of_one_event_have_different_identities() -> None:
    history = [held(f"m{n}", n) for n in range(1, 11)]
    found = [one.identity for one in told([*history, goal_reached("g", 11)], until=11)]
    assert len(set(found)) == len(found)


def test_counts_are_the_policys() -> None:
    rules = replace(DEFAULT.recognition, meetings=frozenset({2}), impact=frozenset())
    history = [held("a", 1), held("b", 2), goal_reached("g", 3)]
    found = earned(told(history, 3, replace(DEFAULT, recognition=rules)))
    assert [(on, what) for on, _, what, _ in found] == [
        (2, "MEETINGS_HELD"),
        (2, "MEETINGS_HELD"),
        (3, "GOAL_COMPLETED"),
        (3, "FIRST_GOAL"),
    ]
