"""How a program goes in numbers: what counts as what, and what is not told of a few people."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mentorships.domain import Mentorship, ending
from services.mentorships.domain.checkins import Answer, CheckIn, CheckInPlan
from services.mentorships.domain.checkins import Stage as Asking
from services.mentorships.domain.health import Status
from services.mentorships.domain.meetings import PastMeeting
from services.mentorships.domain.mentorship import EndReason, Over, Stage
from services.mentorships.domain.report import HEADER, MONTH, Asked, Pair, Quality, Report, Tally, table
from services.mentorships.domain.survey_results import SMALLEST_GROUP
from tests.mentorships.factories import ID, LEAD, MENTEE, MENTOR, NOON, active, ended, paused, proposed

DAY = timedelta(days=1)


def asked(person: str, *qualities: int | None, since: datetime = NOON) -> Asked:
    """Return what somebody was asked every 30 days, and how they rated; None: no answer, 0: no rating."""
    check_ins = []
    for place, quality in enumerate(qualities, 1):
        opened = since + place * 30 * DAY
        one = CheckIn(place, opened, opened + 14 * DAY)
        if quality is not None:
            answer = Answer(quality=quality, progress=3)
            one = replace(one, stage=Asking.ANSWERED, answer=answer, answer_time=opened + DAY)
        check_ins.append(one)
    return Asked(since, CheckInPlan(ID, person, LEAD, since, check_ins=tuple(check_ins)))


def held(days: float) -> PastMeeting:
    return PastMeeting(ID, NOON + days * DAY)


def missed(days: float) -> PastMeeting:
    return PastMeeting(ID, NOON + days * DAY, missed=True)


def counted(*pairs: Pair, now: datetime = NOON + 100 * DAY) -> Report:
    tally = Tally(now)
    for pair in pairs:
        tally.add(pair)
    return tally.report()


def pair(state: Mentorship, *meetings: PastMeeting, since: datetime = NOON) -> Pair:
    return Pair(state, (asked(MENTOR, since=since), asked(MENTEE, since=since)), meetings)


def over(stage: Stage, days: float) -> Mentorship:
    reason = None if stage is Stage.COMPLETED else EndReason.PARTICIPANT
    return ending.over(active(), stage, Over(NOON + days * DAY, reason))


def test_of_nothing_there_are_no_rates_and_no_means() -> None:
    nothing = counted()
    assert (nothing.matched, nothing.held, nothing.goals, nothing.months) == (0, 0, 0, [])
    assert [nothing.no_show_rate, nothing.held_per_pair_month, nothing.response_rate] == [None] * 3
    assert [nothing.median_days_to_first, nothing.mean_days_to_first] == [None] * 2
    assert (nothing.quality, nothing.goal_completion_rate) == (Quality(), None)


def test_the_funnel_counts_how_far_pairs_came_whether_they_are_over_or_not() -> None:
    report = counted(
        Pair(proposed()),
        pair(active()),
        pair(paused(), held(1)),
        pair(over(Stage.COMPLETED, 50), held(1), held(2)),
        pair(over(Stage.ENDED, 50), missed(3)),
        Pair(replace(proposed(), stage=Stage.ENDED)),
    )
    assert (report.matched, report.active, report.met, report.completed, report.ended) == (6, 4, 2, 1, 2)


def test_first_meetings_count_in_days_from_the_first_agreement() -> None:
    report = counted(
        pair(active(), held(30), held(3)),
        pair(active(), missed(1), held(5)),
        pair(active(), held(-2)),
        pair(active(), missed(1)),
        pair(active(), PastMeeting(ID), held(9)),
        Pair(active(), meetings=(held(1),)),
    )
    assert report.median_days_to_first == 3, "0, 3 and 5: one before counts as 0, of an unknown time as none"
    assert report.mean_days_to_first == pytest.approx(8 / 3)


def test_meetings_per_month_count_from_the_first_agreement_to_the_end_or_now() -> None:
    now = NOON + 3 * MONTH
    running, done = pair(active(), *map(held, range(7))), pair(over(Stage.COMPLETED, 10), held(1))
    assert counted(running, now=now).held_per_pair_month == pytest.approx(7 / 3)
    both = counted(running, done, missed_only(), now=now)
    assert both.held_per_pair_month == pytest.approx(8 / ((3 * MONTH + 10 * DAY + 3 * MONTH) / MONTH))
    assert (both.held, both.missed, both.no_show_rate) == (8, 2, 0.2)


def missed_only() -> Pair:
    return pair(active(), missed(1), missed(2))


def test_answers_count_among_all_that_was_asked() -> None:
    both = (asked(MENTOR, 4, None, 0), asked(MENTEE, None))
    report = counted(Pair(active(), both))
    assert (report.opened, report.answered, report.response_rate) == (4, 2, 0.5)


@pytest.mark.parametrize("people", range(SMALLEST_GROUP + 1))
def test_ratings_are_told_from_five_people_on_in_all_and_in_each_month(people: int) -> None:
    raters = [asked(f"person-{place}", 5, 1 if place == 0 else 0) for place in range(people)]
    report = counted(*(Pair(active(), (one,)) for one in raters))
    april, may = [*report.months, None, None][:2]
    if people < SMALLEST_GROUP:
        assert report.quality == Quality(hidden=people > 0)
        assert april is None or april.quality == Quality(hidden=True)
    else:
        assert report.quality.mean == pytest.approx((5 * people + 1) / (people + 1))
        assert april is not None
        assert (april.month, april.quality) == ((2026, 4), Quality(5.0))
    if people:
        assert may is not None
        assert (may.answered, may.quality) == (people, Quality(hidden=True)), "one person rated in May"


def test_one_person_who_rates_often_is_still_one_person() -> None:
    assert counted(Pair(active(), (asked(MENTEE, *[5] * 9),))).quality == Quality(hidden=True)


def test_open_pairs_go_as_was_told_and_at_first_it_is_too_early_to_say() -> None:
    states = [(active(), Status.AT_RISK), (paused(), Status.AT_RISK), (active(), None)]
    gone = (ended(), Status.INACTIVE)
    health = counted(*(Pair(state, status=status) for state, status in (*states, gone))).health
    assert health == {
        Status.TOO_EARLY: 1,
        Status.ON_TRACK: 0,
        Status.NEEDS_ATTENTION: 0,
        Status.AT_RISK: 2,
        Status.INACTIVE: 0,
    }
    newer = counted(Pair(active(), status=Status.UNSPECIFIED)).health
    assert newer[Status.UNSPECIFIED] == 1, "a newer build knows how"


def test_months_hold_what_happened_in_them_in_order() -> None:
    new_year = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    first = PastMeeting(ID, new_year + timedelta(minutes=1))
    report = counted(pair(active(), first, PastMeeting(ID, new_year), missed(0), PastMeeting(ID)))
    assert [(one.month, one.held, one.missed) for one in report.months] == [
        ((2026, 3), 0, 1),
        ((2026, 12), 1, 0),
        ((2027, 1), 1, 0),
    ]
    assert report.held == 3, "one of an unknown time is in no month"


def test_the_table_says_the_same_in_cells_that_no_spreadsheet_takes_for_formulas() -> None:
    tally = Tally(NOON + MONTH)
    tally.add(Pair(active(), (asked(MENTEE, 4), asked(MENTOR)), (held(1), missed(2)), Status.AT_RISK))
    tally.add(Pair(over(Stage.COMPLETED, 1)))
    tally.goals(3, 1)
    header, *rows = csv.reader(table(tally.report()).splitlines())
    cells = {(figure, month): value for figure, month, value in rows}
    assert tuple(header) == HEADER
    assert len(cells) == len(rows), "no figure stands there twice"
    wanted = {
        ("enrolled", ""): "",
        ("matched", ""): "2",
        ("completed", ""): "1",
        ("ended", ""): "0",
        ("no_show_rate", ""): "0.50",
        ("held_per_pair_month", ""): "1.00",
        ("mean_days_to_first", ""): "1.00",
        ("quality", ""): "hidden",
        ("goal_completion_rate", ""): "0.33",
        ("health AT_RISK", ""): "1",
        ("held", "2026-03"): "1",
        ("quality", "2026-03"): "",
        ("quality", "2026-04"): "hidden",
    }
    assert wanted.items() <= cells.items()
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells.values())


MEETINGS = st.lists(
    st.builds(
        PastMeeting,
        st.just(ID),
        st.none() | st.integers(-10, 400).map(lambda days: NOON + days * DAY),
        st.booleans(),
    ),
    max_size=6,
)
STATES = st.sampled_from([proposed(), active(), paused(), over(Stage.COMPLETED, 40), over(Stage.ENDED, 20)])
QUALITIES = st.lists(st.none() | st.integers(0, 5), max_size=4)
ASKED = st.lists(
    st.builds(lambda who, rated: asked(f"person-{who}", *rated), st.integers(0, 7), QUALITIES), max_size=2
)
PAIRS = st.lists(st.builds(Pair, STATES, ASKED, MEETINGS, st.none() | st.sampled_from(Status)), max_size=12)


@given(pairs=PAIRS, data=st.data())
def test_it_makes_no_difference_in_which_order_pairs_are_read(
    pairs: Sequence[Pair], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(pairs))
    one, other = counted(*pairs), counted(*shuffled)
    assert table(one) == table(other)
    assert (one.months, one.health) == (other.months, other.health)


@given(pairs=PAIRS)
def test_the_numbers_fit_together(pairs: Sequence[Pair]) -> None:
    report = counted(*pairs)
    meetings = [one for pair in pairs for one in pair.meetings]
    assert report.matched == len(pairs)
    assert max(report.active, report.met, report.completed + report.ended) <= report.matched
    assert sum(report.health.values()) == report.matched - report.completed - report.ended
    assert (report.held + report.missed, report.missed) == (
        len(meetings),
        sum(one.missed for one in meetings),
    )
    assert sum(month.held + month.missed for month in report.months) == sum(
        one.start_time is not None for one in meetings
    )
    assert sum(month.answered for month in report.months) == report.answered <= report.opened
    assert all(0 <= rate <= 1 for rate in (report.no_show_rate, report.response_rate) if rate is not None)
    raters = {
        one.plan.person
        for pair in pairs
        for one in pair.asked
        for check_in in one.plan.check_ins
        if check_in.answer and check_in.answer.quality
    }
    assert report.quality.hidden is (0 < len(raters) < SMALLEST_GROUP)
    assert (report.quality.mean is None) is (len(raters) < SMALLEST_GROUP)
    for month in report.months:
        assert month.quality.mean is None or report.quality.mean is not None
