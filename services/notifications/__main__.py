"""Wires the service. `python -m services.notifications [rpc|events|relay|due]`, all of them by default."""

from functools import partial

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.mongo.feed import follow
from services.kernel.run import Resources, Service, main
from services.notifications import events, store
from services.notifications.app.choices import Choices
from services.notifications.app.couriers import Couriers
from services.notifications.app.inbox import Inbox
from services.notifications.app.live import Live
from services.notifications.app.post import Post
from services.notifications.app.webhooks import Webhooks
from services.notifications.app.writing import Writer
from services.notifications.clients.profiles import Profiles
from services.notifications.clients.smtp import Smtp, security_of
from services.notifications.clients.webhooks import Http
from services.notifications.domain.links import Links
from services.notifications.domain.webhooks import Secrets
from services.notifications.rpc.messages import InboxServicer
from services.notifications.rpc.preferences import PreferenceServicer
from services.notifications.rpc.site import Site
from services.notifications.rpc.webhooks import WebhookServicer
from services.pb.mentoring.notifications.v1 import (
    inbox_service_pb2_grpc,
    preference_service_pb2_grpc,
    webhook_service_pb2_grpc,
)


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    clock, database = resources.clock, resources.database
    messages, preferences = database.aggregates(store.MESSAGES), database.aggregates(store.PREFERENCES)
    webhooks, deliveries = database.aggregates(store.WEBHOOKS), database.aggregates(store.DELIVERIES)
    profiles = Profiles(resources.channel(settings.profiles_address))
    smtp = Smtp((settings.smtp_host, settings.smtp_port), settings.mail_from, security_of(settings))
    http = Http(private=settings.webhook_private)
    key = settings.signing_key_file.read_bytes().strip() if settings.signing_key_file else None
    secrets = Secrets(key) if key else None
    links = Links(key, settings.public_url) if key and settings.public_url else None
    choices = Choices(preferences)
    post = Post(messages, choices, Writer(profiles, links), smtp, clock)
    couriers = Couriers((webhooks, deliveries), http, secrets, clock)
    endpoints = Webhooks((webhooks, deliveries), secrets, clock, private=settings.webhook_private)
    handlers = Handlers()
    events.hear(handlers, post)
    events.hear_for_webhooks(handlers, couriers, post)
    return Service(
        name="notifications",
        servicers=(
            (
                inbox_service_pb2_grpc.add_InboxServiceServicer_to_server,
                InboxServicer(Inbox(messages, Live(partial(follow, messages)), clock)),
                "mentoring.notifications.v1.InboxService",
            ),
            (
                preference_service_pb2_grpc.add_PreferenceServiceServicer_to_server,
                PreferenceServicer(choices),
                "mentoring.notifications.v1.PreferenceService",
            ),
            (
                webhook_service_pb2_grpc.add_WebhookServiceServicer_to_server,
                WebhookServicer(endpoints),
                "mentoring.notifications.v1.WebhookService",
            ),
        ),
        handlers=handlers,
        kinds=(messages, preferences, webhooks, deliveries),
        loops=(Site(settings.http_address, links, choices).run,) if settings.http_address and links else (),
        stop=(couriers.close, http.close, smtp.close),
    )


def run() -> None:
    """Serve until told to stop."""
    main("notifications", build)


if __name__ == "__main__":
    run()
