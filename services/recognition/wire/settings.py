"""Choices of people and settings of organizations to and from protobuf."""

from services.kernel import fields
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.recognition.v1 import events_pb2 as events
from services.pb.mentoring.recognition.v1 import settings_service_pb2 as pb
from services.recognition.domain.choices import Choice, ChoiceUpdated, Issuer, Settings, SettingsUpdated
from services.recognition.wire.names import choice_name, person_name, settings_name


def wanted_choice(message: pb.RecognitionChoice) -> Choice:
    """Decode what a person wants."""
    return Choice(opted_out=message.opted_out)


def choice(tenant: str, person: str, stored: Versioned[Choice]) -> pb.RecognitionChoice:
    """Encode what a person wants."""
    message = pb.RecognitionChoice(
        name=choice_name(tenant, person), opted_out=stored.state.opted_out, etag=stored.etag
    )
    if stored.version:
        fields.set_time(message.update_time, stored.update_time)
    return message


def wanted_settings(message: pb.RecognitionSettings) -> Settings:
    """Decode what an organization wants. Invalid ISSUER_NAME_NOT_PLAIN."""
    name = message.issuer_name.strip()
    if not name.isprintable():
        raise Invalid(
            "ISSUER_NAME_NOT_PLAIN",
            "issuer_name must be one line of plain text",
            fields=(("recognition_settings.issuer_name", "must be one line of plain text"),),
        )
    return Settings(message.switched_off, message.leaderboards, Issuer(name, message.issuer_url))


def settings(tenant: str, stored: Versioned[Settings]) -> pb.RecognitionSettings:
    """Encode what an organization wants."""
    state = stored.state
    message = pb.RecognitionSettings(
        name=settings_name(tenant),
        switched_off=state.switched_off,
        leaderboards=state.leaderboards,
        issuer_name=state.issuer.name,
        issuer_url=state.issuer.url,
        etag=stored.etag,
    )
    if stored.version:
        fields.set_time(message.update_time, stored.update_time)
    return message


def choice_outgoing(ref: Ref, state: Choice, _: ChoiceUpdated) -> Outgoing:
    """Encode that a person chose, keyed by the person's id."""
    told = events.RecognitionChoiceUpdated(person=person_name(ref.tenant, ref.id), opted_out=state.opted_out)
    return Outgoing(message=told, subject=choice_name(ref.tenant, ref.id), key=ref.id)


def settings_outgoing(ref: Ref, _state: Settings, _: SettingsUpdated) -> Outgoing:
    """Encode that settings changed, keyed by the organization's id."""
    name = settings_name(ref.tenant)
    return Outgoing(events.RecognitionSettingsUpdated(recognition_settings=name), name, ref.tenant)
