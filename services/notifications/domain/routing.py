"""What becomes of a message whose turn it is: sent now, held, or left to the inbox; always with a reason.

Stateless: asked again later, or by a process that took over, it goes by what is true then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from services.notifications.domain.messages import Category, Message, Reason
from services.notifications.domain.preferences import Channel, Levels
from services.notifications.domain.rules import Rule, Urgency

WEEK: Final = timedelta(days=7)
STALE: Final = timedelta(days=28)
"""A message that waited so long for the weekly budget tells nothing new any more."""
LONGEST_WAIT: Final = STALE + WEEK
"""From when a message exists until it goes out at the latest: a week at most until somebody's hours open."""


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
    """What went out in the past week, and whether it uses up the weekly budget."""

    category: Category
    time: datetime
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """A message whose turn it is: since when it exists, and its person: zone, preferences, what went out.

    `sent` is needed where the rule counts it, in any order. `chat`: there is a chat that takes the category.
    """

    message: Message
    since: datetime
    zone: tzinfo
    levels: Levels
    sent: Sequence[Sent] = ()
    chat: bool = False

    @property
    def wanted(self) -> tuple[bool, bool, Reason]:
        """Whether it is wanted by mail and in chat, and why it is mailed or not."""
        category = self.message.category
        mailed, reason = self.levels.choice(category)
        return mailed, self.chat and self.levels.choice(category, Channel.CHAT)[0], reason


class Step(StrEnum):
    """What is looked at, in this order."""

    CRITICAL = "CRITICAL"
    PREFERENCES = "PREFERENCES"
    DELAY = "DELAY"
    DIGEST = "DIGEST"
    CONDITIONS = "CONDITIONS"
    THROTTLE = "THROTTLE"
    HOURS = "HOURS"
    BUDGET = "BUDGET"


@dataclass(frozen=True, slots=True)
class Explained:
    """What becomes of a message, and the steps that were looked at: the last one decided."""

    route: Route
    steps: Sequence[Step]


def counts(rule: Rule) -> bool:
    """Whether a rule looks at past mails."""
    return rule.urgency is Urgency.PATIENT or bool(rule.throttle)


def route(turn: Turn, rule: Rule, now: datetime) -> Route:
    """Decide. The first step that says something wins."""
    return explained(turn, rule, now).route


def explained(turn: Turn, rule: Rule, now: datetime) -> Explained:
    """Decide, and tell how."""
    if rule.urgency is Urgency.CRITICAL:
        return Explained(Send(Reason.CRITICAL, chat=turn.chat), (Step.CRITICAL,))
    looked = [Step.CRITICAL]
    for step, decide in _STEPS:
        looked.append(step)
        if (stopped := decide(turn, rule, now)) is not None:
            return Explained(stopped, looked)
    mailed, posted, reason = turn.wanted
    return Explained(Send(reason, mailed, posted), looked)


def _unwanted(turn: Turn, _rule: Rule, _now: datetime) -> Suppress | None:
    mailed, posted, reason = turn.wanted
    return None if mailed or posted else Suppress(reason)


def _delayed(turn: Turn, rule: Rule, now: datetime) -> Hold | None:
    due = turn.since + rule.delay
    return Hold(Reason.DELAY, due) if now < due else None


def _gathering(turn: Turn, rule: Rule, now: datetime) -> Hold | None:
    gathered = turn.since + rule.delay + rule.digest
    return Hold(Reason.DIGEST, gathered) if now < gathered else None


def _unmet(turn: Turn, rule: Rule, _now: datetime) -> Suppress | None:
    met = all(condition.holds(turn.message) for condition in rule.conditions)
    return None if met else Suppress(Reason.CONDITION)


def _throttled(turn: Turn, rule: Rule, now: datetime) -> Suppress | None:
    category = turn.message.category
    recent = any(sent.category is category and sent.time > now - rule.throttle for sent in turn.sent)
    return Suppress(Reason.THROTTLED) if recent and rule.throttle else None


def _closed(turn: Turn, _rule: Rule, now: datetime) -> Hold | None:
    hours = turn.levels.hours
    opening = hours.opening(now, turn.zone)
    if opening is None or opening <= now:
        return None
    quiet = hours.is_quiet(now.astimezone(turn.zone))
    return Hold(Reason.QUIET_HOURS if quiet else Reason.SEND_WINDOW, opening)


def _over_budget(turn: Turn, rule: Rule, now: datetime) -> Hold | Suppress | None:
    """Hold until the oldest of the last mails that fill the week is a week old."""
    if rule.urgency is not Urgency.PATIENT:
        return None
    budget = turn.levels.weekly_mails
    counted = (sent.time for sent in turn.sent if sent.counted)
    latest = sorted((time for time in counted if time > now - WEEK), reverse=True)
    if len(latest) < budget:
        return None
    if budget == 0 or now >= turn.since + STALE:
        return Suppress(Reason.BUDGET)
    return Hold(Reason.BUDGET, latest[budget - 1] + WEEK)


_STEPS: Final[Sequence[tuple[Step, Callable[[Turn, Rule, datetime], Hold | Suppress | None]]]] = (
    (Step.PREFERENCES, _unwanted),
    (Step.DELAY, _delayed),
    (Step.DIGEST, _gathering),
    (Step.CONDITIONS, _unmet),
    (Step.THROTTLE, _throttled),
    (Step.HOURS, _closed),
    (Step.BUDGET, _over_budget),
)
