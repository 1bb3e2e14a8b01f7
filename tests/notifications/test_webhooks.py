"""Endpoints and the way of an event to them; another implementation reads the signatures."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from standardwebhooks import Webhook as Reader

from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Query, Ref
from services.notifications import store
from services.notifications.app.couriers import Couriers
from services.notifications.app.ports import Parcel
from services.notifications.app.webhooks import Webhooks
from services.notifications.domain import deliveries, webhooks
from services.notifications.domain.deliveries import ABANDONED, Delivery, Try
from services.notifications.domain.messages import Attempt, Category, Stage, Verdict
from services.notifications.domain.webhooks import Secrets, Webhook
from services.notifications.events import hear, hear_for_webhooks
from services.notifications.wire import webhooks as wire
from services.pb.mentoring.matching.v1.events_pb2 import MatchEnded
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import webhook_service_pb2 as pb
from services.pb.mentoring.scheduling.v1.events_pb2 import MeetingMissed
from tests.fakes import Aggregates
from tests.notifications.factories import NOON, ORG, match_ended
from tests.notifications.world import World as Messages
from tests.notifications.world import foreigner, hr

URL = "https://hooks.example/mentoring"
TYPES = (MatchEnded.DESCRIPTOR.full_name, MeetingMissed.DESCRIPTOR.full_name)
OK = Attempt(Verdict.ACCEPTED, "HTTP_200")
BROKEN = Attempt(Verdict.TEMPORARY, "HTTP_503")
GONE = Attempt(Verdict.PERMANENT, "HTTP_410")
SECRETS = Secrets(b"k" * 32)
HOOK = Webhook(URL, TYPES, hr.subject)
DELIVERY, _ = deliveries.queue(Delivery("hook-1", "event-1", TYPES[0], "{}"), NOON)
MADE = Try(NOON, "HTTP_503", 250)


class Endpoint:
    """Keeps what is sent to it and answers what a test says."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.answers: list[Attempt] = []

    async def send(self, parcel: Parcel) -> Attempt:
        self.parcels.append(parcel)
        return self.answers.pop(0) if self.answers else OK


class World:
    """Endpoints in memory. The clock starts now, as readers of signatures go by theirs."""

    def __init__(self, secrets: Secrets | None = SECRETS) -> None:
        self.clock = FixedClock(datetime.now(UTC))
        self.endpoint = Endpoint()
        self.hooks = Aggregates(store.WEBHOOKS, self.clock)
        self.kept = Aggregates(store.DELIVERIES, self.clock)
        self.webhooks = Webhooks((self.hooks, self.kept), secrets, self.clock, private=False)
        self.messages = Messages()
        self._secrets = secrets
        self._heard: set[str] = set()
        self.start()

    def start(self) -> None:
        """Begin as a new process does: nothing is remembered, nothing in hand."""
        self.couriers = Couriers((self.hooks, self.kept), self.endpoint, self._secrets, self.clock)
        self.handlers = Handlers()
        hear(self.handlers, self.messages.post)
        hear_for_webhooks(self.handlers, self.couriers, self.messages.post)

    async def create(self, request: str = "create", **changes: Any) -> tuple[str, str]:
        """Add an endpoint; return its id and secret."""
        key, _, secret = await self.webhooks.create(hr, replace(HOOK, **changes), Cause(request))
        return key, secret

    async def hear(self, message: Any, event_id: str = "event-1", tenant: str = ORG) -> None:
        event: Event[Any] = Event(
            id=event_id,
            type=message.DESCRIPTOR.full_name,
            subject="organizations/acme/tests/1",
            sequence=1,
            tenant=tenant,
            time=NOON,
            key="key",
            message=message,
        )
        await self.handlers.handle(event)

    async def carry(self) -> None:
        """Hear the own events that are new, until nothing is under way."""
        while told := [
            one for one in (*self.kept.outbox, *self.hooks.outbox) if one["id"] not in self._heard
        ]:
            for one in told:
                self._heard.add(one["id"])
                kind = getattr(events, one["type"].rpartition(".")[2])
                if kind.DESCRIPTOR.full_name in self.handlers.types:
                    await self.hear(kind.FromString(one["value"]), one["id"])
            await self.couriers.hands.close()

    async def fire(self) -> None:
        """Let every timer come that is due."""
        for row in list(self.kept.rows.values()):
            ref = Ref(row["tenant_id"], row["id"])
            cause = Cause(f"due:{row['version']}")
            await self.kept.change(ref, lambda state: state.fire(self.clock.now()), cause)

    async def delivery(self) -> Delivery:
        """Return the only delivery."""
        [row] = self.kept.rows.values()
        return (await self.kept.get(Ref(row["tenant_id"], row["id"]))).state


