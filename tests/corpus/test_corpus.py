"""What every release told is read by every reader of today; what is newer than that, by its default."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.kafka import topics
from services.kernel.events.dead_letters import DeadLetters
from services.kernel.events.delivery import Delivery, Patience
from services.kernel.kafka import Record
from services.processor.agents.batch import Pairs
from services.processor.agents.reading import VERDICTS, WAITING, read, read_verdict, read_waiting
from services.processor.domain.policy import DEFAULT
from tests.corpus import hearing, releases
from tests.corpus.making import KINDS, Ids
from tests.corpus.releases import Kept

BY_RULE = {"defaults": {"MALFORMED_NAME"}, "newer": {"UNKNOWN_ACHIEVEMENT"}}
"""What becomes a dead letter at once, with its reason: an event that does not name what it is about is
nobody's, and what a newer build's achievement is called is known to that build only."""


@pytest.fixture(scope="module")
def corpus() -> list[Kept]:
    return releases.everything()


async def deliver(service: str, corpus: Sequence[Kept]) -> list[tuple[Kept, str]]:
    """Let a service hear what its topics hold; return what became a dead letter, and why."""
    handlers = hearing.handlers_of(service)
    buried: list[Record] = []

    async def publish(records: Sequence[Record]) -> None:
        buried.extend(records)

    dead_letters = DeadLetters(publish, service, limit=len(corpus) + 1)
    delivery = Delivery(handlers, dead_letters, service, patience=Patience(tries=1))
    found = []
    for kept in corpus:
        if kept.record.topic in handlers.topics:
            with capture_logs():  # errors are printed with all they know, which takes longer than all else
                await delivery.deliver(kept.taken(), asyncio.Event(), lambda: None)
            found += [(kept, (dict(record.headers)["dlq_reason"] or b"").decode()) for record in buried]
            buried.clear()
    return found


def test_all_readers_are_found() -> None:
    declared = [topic for topic in topics.load() if topic.name.startswith("mentoring.")]
    readers = {reader for topic in declared for reader in topic.readers}
    assert {*hearing.hearers(), "processor"} == readers
    for service in hearing.hearers():
        heard = {topic.name for topic in declared if service in topic.readers}
        assert set(hearing.handlers_of(service).topics) == heard


@pytest.mark.parametrize("service", hearing.hearers())
async def test_a_service_hears_what_every_release_told(service: str, corpus: Sequence[Kept]) -> None:
    buried = await deliver(service, corpus)
    assert [f"{kept}: {reason}" for kept, reason in buried if reason not in BY_RULE.get(kept.kind, ())] == []


def test_the_processor_folds_what_every_release_told(corpus: Sequence[Kept]) -> None:
    readings = [(kept, read(kept.taken())) for kept in corpus]
    assert [
        f"{kept}: {reading.poison.reason}"
        for kept, reading in readings
        if reading.poison is not None and reading.poison.reason not in BY_RULE.get(kept.kind, ())
    ] == []
    heard = [reading for _, reading in readings if reading.said is not None]
    change = Pairs(policies=lambda _: DEFAULT, waiting="processor-waiting").fold(heard, {})
    assert len(change.rows) == 2  # the pair with short names, and that with long ones


def test_the_processor_judges_what_waits_for_a_person_in_every_release(corpus: Sequence[Kept]) -> None:
    """What it told itself it wrote in full; a step or an achievement of a newer build is not for this one."""
    waiting = [kept for kept in corpus if kept.type in WAITING and kept.kind == "full"]
    readings = [read_waiting(replace(kept.taken(), key=_person(kept))) for kept in waiting]
    assert {reading.record.value for reading in readings if reading.said is None} == set()
    assert {kept.type for kept in waiting} == set(WAITING)


def test_pairs_hear_the_verdicts_of_every_release(corpus: Sequence[Kept]) -> None:
    verdicts = [kept for kept in corpus if kept.type in VERDICTS and kept.kind != "defaults"]
    assert {str(kept) for kept in verdicts if read_verdict(kept.taken()).said is None} == set()
    assert {kept.type for kept in verdicts} == set(VERDICTS)


def _person(kept: Kept) -> bytes:
    """Return the key under which all of a person meets."""
    ids = Ids(longest=kept.kind != "named")
    return f"{ids.tenant}/{ids('person')}".encode()


def test_releases_are_kept_as_they_were_written() -> None:
    assert releases.sums() == releases.noted()


def test_a_release_is_not_written_twice(tmp_path: Path) -> None:
    releases.write("1.0.0", tmp_path)
    before = releases.sums(tmp_path)
    with pytest.raises(FileExistsError):
        releases.write("1.0.0", tmp_path)
    assert releases.sums(tmp_path) == releases.noted(tmp_path) == before


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    releases.write("1.0.0", tmp_path)
    written = {(kept.type, kept.kind): kept.record for kept in releases.read("1.0.0", tmp_path)}
    assert written == {(kept.type, kept.kind): kept.record for kept in releases.present()}
    assert releases.missing(tmp_path) == []


def test_no_event_type_that_was_ever_told_is_forgotten() -> None:
    """Consumers skip what they do not know: what topics still hold of it would be lost silently."""
    told = {kept.type for release in releases.releases() for kept in releases.read(release)}
    assert told <= {kept.type for kept in releases.present()}


def test_every_release_has_every_kind_of_every_type() -> None:
    for release in releases.releases():
        kinds: dict[str, set[str]] = {}
        for kept in releases.read(release):
            kinds.setdefault(kept.type, set()).add(kept.kind)
        assert all(found == set(KINDS) for found in kinds.values())
