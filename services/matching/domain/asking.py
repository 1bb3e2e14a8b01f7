"""Who may ask whom: how the two stand in a program, what speaks against a match, and how many may be open."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.kernel.errors import Invalid, Refused
from services.matching.domain.enrolments import Enrolment, Taking
from services.matching.domain.members import Role
from services.matching.domain.policy import Pair
from services.matching.domain.programs import Program, RequestRules, Stage
from services.matching.domain.requests import Event, MatchRequest, Reason
from services.matching.domain.requests import Stage as Wait
from services.matching.domain.seats import Limits

_PLAIN = {"\n", "\t"}


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as asked for: `requester` is one of the pair."""

    program: str
    pair: Pair
    requester: str
    message: str

    @property
    def people(self) -> tuple[str, str]:
        """Mentor and mentee."""
        return self.pair.mentor, self.pair.mentee


@dataclass(frozen=True, slots=True)
class Standing:
    """How two people stand in a program now.

    `busy`: the mentee has a match in it. `allowed`: no hard rule forbids the pair; which one would is not
    told, or a block would show. `limits` are those of the mentor's seats. People without enrolment are None.
    """

    program: Program
    mentor: Enrolment | None
    mentee: Enrolment | None
    busy: bool
    allowed: bool
    limits: Limits

    def objection(self) -> Reason | None:
        """Return why the two cannot become a match now."""
        if self.program.stage is not Stage.ACTIVE:
            return Reason.PROGRAM_CLOSED
        absent = _absence(self.mentor, Role.MENTOR) or _absence(self.mentee, Role.MENTEE)
        if absent is not None:
            return absent
        if self.busy:
            return Reason.MATCHED_ELSEWHERE
        return None if self.allowed else Reason.NOT_ALLOWED

    def require(self, requester: str, pair: Pair, today: date) -> None:
        """Check that `requester` may ask the other one of the pair.

        Raises Refused PROGRAM_CLOSED, PROGRAM_NOT_OPEN, NOT_ENROLLED (the field says who), ALREADY_MATCHED or
        NOT_ALLOWED.
        """
        self.program.require_open(today)
        sides = ((pair.mentor, self.mentor, Role.MENTOR), (pair.mentee, self.mentee, Role.MENTEE))
        wrong = [
            ("role" if person == requester else "person", f"does not take part as {role.lower()} now")
            for person, enrolment, role in sides
            if _absence(enrolment, role) is not None
        ]
        if wrong:
            raise Refused("NOT_ENROLLED", "both must take part in the program now", fields=wrong)
        if self.busy:
            raise Refused("ALREADY_MATCHED", "the mentee has a mentor in this program")
        if not self.allowed:
            raise Refused("NOT_ALLOWED", "the two cannot be matched")


def ask(
    wish: Wish, rules: RequestRules, known: Iterable[MatchRequest], now: datetime, *, waits: bool
) -> tuple[MatchRequest, list[Event]]:
    """Ask, beside the `known` open requests of the pair and of the requester in the program.

    `waits`: the mentor has no seat. Raises Refused REQUEST_OPEN or TOO_MANY_OPEN.
    """
    known = list(known)
    if any(one.people == wish.people for one in known):
        raise Refused("REQUEST_OPEN", "the two have an open request already")
    taken = {claim for one in known for claim in one.claims}
    places = (f"open/{wish.program}/{wish.requester}/{place}" for place in range(rules.most_open))
    free = next((place for place in places if place not in taken), None)
    if free is None:
        raise Refused("TOO_MANY_OPEN", f"at most {rules.most_open} requests may be open at a time")
    request = MatchRequest(
        program=wish.program,
        people=wish.people,
        requester=wish.requester,
        message=wish.message,
        since=now,
        reminder_hours=rules.reminder_hours,
        expiry_hours=rules.expiry_hours,
        claims=(f"pair/{wish.program}/{wish.pair.mentor}/{wish.pair.mentee}", free),
        stage=Wait.WAITLISTED if waits else Wait.PENDING,
    )
    return request, [Event.REQUESTED]


def words(text: str, field: str, *, needed: bool = False) -> str:
    """Return free text without outer white space. Invalid TEXT_BLANK if needed, TEXT_NOT_PLAIN."""
    trimmed = text.replace("\r\n", "\n").strip()
    if needed and not trimmed:
        raise _invalid("TEXT_BLANK", field, "must say something")
    if any(unicodedata.category(one) == "Cc" and one not in _PLAIN for one in trimmed):
        raise _invalid("TEXT_NOT_PLAIN", field, "must not contain control characters")
    return trimmed


def _absence(enrolment: Enrolment | None, role: Role) -> Reason | None:
    if enrolment is None or role not in enrolment.roles:
        return Reason.LEFT_PROGRAM
    if enrolment.stage is Taking.ENDED:
        left = enrolment.end_reason == Reason.LEFT_COMPANY
        return Reason.LEFT_COMPANY if left else Reason.LEFT_PROGRAM
    return None if enrolment.stage is Taking.ACTIVE else Reason.PAUSED


def _invalid(reason: str, field: str, description: str) -> Invalid:
    return Invalid(reason, f"{field} {description}", fields=((field, description),))
