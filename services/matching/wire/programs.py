"""Programs to and from protobuf."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from services.kernel import fields
from services.kernel.fields import masked
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import programs
from services.matching.domain.programs import Program, Revision
from services.matching.wire.names import person_name, program_name
from services.matching.wire.policy import policy_message
from services.matching.wire.settings import Draft, read, type_of, wrong
from services.pb.mentoring.matching.v1 import program_service_pb2 as pb
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships

SETTING_OF: Final = {
    "display_name": "display_name",
    "lead": "lead",
    "cadence": "cadence_days",
    "meeting_length": "meeting_minutes",
    "type": "type",
    "start_date": "first_day",
    "end_date": "last_day",
    "mentee_eligibility": "mentees",
    "mentor_eligibility": "mentors",
    "agreement_defaults": "agreement",
    "most_mentees_per_mentor": "most_mentees",
    "request_rules": "requests",
    "join_approval": "join_approval",
    "matching_policy": "policy",
}
"""Field of the contract -> setting of the domain: what a change may name."""

FIELD_OF: Final = {setting: field for field, setting in SETTING_OF.items()} | {"stage": "state"}

_DAY = 86_400
_HOUR = 3600
_MINUTE = 60


def program_draft(tenant: str, message: pb.Program) -> Program:
    """Decode a program. Invalid names the field that is missing or wrong."""
    draft = Draft(tenant, message, type_of(message))
    return _consistent(Program(**{setting: read(draft, field) for field, setting in SETTING_OF.items()}))


def changing(tenant: str, message: pb.Program, mask: FieldMask, known: Program) -> Program:
    """Return what a program is like after an update. Invalid as of `program_draft`, or UNKNOWN_FIELD.

    What a changed field leaves unset has the defaults of the program's type.
    """
    chosen = masked(message, mask, SETTING_OF)
    draft = Draft(tenant, message, type_of(message) if "type" in chosen else known.type)
    changed: dict[str, Any] = {SETTING_OF[field]: read(draft, field) for field in chosen}
    return _consistent(replace(known, **changed))


def program(ref: Ref, stored: Versioned[Program]) -> pb.Program:
    """Encode a stored program."""
    message = _message(ref, stored.state)
    message.etag = stored.etag
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def revision(ref: Ref, change: Revision) -> pb.ProgramRevision:
    """Encode one change of a program."""
    message = pb.ProgramRevision(
        revision=change.program.revision,
        person=person_name(ref.tenant, change.by),
        changed_fields=[FIELD_OF[name] for name in change.changed],
        program=_message(ref, change.program),
    )
    fields.set_time(message.create_time, change.at)
    return message


def _consistent(draft: Program) -> Program:
    """Return the program if its days fit each other. Invalid."""
    if draft.first_day and draft.last_day and draft.last_day < draft.first_day:
        raise wrong("DATES_CROSSED", "program.end_date", "must not be before start_date")
    return draft


def _message(ref: Ref, state: Program) -> pb.Program:
    return pb.Program(
        name=program_name(ref.tenant, ref.id),
        display_name=state.display_name,
        lead=person_name(ref.tenant, state.lead),
        cadence=Duration(seconds=state.cadence_days * _DAY),
        meeting_length=Duration(seconds=state.meeting_minutes * _MINUTE),
        state=pb.Program.State.Value(f"STATE_{state.stage}"),
        type=pb.Program.Type.Value(f"TYPE_{state.type}"),
        start_date=_date(state.first_day),
        end_date=_date(state.last_day),
        mentee_eligibility=_eligibility_message(state.mentees),
        mentor_eligibility=_eligibility_message(state.mentors),
        agreement_defaults=pb.AgreementDefaults(
            channels=[
                mentorships.Agreement.Channel.Value(f"CHANNEL_{one}") for one in state.agreement.channels
            ],
            focus_areas=state.agreement.focus_areas,
            length=Duration(seconds=state.agreement.length_days * _DAY),
        ),
        most_mentees_per_mentor=state.most_mentees,
        request_rules=pb.RequestRules(
            reminders=[Duration(seconds=hours * _HOUR) for hours in state.requests.reminder_hours],
            expiry=Duration(seconds=state.requests.expiry_hours * _HOUR),
            most_open=state.requests.most_open,
        ),
        join_approval=state.join_approval,
        matching_policy=policy_message(state.policy),
        revision=state.revision,
    )


def _eligibility_message(rules: programs.Eligibility) -> pb.Eligibility:
    return pb.Eligibility(
        departments=rules.departments,
        countries=rules.countries,
        min_grade=rules.min_grade,
        max_grade=rules.max_grade,
        min_tenure_days=rules.min_tenure_days,
        max_tenure_days=rules.max_tenure_days,
    )


def _date(day: date | None) -> Date | None:
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)
