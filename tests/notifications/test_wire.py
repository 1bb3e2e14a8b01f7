"""Messages to and from protobuf."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message as Proto

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.notifications.domain import messages
from services.notifications.domain.messages import Category, Draft, Facts, Message, MessageEvent
from services.notifications.wire import messages as wire
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.recognition.v1.recognition_service_pb2 import Recognition
from tests.notifications.factories import (
    ALERT,
    CONTENT,
    EVENT_ID,
    LEAD,
    MENTEE,
    MENTOR,
    MESSAGE_ID,
    NOON,
    ORG,
    PAIR_ID,
    RECOGNITION,
    REMINDER,
    TEN_MEETINGS,
    alert_due,
    delayed,
    failed,
    held,
    meetings_recognised,
    queued,
    recognition_issued,
    reminder_due,
    sent,
    suppressed,
)

REF = Ref(ORG, MESSAGE_ID)
NAME = f"organizations/{ORG}/people/{MENTEE}/messages/{MESSAGE_ID}"
REBOOK = inbox.Message.CATEGORY_REBOOK_REMINDER


def test_a_reminder_goes_to_both() -> None:
    assert wire.reminders(ORG, reminder_due()) == [
        Draft(MENTOR, Category.REBOOK_REMINDER, REMINDER),
        Draft(MENTEE, Category.REBOOK_REMINDER, REMINDER),
    ]


def test_an_alert_goes_to_the_lead_only() -> None:
    assert wire.alerts(ORG, alert_due()) == [Draft(LEAD, Category.LEAD_ALERT, ALERT)]


def test_congratulations_go_to_both() -> None:
    assert wire.congratulations(ORG, recognition_issued()) == [
        Draft(MENTOR, Category.RECOGNITION, RECOGNITION),
        Draft(MENTEE, Category.RECOGNITION, RECOGNITION),
    ]


def test_goals_are_news_for_both_whether_or_not_the_event_tells_its_kind() -> None:
    """Events of before there were other kinds tell none."""
    told = recognition_issued()
    told.kind = Recognition.KIND_GOAL_COMPLETED
    assert wire.congratulations(ORG, told) == wire.congratulations(ORG, recognition_issued())


@pytest.mark.parametrize("person", [MENTOR, MENTEE])
def test_any_other_recognition_is_news_for_the_one_who_earned_it(person: str) -> None:
    told = wire.congratulations(ORG, meetings_recognised(person))
    assert told == [Draft(person, Category.RECOGNITION, TEN_MEETINGS)]


def test_a_goal_of_a_group_is_news_for_each_member_and_of_no_mentorship() -> None:
    told = meetings_recognised(MENTEE)
    told.kind = Recognition.KIND_GOAL_COMPLETED
    told.mentorship, told.count, told.group = "", 0, f"organizations/{ORG}/groups/circle"
    told.goal = f"{told.group}/goals/1"
    (draft,) = wire.congratulations(ORG, told)
    assert (draft.person, draft.facts.code) == (MENTEE, "GROUP_GOAL_COMPLETED")
    assert (draft.facts.mentorship, draft.facts.goal) == ("", "")


def test_a_kind_of_a_newer_recognition_service_is_told_in_general_words() -> None:
    told = meetings_recognised()
    told.kind = 99  # type: ignore[assignment]  # not known yet
    assert [draft.facts.code for draft in wire.congratulations(ORG, told)] == ["OTHER"]


_DECODERS: list[tuple[Callable[[str, Any], object], Proto, tuple[str, ...]]] = [
    (wire.reminders, reminder_due(), ("mentorship", "meeting", "mentor", "mentee")),
    (wire.alerts, alert_due(), ("mentorship", "meeting", "lead")),
    (wire.congratulations, recognition_issued(), ("mentorship", "goal", "mentor", "mentee")),
    (wire.congratulations, meetings_recognised(), ("mentorship", "mentor", "mentee", "person")),
    (wire.queued, events.MessageQueued(message=NAME), ("message",)),
]


@pytest.mark.parametrize(
    ("decode", "message", "field"),
    [(decode, message, field) for decode, message, fields in _DECODERS for field in fields],
)
@pytest.mark.parametrize(
    ("swap", "reason"),
    [(("/acme/", "/globex/"), "FOREIGN_ORGANIZATION"), (("organizations/", ""), "MALFORMED_NAME")],
)
def test_a_malformed_or_foreign_name_is_poison(
    decode: Callable[[str, Any], object], message: Proto, field: str, swap: tuple[str, str], reason: str
) -> None:
    broken = type(message)()
    broken.CopyFrom(message)
    setattr(broken, field, getattr(message, field).replace(*swap))
    with pytest.raises(Invalid) as refusal:
        decode(ORG, broken)
    assert (refusal.value.reason, [path for path, _ in refusal.value.fields]) == (reason, [field])


def test_a_queued_message_is_found_by_its_name() -> None:
    assert wire.queued(ORG, events.MessageQueued(message=NAME)) == REF


def test_a_sent_message_shows_what_was_mailed_and_when() -> None:
    read, _ = sent().read(MENTEE, NOON + timedelta(hours=1))
    shown = wire.message(REF, Versioned(read, 3, NOON, NOON + timedelta(hours=1)))
    assert (shown.name, shown.category, shown.state) == (NAME, REBOOK, inbox.Message.STATE_SENT)
    assert (shown.subject, shown.text) == (CONTENT.subject, CONTENT.text)
    assert (shown.cause_event_id, shown.mail_message_id) == (EVENT_ID, f"<{MESSAGE_ID}@mentoring>")
    assert (shown.attempts, shown.etag) == (1, '"3"')
    assert shown.send_time.ToDatetime(UTC) == NOON
    assert shown.read_time.ToDatetime(UTC) == shown.update_time.ToDatetime(UTC) == NOON + timedelta(hours=1)


def test_a_queued_message_has_no_words_and_no_times_yet() -> None:
    shown = wire.message(REF, Versioned(queued(), 1, NOON, NOON))
    assert (shown.subject, shown.text) == ("", "")
    assert not shown.HasField("send_time")
    assert not shown.HasField("read_time")


@pytest.mark.parametrize(
    ("stored", "state"),
    [
        (queued(), inbox.Message.STATE_QUEUED),
        (delayed(), inbox.Message.STATE_QUEUED),
        (held(), inbox.Message.STATE_HELD),
        (sent().bounce("SMTP_5.1.1")[0], inbox.Message.STATE_BOUNCED),
        (queued().fold("leader", CONTENT)[0], inbox.Message.STATE_DIGESTED),
        (failed(), inbox.Message.STATE_FAILED),
        (suppressed(), inbox.Message.STATE_SUPPRESSED),
    ],
)
def test_every_state_shows(stored: Message, state: int) -> None:
    assert wire.message(REF, Versioned(stored, 1, NOON, NOON)).state == state


@pytest.mark.parametrize("category", Category)
def test_every_category_shows(category: Category) -> None:
    shown = wire.message(REF, Versioned(replace(queued(), category=category), 1, NOON, NOON))
    assert inbox.Message.Category.Name(shown.category) == f"CATEGORY_{category}"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (messages.MessageQueued(), events.MessageQueued(message=NAME, category=REBOOK)),
        (messages.MessageSent(), events.MessageSent(message=NAME, category=REBOOK, attempts=1)),
        (messages.MessageDelayed("SMTP_451"), events.MessageDelayed(message=NAME, reason="SMTP_451")),
        (messages.MessageFailed("SMTP_550"), events.MessageFailed(message=NAME, reason="SMTP_550")),
        (messages.MessageSuppressed(), events.MessageSuppressed(message=NAME)),
        (messages.MessageRead(), events.MessageRead(message=NAME)),
    ],
)
def test_what_happens_is_told_under_the_persons_key(event: MessageEvent, message: Proto) -> None:
    told = wire.message_outgoing(REF, sent(), event)
    assert (told.message, told.subject, told.key) == (message, NAME, MENTEE)


def test_no_event_holds_what_people_read() -> None:
    """Words and names stay in this service's database."""
    told = wire.message_outgoing(REF, sent(), messages.MessageSent())
    raw = told.message.SerializeToString()
    assert CONTENT.subject.encode() not in raw
    assert CONTENT.text.encode() not in raw


