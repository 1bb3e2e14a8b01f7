"""What matching hears: its own news, so that the work behind it survives any crash, and that of two others.

An event may be heard by several use cases; each is repeated safely when another one fails.
"""

from typing import Any

from services.kernel import fields, ids
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.matching.app.adopting import Adopting
from services.matching.app.computing import Computing
from services.matching.app.following import Following
from services.matching.app.matches import Matches
from services.matching.app.programs import Programs
from services.matching.app.settling import Settling
from services.matching.domain.requests import Reason
from services.matching.wire import names
from services.pb.mentoring.matching.v1 import events_pb2 as pb
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.profiles.v1 import events_pb2 as profiles
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person


def hear(handlers: Handlers, computing: Computing) -> None:
    """Register what is heard of cohort runs."""

    async def requested(event: Event[pb.CohortRunRequested]) -> None:
        await computing.compute(_run(event.tenant, event.message.cohort_run), _cause(event))

    async def published(event: Event[pb.CohortRunPublished]) -> None:
        await computing.deliver(_run(event.tenant, event.message.cohort_run), _cause(event))

    handlers.on(pb.CohortRunRequested, requested, takes_long=True)
    handlers.on(pb.CohortRunPublished, published, takes_long=True)


def hear_programs(handlers: Handlers, programs: Programs) -> None:
    """Register what makes sure that a program's revisions are kept, also when who changed it died."""

    async def changed(event: Event[Any]) -> None:
        await programs.keep(Ref(event.tenant, _program(event)))

    handlers.on(pb.ProgramCreated, changed)
    handlers.on(pb.ProgramUpdated, changed)
    handlers.on(pb.ProgramClosed, changed)


def hear_enrolments(handlers: Handlers, following: Following) -> None:
    """Register what enrolments follow: who leaves, goes on leave and comes back; programs that close."""
    follow = {
        Person.STATE_TERMINATED: following.person_left,
        Person.STATE_ON_LEAVE: following.person_on_leave,
        Person.STATE_ACTIVE: following.person_back,
    }

    async def updated(event: Event[profiles.PersonUpdated]) -> None:
        person = names.person_id(event.tenant, event.message.person, "person")
        if "state" in event.message.changed_fields and event.message.state in follow:
            await follow[event.message.state](event.tenant, person, _cause(event))

    async def closed(event: Event[pb.ProgramClosed]) -> None:
        await following.program_closed(Ref(event.tenant, _program(event)), _cause(event))

    async def taken_part(event: Event[Any]) -> None:
        enrolment = fields.owned_id(event.tenant, names.ENROLMENT, event.message.enrolment, "enrolment")
        await following.taken_part(Ref(event.tenant, enrolment), _program(event), _cause(event))

    handlers.on(profiles.PersonUpdated, updated)
    handlers.on(pb.ProgramClosed, closed)
    handlers.on(pb.PersonEnrolled, taken_part)
    handlers.on(pb.EnrolmentRequested, taken_part)


def hear_requests(handlers: Handlers, settling: Settling) -> None:
    """Register what carries requests on by itself: accepted, to be looked at again, and over."""

    async def accepted(event: Event[pb.MatchRequestAccepted]) -> None:
        await settling.settle(_request(event), _cause(event))

    async def stored(event: Event[Any]) -> None:
        await settling.review(_request(event), _cause(event))

    async def over(event: Event[Any]) -> None:
        await settling.move_up_of(_request(event), _cause(event))

    handlers.on(pb.MatchRequestAccepted, accepted)
    handlers.on(pb.MatchRequested, stored)
    handlers.on(pb.MatchRequestWaitlisted, stored)
    handlers.on(pb.MatchRequestDeclined, over)
    handlers.on(pb.MatchRequestWithdrawn, over)
    handlers.on(pb.MatchRequestExpired, over)
    handlers.on(pb.MatchRequestClosed, over)


