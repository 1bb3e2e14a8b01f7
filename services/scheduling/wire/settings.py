"""What programs say about their meetings, to and from protobuf."""

from services.kernel import ids
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.pb.mentoring.scheduling.v1 import events_pb2 as events
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as pb
from services.scheduling.domain.settings import Settings, SettingsEvent
from services.scheduling.wire.names import stamp_of


def settings(message: pb.MeetingSettings) -> Settings:
    """Decode what a program says."""
    return Settings(tuple(sorted(message.reminder_minutes, reverse=True)), message.video_url)


def shown(ref: Ref, stored: Versioned[Settings]) -> pb.MeetingSettings:
    """Encode what a program said, or the defaults."""
    state = stored.state
    return pb.MeetingSettings(
        name=_name(ref),
        reminder_minutes=state.reminders,
        video_url=state.video,
        etag=stored.etag,
        update_time=stamp_of(stored.update_time) if stored.version else None,
    )


def outgoing(ref: Ref, _: Settings, __: SettingsEvent) -> Outgoing:
    """Encode that a program said something else, keyed by the program."""
    message = events.MeetingSettingsUpdated(meeting_settings=_name(ref), program=_program(ref))
    return Outgoing(message, subject=_name(ref), key=ref.id)


def _program(ref: Ref) -> str:
    return ids.name("organizations", ref.tenant, "programs", ref.id)


def _name(ref: Ref) -> str:
    return f"{_program(ref)}/meetingSettings"
