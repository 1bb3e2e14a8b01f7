"""Calls every service of a running platform as any person of one organization."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from deploy.local.folder import State
from deploy.local.tokens import person_token
from services.kernel.ids import new_id
from services.pb.mentoring.matching.v1.matching_service_pb2_grpc import MatchingServiceStub
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import ProgramServiceStub
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import CheckInServiceStub
from services.pb.mentoring.mentorships.v1.feedback_service_pb2_grpc import FeedbackServiceStub
from services.pb.mentoring.mentorships.v1.goal_service_pb2_grpc import GoalServiceStub
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.mentorships.v1.report_service_pb2_grpc import ReportServiceStub
from services.pb.mentoring.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from services.pb.mentoring.notifications.v1.preference_service_pb2_grpc import PreferenceServiceStub
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from services.pb.mentoring.recognition.v1.recognition_service_pb2_grpc import RecognitionServiceStub
from services.pb.mentoring.scheduling.v1.availability_service_pb2_grpc import AvailabilityServiceStub
from services.pb.mentoring.scheduling.v1.meeting_service_pb2_grpc import MeetingServiceStub

TIMEOUT = 10.0
PATIENCE = 60.0
"""Seconds a call is repeated, with the same request id, while its service is away."""
AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
AT_ONCE = 24
"""Calls in flight together; more only queue up on a small machine."""


@dataclass(frozen=True)
class Who:
    """A caller: the last segment of a person's name, and the roles in the token."""

    person: str
    roles: tuple[str, ...]


HR = Who("hr-office", ("hr_admin",))


@dataclass
class Api:
    """Stubs of every service, bound to one organization. Use as an async context manager."""

    places: State
    org: str
    calls: int = 0
    _channels: list[grpc.aio.Channel] = field(default_factory=list)
    _tokens: dict[Who, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.people = PersonServiceStub(self._channel("profiles"))
        matching, mentorships = self._channel("matching"), self._channel("mentorships")
        self.programs, self.matching = ProgramServiceStub(matching), MatchingServiceStub(matching)
        self.mentorships, self.goals = MentorshipServiceStub(mentorships), GoalServiceStub(mentorships)
        self.feedback, self.check_ins = FeedbackServiceStub(mentorships), CheckInServiceStub(mentorships)
        self.reports = ReportServiceStub(mentorships)
        scheduling = self._channel("scheduling")
        self.availability, self.meetings = AvailabilityServiceStub(scheduling), MeetingServiceStub(scheduling)
        notifications = self._channel("notifications")
        self.inbox, self.preferences = InboxServiceStub(notifications), PreferenceServiceStub(notifications)
        self.recognition = RecognitionServiceStub(self._channel("recognition"))
        return self

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels:
            await channel.close()

    @property
    def parent(self) -> str:
        """The organization's resource name."""
        return f"organizations/{self.org}"

    async def call(self, method: Callable[..., Any], request: Any, who: Who = HR) -> Any:
        """Call a unary method, with one request id over all tries. Raises AioRpcError when it is refused."""
        if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
            request.request_id = new_id()
        until = asyncio.get_running_loop().time() + PATIENCE
        async with self._slots:
            self.calls += 1
            while True:
                try:
                    return await method(request, timeout=TIMEOUT, metadata=await self.metadata(who))
                except grpc.aio.AioRpcError as error:
                    if error.code() not in AWAY or asyncio.get_running_loop().time() > until:
                        raise
                await asyncio.sleep(0.2)

    async def each(
        self, method: Callable[..., Any], requests: Sequence[tuple[Any, Who]], done: Callable[[], object]
    ) -> list[Any]:
        """Call a unary method once per (request, caller), several at a time; `done` hears of each."""

        async def one(request: Any, who: Who) -> Any:
            answer = await self.call(method, request, who)
            done()
            return answer

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(request, who)) for request, who in requests]
        return [task.result() for task in tasks]

    async def pages(self, method: Callable[..., Any], request: Any, who: Who = HR) -> AsyncIterator[Any]:
        """Yield every page of a list method."""
        request.page_size = 1000
        while True:
            page = await self.call(method, request, who)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def metadata(self, who: Who) -> tuple[tuple[str, str], ...]:
        """Return the call metadata that carries the caller's token."""
        if who not in self._tokens:
            self._tokens[who] = await person_token(
                self.places.issuer, self.org, who.person, " ".join(who.roles)
            )
        return (("authorization", f"Bearer {self._tokens[who]}"),)

    def _channel(self, service: str) -> grpc.aio.Channel:
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]
        channel = grpc.aio.insecure_channel(self.places.grpc[service], options=options)
        self._channels.append(channel)
        return channel


def refusal(error: grpc.aio.AioRpcError) -> str:
    """Return the stable reason code of a refused call, or "" when it carries none."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return _reason(Status.FromString(value))
    return ""


def _reason(status: Status) -> str:
    info = ErrorInfo()
    return next((info.reason for detail in status.details if detail.Unpack(info)), "")
