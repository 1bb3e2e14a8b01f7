"""The rules, and why it does not matter how often or in whose company a history is told."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from services.processor.domain import (
    REMEMBERED,
    Decision,
    Heard,
    LeadAlertDue,
    Pair,
    RebookReminderDue,
    RecognitionEarned,
    fold,
    fold_all,
)
from tests.processor.factories import completed, heard, hold, miss, missed, reach


def decided(*history: Heard) -> list[Decision]:
    return fold_all(Pair(), history)[1]


def alerts(*history: Heard) -> list[int]:
    return [made.misses for made in decided(*history) if isinstance(made, LeadAlertDue)]


def test_every_miss_asks_both_to_book_again_and_counts_the_row() -> None:
    reminders = [
        made for made in decided(miss("a"), miss("b"), miss("c")) if isinstance(made, RebookReminderDue)
    ]
    assert reminders == [
        RebookReminderDue("m1/meetings/a/2", missed("a"), 1),
        RebookReminderDue("m1/meetings/b/2", missed("b"), 2),
        RebookReminderDue("m1/meetings/c/2", missed("c"), 3),
    ]


def test_the_lead_hears_of_the_second_miss_in_a_row_and_of_every_second_one_after_it() -> None:
    assert alerts(*(miss(f"m{n}") for n in range(5))) == [2, 4]


def test_the_alert_names_the_miss_that_caused_it() -> None:
    assert decided(miss("a"), miss("b"))[-1] == LeadAlertDue("m1/meetings/b/2", missed("b"), 2)


def test_a_held_meeting_ends_the_row() -> None:
    assert alerts(miss("a"), hold("b"), miss("c")) == []
    assert alerts(miss("a"), hold("b"), miss("c"), miss("d")) == [2]


def test_a_reached_goal_earns_a_recognition_and_leaves_the_row_alone() -> None:
    assert decided(reach("g")) == [RecognitionEarned("m1/goals/g/2", completed("g"))]
    assert alerts(miss("a"), reach("g"), miss("b")) == [2]


def test_the_same_event_again_changes_nothing_and_decides_nothing() -> None:
    pair, _ = fold(Pair(), miss("a"))
    assert fold(pair, miss("a")) == (pair, [])


def test_an_older_event_of_the_same_meeting_is_a_repeat_and_a_newer_one_is_not() -> None:
    pair, _ = fold(Pair(), heard(missed("a"), "meetings/a", sequence=3))
    assert fold(pair, heard(missed("a"), "meetings/a", sequence=2)) == (pair, [])
    assert fold(pair, heard(missed("a"), "meetings/a", sequence=4))[0].misses == 2


def test_memory_is_bounded_and_forgets_what_was_untouched_longest() -> None:
    pair, _ = fold_all(Pair(), (reach(str(n)) for n in range(REMEMBERED + 1)))
    assert len(pair.handled) == REMEMBERED
    assert fold(pair, reach("1")) == (pair, [])
    assert len(fold(pair, reach("0"))[1]) == 1


def test_a_rule_name_carries_its_version_because_decision_ids_derive_from_it() -> None:
    rules = [RebookReminderDue.rule, LeadAlertDue.rule, RecognitionEarned.rule]
    assert len(set(rules)) == 3
    assert all(rule.rpartition("/")[2].isdigit() for rule in rules)


def history(pair: str, kinds: Sequence[str]) -> list[Heard]:
    tell = {"missed": miss, "held": hold, "goal": reach}
    return [tell[kind](f"{kind}{n}", pair) for n, kind in enumerate(kinds)]


kinds = st.lists(st.sampled_from(["missed", "held", "goal"]), max_size=12)
histories = st.lists(kinds, min_size=1, max_size=4).map(
    lambda all_kinds: {f"m{n}": history(f"m{n}", one) for n, one in zip(count(), all_kinds, strict=False)}
)


@st.composite
def told_badly(draw: st.DrawFn, clean: dict[str, list[Heard]]) -> list[tuple[str, Heard]]:
    """Interleave the pairs in any way and go back now and then to tell a stretch of one again."""
    stream: list[tuple[str, Heard]] = []
    at = dict.fromkeys(clean, 0)
    while waiting := sorted(pair for pair in clean if at[pair] < len(clean[pair])):
        pair = draw(st.sampled_from(waiting))
        stream.append((pair, clean[pair][at[pair]]))
        at[pair] += 1
        again = draw(st.integers(0, at[pair]))
        if draw(st.booleans()):
            stream += [(pair, event) for event in clean[pair][again : at[pair]]]
    return stream


@given(st.data(), histories)
def test_repeats_and_other_pairs_in_between_lead_to_the_decisions_of_the_clean_history(
    data: st.DataObject, clean: dict[str, list[Heard]]
) -> None:
    table: defaultdict[str, Pair] = defaultdict(Pair)
    made: Counter[Decision] = Counter()
    for pair, event in data.draw(told_badly(clean)):
        table[pair], decisions = fold(table[pair], event)
        made.update(decisions)
    expected = {pair: fold_all(Pair(), events) for pair, events in clean.items()}
    assert made == Counter(decision for _, decisions in expected.values() for decision in decisions)
    assert {pair: known.misses for pair, known in table.items()} == {
        pair: known.misses for pair, (known, _) in expected.items() if clean[pair]
    }


@given(kinds, st.integers(0, 12))
def test_batches_may_be_cut_anywhere(told: list[str], cut: int) -> None:
    events = history("m1", told)
    first, before = fold_all(Pair(), events[:cut])
    last, after = fold_all(first, events[cut:])
    assert (last, before + after) == fold_all(Pair(), events)
