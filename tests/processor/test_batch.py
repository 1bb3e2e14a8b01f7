"""One batch: what is told, what the table gets, what becomes of records that mean nothing or are broken."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.kernel.events import Event
from services.processor import wire
from services.processor.agents.batch import Change, Pairs
from services.processor.agents.reading import Taken, read
from services.processor.domain.policy import DEFAULT
from tests.processor.records import (
    checked_in_event,
    completed_event,
    held_event,
    missed_event,
    record,
    without,
)

PAIRS = Pairs(lambda _organization: DEFAULT, "nudges")


def run(table: dict[bytes, bytes], *events: Event[Any]) -> Change:
    """Fold the events as one batch and write its rows into the table."""
    made = PAIRS.fold([read(record(one)) for one in events], table)
    table.update(made.rows)
    return made


def kinds(made: Change) -> list[str]:
    types = [dict(told.headers)["ce_type"] or b"" for told in made.told]
    return [kind.decode().rpartition(".")[2] for kind in types]


def test_a_batch_over_several_pairs_writes_each_pair_once() -> None:
    table: dict[bytes, bytes] = {}
    made = run(table, missed_event("a", "m1"), missed_event("b", "m2"), missed_event("c", "m1"))
    assert sorted(kinds(made)) == [
        "LeadAlertDue",
        "RebookReminderDue",
        "RebookReminderDue",
        "RebookReminderDue",
    ]
    assert {key: wire.load(value).misses for key, value in made.rows.items()} == {b"m1": 2, b"m2": 1}


def test_what_the_table_knows_counts() -> None:
    table: dict[bytes, bytes] = {}
    run(table, missed_event("a"))
    assert kinds(run(table, missed_event("b"))) == ["RebookReminderDue", "LeadAlertDue"]


def test_a_repeated_batch_tells_nothing_and_writes_nothing() -> None:
    table: dict[bytes, bytes] = {}
    events = [missed_event("a"), completed_event("g"), held_event("b")]
    run(table, *events)
    again = run(table, *events)
    assert (again.told, again.rows) == ([], {})


def test_without_the_table_the_same_batch_tells_the_same_bytes() -> None:
    events = [missed_event("a"), missed_event("b"), completed_event("g")]
    first, second = run({}, *events), run({}, *events)
    assert first == second


def test_types_that_mean_nothing_here_are_skipped() -> None:
    assert read(record(checked_in_event("a"))).outcome == "skipped"
    assert run({}, checked_in_event("a")) == Change()


def test_decisions_leave_under_the_pairs_key_so_that_readers_get_them_in_order() -> None:
    (told,) = run({}, missed_event("a", "m7")).told
    assert (told.topic, told.key) == ("mentoring.processor.v1", b"m7")


def poisons() -> list[Taken]:
    good = record(missed_event("a"))
    headers = list(good.headers)
    return [
        *(without(good, name) for name, _ in headers),
        replace(good, headers=()),
        replace(good, value=b"\xff"),
        replace(good, value=None),
        replace(good, key=None),
        replace(good, key=b"\xff"),
        replace(good, key=b"m2"),
        replace(good, topic="mentoring.mentorships.v1"),
        replace(good, headers=[*headers, ("ce_id", b"second")]),
        replace(good, headers=[(name, b"\xff") for name, _ in headers]),
        replace(good, headers=[(name, None) for name, _ in headers]),
    ]


@given(st.lists(st.sampled_from(poisons()), max_size=6), st.integers(0, 6))
def test_no_poison_stops_a_batch_or_is_lost(bad: list[Taken], at: int) -> None:
    readings = [read(taken) for taken in (*bad[:at], record(missed_event("b")), *bad[at:])]
    made = PAIRS.fold(readings, {})
    assert kinds(made) == ["RebookReminderDue"]
    assert [reading.record for reading in readings if reading.outcome == "dlq"] == bad
    assert set(made.rows) == {b"m1"}
