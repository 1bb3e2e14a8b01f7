"""How the delivery of a message goes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import NotFound, Refused
from services.notifications.domain.messages import (
    MOST_TRIES,
    Attempt,
    Message,
    MessageBounced,
    MessageDelayed,
    MessageDigested,
    MessageFailed,
    MessageHeld,
    MessageQueued,
    MessageRead,
    MessageSent,
    MessageSuppressed,
    Reason,
    Stage,
    Verdict,
    queue,
)
from tests.notifications.factories import (
    ACCEPTED,
    BUSY,
    CONTENT,
    EVENT_ID,
    LEAD,
    MENTEE,
    MENTOR,
    MESSAGE_ID,
    NOON,
    STRANGER,
    UNKNOWN,
    delayed,
    draft,
    failed,
    held,
    queued,
    sent,
    suppressed,
)

LATER = NOON + timedelta(days=1)


def test_a_queued_message_knows_its_cause_and_the_header_of_all_its_mails() -> None:
    message, happened = queue(draft(), MESSAGE_ID, EVENT_ID)
    assert happened == [MessageQueued()]
    assert (message.stage, message.ready, message.attempts) == (Stage.QUEUED, True, 0)
    assert message.cause_event_id == EVENT_ID
    assert message.mail_message_id == f"<{MESSAGE_ID}@mentoring>"


def test_a_mail_that_was_taken_ends_the_delivery() -> None:
    message, happened = queued().settle(CONTENT, ACCEPTED, NOON)
    assert happened == [MessageSent()]
    assert (message.stage, message.send_time, message.attempts) == (Stage.SENT, NOON, 1)
    assert message.content == CONTENT
    assert message.due_at is None


def test_a_mail_that_was_refused_for_ever_fails_at_once() -> None:
    message, happened = queued().settle(CONTENT, UNKNOWN, NOON)
    assert happened == [MessageFailed("SMTP_550")]
    assert (message.stage, message.attempts, message.due_at) == (Stage.FAILED, 1, None)


def test_a_mail_that_was_refused_for_now_is_queued_again_after_a_pause() -> None:
    message, happened = queued().settle(CONTENT, BUSY, NOON)
    assert happened == [MessageDelayed("SMTP_451")]
    assert (message.stage, message.ready) == (Stage.QUEUED, False)
    assert message.due_at is not None
    assert timedelta(seconds=2.5) <= message.due_at - NOON <= timedelta(seconds=7.5)
    assert message.fire(message.due_at - timedelta(milliseconds=1)) == (message, [])
    again, happened = message.fire(message.due_at)
    assert happened == [MessageQueued()]
    assert (again.ready, again.due_at, again.content) == (True, None, CONTENT)


def test_pauses_grow_and_the_last_try_fails_the_message() -> None:
    message, pauses = queued(), []
    for _ in range(MOST_TRIES - 1):
        message, _ = message.settle(CONTENT, BUSY, NOON)
        assert message.due_at is not None
        pauses.append(message.due_at - NOON)
        message, _ = message.fire(message.due_at)
    message, happened = message.settle(CONTENT, BUSY, NOON)
    assert happened == [MessageFailed("SMTP_451")]
    assert (message.stage, message.attempts) == (Stage.FAILED, MOST_TRIES)
    usual = [5, 30, 120, 600, 1800, 3600, 7200]
    assert all(
        seconds * 0.5 <= pause.total_seconds() <= seconds * 1.5
        for seconds, pause in zip(usual, pauses, strict=True)
    )


def test_messages_that_failed_together_come_back_apart_but_each_at_a_fixed_time() -> None:
    def retry_times() -> list[object]:
        return [
            queue(draft(), str(number), EVENT_ID)[0].settle(CONTENT, BUSY, NOON)[0].retry_time
            for number in range(100)
        ]

    assert retry_times() == retry_times()
    assert len(set(retry_times())) > 90


@pytest.mark.parametrize("message", [delayed(), held(), sent(), failed(), suppressed()])
@pytest.mark.parametrize("attempt", [ACCEPTED, BUSY, UNKNOWN])
def test_a_repeat_of_a_settled_try_changes_nothing(message: Message, attempt: Attempt) -> None:
    assert not message.ready
    assert message.settle(CONTENT, attempt, LATER) == (message, [])
    assert message.suppress(CONTENT, Reason.LEFT) == (message, [])
    assert message.give_up(CONTENT, "ADDRESS_MISSING") == (message, [])


@pytest.mark.parametrize("message", [queued(), sent(), failed(), suppressed()])
def test_a_timer_without_a_pause_does_nothing(message: Message) -> None:
    assert message.fire(LATER) == (message, [])


def test_a_suppressed_message_can_be_read_in_the_inbox() -> None:
    message, happened = queued().suppress(CONTENT, Reason.CATEGORY_OFF)
    assert happened == [MessageSuppressed()]
    assert (message.stage, message.content, message.attempts) == (Stage.SUPPRESSED, CONTENT, 0)


def test_a_message_to_nobody_fails_without_a_try() -> None:
    message, happened = queued().give_up(None, "RECIPIENT_UNKNOWN")
    assert happened == [MessageFailed("RECIPIENT_UNKNOWN")]
    assert (message.stage, message.attempts) == (Stage.FAILED, 0)


def test_reading_is_noted_once_and_leaves_delivery_alone() -> None:
    message, happened = delayed().read(MENTEE, LATER)
    assert happened == [MessageRead()]
    assert (message.read_time, message.due_at) == (LATER, delayed().due_at)
    assert message.read(MENTEE, LATER + timedelta(days=1)) == (message, [])


def test_nobody_reads_for_another() -> None:
    with pytest.raises(NotFound, match="MESSAGE_NOT_FOUND"):
        sent().read(STRANGER, LATER)


@pytest.mark.parametrize(("person", "other"), [(MENTEE, MENTOR), (MENTOR, MENTEE), (LEAD, "")])
def test_the_other_one_of_the_pair_is_known(person: str, other: str) -> None:
    assert queued(person).other == other


@given(st.lists(st.sampled_from(Verdict), min_size=1, max_size=MOST_TRIES))
def test_every_delivery_ends_in_at_most_one_final_state(verdicts: list[Verdict]) -> None:
    message, finals = queued(), 0
    for verdict in verdicts:
        message, happened = message.settle(CONTENT, Attempt(verdict, "SMTP_451"), NOON)
        finals += sum(isinstance(event, MessageSent | MessageFailed) for event in happened)
        message, _ = message.fire(LATER)
    assert finals == (message.stage is not Stage.QUEUED)


def test_a_held_message_is_queued_again_when_its_time_has_come_and_says_why_it_waits() -> None:
    until = NOON + timedelta(hours=8)
    waiting, happened = queued().hold(CONTENT, Reason.QUIET_HOURS, until)
    assert happened == [MessageHeld()]
    assert (waiting.stage, waiting.reason, waiting.due_at) == (Stage.HELD, Reason.QUIET_HOURS, until)
    assert waiting.content == CONTENT, "the inbox shows it at once"
    assert waiting.fire(until - timedelta(milliseconds=1)) == (waiting, [])
    again, happened = waiting.fire(until)
    assert happened == [MessageQueued()]
    assert (again.ready, again.due_at) == (True, None)


def test_a_sent_message_tells_why_it_was_sent() -> None:
    assert queued().settle(CONTENT, ACCEPTED, NOON, Reason.CHOSEN)[0].reason is Reason.CHOSEN


@pytest.mark.parametrize("message", [queued(), held()])
def test_what_waits_can_be_told_by_another_messages_mail(message: Message) -> None:
    folded, happened = message.fold("leader", CONTENT)
    assert happened == [MessageDigested()]
    assert (folded.stage, folded.digest, folded.due_at) == (Stage.DIGESTED, "leader", None)


@pytest.mark.parametrize("message", [delayed(), sent(), failed(), suppressed()])
def test_what_was_tried_by_itself_is_not_told_by_another(message: Message) -> None:
    assert message.fold("leader", CONTENT) == (message, [])


def test_only_a_mail_that_was_taken_can_bounce_and_only_once() -> None:
    bounced, happened = sent().bounce("SMTP_5.1.1")
    assert happened == [MessageBounced("SMTP_5.1.1")]
    assert (bounced.stage, bounced.failure) == (Stage.BOUNCED, "SMTP_5.1.1")
    for message in (bounced, queued(), failed()):
        assert message.bounce("SMTP_5.1.1") == (message, [])


def test_what_failed_or_bounced_is_sent_again_from_the_first_try_under_another_message_id() -> None:
    again, happened = failed().resend()
    assert happened == [MessageQueued()]
    assert (again.ready, again.attempts, again.failure) == (True, 0, "")
    third = again.settle(CONTENT, UNKNOWN, NOON)[0].resend()[0]
    headers = [failed().mail_message_id, again.mail_message_id, third.mail_message_id]
    assert headers == [f"<{MESSAGE_ID}{mark}@mentoring>" for mark in ("", ".1", ".2")]


@pytest.mark.parametrize("message", [queued(), held(), delayed(), sent(), suppressed()])
def test_what_is_under_way_or_settled_is_not_sent_again(message: Message) -> None:
    with pytest.raises(Refused, match="NOT_FAILED"):
        message.resend()
