"""Decisions -> events told, and nudges back: the budget of their person is looked at under its key."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import fields, ids
from services.kernel.events import Event
from services.pb.mentoring.processor.v1 import events_pb2 as pb
from services.processor.domain import decisions as domain
from services.processor.domain.decisions import Decision, Grounds, Reason
from services.processor.domain.facts import Names
from services.processor.domain.policy import Step

Told = (
    pb.RebookReminderDue
    | pb.LeadAlertDue
    | pb.RecognitionEarned
    | pb.NudgeDue
    | pb.NudgeHeld
    | pb.LeadEscalationDue
    | pb.ConclusionDue
    | pb.HealthChanged
)


def told(decision: Decision, trace: str | None = None) -> Event[Told]:
    """Return the event that tells a decision, byte for byte the same each time it is decided.

    Its id derives from what the decision follows from, its time is when it was due: no clock, so a rebuilt
    table tells nothing new. `trace` is that of the event which made it due; time alone has none.
    """
    event = ids.derived_id(*decision.identity)
    mentorship = decision.names.mentorship
    _, tenant, _, key = mentorship.split("/")
    message = _MESSAGES[type(decision)](decision)
    return Event(
        id=event,
        type=message.DESCRIPTOR.full_name,
        subject=f"{mentorship}/decisions/{event}",
        sequence=1,
        tenant=tenant,
        time=decision.time,
        key=key,
        message=message,
        trace=trace,
    )


def _nudge_of(message: pb.NudgeDue) -> domain.NudgeDue:
    """Return the nudge that a message tells; telling it again makes the same event."""
    return domain.NudgeDue(
        names=Names(message.mentorship, message.mentor, message.mentee),
        time=_moment(message.due_time),
        person=message.person,
        step=Step(pb.LadderStep.Name(message.step).removeprefix(_STEP)),
        reasons=tuple(Reason(pb.Reason.Name(reason).removeprefix(_REASON)) for reason in message.reasons),
        grounds=Grounds(tuple(message.evidence_event_ids), message.policy_version),
    )


def waiting(event: Event[pb.NudgeDue | pb.RecognitionEarned]) -> domain.Waiting:
    """Return what an event tells of a person's, to be judged or counted. ValueError."""
    if isinstance(event.message, pb.NudgeDue):
        return _nudge_of(event.message)
    message = event.message
    return domain.AchievementCounted(
        names=Names(message.mentorship, message.mentor, message.mentee),
        time=event.time,
        person=message.person,
        achievement=domain.Achievement(pb.Achievement.Name(message.achievement).removeprefix("ACHIEVEMENT_")),
        grounds=Grounds((message.cause_event_id,), message.policy_version),
        count=message.count,
    )


_STEP, _REASON = "LADDER_STEP_", "REASON_"
_ACHIEVEMENTS = {one: pb.Achievement.Value(f"ACHIEVEMENT_{one}") for one in domain.Achievement}


def _rebook(decision: domain.RebookReminderDue) -> pb.RebookReminderDue:
    return pb.RebookReminderDue(
        **_pair(decision.names),
        meeting=decision.meeting,
        misses_in_row=decision.misses,
        cause_event_id=decision.cause,
        rule=decision.rule,
    )


def _alert(decision: domain.LeadAlertDue) -> pb.LeadAlertDue:
    return pb.LeadAlertDue(
        mentorship=decision.names.mentorship,
        meeting=decision.meeting,
        lead=decision.names.lead,
        misses_in_row=decision.misses,
        cause_event_id=decision.cause,
        rule=decision.rule,
    )


def _recognition(decision: domain.RecognitionEarned | domain.AchievementCounted) -> pb.RecognitionEarned:
    return pb.RecognitionEarned(
        **_pair(decision.names),
        goal=decision.goal,
        cause_event_id=decision.grounds.cause,
        person=decision.person,
        achievement=_ACHIEVEMENTS[decision.achievement],
        count=decision.count,
        **_grounds(decision),
    )


def _nudge(decision: domain.NudgeDue) -> pb.NudgeDue:
    return pb.NudgeDue(
        **_pair(decision.names), person=decision.person, step=_step(decision.step), **_noticed(decision)
    )


def _held(decision: domain.NudgeHeld) -> pb.NudgeHeld:
    nudge = decision.nudge
    again = None if decision.again is None else _stamp(decision.again)
    return pb.NudgeHeld(
        retry_time=again,
        mentorship=nudge.names.mentorship,
        person=nudge.person,
        step=_step(nudge.step),
        due_time=_stamp(nudge.time),
        nudge=ids.derived_id(*nudge.identity),
        rule=decision.rule,
        policy_version=nudge.grounds.policy,
    )


def _escalation(decision: domain.LeadEscalationDue) -> pb.LeadEscalationDue:
    return pb.LeadEscalationDue(
        **_pair(decision.names),
        lead=decision.names.lead,
        step=_step(decision.step),
        **_noticed(decision),
    )


def _conclusion(decision: domain.ConclusionDue) -> pb.ConclusionDue:
    return pb.ConclusionDue(**_pair(decision.names), **_noticed(decision))


def _health(decision: domain.HealthChanged) -> pb.HealthChanged:
    return pb.HealthChanged(
        **_pair(decision.names),
        lead=decision.names.lead,
        from_status=pb.HealthStatus.Value(f"HEALTH_STATUS_{decision.before}"),
        to_status=pb.HealthStatus.Value(f"HEALTH_STATUS_{decision.after}"),
        **_noticed(decision),
    )


_MESSAGES: Mapping[type[Decision], Callable[[Any], Told]] = {
    domain.RebookReminderDue: _rebook,
    domain.LeadAlertDue: _alert,
    domain.RecognitionEarned: _recognition,
    domain.AchievementCounted: _recognition,
    domain.NudgeDue: _nudge,
    domain.NudgeHeld: _held,
    domain.LeadEscalationDue: _escalation,
    domain.ConclusionDue: _conclusion,
    domain.HealthChanged: _health,
}


def _pair(names: Names) -> dict[str, Any]:
    return {"mentorship": names.mentorship, "mentor": names.mentor, "mentee": names.mentee}


def _grounds(decision: Any) -> dict[str, Any]:
    return {
        "evidence_event_ids": decision.grounds.evidence,
        "rule": decision.rule,
        "policy_version": decision.grounds.policy,
    }


def _noticed(decision: Any) -> dict[str, Any]:
    return {
        "reasons": [pb.Reason.Value(f"{_REASON}{reason}") for reason in decision.reasons],
        "due_time": _stamp(decision.time),
        **_grounds(decision),
    }


def _step(step: Step) -> pb.LadderStep.ValueType:
    return pb.LadderStep.Value(f"{_STEP}{step}")


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    fields.set_time(stamp, moment)
    return stamp


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
