"""Wires the service. `python -m services.notifications [rpc|events|relay|due]`, all of them by default."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import grpc

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.mongo.counts import count_by
from services.kernel.mongo.feed import follow
from services.kernel.rpc.server import Servicer
from services.kernel.run import Resources, Service, main
from services.kernel.run.service import Loop
from services.notifications import events, store
from services.notifications.app.answering import Answering
from services.notifications.app.chats import Chats
from services.notifications.app.choices import Choices
from services.notifications.app.couriers import Couriers
from services.notifications.app.deliveries import Deliveries
from services.notifications.app.inbox import Inbox
from services.notifications.app.live import Live
from services.notifications.app.ports import Answerable
from services.notifications.app.post import Post
from services.notifications.app.posting import Posts
from services.notifications.app.previews import Previews
from services.notifications.app.templates import Templates
from services.notifications.app.turns import Turns
from services.notifications.app.webhooks import Webhooks
from services.notifications.app.workflows import Workflows
from services.notifications.app.writing import Writer
from services.notifications.clients.chat import ChatHooks
from services.notifications.clients.matching import Matching
from services.notifications.clients.mentorships import Mentorships
from services.notifications.clients.offers import Offers
from services.notifications.clients.profiles import Profiles
from services.notifications.clients.scheduling import Scheduling
from services.notifications.clients.smtp import mailer_of
from services.notifications.clients.webhooks import Http
from services.notifications.domain.chats import Seal
from services.notifications.domain.links import CHECK_INS, MATCH_REQUESTS, OFFERS, Links
from services.notifications.domain.webhooks import Secrets
from services.notifications.rpc.answers import AnswerPages
from services.notifications.rpc.chats import ChatServicer
from services.notifications.rpc.deliveries import DeliveryServicer
from services.notifications.rpc.messages import InboxServicer
from services.notifications.rpc.preferences import PreferenceServicer
from services.notifications.rpc.site import Site
from services.notifications.rpc.templates import TemplateServicer
from services.notifications.rpc.webhooks import WebhookServicer
from services.notifications.rpc.workflows import WorkflowServicer
from services.pb.mentoring.notifications.v1 import (
    chat_service_pb2_grpc,
    delivery_service_pb2_grpc,
    inbox_service_pb2_grpc,
    preference_service_pb2_grpc,
    template_service_pb2_grpc,
    webhook_service_pb2_grpc,
    workflow_service_pb2_grpc,
)
from services.pb.mentoring.notifications.v1.events_pb2 import PersonalDataErased


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    clock, database = resources.clock, resources.database
    messages, preferences = database.aggregates(store.MESSAGES), database.aggregates(store.PREFERENCES)
    kept_workflows = database.aggregates(store.WORKFLOWS)
    webhooks, deliveries = database.aggregates(store.WEBHOOKS), database.aggregates(store.DELIVERIES)
    kept_chats, own_words = database.aggregates(store.CHATS), database.aggregates(store.TEMPLATES)
    profiles = Profiles(resources.channel(settings.profiles_address))
    smtp = mailer_of(settings)
    http = Http(private=settings.webhook_private)
    key = settings.signing_key_file.read_bytes().strip() if settings.signing_key_file else None
    secrets = Secrets(key) if key else None
    askers = _askers(settings, resources)
    links = Links(key, settings.public_url, askers) if key and settings.public_url else None
    choices, templates = Choices(preferences), Templates(own_words)
    chats = Chats(kept_chats, ChatHooks(http), Seal(key) if key else None, private=settings.webhook_private)
    writer = Writer(profiles, templates, links, _scheduling(settings, resources))
    workflows = Workflows(kept_workflows)
    turns = Turns(messages, (choices, chats, workflows), clock)
    post = Post(messages, turns, writer, smtp, clock)
    posts = Posts(messages, chats, writer, clock)
    couriers = Couriers((webhooks, deliveries), http, secrets, clock)
    handlers = Handlers()
    events.hear(handlers, post)
    events.hear_for_chats(handlers, posts, post)
    events.hear_for_webhooks(handlers, couriers, post)
    counting = partial(count_by, messages, paths=("category", "stage", "reason", "chat.stage"))
    answering = Answering(links, profiles, askers, clock) if links else None
    endpoints = Webhooks((webhooks, deliveries), secrets, clock, private=settings.webhook_private)
    return Service(
        name="notifications",
        erased=PersonalDataErased,
        erasers=(profiles.forget,),
        servicers=_served(
            InboxServicer(Inbox(messages, Live(partial(follow, messages)), clock)),
            PreferenceServicer(choices),
            ChatServicer(chats),
            TemplateServicer(templates, clock),
            WorkflowServicer(workflows, Previews(messages, turns, writer, clock)),
            WebhookServicer(endpoints),
            DeliveryServicer(Deliveries(messages, counting, clock)),
        ),
        handlers=handlers,
        kinds=(messages, preferences, webhooks, deliveries, own_words, kept_chats, kept_workflows),
        loops=_loops(settings, links, choices, answering),
        stop=(couriers.hands.close, posts.hands.close, http.close, smtp.close),
    )


_ADD: Final[Sequence[tuple[Callable[[Any, grpc.aio.Server], None], str]]] = (
    (inbox_service_pb2_grpc.add_InboxServiceServicer_to_server, "InboxService"),
    (preference_service_pb2_grpc.add_PreferenceServiceServicer_to_server, "PreferenceService"),
    (chat_service_pb2_grpc.add_ChatServiceServicer_to_server, "ChatService"),
    (template_service_pb2_grpc.add_TemplateServiceServicer_to_server, "TemplateService"),
    (workflow_service_pb2_grpc.add_WorkflowServiceServicer_to_server, "WorkflowService"),
    (webhook_service_pb2_grpc.add_WebhookServiceServicer_to_server, "WebhookService"),
    (delivery_service_pb2_grpc.add_DeliveryServiceServicer_to_server, "DeliveryService"),
)


def _scheduling(settings: Settings, resources: Resources) -> Scheduling | None:
    address = settings.scheduling_address
    return Scheduling(resources.channel(address), settings.mail_from) if address else None


def _loops(
    settings: Settings, links: Links | None, choices: Choices, answering: Answering | None
) -> Sequence[Loop]:
    if links is None or not settings.http_address:
        return ()
    pages = AnswerPages(answering).routes() if answering else ()
    return (Site(settings.http_address, links, choices, pages).run,)


def _askers(settings: Settings, resources: Resources) -> Mapping[str, Answerable]:
    """Return whose questions links answer, by collection."""
    asking: Sequence[tuple[str, str | None, Callable[[grpc.aio.Channel], Answerable]]] = (
        (CHECK_INS, settings.mentorships_address, Mentorships),
        (MATCH_REQUESTS, settings.matching_address, Matching),
        (OFFERS, settings.scheduling_address, Offers),
    )
    return {kind: client(resources.channel(address)) for kind, address, client in asking if address}


def _served(*servicers: Any) -> tuple[Servicer, ...]:
    """Name servicers, given in the order of `_ADD`, as the contract does."""
    return tuple(
        (add, servicer, f"mentoring.notifications.v1.{name}")
        for (add, name), servicer in zip(_ADD, servicers, strict=True)
    )


def run() -> None:
    """Serve until told to stop."""
    main("notifications", build)


if __name__ == "__main__":
    run()
