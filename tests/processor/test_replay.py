"""History folded again: the same policy decides the same, another one shows what would be different."""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from services.kernel.errors import Invalid, NotFound
from services.kernel.events import Event, encode
from services.kernel.kafka import Record
from services.pb.mentoring.processor.v1 import events_pb2 as pb
from services.processor import wire
from services.processor.agents.batch import Change, Pairs, People
from services.processor.agents.reading import TOLD, Reading, Said, Taken, read, read_verdict, read_waiting
from services.processor.commands import line, report, trial
from services.processor.commands.progress import Progress
from services.processor.commands.replay import Replay
from services.processor.commands.trial import Question
from services.processor.domain.decisions import NudgeDue
from services.processor.domain.facts import Heard
from services.processor.domain.policy import DEFAULT, Policy
from tests.processor.factories import NOON, day, mentorship
from tests.processor.histories import histories
from tests.processor.records import activated_event, completed_event, held_event, missed_event, record
from tests.processor.stream import Stream


def in_force(_organization: str) -> Policy:
    return DEFAULT


def said(heard: Heard) -> Said[Heard]:
    """Return what is heard as it comes from a topic; only key, time and what is said count."""
    event: Event[Any] = Event(
        id=heard.event,
        type="",
        subject=heard.subject,
        sequence=heard.sequence,
        tenant="weavers",
        time=heard.time,
        key="m1",
        message=pb.NudgeDue(),
    )
    return Said(b"m1", event, heard)


def again(history: Iterable[Said[Heard]], end: datetime) -> list[Record]:
    """Return the records of all that a replay decides."""
    replay = Replay(in_force, end)
    for one in history:
        replay.add(one)
    return [encode(wire.told(decision)) for decision in replay.finish()]


def live(history: Iterable[Said[Heard]], end: datetime) -> list[Record]:
    """Return what workers tell of the same history: event by event, timers in between, people after pairs."""
    pairs, people = Pairs(in_force, "waiting"), People(in_force, "verdicts")
    table, known, told = dict[bytes, bytes](), dict[bytes, bytes](), list[Record]()

    def store(change: Change) -> None:
        table.update(change.rows)
        told.extend(change.told)
        passed = [replace(_taken(made), key=b"m1") for made in change.told if _is_last_warning(made)]
        if passed:
            store(pairs.fold(map(read_verdict, passed), table))

    def let_pass(until: datetime) -> None:
        while (change := pairs.advance([b"m1"], until, table)).told:
            store(change)
        store(change)

    for one in history:
        let_pass(one.event.time - timedelta(minutes=1))
        store(pairs.fold([Reading(record(missed_event("a")), one)], table))
    let_pass(end)
    for made in [made for made in told if made.topic == "waiting"]:
        change = people.fold([read_waiting(_taken(made))], known)
        known.update(change.rows)
        told += change.told
    return [made for made in told if made.topic == TOLD]


def _taken(made: Record) -> Taken:
    return Taken(made.topic, 0, 0, 0, made.key, made.value, made.headers)


def _is_last_warning(made: Record) -> bool:
    said = read_waiting(_taken(made)).said if made.topic == "waiting" else None
    return said is not None and isinstance(said.what, NudgeDue) and said.what.is_last_warning


@given(histories())
def test_replaying_a_history_decides_byte_for_byte_what_workers_told(history: list[Heard]) -> None:
    told = [said(heard) for heard in history]
    ours, theirs = again(told, day(900)), live(told, day(900))
    assert Counter(map(repr, ours)) == Counter(map(repr, theirs))


def test_what_happened_after_the_end_does_not_count() -> None:
    replay = Replay(in_force, NOON - timedelta(seconds=1))
    replay.add(_said(held_event("a")))
    assert (replay.events, replay.finish()) == (0, [])


def _said(event: Event[Any]) -> Said[Heard]:
    reading = read(record(event))
    assert reading.said is not None
    return reading.said


def nudge(person: str, step: pb.LadderStep.ValueType = pb.LADDER_STEP_NUDGE) -> Event[Any]:
    message = pb.NudgeDue(mentorship=mentorship(), person=person, step=step)
    return Event(
        id=f"{person}/{step}",
        type=message.DESCRIPTOR.full_name,
        subject="s",
        sequence=1,
        tenant="weavers",
        time=NOON,
        key="m1",
        message=message,
    )


def test_the_report_counts_what_would_be_told_what_was_and_what_is_the_same() -> None:
    ours = [nudge("a"), nudge("b"), nudge("b", pb.LADDER_STEP_WARN)]
    theirs = [nudge("a"), nudge("c")]
    rows = {name: numbers for name, *numbers in report.rows(ours, theirs)}
    assert rows["nudges"] == [3, 2, 1]
    assert (rows["  nudge"], rows["  warn"]) == ([2, 2, 1], [1, 0, 0])
    assert rows["nudges held back"] == [0, 0, 0]
    assert report.summary(ours, theirs) == "3 nudges would have been sent; 2 were"
    assert report.table(report.rows(ours, theirs))[1].split() == ["nudges", "3", "2", "1"]


