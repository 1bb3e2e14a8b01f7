"""How each category of messages is delivered, as data: how urgent it is, and the steps before it goes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from services.notifications.domain.conditions import Condition
from services.notifications.domain.messages import Category, Facts


class Urgency(StrEnum):
    """What may keep a message back.

    CRITICAL  nothing: neither preferences nor hours nor budget; who misses it loses something
    PROMPT    preferences and hours; it counts in the weekly budget but does not wait for it
    PATIENT   preferences, hours and the weekly budget
    """

    CRITICAL = "CRITICAL"
    PROMPT = "PROMPT"
    PATIENT = "PATIENT"


class Fact(StrEnum):
    """What messages are about, by its name in `Facts`."""

    MENTORSHIP = "mentorship"
    MEETING = "meeting"
    GOAL = "goal"
    REQUEST = "request"
    REQUESTER = "requester"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Rule:
    """Steps of one category.

    delay       how long after its cause a message goes out
    digest      how long messages of the category are gathered to go out as one; zero: each by itself
    digest_key  facts that all of those gathered to one say the same of
    throttle    at most one message of the category per person within this time; zero: no limit
    conditions  what must hold when it goes out
    once        facts that a person is told of once only, if the first of them is there
    counted     whether a message of the category uses up the weekly budget of others
    invites     whether the mail changes the reader's calendar: it carries the meeting's invitation
    """

    urgency: Urgency = Urgency.PATIENT
    delay: timedelta = timedelta(0)
    digest: timedelta = timedelta(0)
    digest_key: tuple[Fact, ...] = ()
    throttle: timedelta = timedelta(0)
    conditions: tuple[Condition, ...] = ()
    once: tuple[Fact, ...] = ()
    counted: bool = True
    invites: bool = False

    def gathered_by(self, facts: Facts) -> dict[str, str]:
        """Return what others must say to be gathered with a message, by their names in `Facts`."""
        return {str(name): str(getattr(facts, name)) for name in self.digest_key}

    def key(self, facts: Facts) -> tuple[str, ...]:
        """Return what makes a message the same as an earlier one, empty if each is one of its own."""
        values = tuple(str(getattr(facts, name)) for name in self.once)
        return values if values and values[0] else ()


_CRITICAL: Final = Rule(Urgency.CRITICAL)
_PROMPT: Final = Rule(Urgency.PROMPT)
_MEETING: Final = Rule(Urgency.PROMPT, counted=False)
_INVITATION: Final = Rule(Urgency.PROMPT, counted=False, invites=True)
_GATHERED: Final = Rule(digest=timedelta(hours=1))

RULES: Final[Mapping[Category, Rule]] = {
    Category.ENDING_WARNING: _CRITICAL,
    Category.MATCH_ENDED: _CRITICAL,
    Category.WEBHOOK_DISABLED: _CRITICAL,
    Category.CHAT_DISABLED: _CRITICAL,
    # Somebody waits, or a date passes.
    Category.REBOOK_REMINDER: _PROMPT,
    Category.LEAD_ALERT: _PROMPT,
    Category.LEAD_ESCALATION: _PROMPT,
    Category.MATCH_REQUESTED: _PROMPT,
    Category.MATCH_REQUEST_REMINDER: _PROMPT,
    Category.MATCH_REQUEST_QUESTION: _PROMPT,
    Category.MATCH_REQUEST_ANSWER: _PROMPT,
    Category.MATCH_REQUEST_MATCHED: _PROMPT,
    Category.MATCH_REQUEST_PROMOTED: _PROMPT,
    Category.AGREEMENT_PROPOSED: _PROMPT,
    Category.EXTENSION_PROPOSED: _PROMPT,
    Category.CLOSING_PROPOSED: _PROMPT,
    Category.END_NEAR: _PROMPT,
    Category.MEETING_CLAIMED: _PROMPT,
    # They come with meetings that people booked: a busy week must not silence everything else.
    Category.MEETING_REMINDER: _MEETING,
    Category.MEETING_PROPOSED: _MEETING,
    # A calendar that asks for another time of a series asks for each of its meetings.
    Category.MEETING_COUNTERED: Rule(Urgency.PROMPT, digest=timedelta(minutes=5), counted=False),
    Category.MEETING_BOOKED: _INVITATION,
    Category.MEETING_MOVED: _INVITATION,
    Category.MEETING_CANCELLED: _INVITATION,
    # One goal is celebrated once, whatever rule or repair tells of it again.
    Category.RECOGNITION: Rule(once=(Fact.GOAL, Fact.CODE)),
    Category.NUDGE: Rule(throttle=timedelta(hours=20)),
    Category.KUDOS: _GATHERED,
    Category.FEEDBACK: _GATHERED,
    Category.ENROLMENT_REQUESTED: _GATHERED,
}
"""Categories that are not here have the rule that `rule_of` gives them: patient, at once, each by itself."""

_USUAL: Final = Rule()


def rule_of(category: Category) -> Rule:
    """Return a category's rule."""
    return RULES.get(category, _USUAL)
