"""How the mentorships of a program go, in numbers; nothing tells how a few people rated. Times are UTC."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import Final

from services.kernel.tables import inert
from services.mentorships.domain.checkins import CheckIn, CheckInPlan
from services.mentorships.domain.health import Status
from services.mentorships.domain.meetings import PastMeeting
from services.mentorships.domain.mentorship import Mentorship, Stage
from services.mentorships.domain.survey_results import SMALLEST_GROUP

MONTH: Final = timedelta(days=365.25) / 12
HEADER: Final = ("figure", "month", "value")

_OVER: Final = {Stage.COMPLETED: "completed", Stage.ENDED: "ended"}

Month = tuple[int, int]
"""(year, month)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one of the two was asked in check-ins; `since` is when both had signed the first agreement."""

    since: datetime
    plan: CheckInPlan


@dataclass(frozen=True, slots=True)
class Pair:
    """One mentorship and what is known of it; `status` None: nothing was told."""

    mentorship: Mentorship
    asked: Sequence[Asked] = ()
    meetings: Sequence[PastMeeting] = ()
    status: Status | None = None

    @property
    def since(self) -> datetime | None:
        """When it became active, None if it never did."""
        return min((one.since for one in self.asked), default=None)


@dataclass(frozen=True, slots=True)
class Quality:
    """The mean of ratings from 1 to 5; None without any and while `hidden`, of too few people."""

    mean: float | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class InMonth:
    """What happened in a month."""

    month: Month
    held: int
    missed: int
    answered: int
    quality: Quality


@dataclass(frozen=True, slots=True)
class Report:
    """The numbers. Rates and means are None where there is nothing to divide by."""

    matched: int
    active: int
    met: int
    completed: int
    ended: int
    held: int
    missed: int
    no_show_rate: float | None
    held_per_pair_month: float | None
    median_days_to_first: float | None
    mean_days_to_first: float | None
    opened: int
    answered: int
    response_rate: float | None
    quality: Quality
    goals: int
    goals_completed: int
    goal_completion_rate: float | None
    health: Mapping[Status, int]
    months: Sequence[InMonth]
    enrolled: int | None = None


@dataclass(slots=True)
class Ratings:
    """Ratings as they are counted."""

    people: set[str] = field(default_factory=set)
    values: list[int] = field(default_factory=list)

    def add(self, person: str, value: int) -> None:
        """Count one."""
        self.people.add(person)
        self.values.append(value)

    @property
    def told(self) -> Quality:
        """What may be told of them."""
        if len(self.people) < SMALLEST_GROUP:
            return Quality(hidden=bool(self.people))
        return Quality(fmean(self.values))


class Tally:
    """Counts pairs as they are read, as of `now`; their order makes no difference."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._numbers: Counter[str] = Counter()
        self._health: Counter[Status] = Counter()
        self._months: Counter[tuple[Month, str]] = Counter()
        self._ratings = Ratings()
        self._monthly: defaultdict[Month, Ratings] = defaultdict(Ratings)
        self._days_to_first: list[float] = []
        self._lived = timedelta()

    def goals(self, number: int, completed: int) -> None:
        """Count goals."""
        self._numbers.update(goals=number, goals_completed=completed)

    def add(self, pair: Pair) -> None:
        """Count a pair."""
        self._numbers["matched"] += 1
        if pair.mentorship.is_open:
            self._health[pair.status or Status.TOO_EARLY] += 1
        else:
            self._numbers[_OVER[pair.mentorship.stage]] += 1
        self._met(pair)
        for asked in pair.asked:
            for check_in in asked.plan.check_ins:
                self._check_in(asked.plan.person, check_in)
        if (since := pair.since) is not None:
            over = pair.mentorship.over
            self._numbers["active"] += 1
            self._lived += max((over.time if over else self._now) - since, timedelta())

    def _met(self, pair: Pair) -> None:
        for one in pair.meetings:
            self._happened("missed" if one.missed else "held", one.start_time)
        held = [one.start_time for one in pair.meetings if not one.missed]
        self._numbers["met"] += 1 if held else 0
        times, since = [time for time in held if time is not None], pair.since
        if since is not None and held and len(times) == len(held):
            self._days_to_first.append(max(min(times) - since, timedelta()) / timedelta(days=1))

    def _check_in(self, person: str, check_in: CheckIn) -> None:
        self._numbers["opened"] += 1
        if check_in.answer is None or check_in.answer_time is None:
            return
        self._happened("answered", check_in.answer_time)
        if rating := check_in.answer.quality:
            self._ratings.add(person, rating)
            self._monthly[_month(check_in.answer_time)].add(person, rating)

    def _happened(self, what: str, time: datetime | None) -> None:
        self._numbers[what] += 1
        if time is not None:
            self._months[_month(time), what] += 1

    def report(self) -> Report:
        """Return what was counted so far."""
        counts, days = self._numbers, self._days_to_first
        return Report(
            **{name: counts[name] for name in ("matched", "active", "met", "completed", "ended")},
            **{name: counts[name] for name in ("held", "missed", "opened", "answered")},
            no_show_rate=_rate(counts["missed"], counts["held"] + counts["missed"]),
            held_per_pair_month=_rate(counts["held"], self._lived / MONTH),
            median_days_to_first=median(days) if days else None,
            mean_days_to_first=fmean(days) if days else None,
            response_rate=_rate(counts["answered"], counts["opened"]),
            quality=self._ratings.told,
            goals=counts["goals"],
            goals_completed=counts["goals_completed"],
            goal_completion_rate=_rate(counts["goals_completed"], counts["goals"]),
            health={
                status: self._health[status]
                for status in Status
                if status is not Status.UNSPECIFIED or self._health[status]
            },
            months=[self._in(month) for month in sorted({month for month, _ in self._months})],
        )

    def _in(self, month: Month) -> InMonth:
        held, missed, answered = (self._months[month, what] for what in ("held", "missed", "answered"))
        return InMonth(month, held, missed, answered, self._monthly.get(month, Ratings()).told)


def table(report: Report) -> str:
    """Return RFC 4180 text with a header: a row per figure, and per figure and month."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows([inert(cell) for cell in row] for row in (*_totals(report), *_trend(report.months)))
    return text.getvalue()


def _totals(report: Report) -> Iterator[tuple[str, str, str]]:
    figures = (
        *("enrolled", "matched", "active", "met", "completed", "ended", "held", "missed", "no_show_rate"),
        *("held_per_pair_month", "median_days_to_first", "mean_days_to_first"),
        *("opened", "answered", "response_rate", "quality"),
        *("goals", "goals_completed", "goal_completion_rate"),
    )
    for name in figures:
        yield name, "", _cell(getattr(report, name))
    for status, number in report.health.items():
        yield f"health {status}", "", str(number)


def _trend(months: Iterable[InMonth]) -> Iterator[tuple[str, str, str]]:
    for one in months:
        for name in ("held", "missed", "answered", "quality"):
            yield name, "{:04}-{:02}".format(*one.month), _cell(getattr(one, name))


def _cell(value: float | Quality | None) -> str:
    if isinstance(value, Quality):
        return "hidden" if value.hidden else _cell(value.mean)
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _rate(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _month(time: datetime) -> Month:
    return time.year, time.month
