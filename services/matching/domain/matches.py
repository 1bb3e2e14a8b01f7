"""One match on its way to a mentorship: both say yes, or one says no."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from services.kernel.errors import Denied, NotFound, Refused
from services.matching.domain.plan import Contribution, Proposal
from services.matching.domain.policy import Pair
from services.matching.domain.programs import USUAL_AGREEMENT, AgreementDefaults


class Stage(StrEnum):
    """How far a match is."""

    PROPOSED = "PROPOSED"
    HALF_ACCEPTED = "HALF_ACCEPTED"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    ENDED = "ENDED"


class Misfit(StrEnum):
    """Why one of the two asks for somebody else."""

    NO_FIT = "NO_FIT"
    GOALS_DIFFER = "GOALS_DIFFER"
    NO_TIME = "NO_TIME"
    NO_RESPONSE = "NO_RESPONSE"


@dataclass(frozen=True, slots=True)
class MatchProposed:
    """Two people may say yes or no to each other."""


@dataclass(frozen=True, slots=True)
class MatchAccepted:
    """One of the two said yes."""

    person: str


@dataclass(frozen=True, slots=True)
class MatchConfirmed:
    """Both said yes."""


@dataclass(frozen=True, slots=True)
class MatchDeclined:
    """One of the two said no."""

    person: str


@dataclass(frozen=True, slots=True)
class MatchAdopted:
    """A mentorship that was handed over to its mentor holds a seat."""


@dataclass(frozen=True, slots=True)
class MatchEnded:
    """The match, or the mentorship it became, is over."""


Event = MatchProposed | MatchAccepted | MatchConfirmed | MatchDeclined | MatchAdopted | MatchEnded


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a match comes from and what its mentorship is told; a copy, so a yes needs no other document.

    `run` is the cohort run that proposed it, "" for a match made by request and for an adopted mentorship.
    """

    program: str
    run: str
    lead: str
    cadence_days: int
    meeting_minutes: int
    mentorship: str
    agreement: AgreementDefaults = USUAL_AGREEMENT


@dataclass(frozen=True, slots=True)
class Match:
    """One match of `people` (mentor, mentee); `accepted_by` is in the order of the answers.

    `misfit` is why `ended_by` asked for somebody else, for HR only; `never_again` keeps the two from being
    matched in any program. `claims` must be unique in the organization: of the matches made by request, a
    mentee has one in a program.
    """

    origin: Origin
    people: tuple[str, str]
    score_ppm: int
    contributions: tuple[Contribution, ...] = ()
    stage: Stage = Stage.PROPOSED
    accepted_by: tuple[str, ...] = ()
    mentor_score_ppm: int = 0
    mentor_contributions: tuple[Contribution, ...] = ()
    misfit: str = ""
    ended_by: str = ""
    claims: tuple[str, ...] = ()
    never_again: bool = False

    @property
    def live(self) -> bool:
        """Whether it holds a seat of the mentor and the mentee's one place in the program."""
        return self.stage not in {Stage.DECLINED, Stage.ENDED}

    @property
    def pair(self) -> Pair:
        """Who would guide whom."""
        return Pair(*self.people)

    def require_of(self, program: str) -> None:
        """Raise NotFound unless the match is one of `program`."""
        if self.origin.program != program:
            raise _not_found()

    def require_reader(self, person: str, *, oversees: bool) -> None:
        """Raise NotFound unless `person` is one of the two or oversees all."""
        if not oversees and person not in self.people:
            raise _not_found()

    def without_misfit(self) -> "Match":
        """Return what others than HR may read."""
        return replace(self, misfit="", ended_by="")

    def accept(self, person: str) -> "tuple[Match, list[Event]]":
        """Say yes; a second yes of the same person changes nothing.

        Raises Refused MATCH_DECLINED or MATCH_ENDED, Denied.
        """
        self._require_participant(person)
        self._require_not_ended()
        if self.stage is Stage.DECLINED:
            raise Refused("MATCH_DECLINED", "the match was declined")
        if person in self.accepted_by:
            return self, []
        agreed = replace(self, stage=Stage.HALF_ACCEPTED, accepted_by=(*self.accepted_by, person))
        if len(agreed.accepted_by) < len(self.people):
            return agreed, [MatchAccepted(person)]
        return replace(agreed, stage=Stage.CONFIRMED), [MatchAccepted(person), MatchConfirmed()]

    def decline(self, person: str) -> "tuple[Match, list[Event]]":
        """Say no and free both; a second no changes nothing.

        Raises Refused MATCH_CONFIRMED or MATCH_ENDED, Denied.
        """
        self._require_participant(person)
        self._require_not_ended()
        if self.stage is Stage.CONFIRMED:
            raise Refused("MATCH_CONFIRMED", "both have said yes; end the mentorship instead")
        if self.stage is Stage.DECLINED:
            return self, []
        return replace(self, stage=Stage.DECLINED, claims=()), [MatchDeclined(person)]

    def rematch(self, person: str, misfit: Misfit) -> "tuple[Match, list[Event]]":
        """End it because `person` wants somebody else. Refused MATCH_NOT_CONFIRMED or MATCH_ENDED, Denied."""
        self._require_participant(person)
        self._require_not_ended()
        if self.stage is not Stage.CONFIRMED:
            raise Refused("MATCH_NOT_CONFIRMED", "decline the match instead; its mentorship has not begun")
        ended = replace(self, misfit=misfit.value, ended_by=person)
        return ended.end()

    def end(self, *, never_again: bool = False) -> "tuple[Match, list[Event]]":
        """End it with its mentorship; one that is no mentorship, or is over, stays as it is."""
        if self.stage is not Stage.CONFIRMED:
            return self, []
        return replace(self, stage=Stage.ENDED, claims=(), never_again=never_again), [MatchEnded()]

    def _require_not_ended(self) -> None:
        if self.stage is Stage.ENDED:
            raise Refused("MATCH_ENDED", "the match is over")

    def _require_participant(self, person: str) -> None:
        if person not in self.people:
            raise Denied("NOT_A_PARTICIPANT", "only the mentor and the mentee of a match may answer")