def hear_matches(handlers: Handlers, settling: Settling, matches: Matches) -> None:
    """Register what fills and frees seats."""

    async def proposed(event: Event[Any]) -> None:
        await settling.proposed(_match(event), _cause(event))

    async def over(event: Event[Any]) -> None:
        await settling.freed(_match(event), _cause(event))

    async def seats_freed(event: Event[pb.MentorSeatsFreed]) -> None:
        mentor = names.person_id(event.tenant, event.message.mentor, "mentor")
        await settling.move_up(event.tenant, mentor, _cause(event))

    async def mentorship_ended(event: Event[mentorships.MentorshipEnded]) -> None:
        await matches.ended(_mentorship(event), _cause(event), never_again=event.message.never_again)

    async def mentorship_completed(event: Event[mentorships.MentorshipCompleted]) -> None:
        await matches.ended(_mentorship(event), _cause(event), never_again=False)

    handlers.on(pb.MatchProposed, proposed)
    handlers.on(pb.MatchAdopted, proposed)
    handlers.on(pb.MatchDeclined, over)
    handlers.on(pb.MatchEnded, over)
    handlers.on(pb.MentorSeatsFreed, seats_freed)
    handlers.on(mentorships.MentorshipEnded, mentorship_ended)
    handlers.on(mentorships.MentorshipCompleted, mentorship_completed)


def hear_mentorships(handlers: Handlers, adopting: Adopting) -> None:
    """Register what lets a mentorship that was handed over hold a seat."""

    async def created(event: Event[mentorships.MentorshipCreated]) -> None:
        if not event.message.program:
            return  # an informal one takes no seat of a program
        mentor = names.person_id(event.tenant, event.message.mentor, "mentor")
        mentee = names.person_id(event.tenant, event.message.mentee, "mentee")
        await adopting.adopt(_mentorship(event), _program(event), (mentor, mentee), _cause(event))

    handlers.on(mentorships.MentorshipCreated, created)


def hear_people(handlers: Handlers, settling: Settling) -> None:
    """Register what makes requests pointless, and what gives mentors more seats."""

    async def ended(event: Event[pb.EnrolmentEnded]) -> None:
        known = {Reason.LEFT_COMPANY.value, Reason.PROGRAM_CLOSED.value}
        reason = Reason(event.message.reason) if event.message.reason in known else Reason.LEFT_PROGRAM
        await settling.close_all(event.tenant, _taking(event), reason, _cause(event))

    async def paused(event: Event[pb.EnrolmentPaused]) -> None:
        await settling.close_all(event.tenant, _taking(event), Reason.PAUSED, _cause(event))

    async def updated(event: Event[pb.EnrolmentUpdated]) -> None:
        await settling.review_all(event.tenant, _taking(event), _cause(event))

    async def closed(event: Event[pb.ProgramClosed]) -> None:
        where = {"program": _program(event)}
        await settling.close_all(event.tenant, where, Reason.PROGRAM_CLOSED, _cause(event))

    async def program_updated(event: Event[pb.ProgramUpdated]) -> None:
        if "most_mentees_per_mentor" in event.message.changed_fields:
            await settling.move_up_all(event.tenant, _program(event), _cause(event))

    async def person_updated(event: Event[profiles.PersonUpdated]) -> None:
        person = names.person_id(event.tenant, event.message.person, "person")
        if event.message.state == Person.STATE_TERMINATED:
            await settling.close_all(event.tenant, {"people": person}, Reason.LEFT_COMPANY, _cause(event))
        elif {"mentor_capacity", "state"} & set(event.message.changed_fields):
            await settling.move_up(event.tenant, person, _cause(event))

    handlers.on(pb.EnrolmentEnded, ended)
    handlers.on(pb.EnrolmentPaused, paused)
    handlers.on(pb.EnrolmentUpdated, updated)
    handlers.on(pb.ProgramClosed, closed)
    handlers.on(pb.ProgramUpdated, program_updated)
    handlers.on(profiles.PersonUpdated, person_updated)


def _cause(event: Event[Any]) -> Cause:
    return Cause(event.id, trace=event.trace)


def _run(tenant: str, name: str) -> Ref:
    _, _, run = ids.parse_name(names.RUN, name, "cohort_run")
    return Ref(tenant, run)


def _request(event: Event[Any]) -> Ref:
    request = fields.owned_id(event.tenant, names.REQUEST, event.message.match_request, "match_request")
    return Ref(event.tenant, request)


def _match(event: Event[Any]) -> Ref:
    return Ref(event.tenant, fields.owned_id(event.tenant, names.MATCH, event.message.match, "match"))


def _mentorship(event: Event[Any]) -> Ref:
    mentorship = fields.owned_id(event.tenant, names.MENTORSHIP, event.message.mentorship, "mentorship")
    return Ref(event.tenant, mentorship)


def _program(event: Event[Any]) -> str:
    return fields.owned_id(event.tenant, names.PROGRAM, event.message.program, "program")


def _taking(event: Event[Any]) -> dict[str, Any]:
    person = names.person_id(event.tenant, event.message.person, "person")
    return {"people": person, "program": _program(event)}
