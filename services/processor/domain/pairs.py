"""`(pair, heard) -> (pair, decisions)`: what happened, and what time alone leads to.

Time moves in two ways that agree: `fold` first does all that was due up to its event, `advance` does it
without an event. However often `advance` is called in between, decisions and their times are the same,
provided it is never called for a time of which events are still to come. Another policy counts from the
pair's next event or due time on; what was decided before stays decided.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from services.processor.domain import changes, health, ladder, misses, recognition
from services.processor.domain.decisions import Decision, Grounds, HealthChanged
from services.processor.domain.facts import Heard, Warned
from services.processor.domain.policy import Policy, Step
from services.processor.domain.silence import silence
from services.processor.domain.state import Pair, repeats


def fold(pair: Pair, heard: Heard, policy: Policy) -> tuple[Pair, list[Decision]]:
    """Return the pair after `heard` and what was due by then and follows from it; of a repeat, nothing."""
    if repeats(pair, heard):
        return pair, []
    before, decisions = advance(pair, heard.time, policy)
    pair = changes.apply(before, heard, policy)
    decisions += misses.decide(pair, heard, policy)
    decisions += recognition.decide(before, pair, heard, policy)
    if not pair.running:
        return replace(pair, due=None), decisions
    at = pair.own(heard.time) if pair.clock is None else max(pair.clock, pair.own(heard.time))
    pair = replace(pair, clock=at)
    outlook = _outlook(pair, at, policy)
    if isinstance(heard.fact, Warned):
        decisions += _concluded(pair, at, outlook, policy)
    pair, changed = _settled(pair, at, outlook, policy, heard.event)
    return pair, decisions + changed


def _concluded(pair: Pair, at: datetime, outlook: "_Outlook", policy: Policy) -> list[Decision]:
    """Return the end that was due before it was heard that both had been warned."""
    late = [rung for rung in outlook.rungs if rung.step is Step.CONCLUDE and rung.due <= at]
    return [decision for rung in late for decision in ladder.decide(pair, rung, policy)]


def advance(pair: Pair, now: datetime, policy: Policy) -> tuple[Pair, list[Decision]]:
    """Return the pair at `now` and what was due up to then, `now` included; the same pair if nothing was."""
    decisions: list[Decision] = []
    while (due := due_at(pair, policy)) is not None and due <= now:
        at = pair.own(due)
        outlook = _outlook(pair, at, policy)
        for rung in outlook.rungs:
            if rung.due == at:
                decisions += ladder.decide(pair, rung, policy)
                pair = ladder.taken(pair, rung)
        pair, changed = _settled(pair, at, outlook, policy)
        decisions += changed
    return pair, decisions


def due_at(pair: Pair, policy: Policy) -> datetime | None:
    """Return the next moment at which `advance` may decide something."""
    if not pair.running or pair.clock is None:
        return None
    due = pair.due if pair.policy == policy.version else _outlook(pair, pair.clock, policy).after(pair.clock)
    return None if due is None else pair.calendar(due)


def health_at(pair: Pair, moment: datetime, policy: Policy) -> health.Health | None:
    """Return how it goes at a moment up to which the pair is folded; None when it is over or never began."""
    if pair.over or not pair.begun:
        return None
    at = pair.own(moment)
    return _outlook(pair, at, policy).assessed(pair, at)


class _Outlook(NamedTuple):
    """What is noticed of a pair, past and to come, on the pair's own clock; `rungs` once it is silent.

    It is too early to say until `early`, and it will be silent from `silent` on.
    """

    signs: Sequence[health.Sign]
    early: datetime | None
    silent: datetime | None
    rungs: Sequence[ladder.Rung]

    def after(self, clock: datetime) -> datetime | None:
        """Return the next moment at which something begins."""
        moments = [self.early, self.silent]
        moments += [sign.since for sign in self.signs]
        moments += [rung.due for rung in self.rungs]
        return min((moment for moment in moments if moment is not None and moment > clock), default=None)

    def assessed(self, pair: Pair, at: datetime) -> health.Health:
        """Return how it goes at a time."""
        early = self.early is not None and at < self.early
        return health.assess(pair.relieved, self.signs, at, early=early)


def _outlook(pair: Pair, clock: datetime, policy: Policy) -> _Outlook:
    quiet = silence(pair, policy)
    silent = quiet is not None and quiet.since <= clock
    return _Outlook(
        health.signs(pair, quiet, policy),
        health.too_early_until(pair, policy),
        quiet and quiet.since,
        ladder.rungs(pair, quiet, policy) if quiet and silent else (),
    )


def _settled(
    pair: Pair, at: datetime, outlook: _Outlook, policy: Policy, event: str = ""
) -> tuple[Pair, list[Decision]]:
    """Return the pair with its time worked out up to `at`, and told how it goes if that has changed."""
    found = outlook.assessed(pair, at)
    settled = replace(pair, status=found.status, clock=at, due=outlook.after(at), policy=policy.version)
    if found.status == pair.status:
        return settled, []
    evidence = tuple(known for known in found.evidence if known != event)
    evidence = (*evidence, event) if event else evidence or (pair.begun,)
    grounds = Grounds(evidence, policy.version)
    time = pair.calendar(at)
    return settled, [HealthChanged(pair.names, time, pair.status, found.status, found.reasons, grounds)]
