"""Steps of a town that many tests take, and news from elsewhere that it hears."""

from typing import Any

from services.kernel.mongo import Cause, Ref
from services.matching.domain import matches
from services.matching.domain.plan import Proposal
from services.pb.mentoring.matching.v1 import events_pb2 as pb
from services.pb.mentoring.mentorships.v1.events_pb2 import MentorshipEnded
from services.pb.mentoring.profiles.v1.events_pb2 import PersonUpdated
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.matching.factories import LEAD, ORG
from tests.matching.town import Town


async def accepted(here: Town, requester: str, other: str, **how: Any) -> Ref:
    ref = await here.ask(requester, other, **how)
    await here.say(ref, "accept")
    return ref


async def end(here: Town) -> None:
    """End the only live mentorship, as mentorships tells it."""
    ((_, match),) = [(name, one) for name, one in await here.matched() if one.live]
    name = f"organizations/{ORG}/mentorships/{match.origin.mentorship}"
    await here.hear(MentorshipEnded(mentorship=name), f"ended-{match.origin.mentorship}")
    await here.settle()


async def proposed(here: Town, one: str, other: str) -> str:
    """Propose a pair as a cohort run does; return the match's id."""
    origin = matches.Origin(here.program, "run", LEAD, 14, 45, f"mentorship-{other}")
    proposal = Proposal(one, other, 500_000, ())
    ref = Ref(ORG, f"match-{other}")
    await here.stores.matches.create(ref, *matches.propose(None, origin, proposal), Cause(ref.id))
    return ref.id


def taking(here: Town, person: str) -> dict[str, str]:
    program = f"organizations/{ORG}/programs/{here.program}"
    return {
        "enrolment": f"{program}/enrolments/1",
        "program": program,
        "person": f"organizations/{ORG}/people/{person}",
    }


def ended(here: Town, person: str, reason: str = "LEFT") -> pb.EnrolmentEnded:
    return pb.EnrolmentEnded(**taking(here, person), reason=reason)


def updated(person: str, **changes: Any) -> PersonUpdated:
    given = {"state": Person.STATE_ACTIVE, **changes}
    return PersonUpdated(person=f"organizations/{ORG}/people/{person}", **given)
