"""What is kept of a pair: bounded, and enough to decide everything that follows.

Structs of msgspec, not dataclasses: each event copies several of them, at a twentieth of the price. What has
its default is left out of a table value, marks and what holds them are written as lists.

Times are the pair's own: the mentorship's rests are taken out, so that no clock runs while it rests. Only
`booked` and `resting` are times of the calendar.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from services.processor.domain.decisions import Status
from services.processor.domain.facts import NOBODY, Heard, Names

REMEMBERED = 64
"""Subjects whose last sequence a pair remembers: a quarter of busy weekly work, for repaired dead letters."""

EVIDENCE = 5
"""Events of one kind kept as evidence; what came before is the evidence of earlier decisions."""

BOOKED = 32
"""Booked meetings kept, those that begin first."""

GOALS = 8
"""Goals with a target date that are kept: open ones before reached ones, the first due before others."""

REACHED = 64
"""Goals known to have been reached, so that none is recognised twice."""

UNANSWERED = 5
"""Unanswered check-ins kept of one person."""


class Mark(Struct, frozen=True, array_like=True):
    """Something happened: when, and the id of its event."""

    time: datetime
    event: str


class Terms(Struct, frozen=True, omit_defaults=True):
    """What the two agreed: `signed` is the last time that both did, `end` the moment after the last day."""

    created: Mark | None = None
    started: Mark | None = None
    signed: Mark | None = None
    cadence: timedelta = timedelta()
    end: datetime | None = None


class Outcome(Struct, frozen=True, array_like=True):
    """How a meeting ended; `bad` is missed or called off late. `meeting` is its subject."""

    bad: bool
    mark: Mark
    meeting: str = ""


class Meetings(Struct, frozen=True, omit_defaults=True):
    """Meetings of the pair.

    `alive` is the last event of any meeting, or the start; `booked` holds (subject, start). `streak` counts
    those held since the last one missed, `longest` the best streak ever.
    """

    held: int = 0
    streak: int = 0
    longest: int = 0
    met: Mark | None = None
    alive: Mark | None = None
    booked: tuple[tuple[str, datetime], ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    evidence: tuple[str, ...] = ()


class Goal(Struct, frozen=True, array_like=True):
    """A goal with a date: `late` is the first moment after its last day, `set` when it was given that."""

    subject: str
    late: datetime
    set: Mark
    open: bool = True


class Goals(Struct, frozen=True, omit_defaults=True):
    """Goals of the pair: those with dates, the subjects of those ever reached, how many that are."""

    dated: tuple[Goal, ...] = ()
    reached: tuple[str, ...] = ()
    count: int = 0


class Side(Struct, frozen=True, omit_defaults=True):
    """One of the two: last activity, the last answer and what was poor about answers, kudos received.

    `asked` is the check-in that waits for an answer, `unanswered` are those before it that got none. `warned`
    is when the last warning of a silence was told, `warn_again` when one that was held back is tried again.
    """

    active: Mark | None = None
    answer: int = 0
    low: Mark | None = None
    falling: Mark | None = None
    unfit: Mark | None = None
    unanswered: tuple[Mark, ...] = ()
    asked: Mark | None = None
    kudos: int = 0
    warned: datetime | None = None
    warn_again: datetime | None = None


class Pair(Struct, frozen=True, omit_defaults=True):
    """What is known of one mentorship.

    `misses` counts meetings missed since the last one held. `handled` holds the last sequence seen of
    `REMEMBERED` subjects at most, the longest untouched first. `relieved` are the last two things that
    clear a level of health. `warning` is when both were to be warned for the last time. `clock` is how far
    time is worked out, `due` when it goes on by itself under the policy `policy`.
    """

    misses: int = 0
    handled: Mapping[str, int] = {}
    names: Names = NOBODY
    terms: Terms = Terms()
    meetings: Meetings = Meetings()
    goals: Goals = Goals()
    mentor: Side = Side()
    mentee: Side = Side()
    relieved: tuple[Mark, ...] = ()
    warning: datetime | None = None
    status: Status = Status.TOO_EARLY
    over: bool = False
    resting: datetime | None = None
    rested: timedelta = timedelta()
    clock: datetime | None = None
    due: datetime | None = None
    policy: str = ""

    def own(self, moment: datetime) -> datetime:
        """Return a calendar time on the pair's own clock."""
        stopped = moment if self.resting is None else min(moment, self.resting)
        return stopped - self.rested

    def calendar(self, moment: datetime) -> datetime:
        """Return a time of the pair's own clock on the calendar."""
        return moment + self.rested

    def side(self, person: str) -> Side | None:
        """Return what is kept of one of the two; None for other people."""
        if not person:
            return None
        return {self.names.mentor: self.mentor, self.names.mentee: self.mentee}.get(person)

    def on_side(self, person: str, change: Callable[[Side], Side]) -> "Pair":
        """Return the pair with what is kept of one of the two changed; other people mean nothing."""
        side = self.side(person)
        if side is None:
            return self
        if person == self.names.mentor:
            return replace(self, mentor=change(side))
        return replace(self, mentee=change(side))

    def active(self, mark: Mark, *people: str) -> "Pair":
        """Return the pair after some of the two did something."""
        pair = self
        for person in people:
            pair = pair.on_side(person, lambda side: replace(side, active=later(side.active, mark)))
        return pair

    def relieve(self, mark: Mark) -> "Pair":
        """Return the pair after something that clears one level of health."""
        return replace(self, relieved=(*self.relieved, mark)[-2:])

    @property
    def begun(self) -> str:
        """Return the event with which the relationship began; empty when that is not known."""
        first = self.terms.started or self.terms.created
        return first.event if first else ""

    @property
    def running(self) -> bool:
        """Whether time leads to anything: it has begun, is not over and does not rest."""
        return bool(self.begun) and not self.over and self.resting is None


def later(known: Mark | None, mark: Mark) -> Mark:
    """Return the later of two."""
    return mark if known is None or known.time <= mark.time else known


def repeats(pair: Pair, heard: Heard) -> bool:
    """Whether an event, or a later one about the same, has counted already."""
    return heard.sequence <= pair.handled.get(heard.subject, 0)


def remember(handled: Mapping[str, int], heard: Heard) -> Mapping[str, int]:
    """Return `handled` with an event that counts now."""
    known = dict(handled)
    known.pop(heard.subject, None)
    known[heard.subject] = heard.sequence
    if len(known) > REMEMBERED:
        del known[next(iter(known))]
    return known