def test_progress_shows_on_a_terminal_only() -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    shown, hidden = Terminal(), StringIO()
    for stream in (shown, hidden):
        progress = Progress(stream, "folding")
        progress.advance(2, 2)
        progress.end()
    assert "folding" in shown.getvalue()
    assert "100% 2 of 2" in shown.getvalue()
    assert hidden.getvalue() == ""


def parsed(*words: str) -> argparse.Namespace:
    return line.parser().parse_args(["replay", "--bootstrap", "127.0.0.1:1", *words])


def test_moments_of_the_command_line_are_utc_and_days_end_when_they_are_over() -> None:
    chosen = parsed("--from", "2026-01-01", "--to", "2026-01-31", "--at", "2026-01-31T09:00:00+02:00")
    assert chosen.begin == datetime(2026, 1, 1, tzinfo=UTC)
    assert chosen.end == datetime(2026, 2, 1, tzinfo=UTC)
    assert chosen.at == datetime(2026, 1, 31, 7, tzinfo=UTC)
    with pytest.raises(SystemExit):
        parsed("--from", "yesterday")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("not json", "POLICY_UNREADABLE"),
        ('{"version": "2", "nudges_per_wek": 3}', "nudges_per_wek"),
        ('{"version": "2", "nudgesPerWeek": 300}', "nudges_per_week"),
    ],
)
def test_a_policy_that_is_not_understood_is_refused_with_exit_code_2(
    content: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(content)
    assert line.obey(parsed("--policy", str(file))) == 2
    assert wrong in capsys.readouterr().err


def test_a_broker_that_does_not_answer_is_said_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text('{"version": "2"}')
    assert line.obey(parsed("--policy", str(file))) == 1
    assert "127.0.0.1:1" in capsys.readouterr().err


IMPACT = "ACHIEVEMENT_MENTOR_IMPACT"


def lines(file: Path, pair: str) -> list[dict[str, Any]]:
    """Return the decisions about a pair that a replay wrote."""
    return [one for text in file.read_text().splitlines() if (one := json.loads(text))["mentorship"] == pair]


@pytest.mark.servers
async def test_what_was_told_is_what_a_replay_of_the_topics_tells(stream: Stream, tmp_path: Path) -> None:
    pair = stream.pair()
    async with stream.worker():
        for event in (activated_event(pair), missed_event("a", pair), completed_event("g", pair)):
            await stream.tell(event)
        stream.clock.advance(timedelta(days=8))
        told = await stream.decisions(7)
    out = tmp_path / "decisions.jsonl"
    question = Question(stream.producer.cluster, end=NOON + timedelta(days=8), out=out)
    answer = await trial.run(question)
    assert "nudges would have been sent" in answer
    again = [one for one in lines(out, mentorship(pair)) if one.get("achievement") != IMPACT]
    assert {one["id"] for one in again} == {event.id for event in told if _is_own(event)}


def _is_own(event: Event[Any]) -> bool:
    """Whether a decision is of one pair alone: the topics tell of its people in many pairs of other tests."""
    return getattr(event.message, "achievement", None) != pb.Achievement.Value(IMPACT)


@pytest.mark.servers
async def test_a_dry_run_writes_nothing_and_another_policy_shows_its_difference(
    stream: Stream, tmp_path: Path
) -> None:
    pair = stream.pair()
    await stream.tell(activated_event(pair))
    out, file = tmp_path / "decisions.jsonl", tmp_path / "policy.json"
    question = Question(stream.producer.cluster, end=NOON + timedelta(days=4), out=out, dry_run=True)
    await trial.run(question)
    assert not out.exists()
    file.write_text('{"version": "eager", "ladder": {"first_meeting_nudge_days": 3}}')
    eager = Question(stream.producer.cluster, file, end=NOON + timedelta(days=4), out=out)
    await trial.run(eager)
    assert [one["policy_version"] for one in lines(out, mentorship(pair))] == ["eager", "eager"]


@pytest.mark.servers
async def test_the_health_of_a_pair_on_a_date_has_reasons_and_the_events_behind_them(stream: Stream) -> None:
    pair = stream.pair()
    event = activated_event(pair)
    await stream.tell(event)
    name = mentorship(pair)
    soon = Question(stream.producer.cluster, mentorship=name, at=NOON + timedelta(days=2))
    late = Question(stream.producer.cluster, mentorship=name, at=NOON + timedelta(days=30))
    assert "TOO_EARLY" in await trial.run(soon)
    answer = await trial.run(late)
    assert "AT_RISK" in answer
    assert "NO_FIRST_MEETING" in answer
    assert f"{event.type} {event.id}" in answer
    with pytest.raises(NotFound):
        await trial.run(Question(stream.producer.cluster, mentorship=name, at=NOON - timedelta(days=1)))
    with pytest.raises(Invalid):
        await trial.run(Question(stream.producer.cluster, mentorship="m1"))
