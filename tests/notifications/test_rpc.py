"""From a decision to a mail over real gRPC, MongoDB and SMTP, and what the inbox shows of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from services.kernel.clock import FixedClock
from services.kernel.config import Settings
from services.kernel.due import Due
from services.kernel.mongo import Ref
from services.kernel.run import Resources, Service
from services.notifications.__main__ import build
from services.pb.mentoring.notifications.v1 import delivery_service_pb2 as delivery
from services.pb.mentoring.notifications.v1 import delivery_service_pb2_grpc as delivery_grpc
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1 import inbox_service_pb2_grpc as inbox_grpc
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as preference
from services.pb.mentoring.notifications.v1 import preference_service_pb2_grpc as preference_grpc
from services.pb.mentoring.notifications.v1.events_pb2 import MessageQueued
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.directory import Directory, OwnIdentity, directory
from tests.harness import Metadata, Running, reason, running
from tests.notifications.factories import MENTEE, MENTOR, NOON, ORG, STRANGER, reminder_due
from tests.notifications.postbox import Postbox, postbox
from tests.notifications.test_bounces import report as bounce_report

pytestmark = pytest.mark.servers

PEOPLE = f"organizations/{ORG}/people"
INBOX = f"{PEOPLE}/{MENTEE}"
PREFERENCES = f"{INBOX}/preferences"
REBOOK = inbox.Message.CATEGORY_REBOOK_REMINDER


def person(key: str, name: str) -> Person:
    return Person(
        name=f"{PEOPLE}/{key}",
        given_name=name,
        family_name="Lee",
        email=f"{key}@acme.example",
        state=Person.STATE_ACTIVE,
    )


class World:
    """The service at NOON beside profiles and a mail server, and those who call it."""

    def __init__(self, at: Running, clock: FixedClock, box: Postbox, due: Due) -> None:
        self.at = at
        self.clock = clock
        self.box = box
        self.due = due
        self.inbox = inbox_grpc.InboxServiceStub(at.channel)
        self.preferences = preference_grpc.PreferenceServiceStub(at.channel)
        self.mentee = at.token(MENTEE, "mentee")
        self.stranger = at.token(STRANGER, "mentee", "mentor", "program_lead")
        self.hr = at.token("admin", "hr_admin")
        self.foreigner = at.token("admin", "hr_admin", org="globex")

    async def remind(self) -> inbox.Message:
        """Let the processor's decision arrive; return the mentee's message."""
        await self.at.hear(reminder_due(), "decision-1")
        return (await self.messages(self.mentee))[0]

    async def deliver(self, message: inbox.Message, event_id: str = "queued-1") -> inbox.Message:
        """Let the message's own event arrive; return what the inbox shows then."""
        await self.at.hear(MessageQueued(message=message.name), event_id)
        request = inbox.GetMessageRequest(name=message.name)
        return await self.inbox.GetMessage(request, metadata=self.mentee)

    async def messages(self, caller: Metadata, parent: str = INBOX) -> list[inbox.Message]:
        request = inbox.ListMessagesRequest(parent=parent)
        return list((await self.inbox.ListMessages(request, metadata=caller)).messages)

    async def mute(
        self, *categories: inbox.Message.Category.ValueType, etag: str = "", mask: str = "muted_mail"
    ) -> preference.Preferences:
        request = preference.UpdatePreferencesRequest(
            preferences=preference.Preferences(name=PREFERENCES, muted_mail=categories, etag=etag),
            update_mask=FieldMask(paths=[mask]),
        )
        return await self.preferences.UpdatePreferences(request, metadata=self.mentee)

    async def told(self, message: inbox.Message) -> list[str]:
        return await self.at.told(Ref(ORG, message.name.rsplit("/", 1)[-1]))


@pytest.fixture
async def people() -> AsyncIterator[Directory]:
    async with directory() as held:
        held.add(person(MENTOR, "Ada"), person(MENTEE, "Kim"))
        yield held


@pytest.fixture
async def world(mongo_url: str, people: Directory) -> AsyncIterator[World]:
    clock, opened = FixedClock(NOON), list[Resources]()

    def known_to_profiles(settings: Settings, resources: Resources) -> Service:
        opened.append(replace(resources, identity=OwnIdentity()))  # type: ignore[arg-type]  # as its protocol
        return build(settings, opened[0])

    async with postbox() as box:
        host, port = box.address
        addresses = {"profiles_address": people.address, "smtp_host": host, "smtp_port": port}
        async with running(known_to_profiles, mongo_url, clock, **addresses) as at:
            yield World(at, clock, box, Due(opened[0].database, at.service.kinds, clock))
            for hook in at.service.stop:
                await hook()


