"""Badges, what earns them, and what a rule would mean for what was recognised so far."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.kernel.errors import Invalid
from services.recognition.domain.recognitions import Kind, Place, Recognition, Stage


@dataclass(frozen=True, slots=True)
class BadgeUpdated:
    """A badge was added or changed."""


@dataclass(frozen=True, slots=True)
class Words:
    """What people read about a badge."""

    display_name: str
    description: str
    criteria: str


@dataclass(frozen=True, slots=True)
class Badge:
    """Something that recognitions of `kind` with at least `min_count` earn while it is `enabled`.

    `certificate`: its holders may have a verifiable credential. `revision` grows with every change.
    """

    words: Words
    kind: Kind
    min_count: int = 0
    certificate: bool = False
    enabled: bool = True
    revision: int = 1

    def earned_by(self, recognition: Recognition) -> bool:
        """Whether a recognition meets the rule."""
        return (
            recognition.stage is Stage.ISSUED
            and recognition.kind is self.kind
            and recognition.count >= self.min_count
        )

    def become(self, wanted: "Badge") -> "tuple[Badge, list[BadgeUpdated]]":
        """Change it, for what is earned from now on; the same again changes nothing. Invalid as `create`."""
        changed = replace(wanted, revision=self.revision)
        if changed == self:
            return self, []
        _require_plain(changed.words)
        return replace(changed, revision=self.revision + 1), [BadgeUpdated()]


@dataclass(frozen=True, slots=True)
class Preview:
    """How many people a rule would concern, each counted once per number."""

    would_earn: int
    would_keep: int
    would_lose: int
    opted_out: int


def create(badge: Badge) -> tuple[Badge, list[BadgeUpdated]]:
    """Add a badge. Invalid WORDS_MISSING or WORDS_NOT_PLAIN."""
    _require_plain(badge.words)
    return badge, [BadgeUpdated()]


def preview(proven: Collection[Place], held: Collection[Place], silent: Collection[str]) -> Preview:
    """Return what a rule would mean that is met at `proven`, while the badge is `held` by some."""
    new = {place.person for place in set(proven) - set(held)}
    return Preview(
        would_earn=len(new - set(silent)),
        would_keep=len({place.person for place in set(proven) & set(held)}),
        would_lose=len({place.person for place in set(held) - set(proven)}),
        opted_out=len(new & set(silent)),
    )


def _require_plain(words: Words) -> None:
    for field, text in (
        ("display_name", words.display_name),
        ("description", words.description),
        ("criteria", words.criteria),
    ):
        if not text.strip():
            raise _wrong("WORDS_MISSING", field, "must say something")
        if not text.replace("\n", " ").isprintable() or "\n" in words.display_name:
            raise _wrong("WORDS_NOT_PLAIN", field, "must be plain text without control characters")


def _wrong(reason: str, field: str, words: str) -> Invalid:
    return Invalid(reason, f"{field} {words}", fields=((f"badge.{field}", words),))


def _meetings(count: int, name: str) -> Badge:
    held = "one mentoring meeting" if count == 1 else f"{count} mentoring meetings"
    words = Words(
        name,
        f"Met {'for the first time' if count == 1 else 'again and again'} as mentor and mentee.",
        f"Held {held} of one mentorship, both being there.",
    )
    return Badge(words, Kind.MEETINGS_HELD, count, certificate=count >= 10)


DEFAULTS: Final[Mapping[str, Badge]] = {
    "first-meeting": _meetings(1, "First meeting"),
    "five-meetings": _meetings(5, "Five meetings"),
    "ten-meetings": _meetings(10, "Ten meetings"),
    "forty-meetings": _meetings(40, "Forty meetings"),
    "first-goal": Badge(
        Words(
            "First goal",
            "Set a goal with a mentor and reached it.",
            "Reached the first goal of a mentorship.",
        ),
        Kind.FIRST_GOAL,
        certificate=True,
    ),
    "streak": Badge(
        Words(
            "Reliable",
            "Kept every appointment for a long time.",
            "Held several mentoring meetings in a row and missed none.",
        ),
        Kind.STREAK,
    ),
    "mentor-impact": Badge(
        Words(
            "Mentor with impact",
            "Helped a colleague to get where they wanted to be.",
            "Guided a mentee who reached goals of their mentorship.",
        ),
        Kind.MENTOR_IMPACT,
        certificate=True,
    ),
    "appreciated": Badge(
        Words(
            "Appreciated",
            "Gave others reason to say thank you.",
            "Received kudos in a mentorship.",
        ),
        Kind.KUDOS_RECEIVED,
    ),
    "mentorship-completed": Badge(
        Words(
            "Mentorship completed",
            "Went the whole way of a mentorship.",
            "Brought a mentorship to its end together, as agreed.",
        ),
        Kind.MENTORSHIP_COMPLETED,
        certificate=True,
    ),
}
"""The badges that are there without any set-up, by id."""
