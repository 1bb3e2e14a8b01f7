"""Introductions: the mentor introduces the mentee to a third person, if all three want it.

Who declined is kept nowhere, and an introduction that nobody answers in time ends the same way.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Denied, Refused
from services.kernel.personal import Personal
from services.mentorships.domain.mentorship import Mentorship, Stage
from services.mentorships.domain.partners import partner
from services.mentorships.domain.rules import invalid, not_found, words

OPEN_DAYS: Final = 14
"""How long the two have to agree: as long as an invitation lasts at Torch."""


class Progress(StrEnum):
    """How far an introduction is."""

    PROPOSED = "PROPOSED"
    MADE = "MADE"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class IntroductionProposed:
    """A mentor wants to introduce the mentee to somebody."""


@dataclass(frozen=True, slots=True)
class IntroductionConsented:
    """The mentee or the contact agreed."""

    person: str


@dataclass(frozen=True, slots=True)
class IntroductionOffered:
    """The contact is asked."""


@dataclass(frozen=True, slots=True)
class IntroductionMade:
    """All agreed."""


@dataclass(frozen=True, slots=True)
class IntroductionDeclined:
    """It will not happen."""


IntroductionEvent = (
    IntroductionProposed
    | IntroductionConsented
    | IntroductionOffered
    | IntroductionMade
    | IntroductionDeclined
)


@dataclass(frozen=True, slots=True)
class IntroductionDraft:
    """An introduction as asked for: `note` is for the mentee, `message` for the contact too."""

    contact: str
    note: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Introduction:
    """An introduction between `people` (mentor, mentee, contact).

    `readers` are those who know of it, `consents` those who agreed beside the mentor. `claims` keep it the
    only one of the mentee to the contact in the mentorship, unless it is declined.
    """

    mentorship: str
    people: tuple[str, str, str]
    note: Annotated[str, Personal("people.0")]
    message: Annotated[str, Personal("people.0")]
    expire_time: datetime
    readers: tuple[str, ...]
    claims: tuple[str, ...]
    consents: tuple[str, ...] = ()
    progress: Progress = Progress.PROPOSED

    @property
    def due_at(self) -> datetime | None:
        """When it is off unless all have agreed."""
        return self.expire_time if self.progress is Progress.PROPOSED else None

    def fire(self, now: datetime) -> tuple["Introduction", list[IntroductionEvent]]:
        """Let it be off when its time is up."""
        if self.due_at is None or now < self.due_at:
            return self, []
        return self.drop()

    def consent(
        self, person: str, now: datetime, *, between: Mentorship
    ) -> tuple["Introduction", list[IntroductionEvent]]:
        """Agree, as the mentee or, once the mentee has, as the contact; a second time changes nothing.

        Raises NotFound for who does not know of it, Denied NOT_ASKED for the mentor, Refused
        INTRODUCTION_OVER, also when the mentorship `between` the two does not run.
        """
        self._require_knows(person)
        mentor, _, contact = self.people
        if person == mentor:
            raise Denied("NOT_ASKED", "the mentee and the contact decide")
        if person in self.consents and self.progress is not Progress.DECLINED:
            return self, []
        self._require_open(now)
        if between.stage is not Stage.ACTIVE:
            raise _over()
        agreed = replace(self, consents=(*self.consents, person))
        if contact not in agreed.readers:
            offered = replace(agreed, readers=self.people)
            return offered, [IntroductionConsented(person), IntroductionOffered()]
        return replace(agreed, progress=Progress.MADE), [IntroductionConsented(person), IntroductionMade()]

    def decline(self, person: str, now: datetime) -> tuple["Introduction", list[IntroductionEvent]]:
        """Decline or take back, as any of the three who knows of it; a second time changes nothing.

        Raises NotFound for who does not know of it, Refused INTRODUCTION_OVER.
        """
        self._require_knows(person)
        if self.progress is Progress.DECLINED:
            return self, []
        self._require_open(now)
        return self.drop()

    def drop(self) -> tuple["Introduction", list[IntroductionEvent]]:
        """Let it be off, unless it is made."""
        if self.progress is not Progress.PROPOSED:
            return self, []
        return replace(self, progress=Progress.DECLINED, claims=()), [IntroductionDeclined()]

    def require_of(self, mentorship: str) -> None:
        """Raise NotFound under another mentorship's name."""
        if mentorship != self.mentorship:
            raise not_found()

    def read_by(self, person: str, *, oversees: bool) -> "Introduction":
        """Return what `person` may read: the contact no note, overseers no words. NotFound for others.

        Nobody reads who else agreed.
        """
        own = tuple(one for one in self.consents if one == person)
        if person in self.readers:
            return replace(self, note="" if person == self.people[2] else self.note, consents=own)
        if not oversees:
            raise not_found()
        return replace(self, note="", message="", consents=own)

    def _require_knows(self, person: str) -> None:
        if person not in self.readers:
            raise not_found()

    def _require_open(self, now: datetime) -> None:
        """Let the clock decide even when the timer is late."""
        if self.progress is not Progress.PROPOSED or now >= self.expire_time:
            raise _over()


def propose(
    key: str, mentorship: Mentorship, person: str, draft: IntroductionDraft, now: datetime
) -> tuple[Introduction, list[IntroductionEvent]]:
    """Propose, as the mentor of `mentorship`, whose id is `key`.

    Raises NotFound for others than the two, Denied NOT_THE_MENTOR, Refused MENTORSHIP_NOT_ACTIVE, Invalid
    CONTACT_OF_THE_PAIR or TEXT_NOT_PLAIN.
    """
    mentee = partner(mentorship, person)
    if person != mentorship.mentor:
        raise Denied("NOT_THE_MENTOR", "the mentor introduces")
    if draft.contact in mentorship.people:
        raise invalid("CONTACT_OF_THE_PAIR", "introduction.contact", "must be neither of the two")
    proposed = Introduction(
        mentorship=key,
        people=(person, mentee, draft.contact),
        note=words(draft.note, "introduction.note"),
        message=words(draft.message, "introduction.message"),
        expire_time=now + timedelta(days=OPEN_DAYS),
        readers=(person, mentee),
        claims=(f"{key}/{draft.contact}",),
    )
    return proposed, [IntroductionProposed()]


def _over() -> Refused:
    return Refused("INTRODUCTION_OVER", "this introduction is made, or off")