@pytest.fixture
def world() -> World:
    return World()


async def test_an_event_reaches_those_who_want_it_once_signed_and_with_its_own_id(world: World) -> None:
    _, secret = await world.create()
    await world.create("other", types=(TYPES[1],))
    for _ in range(2):
        await world.hear(match_ended())
        await world.carry()
    [parcel] = world.endpoint.parcels
    told = Reader(secret).verify(parcel.body, dict(parcel.headers))
    assert (parcel.url, parcel.headers["webhook-id"]) == (URL, "event-1")
    assert (told["type"], told["organization"]) == (TYPES[0], ORG)
    assert told["timestamp"] == "2026-03-02T12:00:00Z"
    assert told["data"]["mentorship"] == match_ended().mentorship
    assert (await world.delivery()).stage is deliveries.Stage.DELIVERED


async def test_another_organizations_events_stay_there(world: World) -> None:
    await world.create()
    await world.hear(MeetingMissed(), tenant="globex")
    assert world.kept.rows == {}


async def test_a_failure_is_tried_again_when_its_timer_comes_with_the_same_id_and_body(world: World) -> None:
    await world.create()
    world.endpoint.answers = [BROKEN]
    await world.hear(match_ended())
    await world.carry()
    waiting = await world.delivery()
    assert (waiting.paused, [made.outcome for made in waiting.tries]) == (True, ["HTTP_503"])
    world.clock.advance(timedelta(seconds=6))
    await world.fire()
    await world.carry()
    first, second = world.endpoint.parcels
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert (await world.delivery()).stage is deliveries.Stage.DELIVERED


async def test_a_process_that_dies_with_a_delivery_in_hand_loses_nothing(world: World) -> None:
    await world.create()
    await world.hear(match_ended())
    world._heard.update(one["id"] for one in world.kept.outbox)  # heard, and died before the request
    world.start()
    world.clock.advance(ABANDONED)
    await world.fire()
    await world.carry()
    assert len(world.endpoint.parcels) == 1


@pytest.mark.parametrize(("answers", "why"), [([GONE], "GONE"), ([BROKEN] * 10, "FAILING")])
async def test_an_endpoint_that_is_gone_or_keeps_failing_is_off_and_its_maker_is_told(
    world: World, answers: list[Attempt], why: str
) -> None:
    key, _ = await world.create()
    world.endpoint.answers = list(answers)
    await world.hear(match_ended())
    for _ in answers:
        await world.carry()
        world.clock.advance(timedelta(hours=27))
        await world.fire()
    stored = await world.webhooks.get(hr, key)
    assert (stored.state.is_on, stored.state.off) == (False, why)
    told = {row["state"]["category"]: row["state"] for row in world.messages.messages.rows.values()}
    assert (told[Category.WEBHOOK_DISABLED]["person"], told[Category.WEBHOOK_DISABLED]["facts"]["code"]) == (
        hr.subject,
        why,
    )


async def test_what_comes_to_an_endpoint_that_is_off_is_kept_to_be_sent_again(world: World) -> None:
    key, _ = await world.create()
    await world.hear(match_ended())
    off = replace(HOOK, stage=webhooks.Stage.DISABLED)
    await world.webhooks.update(hr, key, (off, ("stage",)), Cause("off"), "")
    await world.carry()
    assert (await world.delivery()).stage is deliveries.Stage.DISCARDED
    assert world.endpoint.parcels == []
    await world.webhooks.update(hr, key, (HOOK, ("stage",)), Cause("on"), "")
    [(delivery, _)] = (await world.webhooks.deliveries(hr, key, None, Query())).items
    await world.webhooks.replay(hr, (key, delivery), Cause("replay"))
    await world.carry()
    assert (await world.delivery()).stage is deliveries.Stage.DELIVERED


async def test_a_repeated_request_makes_one_endpoint_and_shows_the_same_secret(world: World) -> None:
    assert await world.create() == await world.create()
    assert len(world.hooks.rows) == 1
    assert "whsec" not in str(world.hooks.rows), "no secret is kept"


