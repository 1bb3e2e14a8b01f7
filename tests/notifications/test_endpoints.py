"""What endpoints and deliveries are and how they may change; another implementation reads the signatures."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Reader
from standardwebhooks import WebhookVerificationError

from services.kernel.errors import Invalid
from services.notifications.domain import deliveries, webhooks
from services.notifications.domain.deliveries import ABANDONED, MOST_ATTEMPTS, Delivery, Try
from services.notifications.domain.messages import Attempt, Verdict
from services.notifications.domain.webhooks import Secrets, Webhook
from services.pb.mentoring.matching.v1.events_pb2 import MatchEnded
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingMissed
from tests.notifications.factories import NOON, ORG

URL = "https://hooks.example/mentoring"
TYPES = (MatchEnded.DESCRIPTOR.full_name, MeetingMissed.DESCRIPTOR.full_name)
OK = Attempt(Verdict.ACCEPTED, "HTTP_200")
BROKEN = Attempt(Verdict.TEMPORARY, "HTTP_503")
GONE = Attempt(Verdict.PERMANENT, "HTTP_410")
SECRETS = Secrets(b"k" * 32)
HOOK = Webhook(URL, TYPES, "admin")
DELIVERY, _ = deliveries.queue(Delivery("hook-1", "event-1", TYPES[0], "{}"), NOON)
MADE = Try(NOON, "HTTP_503", 250)


def test_attempts_follow_the_schedule_and_the_tenth_is_the_last() -> None:
    delivery, pauses = DELIVERY, []
    for _ in range(MOST_ATTEMPTS - 1):
        delivery, happened = delivery.settle(BROKEN, replace(MADE, milliseconds=0))
        assert happened == [deliveries.Delayed("HTTP_503")]
        assert delivery.due is not None
        pauses.append((delivery.due - NOON).total_seconds())
        delivery, _ = delivery.fire(delivery.due)
    usual = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert all(wanted <= pause <= wanted * 1.1 for pause, wanted in zip(pauses, usual, strict=True))
    delivery, happened = delivery.settle(BROKEN, MADE)
    assert happened == [deliveries.Failed("HTTP_503")]
    assert (delivery.stage, delivery.due, len(delivery.tries)) == (deliveries.Stage.FAILED, None, 10)


def test_what_nobody_recorded_is_handed_out_again() -> None:
    """The process that took it died: kill -9 loses nothing."""
    assert DELIVERY.due == NOON + ABANDONED
    assert DELIVERY.fire(NOON) == (DELIVERY, [])
    again, happened = DELIVERY.fire(NOON + ABANDONED)
    assert happened == [deliveries.Queued()]
    assert (again.ready, again.due) == (True, NOON + 2 * ABANDONED)


def test_a_settled_delivery_stays_so_until_it_is_sent_again_by_hand() -> None:
    done, _ = DELIVERY.settle(OK, MADE)
    assert done.settle(BROKEN, MADE) == (done, [])
    assert done.discard() == (done, [])
    again, happened = done.replay(NOON)
    assert happened == [deliveries.Queued()]
    assert (again.ready, again.attempts, again.tries, again.body) == (True, 0, (MADE,), DELIVERY.body)
    assert again.replay(NOON) == (again, [])


@given(st.lists(st.sampled_from([OK, BROKEN, GONE]), max_size=30))
def test_while_it_waits_a_delivery_has_a_timer_and_else_none(attempts: list[Attempt]) -> None:
    delivery = DELIVERY
    for attempt in attempts:
        delivery, _ = delivery.settle(attempt, MADE)
        assert (delivery.due is not None) == (delivery.stage is deliveries.Stage.PENDING)
        delivery, _ = delivery.fire(NOON + timedelta(days=30))


def test_both_secrets_sign_until_the_overlap_is_over() -> None:
    rotated, happened = HOOK.rotate(NOON, timedelta(hours=1))
    assert happened == [webhooks.Event.ROTATED]
    assert rotated.generations(NOON) == (2, 1)
    assert rotated.generations(NOON + timedelta(hours=1)) == (2,)


def test_what_switches_an_endpoint_off_says_why_and_switching_on_forgets_it() -> None:
    off, happened = HOOK.disable(webhooks.Cause.GONE)
    assert happened == [webhooks.Event.DISABLED]
    assert (off.is_on, off.off) == (False, "GONE")
    assert off.disable(webhooks.Cause.FAILING) == (off, [])
    on, _ = off.adopt(HOOK, ("stage",))
    assert on == HOOK
    assert on.adopt(off, ("stage",))[0].off == "BY_REQUEST"


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "https://",
        "https://user:secret@hooks.example/",
        "https://hooks.example/#part",
        "https://hooks.example:port/",
        "https://hooks.example/ x",
        "https://hooks.example/\r\nX: y",
        "https://h\u00f6oks.example/",
    ],
)
def test_what_is_no_address_of_an_endpoint_is_refused(url: str, private: bool) -> None:  # noqa: FBT001
    with pytest.raises(Invalid, match="URL_REFUSED") as refusal:
        webhooks.require_url(url, private=private)
    assert [path for path, _ in refusal.value.fields] == ["webhook.url"]


def test_only_development_speaks_in_the_clear() -> None:
    webhooks.require_url("http://127.0.0.1:8080/hook", private=True)
    with pytest.raises(Invalid, match="URL_REFUSED"):
        webhooks.require_url("http://hooks.example/", private=False)


@given(st.binary(max_size=2000), st.sampled_from([(1,), (2, 1)]))
def test_another_implementation_verifies_what_is_signed(body: bytes, generations: tuple[int, ...]) -> None:
    text = json.dumps({"body": body.hex()})
    seconds = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": "event-1",
        "webhook-timestamp": str(seconds),
        "webhook-signature": SECRETS.signatures(
            (ORG, "hook-1"), generations, ("event-1", seconds, text.encode())
        ),
    }
    for generation in generations:
        assert Reader(SECRETS.shown(ORG, "hook-1", generation)).verify(text, headers) == json.loads(text)
    for stranger in (SECRETS.shown(ORG, "hook-2", 1), SECRETS.shown("globex", "hook-1", 1)):
        with pytest.raises(WebhookVerificationError):
            Reader(stranger).verify(text, headers)
