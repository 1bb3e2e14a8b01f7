"""Wires the service. `python -m services.recognition [rpc|events|relay|due]`, all of them by default."""

from dataclasses import fields

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.mongo import Database
from services.kernel.run import Resources, Service, main
from services.pb.mentoring.recognition.v1.badge_service_pb2_grpc import add_BadgeServiceServicer_to_server
from services.pb.mentoring.recognition.v1.credential_service_pb2_grpc import (
    add_CredentialServiceServicer_to_server,
)
from services.pb.mentoring.recognition.v1.events_pb2 import PersonalDataErased
from services.pb.mentoring.recognition.v1.recognition_service_pb2_grpc import (
    add_RecognitionServiceServicer_to_server,
)
from services.pb.mentoring.recognition.v1.settings_service_pb2_grpc import (
    add_SettingsServiceServicer_to_server,
)
from services.recognition import store
from services.recognition.app.awards import Awards
from services.recognition.app.badges import Badges
from services.recognition.app.choices import Choices
from services.recognition.app.credentials import Credentials
from services.recognition.app.ports import Stores
from services.recognition.app.recognitions import Recognitions
from services.recognition.clients import KeyFile
from services.recognition.events import hear
from services.recognition.rpc.badges import BadgeService
from services.recognition.rpc.credentials import CredentialService
from services.recognition.rpc.recognitions import RecognitionService
from services.recognition.rpc.settings import SettingsService


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    stores, clock = _stores(resources.database), resources.clock
    signer = KeyFile(settings.credential_key_file)
    signer.check()
    choices = Choices(stores)
    badges = Badges(stores, choices, clock)
    awards = Awards(stores, badges, choices, clock)
    recognitions = Recognitions(stores, awards, choices)
    credentials = Credentials(stores, badges, choices, signer, clock)
    handlers = Handlers()
    hear(handlers, recognitions)
    return Service(
        name="recognition",
        erased=PersonalDataErased,
        servicers=(
            (
                add_RecognitionServiceServicer_to_server,
                RecognitionService(recognitions),
                "mentoring.recognition.v1.RecognitionService",
            ),
            (
                add_BadgeServiceServicer_to_server,
                BadgeService(badges, awards),
                "mentoring.recognition.v1.BadgeService",
            ),
            (
                add_SettingsServiceServicer_to_server,
                SettingsService(choices),
                "mentoring.recognition.v1.SettingsService",
            ),
            (
                add_CredentialServiceServicer_to_server,
                CredentialService(credentials),
                "mentoring.recognition.v1.CredentialService",
            ),
        ),
        handlers=handlers,
        kinds=[getattr(stores, field.name) for field in fields(Stores)],
    )


def _stores(database: Database) -> Stores:
    return Stores(
        recognitions=database.aggregates(store.RECOGNITIONS),
        badges=database.aggregates(store.BADGES),
        awards=database.aggregates(store.AWARDS),
        choices=database.aggregates(store.CHOICES),
        settings=database.aggregates(store.SETTINGS),
    )


def run() -> None:
    """Serve until told to stop."""
    main("recognition", build)


if __name__ == "__main__":
    run()
