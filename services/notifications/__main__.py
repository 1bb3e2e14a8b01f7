"""Wires the service. `python -m services.notifications [rpc|events|relay|due]`, all of them by default."""

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.run import Resources, Service, main
from services.notifications import events, store
from services.notifications.app.choices import Choices
from services.notifications.app.inbox import Inbox
from services.notifications.app.post import Post
from services.notifications.clients.profiles import Profiles
from services.notifications.clients.smtp import Smtp
from services.notifications.rpc.messages import InboxServicer
from services.notifications.rpc.preferences import PreferenceServicer
from services.pb.mentoring.notifications.v1 import inbox_service_pb2_grpc, preference_service_pb2_grpc


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    messages = resources.database.aggregates(store.MESSAGES)
    preferences = resources.database.aggregates(store.PREFERENCES)
    profiles = Profiles(resources.channel(settings.profiles_address))
    smtp = Smtp((settings.smtp_host, settings.smtp_port), settings.mail_from)
    handlers = Handlers()
    choices = Choices(preferences)
    events.hear(handlers, Post(messages, choices, profiles, smtp, resources.clock))
    return Service(
        name="notifications",
        servicers=(
            (
                inbox_service_pb2_grpc.add_InboxServiceServicer_to_server,
                InboxServicer(Inbox(messages, resources.clock)),
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
        stop=(smtp.close,),
    )


def run() -> None:
    """Serve until told to stop."""
    main("notifications", build)


if __name__ == "__main__":
    run()
