"""Answers to invitations that come by mail, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kernel.errors import Denied
from services.scheduling.domain.meetings import Meeting
from services.scheduling.domain.said import Answer


@dataclass(frozen=True, slots=True)
class Contact:
    """How a person is called and reached just now, such as "kim@example.com"; stored nowhere."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the invitation of a meeting at a revision. `attendee` and `sender` are addresses.

    `meeting` may be the id of a series: then it is about the one at `occurrence`, or (None) about all of it.
    Whose it is follows from them: the `person` of `answer` is empty.
    """

    meeting: str
    answer: Answer
    revision: int
    attendee: str
    sender: str = ""
    occurrence: datetime | None = None

    def author(self, meeting: Meeting, contacts: Sequence[Contact]) -> str:
        """Return whose answer it is; `contacts` are those of everybody of the meeting, in that order.

        Raises Denied SENDER_IS_NOT_ATTENDEE or ATTENDEE_UNKNOWN.
        """
        if _plain(self.sender) != _plain(self.attendee):
            raise Denied("SENDER_IS_NOT_ATTENDEE", "an answer must come from the attendee it is of")
        for person, contact in zip(meeting.everybody, contacts, strict=True):
            if contact.address and _plain(contact.address) == _plain(self.attendee):
                return person
        raise Denied("ATTENDEE_UNKNOWN", "nobody of this meeting has that address")


def _plain(address: str) -> str:
    return address.strip().casefold().removeprefix("mailto:")
