"""The demo's steps, in order: people, program, relationships, meetings.

Who attends and who completes a goal follows from a pair's place in the list, so every run tells the same story:
of five pairs one misses both meetings, one misses the first, three meet; two of five reach their goal.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from deploy.local.demo.api import HR, Api, Who, refusal
from services.kernel.clock import DevelopmentClock, advance
from services.pb.mentoring.matching.v1 import matching_service_pb2 as matching
from services.pb.mentoring.matching.v1 import program_service_pb2 as programs
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.profiles.v1 import person_service_pb2 as people
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings

CHUNK = 64 * 1024
IMPORT_TIMEOUT = 300.0
WAIT = 120.0
"""Seconds to wait for an effect of an event before the demo gives up."""
ROUND = timedelta(days=14)
GRACE = timedelta(minutes=11)
"""A minute more than the platform's grace period."""

T = TypeVar("T")


class Bar(Protocol):
    """One progress bar."""

    def step(self, by: int = 1) -> None:
        """Move it."""


class Screen(Protocol):
    """Where the demo shows its progress."""

    def bar(self, title: str, total: int) -> Bar:
        """Begin a bar of `total` steps."""

    def said(self, step: str, **counts: int) -> None:
        """Keep what a step did."""


class GaveUpError(Exception):
    """An effect did not come in time."""


