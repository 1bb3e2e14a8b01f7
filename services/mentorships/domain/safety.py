"""Safety reports: what somebody told HR about a person, and the log of all that HR did with it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from services.kernel.errors import Refused
from services.kernel.personal import Personal
from services.mentorships.domain.happenings import MentorshipEvent
from services.mentorships.domain.mentorship import Mentorship, PauseReason, Who
from services.mentorships.domain.resting import Rest, pause
from services.mentorships.domain.rules import invalid, not_found
from services.mentorships.domain.words import needed_words


class Category(StrEnum):
    """What happened."""

    HARASSMENT = "HARASSMENT"
    DISCRIMINATION = "DISCRIMINATION"
    BOUNDARIES = "BOUNDARIES"
    THREAT = "THREAT"
    CONFIDENTIALITY = "CONFIDENTIALITY"
    WELLBEING = "WELLBEING"
    OTHER = "OTHER"


class Action(StrEnum):
    """What HR does with a report."""

    READ = "READ"
    NOTE = "NOTE"
    HOLD = "HOLD"
    BLOCK = "BLOCK"
    CLOSE = "CLOSE"


@dataclass(frozen=True, slots=True)
class SafetyReportFiled:
    """HR has a report to look into."""


@dataclass(frozen=True, slots=True)
class SafetyCaseLogged:
    """HR did something with it: the entry at that place of the log, from 1."""

    entry: int


@dataclass(frozen=True, slots=True)
class SafetyReportClosed:
    """HR has looked into it."""


SafetyEvent = SafetyReportFiled | SafetyCaseLogged | SafetyReportClosed


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Who of HR did what at `time`; `words` of a note and of a close, `mentorship` of a hold."""

    time: datetime
    person: str
    action: Action
    words: Annotated[str, Personal("person")] = ""
    mentorship: str = ""


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report as asked for; `mentorship` is "" unless it happened in one."""

    about: str
    category: Category
    words: str
    mentorship: str = ""


@dataclass(frozen=True, slots=True)
class SafetyReport:
    """What `reporter` told HR about another person; entries of the log are only ever added."""

    reporter: str
    about: str
    category: Category
    words: Annotated[str, Personal("reporter")]
    mentorship: str = ""
    closed: bool = False
    log: tuple[LogEntry, ...] = ()

    def receipt(self, person: str, *, hr: bool) -> "SafetyReport":
        """Return what its reporter may see, and HR without a trace in the log. NotFound for others."""
        if person == self.about or not (hr or person == self.reporter):
            raise not_found()
        return SafetyReport(reporter="", about="", category=self.category, words="", closed=self.closed)

    def read(self, person: str, now: datetime) -> "Decision":
        """Note that `person` of HR reads it. NotFound for whom it is about, as with all that follows."""
        return self._logged(LogEntry(now, person, Action.READ))

    def note(self, person: str, said: str, now: datetime) -> "Decision":
        """Add a note. Raises Invalid TEXT_BLANK or TEXT_NOT_PLAIN."""
        return self._logged(LogEntry(now, person, Action.NOTE, words=needed_words(said, "words")))

    def hold(self, person: str, mentorship: str, now: datetime) -> "Decision":
        """Order that a mentorship rests. Raises Refused REPORT_CLOSED."""
        self._require_open_for(person)
        return self._logged(LogEntry(now, person, Action.HOLD, mentorship=mentorship))

    def block(self, person: str, now: datetime) -> "Decision":
        """Order that reporter and reported are separated for good. Raises Refused REPORT_CLOSED."""
        self._require_open_for(person)
        return self._logged(LogEntry(now, person, Action.BLOCK))

    def close(self, person: str, said: str, now: datetime) -> "Decision":
        """Close it with what came of it. Raises Refused REPORT_CLOSED, Invalid as `note`."""
        self._require_open_for(person)
        entry = LogEntry(now, person, Action.CLOSE, words=needed_words(said, "words"))
        logged, told = self._logged(entry)
        return replace(logged, closed=True), [*told, SafetyReportClosed()]

    def _logged(self, entry: LogEntry) -> "Decision":
        self._require_handled_by(entry.person)
        return replace(self, log=(*self.log, entry)), [SafetyCaseLogged(len(self.log) + 1)]

    def _require_handled_by(self, person: str) -> None:
        if person == self.about:
            raise not_found()

    def _require_open_for(self, person: str) -> None:
        self._require_handled_by(person)
        if self.closed:
            raise Refused("REPORT_CLOSED", "this report is closed")


Decision = tuple[SafetyReport, list[SafetyEvent]]


def file(reporter: str, draft: ReportDraft, where: Mentorship | None) -> Decision:
    """Report a person; `where` is the mentorship in which it happened, if that is told.

    Raises Invalid SAME_PERSON, OTHER_PEOPLE unless the mentorship is that person's, TEXT_BLANK or
    TEXT_NOT_PLAIN.
    """
    if draft.about == reporter:
        raise invalid("SAME_PERSON", "safety_report.person", "must be somebody else")
    if where is not None:
        require_part(where, draft.about, "safety_report.mentorship")
    said = needed_words(draft.words, "safety_report.words")
    filed = SafetyReport(reporter, draft.about, draft.category, said, draft.mentorship)
    return filed, [SafetyReportFiled()]


def require_part(mentorship: Mentorship, person: str, field: str) -> None:
    """Raise Invalid OTHER_PEOPLE unless `person` is one of the two."""
    if person not in mentorship.people:
        raise invalid("OTHER_PEOPLE", field, "must be a mentorship of the person reported")


def held(mentorship: Mentorship, person: str, now: datetime) -> tuple[Mentorship, list[MentorshipEvent]]:
    """Let a mentorship rest as `person` of HR wants it. Refusals: `resting.pause`."""
    return pause(mentorship, Who(person, oversees=True, hr=True), Rest(PauseReason.HOLD), now)