async def refused(call: object) -> tuple[grpc.StatusCode, str]:
    """Return the status and the reason that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call  # type: ignore[misc]  # any awaitable call
    return refusal.value.code(), reason(refusal.value)


async def test_a_decision_becomes_one_mail_and_the_inbox_shows_it(world: World) -> None:
    queued = await world.remind()
    assert await world.remind() == queued
    assert queued.state == inbox.Message.STATE_QUEUED
    sent = await world.deliver(queued)
    assert await world.deliver(queued) == sent
    [mail] = world.box.mails
    assert (mail["Subject"], mail["Message-ID"]) == (sent.subject, sent.mail_message_id)
    assert sent.subject == "Please book your next mentoring meeting with Ada Lee"
    assert sent.cause_event_id == mail["X-Mentoring-Event"] == "decision-1"
    assert sent.send_time.ToDatetime(UTC) == NOON
    assert await world.told(sent) == ["MessageQueued", "MessageSent"]


async def test_a_busy_mail_server_is_asked_again_when_the_timer_comes(world: World) -> None:
    world.box.data = "451 4.3.0 later"
    waiting = await world.deliver(await world.remind())
    assert (waiting.state, waiting.attempts) == (inbox.Message.STATE_QUEUED, 1)
    messages = world.at.service.kinds[0]
    assert await world.due.fire(messages) == 0
    world.clock.advance(timedelta(seconds=8))
    assert await world.due.fire(messages) == 1
    world.box.data = "250 OK"
    sent = await world.deliver(waiting, "queued-2")
    assert (sent.state, sent.attempts, len(world.box.mails)) == (inbox.Message.STATE_SENT, 2, 1)
    assert await world.told(sent) == ["MessageQueued", "MessageDelayed", "MessageQueued", "MessageSent"]


async def test_a_refused_recipient_fails_the_message(world: World) -> None:
    world.box.recipient = "550 5.1.1 nobody here"
    failed = await world.deliver(await world.remind())
    assert failed.state == inbox.Message.STATE_FAILED
    assert await world.told(failed) == ["MessageQueued", "MessageFailed"]


async def test_muted_mail_is_readable_in_the_inbox_only(world: World, people: Directory) -> None:
    await world.mute(REBOOK)
    shown = await world.deliver(await world.remind())
    assert shown.state == inbox.Message.STATE_SUPPRESSED
    assert shown.text.startswith("Hello Kim,")
    assert world.box.mails == []
    assert set(people.tokens) == {"Bearer token-of-acme"}


async def test_what_failed_or_came_back_is_counted_and_sent_again_by_hr(world: World) -> None:
    stub = delivery_grpc.DeliveryServiceStub(world.at.channel)
    world.box.recipient = "550 5.1.1 nobody here"
    failed = await world.deliver(await world.remind())
    assert failed.failure == "SMTP_550"
    world.clock.advance(timedelta(seconds=1))
    asked = delivery.CountMessagesRequest(parent=f"organizations/{ORG}")
    counts = (await stub.CountMessages(asked, metadata=world.hr)).counts
    assert sorted((one.state, one.count) for one in counts) == [
        (inbox.Message.STATE_QUEUED, 1),
        (inbox.Message.STATE_FAILED, 1),
    ]
    again = delivery.ResendMessageRequest(name=failed.name, etag=failed.etag, request_id="again")
    code, _ = await refused(stub.ResendMessage(again, metadata=world.mentee))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    queued = await stub.ResendMessage(again, metadata=world.hr)
    assert await stub.ResendMessage(again, metadata=world.hr) == queued
    world.box.recipient = "250 OK"
    sent = await world.deliver(queued, "queued-2")
    assert sent.state == inbox.Message.STATE_SENT
    mail = bounce_report(sent.mail_message_id)
    request = delivery.ReportBounceRequest(parent=f"organizations/{ORG}", mail=mail)
    assert (await stub.ReportBounce(request, metadata=world.hr)).message == sent.name
    shown = await world.inbox.GetMessage(inbox.GetMessageRequest(name=sent.name), metadata=world.mentee)
    assert (shown.state, shown.failure) == (inbox.Message.STATE_BOUNCED, "SMTP_5.1.1")


async def test_only_the_addressee_and_hr_see_a_message(world: World) -> None:
    message = await world.remind()
    request = inbox.GetMessageRequest(name=message.name)
    assert await world.inbox.GetMessage(request, metadata=world.hr) == message
    for caller in (world.stranger, world.foreigner):
        code, _ = await refused(world.inbox.GetMessage(request, metadata=caller))
        assert code is grpc.StatusCode.NOT_FOUND
    assert len(await world.messages(world.hr, f"{PEOPLE}/-")) == 2
    assert (await refused(world.messages(world.stranger, f"{PEOPLE}/-")))[1] == "HR_ADMIN_ONLY"
    assert (await refused(world.messages(world.stranger)))[0] is grpc.StatusCode.NOT_FOUND


async def test_reading_is_noted_once_by_the_addressee(world: World) -> None:
    request = inbox.MarkMessageReadRequest(name=(await world.remind()).name, request_id="r-1")
    read = await world.inbox.MarkMessageRead(request, metadata=world.mentee)
    assert read.read_time.ToDatetime(UTC) == NOON
    assert await world.inbox.MarkMessageRead(request, metadata=world.mentee) == read
    code, _ = await refused(world.inbox.MarkMessageRead(request, metadata=world.hr))
    assert code is grpc.StatusCode.NOT_FOUND
    assert await world.told(read) == ["MessageQueued", "MessageRead"]


async def test_the_inbox_follows_what_happens(world: World) -> None:
    """Over the database's own change stream, as a portal would; other people's messages stay out."""
    queued = await world.remind()
    request = inbox.StreamMessagesRequest(parent=INBOX)
    stream = world.inbox.StreamMessages(request, metadata=world.mentee)
    assert await stream.read() == queued
    sent = await world.deliver(queued)
    assert await stream.read() == sent
    request_seen = inbox.MarkMessagesSeenRequest(parent=INBOX, names=[sent.name], request_id="seen")
    seen = await world.inbox.MarkMessagesSeen(request_seen, metadata=world.mentee)
    assert await stream.read() == seen.messages[0]
    stream.cancel()
    code, _ = await refused(world.inbox.StreamMessages(request, metadata=world.stranger).read())
    assert code is grpc.StatusCode.NOT_FOUND


async def test_preferences_have_defaults_and_versions(world: World) -> None:
    request = preference.GetPreferencesRequest(name=PREFERENCES)
    fresh = await world.preferences.GetPreferences(request, metadata=world.mentee)
    assert fresh == preference.Preferences(name=PREFERENCES)
    muted = await world.mute(REBOOK)
    assert (list(muted.muted_mail), muted.etag) == ([REBOOK], '"1"')
    assert (await world.mute(etag=muted.etag)).etag == '"2"'
    assert await refused(world.mute(REBOOK, etag=muted.etag)) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    assert (await world.preferences.GetPreferences(request, metadata=world.hr)).etag == '"2"'
    code, _ = await refused(world.preferences.GetPreferences(request, metadata=world.stranger))
    assert code is grpc.StatusCode.NOT_FOUND


async def test_an_organizations_quiet_hours_hold_a_mail_until_the_timer_comes(world: World) -> None:
    everybody = f"{PEOPLE}/-/preferences"
    quiet = preference.MailHours(quiet=preference.QuietHours(start_minute=660, end_minute=780))
    request = preference.UpdatePreferencesRequest(
        preferences=preference.Preferences(name=everybody, hours=quiet), request_id="hours"
    )
    code, why = await refused(world.preferences.UpdatePreferences(request, metadata=world.mentee))
    assert (code, why) == (grpc.StatusCode.PERMISSION_DENIED, "HR_ADMIN_ONLY")
    await world.preferences.UpdatePreferences(request, metadata=world.hr)
    held = await world.deliver(await world.remind())
    assert (held.state, held.reason) == (inbox.Message.STATE_HELD, inbox.Message.REASON_QUIET_HOURS)
    assert held.hold_time.ToDatetime(UTC) == NOON + timedelta(hours=1)
    assert held.text.startswith("Hello Kim,")
    world.clock.advance(timedelta(hours=1))
    assert await world.due.fire(world.at.service.kinds[0]) == 1
    sent = await world.deliver(held, "queued-2")
    assert (sent.state, sent.reason) == (inbox.Message.STATE_SENT, inbox.Message.REASON_DEFAULT)
    assert len(world.box.mails) == 1


async def test_wrong_updates_name_their_field(world: World) -> None:
    assert await refused(world.mute(REBOOK, mask="colour")) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "UNKNOWN_FIELD",
    )
    unspecified = inbox.Message.CATEGORY_UNSPECIFIED
    assert (await refused(world.mute(unspecified)))[1] == "INVALID_FIELDS"


async def test_an_inbox_is_narrowed_to_what_is_wanted(world: World) -> None:
    message = await world.remind()

    async def names(**wanted: Any) -> list[str]:
        request = inbox.ListMessagesRequest(parent=INBOX, **wanted)
        listed = await world.inbox.ListMessages(request, metadata=world.mentee)
        return [one.name for one in listed.messages]

    assert await names(category=inbox.Message.CATEGORY_REBOOK_REMINDER, unread=True) == [message.name]
    assert await names(category=inbox.Message.CATEGORY_KUDOS) == []
    assert await names(states=[inbox.Message.STATE_SENT]) == []
    assert await names(states=[inbox.Message.STATE_SENT, inbox.Message.STATE_QUEUED]) == [message.name]
    read = inbox.MarkMessageReadRequest(name=message.name)
    await world.inbox.MarkMessageRead(read, metadata=world.mentee)
    assert await names(unread=True) == []
