"""Programs to and from protobuf."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.kernel import fields
from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import policy, programs
from services.matching.domain.programs import Program, Revision, Type
from services.matching.wire.names import person_id, person_name, program_name
from services.matching.wire.policy import policy_draft, policy_message
from services.pb.mentoring.matching.v1 import program_service_pb2 as pb
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships

DEFAULT_CADENCE_DAYS: Final = 14
DEFAULT_MEETING_MINUTES: Final = 60
"""What a program's pairs do when nobody says otherwise (house default)."""

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
    if not message.display_name or not message.lead:
        field = "program.lead" if message.display_name else "program.display_name"
        raise _wrong("FIELD_MISSING", field, "must be given")
    return _decoded(tenant, message, message.lead)


def masked(message: Message, mask: FieldMask, changeable: Sequence[str]) -> tuple[str, ...]:
    """Return the fields an update changes: those of the mask, all for "*", the populated for an empty mask.

    Invalid UNKNOWN_FIELD for a path that is no changeable field.
    """
    if "*" in mask.paths:
        return tuple(changeable)
    if not mask.paths:
        populated = {field.name for field, _ in message.ListFields()}
        return tuple(field for field in changeable if field in populated)
    unknown = [path for path in mask.paths if path not in changeable]
    if unknown:
        raise _wrong("UNKNOWN_FIELD", "update_mask", f"{unknown[0][:64]} is not a changeable field")
    return tuple(mask.paths)


def changing(tenant: str, message: pb.Program, mask: FieldMask, known: Program) -> Program:
    """Return what a program is like after an update. Invalid as of `program_draft`, or UNKNOWN_FIELD."""
    chosen = masked(message, mask, tuple(SETTING_OF))
    for field in ("display_name", "lead"):
        if field in chosen and not getattr(message, field):
            raise _wrong("FIELD_MISSING", f"program.{field}", "must be given")
    settings = {SETTING_OF[field] for field in chosen}
    new = _decoded(tenant, message, message.lead or person_name(tenant, known.lead))
    changed: dict[str, Any] = {name: getattr(new, name) for name in settings}
    return _consistent(replace(known, **changed))


def program(ref: Ref, stored: Versioned[Program]) -> pb.Program:
    """Encode a stored program."""
    message = _message(ref, stored.state)
    message.etag = stored.etag
    message.create_time.FromDatetime(stored.create_time)
    message.update_time.FromDatetime(stored.update_time)
    return message


def revision(ref: Ref, change: Revision) -> pb.ProgramRevision:
    """Encode one change of a program."""
    message = pb.ProgramRevision(
        revision=change.program.revision,
        person=person_name(ref.tenant, change.by),
        changed_fields=[FIELD_OF[name] for name in change.changed],
        program=_message(ref, change.program),
    )
    message.create_time.FromDatetime(change.at)
    return message


def _decoded(tenant: str, message: pb.Program, lead: str) -> Program:
    kind = Type.ONE_TO_ONE if not message.type else Type(pb.Program.Type.Name(message.type)[5:])
    gap = programs.GRADE_GAPS.get(kind, policy.DEFAULT_POLICY.best_grade_gap)
    usual = replace(policy.DEFAULT_POLICY, best_grade_gap=gap)
    return _consistent(
        Program(
            display_name=message.display_name,
            lead=person_id(tenant, lead, "program.lead"),
            cadence_days=fields.whole(message.cadence, _DAY, "program.cadence", "days")
            if message.HasField("cadence")
            else DEFAULT_CADENCE_DAYS,
            meeting_minutes=fields.whole(message.meeting_length, _MINUTE, "program.meeting_length", "minutes")
            if message.HasField("meeting_length")
            else DEFAULT_MEETING_MINUTES,
            type=kind,
            first_day=_day(message.start_date, "program.start_date"),
            last_day=_day(message.end_date, "program.end_date"),
            mentees=_eligibility(message.mentee_eligibility),
            mentors=_eligibility(message.mentor_eligibility),
            agreement=_agreement(message.agreement_defaults),
            most_mentees=message.most_mentees_per_mentor,
            requests=_requests(message.request_rules, kind),
            join_approval=message.join_approval,
            policy=policy_draft(message.matching_policy, "program.matching_policy", usual),
        )
    )


def _consistent(draft: Program) -> Program:
    """Return the program if its parts fit each other. Invalid."""
    if draft.first_day and draft.last_day and draft.last_day < draft.first_day:
        raise _wrong("DATES_CROSSED", "program.end_date", "must not be before start_date")
    for name, rules in (("mentee", draft.mentees), ("mentor", draft.mentors)):
        if rules.max_grade and rules.max_grade < rules.min_grade:
            field = f"program.{name}_eligibility.max_grade"
            raise _wrong("GRADES_CROSSED", field, "must not be below min_grade")
    hours = draft.requests.reminder_hours
    if list(hours) != sorted(set(hours)) or (hours and hours[-1] >= draft.requests.expiry_hours):
        field = "program.request_rules.reminders"
        raise _wrong("REMINDERS_WRONG", field, "must rise and lie before the expiry")
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


def _eligibility(message: pb.Eligibility) -> programs.Eligibility:
    return programs.Eligibility(
        departments=tuple(message.departments),
        countries=tuple(message.countries),
        min_grade=message.min_grade,
        max_grade=message.max_grade,
        min_tenure_days=message.min_tenure_days,
    )


def _eligibility_message(rules: programs.Eligibility) -> pb.Eligibility:
    return pb.Eligibility(
        departments=rules.departments,
        countries=rules.countries,
        min_grade=rules.min_grade,
        max_grade=rules.max_grade,
        min_tenure_days=rules.min_tenure_days,
    )


def _agreement(message: pb.AgreementDefaults) -> programs.AgreementDefaults:
    given = message.HasField("length")
    return programs.AgreementDefaults(
        channels=tuple(mentorships.Agreement.Channel.Name(one)[8:] for one in message.channels),
        focus_areas=tuple(message.focus_areas),
        length_days=fields.whole(message.length, _DAY, "program.agreement_defaults.length", "days")
        if given
        else programs.USUAL_AGREEMENT.length_days,
    )


def _requests(message: pb.RequestRules, kind: Type) -> programs.RequestRules:
    usual = programs.FLASH_REQUESTS if kind is Type.FLASH else programs.USUAL_REQUESTS
    at = "program.request_rules"
    reminders = tuple(
        fields.whole(one, _HOUR, f"{at}.reminders[{place}]", "hours")
        for place, one in enumerate(message.reminders)
    )
    expiry = (
        fields.whole(message.expiry, _HOUR, f"{at}.expiry", "hours")
        if message.HasField("expiry")
        else usual.expiry_hours
    )
    usually = tuple(hours for hours in usual.reminder_hours if hours < expiry)
    return programs.RequestRules(reminders or usually, expiry, message.most_open or usual.most_open)


def _day(given: Date, field: str) -> date | None:
    if not given.year and not given.month and not given.day:
        return None
    try:
        return date(given.year, given.month, given.day)
    except ValueError as error:
        raise _wrong("DATE_INVALID", field, "must be a whole day") from error


def _date(day: date | None) -> Date | None:
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)


def _wrong(reason: str, field: str, problem: str) -> Invalid:
    return Invalid(reason, f"{field} {problem}", fields=((field, problem),))
