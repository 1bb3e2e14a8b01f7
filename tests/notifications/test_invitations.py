"""Mails that change calendars: what other programs find in them, and where the invitation comes from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import grpc
import pytest
import vobject

from services.kernel.errors import Unavailable
from services.kernel.rpc import client
from services.notifications.app.ports import Invitation, Mail, Person
from services.notifications.clients.scheduling import Scheduling
from services.notifications.clients.smtp import composed
from services.notifications.domain.messages import Category, Content, Draft, Facts, queue
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from tests.directory import OwnIdentity
from tests.notifications.factories import EVENT_ID, MENTOR, MESSAGE_ID, NOON, ORG, PAIR_ID

DOCUMENT = """BEGIN:VCALENDAR
PRODID:-//tests//EN
VERSION:2.0
METHOD:CANCEL
BEGIN:VEVENT
UID:meeting-1@acme.mentoring
SEQUENCE:2
DTSTAMP:20260302T090000Z
DTSTART:20260302T120000Z
SUMMARY:Mit Łukasz 会议
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
BOOKED = queue(Draft(MENTOR, Category.MEETING_BOOKED, Facts(PAIR_ID, meeting="m-1")), MESSAGE_ID, EVENT_ID)[0]
MAIL = Mail(
    to=Person("Kim", "Kim Lee", "kim@acme.example", employed=True),
    content=Content("Called off", "Hello Kim,\n\nit is off.\n", "<p>Hello Kim</p>"),
    message_id=f"<{MESSAGE_ID}@mentoring>",
    cause=EVENT_ID,
    date=NOON,
    invitation=Invitation("CANCEL", DOCUMENT),
)


def parts(mail: Mail) -> list[EmailMessage]:
    """Return the leaves of a mail as the standard library reads them."""
    whole = message_from_bytes(composed("meet@acme.example", mail), policy=policy.default)
    return [part for part in whole.walk() if not part.is_multipart()]


@pytest.mark.parametrize("html", ["<p>Hello Kim</p>", ""])
def test_a_calendar_program_finds_the_invitation_with_its_method_and_as_a_file(html: str) -> None:
    mail = replace(MAIL, content=replace(MAIL.content, html=html))
    *forms, inline, file = parts(mail)
    assert [part.get_content_subtype() for part in forms] == (["plain", "html"] if html else ["plain"])
    assert (inline.get_content_type(), inline.get_param("method")) == ("text/calendar", "CANCEL")
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    for part in (inline, file):
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert content.decode() == DOCUMENT
        event = vobject.readOne(content.decode()).vevent
        assert (event.uid.value, event.sequence.value) == ("meeting-1@acme.mentoring", "2")


def test_the_invitation_is_one_more_form_of_the_text_and_the_file_stands_beside() -> None:
    whole = message_from_bytes(composed("meet@acme.example", MAIL), policy=policy.default)
    kinds = [part.get_content_type() for part in whole.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    assert whole.get_body(("plain",)).get_content().startswith("Hello Kim")  # type: ignore[union-attr]  # it has one


class Calendars:
    """Scheduling that answers one invitation, or `failure`."""

    def __init__(self) -> None:
        self.failure: grpc.StatusCode | None = None
        self.asked: list[pb.GetInvitationRequest] = []

    async def get(
        self, request: pb.GetInvitationRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.Invitation:
        self.asked.append(request)
        if self.failure is not None:
            await context.abort(self.failure, "as the test wants it")
        return pb.Invitation(method="REQUEST", document=DOCUMENT)


@asynccontextmanager
async def calendars() -> AsyncIterator[tuple[Calendars, Scheduling]]:
    held, server = Calendars(), grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(
        held.get, pb.GetInvitationRequest.FromString, pb.Invitation.SerializeToString
    )
    name = "mentoring.scheduling.v1.MeetingService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"GetInvitation": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with client.channel(f"127.0.0.1:{port}", OwnIdentity()) as channel:
        yield held, Scheduling(channel, "Mentoring <meet@acme.example>")
    await server.stop(None)


async def test_answers_are_asked_for_to_where_mails_come_from() -> None:
    async with calendars() as (held, scheduling):
        assert await scheduling.find(ORG, BOOKED) == Invitation("REQUEST", DOCUMENT)
    [asked] = held.asked
    assert asked.organizer_address == "mailto:meet@acme.example"
    assert asked.name == f"organizations/{ORG}/mentorships/{PAIR_ID}/meetings/m-1"
    assert asked.attendee == f"organizations/{ORG}/people/{MENTOR}"
    assert (asked.mentor_address, asked.whole_series) == ("", False)


async def test_a_meeting_of_a_group_is_asked_for_under_its_group() -> None:
    about = Facts(group="group-1", meeting="m-1")
    async with calendars() as (held, scheduling):
        await scheduling.find(ORG, replace(BOOKED, facts=about))
    assert held.asked[0].name == f"organizations/{ORG}/groups/group-1/meetings/m-1"


async def test_a_meeting_that_is_gone_invites_nobody_and_a_failure_that_passes_says_so() -> None:
    async with calendars() as (held, scheduling):
        held.failure = grpc.StatusCode.NOT_FOUND
        assert await scheduling.find(ORG, BOOKED) is None
        held.failure = grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(Unavailable, match="SCHEDULING_UNAVAILABLE"):
            await scheduling.find(ORG, BOOKED)
        held.failure = grpc.StatusCode.PERMISSION_DENIED
        with pytest.raises(grpc.aio.AioRpcError):
            await scheduling.find(ORG, BOOKED)