async def test_a_new_secret_signs_beside_the_old_one_for_a_while(world: World) -> None:
    key, old = await world.create()
    _, stored, new = await world.webhooks.rotate(hr, key, timedelta(hours=1), Cause("rotate"), "")
    again = await world.webhooks.rotate(hr, key, timedelta(hours=1), Cause("rotate"), "")
    assert again == (key, stored, new)
    await world.hear(match_ended())
    await world.carry()
    [parcel] = world.endpoint.parcels
    for secret in (old, new):
        assert Reader(secret).verify(parcel.body, dict(parcel.headers))


async def test_endpoints_are_their_organizations_and_gone_once_removed(world: World) -> None:
    key, _ = await world.create()
    with pytest.raises(NotFound):
        await world.webhooks.get(foreigner, key)
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await world.webhooks.delete(hr, key, Cause("delete"), '"9"')
    await world.webhooks.delete(hr, key, Cause("delete"), "")
    for call in (
        world.webhooks.get(hr, key),
        world.webhooks.delete(hr, key, Cause("delete-2"), ""),
        world.webhooks.rotate(hr, key, timedelta(0), Cause("rotate"), ""),
        world.webhooks.deliveries(hr, key, None, Query()),
        world.webhooks.update(hr, key, (HOOK, ("url",)), Cause("update"), ""),
    ):
        with pytest.raises(NotFound):
            await call
    assert (await world.webhooks.list(hr, Query())).items == []


async def test_an_organization_has_fifty_endpoints_at_most(world: World) -> None:
    for number in range(50):
        await world.create(f"create-{number}")
    with pytest.raises(Refused, match="WEBHOOK_LIMIT"):
        await world.create("one more")
    await world.create("create-7")


async def test_without_a_key_nothing_is_signed_and_no_endpoint_made() -> None:
    with pytest.raises(Refused, match="SIGNING_KEY_MISSING"):
        await World(secrets=None).create()


async def test_a_delivery_is_found_below_its_own_endpoint_only(world: World) -> None:
    key, _ = await world.create()
    other, _ = await world.create("other", types=(TYPES[1],))
    await world.hear(match_ended())
    [(delivery, _)] = (await world.webhooks.deliveries(hr, key, None, Query())).items
    with pytest.raises(NotFound):
        await world.webhooks.replay(hr, (other, delivery), Cause("replay"))


@pytest.mark.parametrize("types", [(), ("mentoring.scheduling.v1.Nothing",), (*TYPES, "MeetingMissed")])
def test_event_types_are_full_names_of_events(types: tuple[str, ...]) -> None:
    with pytest.raises(Invalid, match="UNKNOWN_EVENT_TYPE"):
        wire.created("admin", pb.Webhook(url=URL, event_types=types))


def test_an_update_takes_what_its_mask_names() -> None:
    message = pb.Webhook(url=URL, event_types=TYPES, state=pb.Webhook.STATE_DISABLED)
    assert wire.update(message, FieldMask(paths=["url"]))[1] == ("url",)
    assert wire.update(message, FieldMask())[1] == ("url", "types", "stage")
    with pytest.raises(Invalid, match="STATE_MISSING"):
        wire.update(pb.Webhook(), FieldMask(paths=["state"]))
    with pytest.raises(Invalid, match="UNKNOWN_FIELD"):
        wire.update(message, FieldMask(paths=["colour"]))


def test_endpoints_hear_whatever_can_be_chosen_but_not_of_their_own_deliveries(world: World) -> None:
    """That would never end."""
    assert set(wire.EVENTS) < set(world.handlers.types)
    assert {kind.rpartition(".v1.")[0].removeprefix("mentoring.") for kind in wire.EVENTS} == {
        "matching",
        "mentorships",
        "processor",
        "recognition",
        "scheduling",
    }


async def test_the_maker_reads_why_the_endpoint_is_off(world: World) -> None:
    world.messages.people.known[hr.subject] = world.messages.people.known["e0100746"]
    drafts = wire.disabled(
        ORG,
        events.WebhookDisabled(
            webhook="organizations/acme/webhooks/hook-1",
            reason="GONE",
            owner=f"organizations/acme/people/{hr.subject}",
        ),
    )
    await world.messages.post.queue(ORG, drafts, Cause("disabled"))
    [row] = world.messages.messages.rows.values()
    message = await world.messages.deliver(Ref(ORG, row["id"]))
    assert (message.stage, message.content is not None and "gone for good" in message.content.text) == (
        Stage.SENT,
        True,
    )
