"""What follows at once from misses and goals, and why it does not matter how often a history is told."""

from msgspec.structs import replace

from services.processor.domain.decisions import Decision, LeadAlertDue, RebookReminderDue
from services.processor.domain.pairs import fold
from services.processor.domain.policy import DEFAULT
from services.processor.domain.state import REMEMBERED, Pair
from tests.processor.factories import NOON, fold_all, heard, hold, mentorship, miss, names, reach


def decided(*history: object) -> list[Decision]:
    return fold_all(history)[1]  # type: ignore[arg-type]


def alerts(*history: object) -> list[int]:
    return [made.misses for made in decided(*history) if isinstance(made, LeadAlertDue)]


def test_every_miss_asks_both_to_book_again_and_counts_the_row() -> None:
    found = [made for made in decided(miss("a"), miss("b"), miss("c")) if isinstance(made, RebookReminderDue)]
    assert found == [
        RebookReminderDue(
            names(), NOON, f"m1/meetings/{meeting}/2", f"{mentorship()}/meetings/{meeting}", count
        )
        for meeting, count in (("a", 1), ("b", 2), ("c", 3))
    ]


def test_the_lead_hears_of_the_second_miss_in_a_row_and_of_every_second_one_after_it() -> None:
    assert alerts(*(miss(f"m{n}") for n in range(5))) == [2, 4]


def test_without_a_lead_nobody_is_alerted() -> None:
    informal = [replace(miss(meeting), names=names(lead="")) for meeting in ("a", "b")]
    assert alerts(*informal) == []


def test_the_alert_names_the_miss_that_caused_it() -> None:
    alert = LeadAlertDue(names(), NOON, "m1/meetings/b/2", f"{mentorship()}/meetings/b", 2)
    assert decided(miss("a"), miss("b"))[-1] == alert


def test_a_held_meeting_ends_the_row() -> None:
    assert alerts(miss("a"), hold("b"), miss("c")) == []
    assert alerts(miss("a"), hold("b"), miss("c"), miss("d")) == [2]


def test_a_reached_goal_leaves_the_row_alone() -> None:
    assert alerts(miss("a"), reach("g"), miss("b")) == [2]


def test_the_same_event_again_changes_nothing_and_decides_nothing() -> None:
    pair, _ = fold(Pair(), miss("a"), DEFAULT)
    assert fold(pair, miss("a"), DEFAULT) == (pair, [])


def test_an_older_event_of_the_same_meeting_is_a_repeat_and_a_newer_one_is_not() -> None:
    missed = miss("a").fact
    pair, _ = fold(Pair(), heard(missed, "meetings/a", sequence=3), DEFAULT)
    assert fold(pair, heard(missed, "meetings/a", sequence=2), DEFAULT) == (pair, [])
    assert fold(pair, heard(missed, "meetings/a", sequence=4), DEFAULT)[0].misses == 2


def test_memory_is_bounded_and_forgets_what_was_untouched_longest() -> None:
    pair, _ = fold_all(miss(str(n)) for n in range(REMEMBERED + 1))
    assert len(pair.handled) == REMEMBERED
    assert fold(pair, miss("1"), DEFAULT) == (pair, [])
    assert fold(pair, miss("0"), DEFAULT)[0].misses == REMEMBERED + 2
