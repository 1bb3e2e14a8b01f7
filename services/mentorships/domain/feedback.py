"""Feedback: how it went, told by one of the two to the other, in words for them only."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from services.kernel.errors import Denied, Refused
from services.kernel.personal import Personal
from services.mentorships.domain.meetings import PastMeeting
from services.mentorships.domain.mentorship import Mentorship
from services.mentorships.domain.partners import partner
from services.mentorships.domain.rules import invalid, not_found, words


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """One of the two told the other how it went."""


@dataclass(frozen=True, slots=True)
class FeedbackAcknowledged:
    """The other has read it."""


FeedbackEvent = FeedbackGiven | FeedbackAcknowledged


@dataclass(frozen=True, slots=True)
class FeedbackDraft:
    """Feedback as asked for; no `meeting`: on the relationship, `rating` 0: none."""

    meeting: str = ""
    rating: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What `author` told `recipient`; `claims` keep it the author's only one on its meeting."""

    mentorship: str
    author: str
    recipient: str
    meeting: str
    rating: int
    words: Annotated[str, Personal("author")]
    claims: tuple[str, ...]
    acknowledge_time: datetime | None = None

    def require_of(self, mentorship: str) -> None:
        """Raise NotFound under another mentorship's name."""
        if mentorship != self.mentorship:
            raise not_found()

    def read_by(self, person: str, *, oversees: bool) -> "Feedback":
        """Return what `person` may read; overseers get no words. NotFound for others outside the pair."""
        if person in {self.author, self.recipient}:
            return self
        if not oversees:
            raise not_found()
        return replace(self, words="")

    def acknowledge(
        self, mentorship: str, person: str, now: datetime
    ) -> tuple["Feedback", list[FeedbackEvent]]:
        """Say that it was read, once, as its recipient.

        Raises NotFound for others and under another mentorship's name, Denied NOT_THE_RECIPIENT for the
        author, Refused FEEDBACK_ACKNOWLEDGED.
        """
        self.require_of(mentorship)
        self.read_by(person, oversees=False)
        if person != self.recipient:
            raise Denied("NOT_THE_RECIPIENT", "only who was told may acknowledge it")
        if self.acknowledge_time is not None:
            raise Refused("FEEDBACK_ACKNOWLEDGED", "this feedback is acknowledged already")
        return replace(self, acknowledge_time=now), [FeedbackAcknowledged()]


def give(
    key: str, mentorship: Mentorship, author: str, draft: FeedbackDraft
) -> tuple[Feedback, list[FeedbackEvent]]:
    """Tell the other one of `mentorship`, whose id is `key`, how it went.

    Raises NotFound for others than the two, Refused MENTORSHIP_NOT_ACTIVE, Invalid FEEDBACK_EMPTY without
    rating and words, TEXT_NOT_PLAIN.
    """
    recipient, said = partner(mentorship, author), words(draft.words, "feedback.words")
    if not draft.rating and not said:
        raise invalid("FEEDBACK_EMPTY", "feedback.rating", "must be set unless there are words")
    given = Feedback(
        mentorship=key,
        author=author,
        recipient=recipient,
        meeting=draft.meeting,
        rating=draft.rating,
        words=said,
        claims=(f"{draft.meeting}/{author}",) if draft.meeting else (),
    )
    return given, [FeedbackGiven()]


def require_held(past: PastMeeting | None, mentorship: str) -> None:
    """Raise Refused MEETING_NOT_HELD unless the meeting took place in `mentorship`."""
    if past is None or past.missed or past.mentorship != mentorship:
        raise Refused("MEETING_NOT_HELD", "no such meeting of the two has taken place")
