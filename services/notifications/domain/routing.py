"""What becomes of a message whose turn it is: sent now, held, or left to the inbox; always with a reason.

Stateless: asked again later, or by a process that took over, it goes by what is true then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from services.notifications.domain.messages import Category, Reason
from services.notifications.domain.preferences import Channel, Levels
from services.notifications.domain.rules import Rule, Urgency, rule_of

WEEK: Final = timedelta(days=7)
STALE: Final = timedelta(days=28)
"""A message that waited so long for the weekly budget tells nothing new any more."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now, by mail, to chat or both; `reason` is why it is mailed, or why it is not."""

    reason: Reason
    mail: bool = True
    chat: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Look at it again at `until`."""

    reason: Reason
    until: datetime


@dataclass(frozen=True, slots=True)
class Suppress:
    """Never send it."""

    reason: Reason


Route = Send | Hold | Suppress


@dataclass(frozen=True, slots=True)
class Sent:
    """What went out in the past week."""

    category: Category
    time: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A message whose turn it is: since when it exists, and its person: zone, preferences, what went out.

    `sent` is needed where the rule counts it, in any order. `chat`: there is a chat that takes the category.
    """

    category: Category
    since: datetime
    zone: tzinfo
    levels: Levels
    sent: Sequence[Sent] = ()
    chat: bool = False


def counts(rule: Rule) -> bool:
    """Whether a rule looks at past mails."""
    return rule.urgency is Urgency.PATIENT or bool(rule.throttle)


def route(turn: Turn, rule: Rule, now: datetime) -> Route:
    """Decide. The first step that says something wins."""
    if rule.urgency is Urgency.CRITICAL:
        return Send(Reason.CRITICAL, chat=turn.chat)
    mailed, reason = turn.levels.choice(turn.category)
    posted = turn.chat and turn.levels.choice(turn.category, Channel.CHAT)[0]
    if not (mailed or posted):
        return Suppress(reason)
    held = _waiting(turn, rule, now) or _throttled(turn, rule, now) or _later(turn, rule, now)
    return held or Send(reason, mailed, posted)


def _waiting(turn: Turn, rule: Rule, now: datetime) -> Hold | None:
    """Hold for the steps that count from when the message came."""
    if now < turn.since + rule.delay:
        return Hold(Reason.DELAY, turn.since + rule.delay)
    gathered = turn.since + rule.delay + rule.digest
    return Hold(Reason.DIGEST, gathered) if now < gathered else None


def _throttled(turn: Turn, rule: Rule, now: datetime) -> Suppress | None:
    recent = any(sent.category is turn.category and sent.time > now - rule.throttle for sent in turn.sent)
    return Suppress(Reason.THROTTLED) if recent and rule.throttle else None


def _later(turn: Turn, rule: Rule, now: datetime) -> Hold | Suppress | None:
    """Hold while the person's hours are closed or the week is full."""
    hours = turn.levels.hours
    opening = hours.opening(now, turn.zone)
    if opening is not None and opening > now:
        quiet = hours.is_quiet(now.astimezone(turn.zone))
        return Hold(Reason.QUIET_HOURS if quiet else Reason.SEND_WINDOW, opening)
    return _over_budget(turn, now) if rule.urgency is Urgency.PATIENT else None


def _over_budget(turn: Turn, now: datetime) -> Hold | Suppress | None:
    """Hold until the oldest of the last mails that fill the week is a week old."""
    budget = turn.levels.weekly_mails
    counted = (sent.time for sent in turn.sent if rule_of(sent.category).counted)
    latest = sorted((time for time in counted if time > now - WEEK), reverse=True)
    if len(latest) < budget:
        return None
    if budget == 0 or now >= turn.since + STALE:
        return Suppress(Reason.BUDGET)
    return Hold(Reason.BUDGET, latest[budget - 1] + WEEK)