def test_facts_of_a_lead_alert_name_no_person() -> None:
    assert wire.alerts(ORG, alert_due())[0].facts == Facts(PAIR_ID, meeting="meeting-1", misses_in_row=2)


def test_a_held_message_tells_the_person_why_and_until_when() -> None:
    shown = wire.message(REF, Versioned(held(), 2, NOON, NOON))
    assert shown.reason == inbox.Message.REASON_QUIET_HOURS
    assert shown.hold_time.ToDatetime(UTC) == NOON + timedelta(hours=8)


def test_a_failed_message_tells_what_the_mail_server_said() -> None:
    assert wire.message(REF, Versioned(failed(), 2, NOON, NOON)).failure == "SMTP_550"


@pytest.mark.parametrize("reason", messages.Reason)
def test_every_reason_shows(reason: messages.Reason) -> None:
    shown = wire.message(REF, Versioned(replace(queued(), reason=reason), 1, NOON, NOON))
    assert inbox.Message.Reason.Name(shown.reason) == f"REASON_{reason}"


def test_what_another_mail_tells_names_that_message() -> None:
    folded, [event] = queued().fold("leader", CONTENT)
    digest = f"organizations/{ORG}/people/{MENTEE}/messages/leader"
    assert wire.message(REF, Versioned(folded, 2, NOON, NOON)).digest == digest
    told = wire.message_outgoing(REF, folded, event).message
    assert told == events.MessageDigested(message=NAME, digest=digest)
