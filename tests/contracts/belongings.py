"""One organization's things in every service, made through the public APIs, with a word to look for."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import grpc
from google.protobuf import json_format

from tests.contracts import surface
from tests.contracts.platform import Platform
from tests.contracts.requests import request_for
from tests.mentorships.factories import ID as MENTORSHIP
from tests.mentorships.factories import LEAD, MENTEE, MENTOR, confirmed
from tests.scheduling.factories import activated

_SOON: Final = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=7)
_MEETING: Final = {"start_time": _SOON.isoformat(), "end_time": (_SOON + timedelta(minutes=45)).isoformat()}
_ADMIN: Final = ("office", "hr_admin")
_LEAD: Final = (LEAD, "program_lead")
_MENTOR: Final = (MENTOR, "mentor")
_MENTEE: Final = (MENTEE, "mentee")
_GRADES: Final = {LEAD: 8, MENTEE: 4, MENTOR: 7}
_DAY: Final = {"year": 2100, "month": 6, "day": 30}
_HOURS: Final = [{"day": "MONDAY", "start_minute": 540, "end_minute": 1020}]


class Step(NamedTuple):
    """One call: the short name of the method, who calls with which role, what the request says."""

    method: str
    caller: tuple[str, str]
    body: Mapping[str, Any]


class Belongings(NamedTuple):
    """`ids` are the organization's ids by collection, `word` stands in every text it stored."""

    org: str
    word: str
    ids: Mapping[str, str]


async def stored(served: Platform, org: str, word: str) -> Belongings:
    """Store something of every kind for `org`."""
    for at, message in zip(served.running[2:4], (confirmed(org=org), activated(org=org)), strict=True):
        await at.hear(message, f"begun-{org}", org=org)
    ids = {"mentorships": MENTORSHIP}
    for step in (*_people(word), *_matching(word), *_shared_work(word), *_offices(word)):
        method = next(method for method in surface.methods() if method.name == step.method)
        request = request_for(method, org, **{**ids, "people": MENTOR})
        json_format.ParseDict(dict(step.body), request)
        person, role = step.caller
        answer = await served.call(method, request, served.token(role, org=org, person=person))
        assert answer.code is grpc.StatusCode.OK, f"{step.method}: {answer.text}"
        for name in _names(answer.messages[0]):
            parts = name.split("/")
            ids.update(zip(parts[2::2], parts[3::2], strict=False))
    return Belongings(org, word, {**ids, "people": MENTOR})


def _names(message: Any) -> Iterator[str]:
    """Yield the resource names in an answer: its own, or that of its parts."""
    for field, value in message.ListFields():
        if field.name == "name":
            yield value
        elif field.message_type is not None and not field.is_repeated:
            yield from _names(value)


def _people(word: str) -> Iterator[Step]:
    for key, grade in _GRADES.items():
        person = {
            "email": f"{key}@{word}.example",
            "given_name": word,
            "family_name": word,
            "title": word,
            "department": f"{word} {key}",
            "grade": grade,
            "country": "GB",
            "time_zone": "Europe/London",
            "languages": ["en"],
            "roles": ["ROLE_MENTOR", "ROLE_MENTEE"],
            "mentor_capacity": 2,
            "weekly_hours": _HOURS,
        }
        yield Step("CreatePerson", _ADMIN, {"person_id": key, "person": person})


def _matching(word: str) -> Iterator[Step]:
    yield Step("CreateProgram", _LEAD, {"program": {"display_name": word}})
    yield Step("JoinProgram", _MENTEE, {"roles": ["ROLE_MENTEE"]})
    yield Step("JoinProgram", _MENTOR, {"roles": ["ROLE_MENTOR"]})
    yield Step("CreateMatchRequest", _MENTEE, {"message": word})
    yield Step("UpdateTeamSettings", _ADMIN, {"team_settings": {"switched_off": True}})


def _shared_work(word: str) -> Iterator[Step]:
    agreement = {
        "cadence": "1209600s",
        "meeting_length": "3600s",
        "channels": ["CHANNEL_VIDEO"],
        "focus_areas": [word],
    }
    yield Step("ProposeAgreement", _MENTEE, {"agreement": agreement})
    yield Step("SignAgreement", _MENTOR, {"revision": 1})
    yield Step("SignAgreement", _MENTEE, {"revision": 1})
    yield Step("CreateGoal", _MENTEE, {"goal": {"kind": "KIND_CAREER", "title": word, "measure": word}})
    yield Step("CreateNote", _MENTEE, {"note": {"text": word, "shared": True}})
    yield Step("CreateActionItem", _MENTEE, {"action_item": {"title": word}})
    yield Step("GiveKudos", _MENTOR, {"kudos": {"words": word}})
    yield Step("CreateGroup", _MENTOR, {"group": {"title": word, "agreement": agreement, "seats": 3}})
    yield Step("AddGroupGoal", _MENTOR, {"title": word, "target_date": _DAY})
    yield Step("ReportPerson", _MENTEE, {"safety_report": {"words": word, "category": 1}})
    yield Step("BlockPerson", _MENTEE, {})
    yield Step("BookMeeting", _MENTEE, {"meeting": _MEETING})


def _offices(word: str) -> Iterator[Step]:
    resource = {"title": word, "uri": f"https://{word}.example", "focus_areas": [word]}
    webhook = {"event_types": ["mentoring.matching.v1.MatchEnded"], "url": f"https://{word}.example/hook"}
    badge = {"display_name": word, "description": word, "criteria": word, "kind": 1}
    yield Step("SetSurveyPlan", _LEAD, {"survey_plan": {"check_in_questions": [{"kind": 1, "text": word}]}})
    yield Step("CreatePlanTemplate", _LEAD, {"plan_template": {"display_name": word}})
    yield Step("CreateLearningResource", _LEAD, {"learning_resource": resource})
    yield Step("CreateWebhook", _ADMIN, {"webhook": webhook})
    yield Step("UpdateTemplate", _ADMIN, {"template": {"subject": word, "text": word, "html": word}})
    yield Step("CreateBadge", _ADMIN, {"badge_id": "golden", "badge": badge})
