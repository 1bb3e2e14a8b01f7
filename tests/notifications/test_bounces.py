"""Mails that came back, and messages sent again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.notifications.app.deliveries import Deliveries
from services.notifications.domain.bounces import Bounce, read
from services.notifications.domain.messages import Category, Reason, Stage
from services.notifications.wire import messages as wire
from services.pb.mentoring.notifications.v1 import delivery_service_pb2 as pb
from services.pb.mentoring.notifications.v1.inbox_service_pb2 import Message
from tests.notifications.factories import MENTEE, MENTOR, MESSAGE_ID, NOON, UNKNOWN
from tests.notifications.world import World, foreigner, hr

REPORT = """\
From: MAILER-DAEMON@mx.example
To: mentoring@acme.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you. Action: failed
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 2 Mar 2026 12:00:00 +0000

Final-Recipient: rfc822; kim@acme.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 nobody here

--b
Content-Type: {kind}

From: mentoring@acme.example
To: kim@acme.example
Subject: Please book
Message-ID: {original}

--b--
"""
ORIGINAL = f"<{MESSAGE_ID}@mentoring>"


def report(
    original: str = ORIGINAL, action: str = "failed", status: str = "5.1.1", kind: str = "message/rfc822"
) -> bytes:
    return REPORT.format(original=original, action=action, status=status, kind=kind).encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
@pytest.mark.parametrize("original", [ORIGINAL, f"<{MESSAGE_ID}.2@mentoring>"])
def test_a_report_names_the_mail_and_why_it_came_back(kind: str, original: str) -> None:
    assert read(report(original, kind=kind)) == Bounce(MESSAGE_ID, original, "SMTP_5.1.1")


def test_a_report_without_a_status_is_still_a_failure() -> None:
    bounce = read(report(status="gone"))
    assert bounce is not None
    assert bounce.failure == "SMTP_5.0.0"


@pytest.mark.parametrize(
    "mail",
    [
        report(action="delayed"),
        report(action="delivered"),
        report(original="<somebody@else.example>"),
        report(kind="text/plain"),
        b"Subject: out of office\n\nAction: failed\n",
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_failure_of_a_mail_of_ours_says_nothing(mail: bytes) -> None:
    assert read(mail) is None


@given(st.binary(max_size=500))
def test_whatever_comes_in_is_read_or_left(noise: bytes) -> None:
    read(noise)
    read(report() + noise)
    read(report().replace(b"multipart/report", noise))


class Counts:
    """Answers with what a test says and keeps what was asked for."""

    def __init__(self) -> None:
        self.found: Mapping[tuple[Any, ...], int] = {}
        self.asked: list[tuple[str, tuple[datetime, datetime]]] = []

    async def __call__(
        self, tenant: str, created: tuple[datetime, datetime]
    ) -> Mapping[tuple[Any, ...], int]:
        self.asked.append((tenant, created))
        return self.found


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def app(world: World, counts: Counts) -> Deliveries:
    return Deliveries(world.messages, counts, world.clock)


async def state(world: World, ref: Ref) -> Stage:
    return (await world.messages.get(ref)).state.stage


async def test_a_report_marks_its_message_once(world: World, app: Deliveries) -> None:
    ref = await world.queue()
    await world.deliver(ref)
    mail = report(f"<{ref.id}@mentoring>")
    for cause in ("one", "two"):
        marked = await app.bounced(hr, mail, Cause(cause))
        assert marked is not None
        assert marked[0] == ref
    assert await state(world, ref) is Stage.BOUNCED
    assert world.told().count("MessageBounced") == 1
    assert await app.bounced(foreigner, mail, Cause("theirs")) is None


async def test_a_late_report_of_an_earlier_mail_says_nothing_of_the_next(
    world: World, app: Deliveries
) -> None:
    ref = await world.queue()
    await world.deliver(ref)
    mail = report(f"<{ref.id}@mentoring>")
    await app.bounced(hr, mail, Cause("bounce"))
    await app.resend(hr, MENTEE, ref.id, Cause("resend"), "")
    await world.deliver(ref, "queued-2")
    assert await app.bounced(hr, mail, Cause("bounce again")) is None
    assert await state(world, ref) is Stage.SENT
    first, second = world.mailer.mails
    assert first.message_id != second.message_id


async def test_a_failed_message_is_sent_again_once_per_request(world: World, app: Deliveries) -> None:
    world.mailer.answers = [UNKNOWN]
    ref = await world.queue()
    await world.deliver(ref)
    for _ in range(2):
        await app.resend(hr, MENTEE, ref.id, Cause("resend"), "")
    assert (await world.deliver(ref, "queued-2")).stage is Stage.SENT
    with pytest.raises(Refused, match="NOT_FAILED"):
        await app.resend(hr, MENTEE, ref.id, Cause("another"), "")


async def test_only_the_organizations_messages_are_sent_again(world: World, app: Deliveries) -> None:
    ref = await world.queue()
    for caller, person in ((foreigner, MENTEE), (hr, MENTOR)):
        with pytest.raises(NotFound):
            await app.resend(caller, person, ref.id, Cause("resend"), "")


async def test_counts_are_of_the_last_thirty_days_unless_told_otherwise(
    app: Deliveries, counts: Counts
) -> None:
    await app.count(hr, None, None)
    await app.count(hr, NOON - timedelta(days=92), NOON)
    assert counts.asked == [
        ("acme", (NOON - timedelta(days=30), NOON)),
        ("acme", (NOON - timedelta(days=92), NOON)),
    ]
    for start, why in ((NOON, "SPAN_EMPTY"), (NOON - timedelta(days=93), "SPAN_TOO_LONG")):
        with pytest.raises(Invalid, match=why):
            await app.count(hr, start, NOON)


def test_counts_show_category_state_and_reason_in_order() -> None:
    found = {
        ("NUDGE", "HELD", "BUDGET", None): 2,
        ("KUDOS", "SENT", "DEFAULT", "POSTED"): 1,
        (Category.KUDOS, Stage.SENT, Reason.DEFAULT, None): 3,
    }
    shown = wire.counts(found)
    count = pb.CountMessagesResponse.Count
    assert list(shown.counts) == [
        count(
            category=Message.CATEGORY_KUDOS,
            state=Message.STATE_SENT,
            reason=Message.REASON_DEFAULT,
            count=3,
        ),
        count(
            category=Message.CATEGORY_KUDOS,
            state=Message.STATE_SENT,
            reason=Message.REASON_DEFAULT,
            chat_state=Message.CHAT_STATE_POSTED,
            count=1,
        ),
        count(
            category=Message.CATEGORY_NUDGE, state=Message.STATE_HELD, reason=Message.REASON_BUDGET, count=2
        ),
    ]
