"""What managers see to and from protobuf."""

from services.kernel import fields
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.matching.domain.teams import Participation, TeamSettings, TeamSettingsUpdated
from services.matching.wire import people
from services.matching.wire.names import person_name, program_name, team_settings_name
from services.pb.mentoring.matching.v1 import events_pb2 as events
from services.pb.mentoring.matching.v1 import program_service_pb2 as programs
from services.pb.mentoring.matching.v1 import team_service_pb2 as pb


def enrolment(tenant: str, shown: Participation) -> pb.TeamEnrolment:
    """Encode that somebody takes part."""
    message = pb.TeamEnrolment(
        person=person_name(tenant, shown.person),
        program=program_name(tenant, shown.program),
        roles=people.role_values(shown.roles),
        state=programs.Enrolment.State.Value(f"STATE_{shown.stage}"),
        matched=shown.matched,
    )
    fields.set_time(message.create_time, shown.since)
    return message


def wanted_settings(message: pb.TeamSettings) -> TeamSettings:
    """Decode what an organization wants."""
    return TeamSettings(message.switched_off)


def settings(tenant: str, stored: Versioned[TeamSettings]) -> pb.TeamSettings:
    """Encode what an organization wants."""
    message = pb.TeamSettings(
        name=team_settings_name(tenant), switched_off=stored.state.switched_off, etag=stored.etag
    )
    if stored.version:
        fields.set_time(message.update_time, stored.update_time)
    return message


def settings_outgoing(ref: Ref, _state: TeamSettings, _: TeamSettingsUpdated) -> Outgoing:
    """Encode that settings changed, keyed by the organization's id."""
    name = team_settings_name(ref.tenant)
    return Outgoing(events.TeamSettingsUpdated(team_settings=name), name, ref.tenant)
