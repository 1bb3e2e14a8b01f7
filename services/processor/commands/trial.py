"""`replay`: reads what is recorded, folds it again, and says what came of it."""

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.kernel import ids
from services.kernel.errors import NotFound
from services.kernel.events import Event
from services.kernel.kafka import Cluster
from services.processor import wire
from services.processor.agents.batch import Policies as InForce
from services.processor.agents.policies import Policies
from services.processor.commands import policy, report
from services.processor.commands.progress import Progress
from services.processor.commands.replay import Replay, held, history, told
from services.processor.domain import pairs
from services.processor.domain.state import Pair

BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to know; `begin`, `end` and `at` bound the time, the latter two exclusive."""

    cluster: Cluster
    policy: Path | None = None
    begin: datetime | None = None
    end: datetime | None = None
    organization: str | None = None
    mentorship: str | None = None
    at: datetime | None = None
    out: Path | None = None
    dry_run: bool = False


FIELDS = tuple(one.name for one in dataclasses.fields(Question) if one.name != "cluster")


async def run(question: Question) -> str:
    """Return the answer as text. Refusals for a policy or name that makes no sense; KafkaError."""
    policies = await _policies(question)
    if question.mentorship is not None:
        return await _health(question, policies)
    return await _comparison(question, policies)


async def _policies(question: Question) -> InForce:
    if question.policy is not None:
        tried = wire.policy(policy.load(question.policy))
        return lambda _organization: tried
    recorded = Policies()
    async with recorded.read(question.cluster):
        return recorded.of


async def _comparison(question: Question, policies: InForce) -> str:
    end = question.end or datetime.now(UTC)
    recorded = await told(question.cluster, Progress(sys.stderr, "comparing"))
    replay = Replay(policies, end, held(recorded))
    async for said in history(question.cluster, Progress(sys.stderr, "folding")):
        replay.add(said)
    again = _within(question, end, [wire.told(decision) for decision in replay.finish()])
    before = _within(question, end, recorded)
    if question.out is not None and not question.dry_run:
        question.out.write_text("".join(f"{report.line(event)}\n" for event in again))
    head = f"{replay.events:,} events of {len(replay.pairs):,} mentorships"
    return "\n".join([head, *report.table(report.rows(again, before)), "", report.summary(again, before)])


def _within(question: Question, end: datetime, events: Sequence[Event[Any]]) -> list[Event[Any]]:
    begin = question.begin or BEGINNING
    return [
        event
        for event in events
        if begin <= event.time < end and question.organization in {None, event.tenant}
    ]


async def _health(question: Question, policies: InForce) -> str:
    name = question.mentorship or ""
    organization, key = ids.parse_name("organizations/*/mentorships/*", name, "mentorship")
    at, policy = question.at or question.end or datetime.now(UTC), policies(organization)
    replay, seen = Replay(policies, at), dict[str, str]()
    async for said in history(question.cluster, Progress(sys.stderr, "folding")):
        if said.key == key.encode():
            replay.add(said)
            seen[said.event.id] = f"{said.event.time.isoformat()} {said.event.type} {said.event.id}"
    replay.finish()
    health = pairs.health_at(replay.pairs.get(key.encode(), Pair()), at, policy)
    if health is None:
        raise NotFound("NOT_RUNNING", f"{name} is over or had not begun at {at.isoformat()}")
    reasons = [f"  because of {reason}" for reason in health.reasons]
    events = [f"  event {seen.get(event, event)}" for event in health.evidence]
    return "\n".join(
        [f"{name} at {at.isoformat()}, policy {policy.version}: {health.status}", *reasons, *events]
    )