def propose(known: Match | None, origin: Origin, proposal: Proposal) -> tuple[Match, list[Event]]:
    """Offer a proposed pair a match; one that is there already stays as it is."""
    if known is not None:
        return known, []
    people = (proposal.mentor, proposal.mentee)
    return Match(
        origin,
        people,
        proposal.score_ppm,
        proposal.contributions,
        mentor_score_ppm=proposal.mentor_score_ppm,
        mentor_contributions=proposal.mentor_contributions,
    ), [MatchProposed()]


def agree(origin: Origin, proposal: Proposal, people: tuple[str, str]) -> tuple[Match, list[Event]]:
    """Match two who asked and said yes; `people` are in that order. The mentorship begins at once."""
    match, proposed = propose(None, origin, proposal)
    match = replace(match, claims=(f"mentee/{origin.program}/{proposal.mentee}",))
    half, first = match.accept(people[0])
    both, second = half.accept(people[1])
    return both, [*proposed, *first, *second]


def adopt(origin: Origin, people: tuple[str, str]) -> tuple[Match, list[Event]]:
    """Let a mentorship of `people` (mentor, mentee) that runs without a match hold its seat.

    It claims nothing: it is there, even while the one before it has not been heard to be over.
    """
    return Match(origin, people, score_ppm=0, stage=Stage.CONFIRMED), [MatchAdopted()]


def holds(known: Iterable[Match], coming: Iterable[tuple[str, str, Pair]]) -> list[tuple[str, Pair]]:
    """Return (program, pair) of whatever takes a seat now.

    That is every known match that was neither declined nor ended, and those of the `coming` pairs (program,
    run, pair) of published runs that are no match yet.
    """
    known = list(known)
    delivered = {(match.origin.run, match.pair) for match in known}
    live = [(match.origin.program, match.pair) for match in known if match.live]
    return live + [(program, pair) for program, run, pair in coming if (run, pair) not in delivered]


def refused(known: Iterable[Match], program: str) -> frozenset[Pair]:
    """Return the `parted`, and who said no to each other in a program, before or in their mentorship."""
    known = list(known)
    return parted(known) | {
        match.pair
        for match in known
        if (match.stage is Stage.DECLINED or match.misfit) and match.origin.program == program
    }


def parted(known: Iterable[Match]) -> frozenset[Pair]:
    """Return the pairs that must not be matched again in any program, either way round."""
    apart = {match.pair for match in known if match.never_again}
    return frozenset(apart | {Pair(pair.mentee, pair.mentor) for pair in apart})


def previous(known: Iterable[Match]) -> frozenset[Pair]:
    """Return the pairs that have been partners, in any program."""
    return frozenset(match.pair for match in known if match.stage in {Stage.CONFIRMED, Stage.ENDED})


def _not_found() -> NotFound:
    return NotFound(
        "NOT_FOUND", "nothing of this name exists"
    )  # the store's own words: absent and hidden are one
