"""Settings of a program from protobuf, each field of the contract by itself: an update reads only its own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple

from google.protobuf.duration_pb2 import Duration
from google.type.date_pb2 import Date

from services.kernel import fields
from services.kernel.errors import Invalid
from services.matching.domain import policy, programs
from services.matching.domain.programs import Type
from services.matching.wire.names import person_id
from services.matching.wire.policy import policy_draft
from services.pb.mentoring.matching.v1 import program_service_pb2 as pb
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships

_DAY = 86_400
_HOUR = 3600
_MINUTE = 60


class Draft(NamedTuple):
    """What somebody of `tenant` wants a program of a type to be like; the type has defaults of its own."""

    tenant: str
    message: pb.Program
    type: Type

    @property
    def usual(self) -> programs.Usual:
        """What a program of the type does where the message says nothing."""
        return programs.USUAL[self.type]


def type_of(message: pb.Program) -> Type:
    """Decode the type of a program."""
    name = pb.Program.Type.Name(message.type).removeprefix("TYPE_")
    return Type.ONE_TO_ONE if name == "UNSPECIFIED" else Type(name)


def read(draft: Draft, field: str) -> Any:
    """Return the setting that a field of the contract asks for. Invalid names what is missing or wrong."""
    return _READERS[field](draft)


def wrong(reason: str, field: str, problem: str) -> Invalid:
    """Return the refusal of a field."""
    return Invalid(reason, f"{field} {problem}", fields=((field, problem),))


def _display_name(draft: Draft) -> str:
    if not draft.message.display_name:
        raise wrong("FIELD_MISSING", "program.display_name", "must be given")
    return draft.message.display_name


def _lead(draft: Draft) -> str:
    if not draft.message.lead:
        raise wrong("FIELD_MISSING", "program.lead", "must be given")
    return person_id(draft.tenant, draft.message.lead, "program.lead")


def _cadence(draft: Draft) -> int:
    if not draft.message.HasField("cadence"):
        return draft.usual.cadence_days
    return fields.whole(draft.message.cadence, _DAY, "program.cadence", "days")


def _meeting_length(draft: Draft) -> int:
    if not draft.message.HasField("meeting_length"):
        return draft.usual.meeting_minutes
    return fields.whole(draft.message.meeting_length, _MINUTE, "program.meeting_length", "minutes")


def _day(given: Date, field: str) -> date | None:
    if not given.year and not given.month and not given.day:
        return None
    try:
        return date(given.year, given.month, given.day)
    except ValueError as error:
        raise wrong("DATE_INVALID", field, "must be a whole day") from error


def _eligibility(given: pb.Eligibility, field: str, newcomer_days: int = 0) -> programs.Eligibility:
    if given.max_grade and given.max_grade < given.min_grade:
        raise wrong("GRADES_CROSSED", f"{field}.max_grade", "must not be below min_grade")
    if given.max_tenure_days and given.max_tenure_days < given.min_tenure_days:
        raise wrong("TENURES_CROSSED", f"{field}.max_tenure_days", "must not be below min_tenure_days")
    return programs.Eligibility(
        departments=tuple(given.departments),
        countries=tuple(given.countries),
        min_grade=given.min_grade,
        max_grade=given.max_grade,
        min_tenure_days=given.min_tenure_days,
        max_tenure_days=given.max_tenure_days or newcomer_days,
    )


def _agreement(draft: Draft) -> programs.AgreementDefaults:
    given, length = draft.message.agreement_defaults, draft.usual.length_days
    if given.HasField("length"):
        length = fields.whole(given.length, _DAY, "program.agreement_defaults.length", "days")
    channels = tuple(
        mentorships.Agreement.Channel.Name(one).removeprefix("CHANNEL_") for one in given.channels
    )
    return programs.AgreementDefaults(channels, tuple(given.focus_areas), length)


def _requests(draft: Draft) -> programs.RequestRules:
    given, at, usual = draft.message.request_rules, "program.request_rules", draft.usual.requests
    expiry = _hours(given.expiry, f"{at}.expiry") if given.HasField("expiry") else usual.expiry_hours
    reminders = tuple(
        _hours(one, f"{at}.reminders[{place}]") for place, one in enumerate(given.reminders)
    ) or tuple(hours for hours in usual.reminder_hours if hours < expiry)
    if list(reminders) != sorted(set(reminders)) or max(reminders, default=0) >= expiry:
        raise wrong("REMINDERS_WRONG", f"{at}.reminders", "must rise and lie before the expiry")
    return programs.RequestRules(reminders, expiry, given.most_open or usual.most_open)


def _hours(given: Duration, field: str) -> int:
    return fields.whole(given, _HOUR, field, "hours")


def _policy(draft: Draft) -> policy.Policy:
    usual = replace(policy.DEFAULT_POLICY, best_grade_gap=draft.usual.grade_gap)
    return policy_draft(draft.message.matching_policy, "program.matching_policy", usual)


_READERS: Final[Mapping[str, Callable[[Draft], Any]]] = {
    "display_name": _display_name,
    "lead": _lead,
    "cadence": _cadence,
    "meeting_length": _meeting_length,
    "type": lambda draft: draft.type,
    "start_date": lambda draft: _day(draft.message.start_date, "program.start_date"),
    "end_date": lambda draft: _day(draft.message.end_date, "program.end_date"),
    "mentee_eligibility": lambda draft: _eligibility(
        draft.message.mentee_eligibility, "program.mentee_eligibility", draft.usual.newcomer_days
    ),
    "mentor_eligibility": lambda draft: _eligibility(
        draft.message.mentor_eligibility, "program.mentor_eligibility"
    ),
    "agreement_defaults": _agreement,
    "most_mentees_per_mentor": lambda draft: draft.message.most_mentees_per_mentor or draft.usual.seats,
    "request_rules": _requests,
    "join_approval": lambda draft: draft.message.join_approval,
    "matching_policy": _policy,
}
