"""Wires the service. `python -m services.notifications [rpc|events|relay|due]`, all of them by default."""

from functools import partial

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.mongo.feed import follow
from services.kernel.run import Resources, Service, main
from services.notifications import events, store
from services.notifications.app.choices import Choices
from services.notifications.app.inbox import Inbox
from services.notifications.app.live import Live
from services.notifications.app.post import Post
from services.notifications.app.writing import Writer
from services.notifications.clients.profiles import Profiles
from services.notifications.clients.smtp import Smtp, security_of
from services.notifications.domain.links import Links
from services.notifications.rpc.messages import InboxServicer
from services.notifications.rpc.preferences import PreferenceServicer
from services.notifications.rpc.site import Site
from services.pb.mentoring.notifications.v1 import inbox_service_pb2_grpc, preference_service_pb2_grpc


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    messages = resources.database.aggregates(store.MESSAGES)
    preferences = resources.database.aggregates(store.PREFERENCES)
    profiles = Profiles(resources.channel(settings.profiles_address))
    smtp = Smtp((settings.smtp_host, settings.smtp_port), settings.mail_from, security_of(settings))
    links = links_of(settings)
    handlers = Handlers()
    choices = Choices(preferences)
    events.hear(handlers, Post(messages, choices, Writer(profiles, links), smtp, resources.clock))
    return Service(
        name="notifications",
        servicers=(
            (
                inbox_service_pb2_grpc.add_InboxServiceServicer_to_server,
                InboxServicer(Inbox(messages, Live(partial(follow, messages)), resources.clock)),
                "mentoring.notifications.v1.InboxService",
            ),
            (
                preference_service_pb2_grpc.add_PreferenceServiceServicer_to_server,
                PreferenceServicer(choices),
                "mentoring.notifications.v1.PreferenceService",
            ),
        ),
        handlers=handlers,
        kinds=(messages, preferences),
        loops=(Site(settings.http_address, links, choices).run,) if settings.http_address and links else (),
        stop=(smtp.close,),
    )


def links_of(settings: Settings) -> Links | None:
    """Return what writes links in mails; None unless there are a key to sign them and an address to open."""
    if settings.signing_key_file is None or settings.public_url is None:
        return None
    return Links(settings.signing_key_file.read_bytes().strip(), settings.public_url)


def run() -> None:
    """Serve until told to stop."""
    main("notifications", build)


if __name__ == "__main__":
    run()