@dataclass
class Story:
    """Runs the steps and remembers what they made."""

    api: Api
    screen: Screen
    clock_file: Path
    rejected: list[people.RejectedRow] = field(default_factory=list)
    imported: people.ImportSummary = field(default_factory=people.ImportSummary)
    program: programs.Program = field(default_factory=programs.Program)
    pairs: list[mentorships.Mentorship] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)

    async def tell(self, file: bytes) -> None:
        """Do the whole job."""
        await self.import_people(file)
        await self.match()
        await self.agree()
        await self.set_goals()
        await self.meet(lambda place: place % 5 > 1)
        await self.complete_goals()
        await self.meet(lambda place: place % 5 > 0)

    async def import_people(self, file: bytes) -> None:
        """Import the file twice; the second time nothing may change."""
        self.imported, self.rejected = await self._import(file, "importing people")
        self.screen.said(
            "import",
            created=self.imported.created,
            updated=self.imported.updated,
            unchanged=self.imported.unchanged,
            rejected=self.imported.rejected,
        )
        again, _ = await self._import(file, "importing the same file again")
        self.screen.said(
            "same file again", created=again.created, updated=again.updated, unchanged=again.unchanged
        )

    async def match(self) -> None:
        """Open a program, enrol everybody active, match the cohort, publish, and let both sides accept."""
        everybody = await self._active_people()
        request = programs.CreateProgramRequest(
            parent=self.api.parent,
            program=programs.Program(
                display_name="Growing together",
                lead=max(everybody, key=lambda person: (person.grade, person.name)).name,
                cadence=Duration(seconds=14 * 86400),
                meeting_length=Duration(seconds=45 * 60),
            ),
        )
        self.program = await self.api.call(self.api.programs.CreateProgram, request)
        await self._enrol(everybody)
        proposals = await self._cohort()
        found = await self._until(self._matches, lambda held: len(held) == proposals, "matches")
        bar = self.screen.bar("participants accept", 2 * len(found))
        answers = [
            (matching.AcceptMatchRequest(name=match.name), _as(person, role))
            for match in found
            for person, role in ((match.mentee, "mentee"), (match.mentor, "mentor"))
        ]
        await self.api.each(self.api.matching.AcceptMatch, answers, bar.step)
        self.screen.said("match", proposed=proposals, accepted=len(found))

    async def agree(self) -> None:
        """Each mentee proposes an agreement, both sign, the mentorship becomes active."""
        confirmed = len(await self._matches())
        self.pairs = await self._until(self._mentorships, lambda held: len(held) == confirmed, "mentorships")
        bar = self.screen.bar("agreements", 3 * len(self.pairs))
        agreement = mentorships.Agreement(
            cadence=Duration(seconds=14 * 86400),
            meeting_length=Duration(seconds=45 * 60),
            channels=[mentorships.Agreement.CHANNEL_VIDEO, mentorships.Agreement.CHANNEL_CHAT],
            focus_areas=["career planning", "public speaking"],
        )
        proposed = await self.api.each(
            self.api.mentorships.ProposeAgreement,
            [
                (mentorships.ProposeAgreementRequest(name=pair.name, agreement=agreement), _mentee(pair))
                for pair in self.pairs
            ],
            bar.step,
        )
        for who in (_mentee, _mentor):
            signatures = [
                (
                    mentorships.SignAgreementRequest(name=pair.name, revision=pair.agreement.revision),
                    who(pair),
                )
                for pair in proposed
            ]
            signed = await self.api.each(self.api.mentorships.SignAgreement, signatures, bar.step)
        active = sum(pair.state == mentorships.Mentorship.STATE_ACTIVE for pair in signed)
        self.screen.said("agree", proposed=len(proposed), signed=2 * len(signed), active=active)

    async def set_goals(self) -> None:
        """Each mentee sets one goal."""
        bar = self.screen.bar("goals", len(self.pairs))
        goal = goals.Goal(
            kind=goals.Goal.KIND_SOFT_SKILL,
            title="Speak in front of the whole department",
            measure="one talk given and feedback collected",
        )
        wishes = [
            (goals.CreateGoalRequest(parent=pair.name, goal=goal), _mentee(pair)) for pair in self.pairs
        ]
        self.goals = await self.api.each(self.api.goals.CreateGoal, wishes, bar.step)
        self.screen.said("goals", set=len(self.goals))

    async def complete_goals(self) -> None:
        """Two of five mentees reach their goal."""
        reached = [
            (goal, pair)
            for place, (goal, pair) in enumerate(zip(self.goals, self.pairs, strict=True))
            if place % 5 in {1, 3}
        ]
        bar = self.screen.bar("goals reached", len(reached))
        requests = [(goals.CompleteGoalRequest(name=goal.name), _mentee(pair)) for goal, pair in reached]
        done = await self.api.each(self.api.goals.CompleteGoal, requests, bar.step)
        self.completed = [goal.name for goal in done]
        self.screen.said("goals reached", completed=len(done))

    async def meet(self, attends: Callable[[int], bool]) -> None:
        """Book one meeting for each pair, then live through the days: those who attend check in, the rest miss."""
        booked = await self._book()
        bar = self.screen.bar("days pass", len(booked))
        coming = {meeting.name for place, meeting in enumerate(booked) if attends(place)}
        for start in sorted({_start(meeting) for meeting in booked}):
            self._move_to(start)
            now = [meeting for meeting in booked if _start(meeting) == start]
            await self._check_in([meeting for meeting in now if meeting.name in coming])
            bar.step(len(now))
        self._move_to(max(map(_start, booked)) + GRACE)
        names = {meeting.name for meeting in booked}

        async def settled() -> list[meetings.Meeting]:
            return [meeting for meeting in await self.meetings() if meeting.name in names]

        over = await self._until(
            settled, lambda held: all(m.state != m.STATE_BOOKED for m in held), "meetings"
        )
        states = Counter(meetings.Meeting.State.Name(meeting.state) for meeting in over)
        self.screen.said("meet", booked=len(booked), held=states["STATE_HELD"], missed=states["STATE_MISSED"])

    async def meetings(self) -> list[meetings.Meeting]:
        """Return every meeting of the organization."""
        request = meetings.ListMeetingsRequest(parent=f"{self.api.parent}/mentorships/-")
        return [
            one
            async for page in self.api.pages(self.api.meetings.ListMeetings, request)
            for one in page.meetings
        ]

    async def _import(self, file: bytes, title: str) -> tuple[people.ImportSummary, list[people.RejectedRow]]:
        chunks = [file[at : at + CHUNK] for at in range(0, len(file), CHUNK)]
        bar, moved, rejected, summary = (
            self.screen.bar(title, file.count(b"\n")),
            0,
            [],
            people.ImportSummary(),
        )

        async def upload() -> AsyncIterator[people.ImportPeopleRequest]:
            for chunk in chunks:
                yield people.ImportPeopleRequest(parent=self.api.parent, data=chunk)

        answers = self.api.people.ImportPeople(
            upload(), timeout=IMPORT_TIMEOUT, metadata=await self.api.metadata(HR)
        )
        async for answer in answers:
            if answer.HasField("rejected"):
                rejected.append(answer.rejected)
            elif answer.HasField("progress"):
                bar.step(answer.progress.done - moved)
                moved = answer.progress.done
            else:
                summary = answer.summary
        return summary, rejected

    async def _active_people(self) -> list[people.Person]:
        request = people.ListPeopleRequest(parent=self.api.parent, state=people.Person.STATE_ACTIVE)
        return [
            one async for page in self.api.pages(self.api.people.ListPeople, request) for one in page.people
        ]

    async def _enrol(self, everybody: Sequence[people.Person]) -> None:
        wishes = [programs.EnrolmentRequest(person=one.name, roles=one.roles) for one in everybody]
        bar = self.screen.bar("enrolment", len(wishes))
        for at in range(0, len(wishes), 500):
            some = wishes[at : at + 500]
            request = programs.BatchEnrolPeopleRequest(parent=self.program.name, requests=some)
            await self.api.call(self.api.programs.BatchEnrolPeople, request)
            bar.step(len(some))
        self.screen.said("program", enrolled=len(wishes))

    async def _cohort(self) -> int:
        bar = self.screen.bar("cohort match", 2)
        run = await self.api.call(
            self.api.matching.CreateCohortRun, matching.CreateCohortRunRequest(parent=self.program.name)
        )
        bar.step()

        async def state() -> matching.CohortRun:
            found: matching.CohortRun = await self.api.call(
                self.api.matching.GetCohortRun, matching.GetCohortRunRequest(name=run.name)
            )
            return found

        ready = await self._until(state, lambda run: run.state != run.STATE_RUNNING, "the cohort run")
        if ready.state == ready.STATE_FAILED:
            raise GaveUpError(f"the cohort run failed: {ready.failure_reason}")
        await self.api.call(
            self.api.matching.PublishCohortRun,
            matching.PublishCohortRunRequest(name=run.name, etag=ready.etag),
        )
        bar.step()
        return len(ready.proposals)

    async def _matches(self) -> list[matching.Match]:
        request = matching.ListMatchesRequest(parent=self.program.name)
        return [
            one
            async for page in self.api.pages(self.api.matching.ListMatches, request)
            for one in page.matches
        ]

    async def _mentorships(self) -> list[mentorships.Mentorship]:
        request = mentorships.ListMentorshipsRequest(parent=self.api.parent, program=self.program.name)
        pages = self.api.pages(self.api.mentorships.ListMentorships, request)
        return sorted([one async for page in pages for one in page.mentorships], key=lambda pair: pair.mentee)

    async def _book(self) -> list[meetings.Meeting]:
        bar = self.screen.bar("booking meetings", len(self.pairs))
        now = DevelopmentClock(self.clock_file).now()
        window = (_stamp(now), _stamp(now + ROUND))

        async def one(place: int, pair: mentorships.Mentorship) -> meetings.Meeting:
            request = availability.FindSlotsRequest(
                parent=pair.name, start_time=window[0], end_time=window[1], page_size=100
            )
            slots = await self._when_active(self.api.availability.FindSlots, request, _mentee(pair))
            meeting = await self._take(pair, _spread(slots.slots, place))
            bar.step()
            return meeting

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(place, pair)) for place, pair in enumerate(self.pairs)]
        return [task.result() for task in tasks]

    async def _take(
        self, pair: mentorships.Mentorship, slots: Iterable[availability.Slot]
    ) -> meetings.Meeting:
        """Book the first slot that nobody else of the two's calendars took meanwhile."""
        for slot in slots:
            meeting = meetings.Meeting(start_time=slot.start_time, end_time=slot.end_time)
            request = meetings.BookMeetingRequest(parent=pair.name, meeting=meeting)
            try:
                booked: meetings.Meeting = await self._when_active(
                    self.api.meetings.BookMeeting, request, _mentee(pair)
                )
            except grpc.aio.AioRpcError as error:
                if refusal(error) != "SLOT_TAKEN":
                    raise
            else:
                return booked
        raise GaveUpError(f"no free slot for {pair.name}")

    async def _when_active(self, method: Callable[..., Any], request: Any, who: Who) -> Any:
        """Call until scheduling has heard that the mentorship is active."""
        until = asyncio.get_running_loop().time() + WAIT
        while True:
            try:
                return await self.api.call(method, request, who)
            except grpc.aio.AioRpcError as error:
                if refusal(error) != "MENTORSHIP_NOT_ACTIVE" or asyncio.get_running_loop().time() > until:
                    raise
            await asyncio.sleep(0.2)

    async def _check_in(self, attended: Sequence[meetings.Meeting]) -> None:
        requests = [
            (meetings.CheckInRequest(name=meeting.name), _as(person, role))
            for meeting in attended
            for person, role in ((meeting.mentee, "mentee"), (meeting.mentor, "mentor"))
        ]
        await self.api.each(self.api.meetings.CheckIn, requests, lambda: None)

    def _move_to(self, moment: datetime) -> None:
        """Move every service's clock forward to `moment`; never back."""
        ahead = moment - DevelopmentClock(self.clock_file).now()
        if ahead > timedelta(0):
            advance(self.clock_file, ahead)

    async def _until(self, ask: Callable[[], Awaitable[T]], enough: Callable[[T], bool], what: str) -> T:
        """Ask again until the answer is enough. Raises GaveUpError after `WAIT` seconds."""
        until = asyncio.get_running_loop().time() + WAIT
        while not enough(answer := await ask()):
            if asyncio.get_running_loop().time() > until:
                raise GaveUpError(f"{what} did not come within {WAIT:.0f} seconds")
            await asyncio.sleep(0.25)
        return answer


def _as(person: str, role: str) -> Who:
    return Who(person.rsplit("/", 1)[-1], (role,))


def _mentee(pair: mentorships.Mentorship) -> Who:
    return _as(pair.mentee, "mentee")


def _mentor(pair: mentorships.Mentorship) -> Who:
    return _as(pair.mentor, "mentor")


def _start(meeting: meetings.Meeting) -> datetime:
    return meeting.start_time.ToDatetime(tzinfo=UTC)


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _spread(slots: Sequence[availability.Slot], place: int) -> list[availability.Slot]:
    """Return the slots, begun at another place for each pair, so that not everybody meets at once."""
    if not slots:
        return []
    at = place * 7 % len(slots)
    return [*slots[at:], *slots[:at]]
