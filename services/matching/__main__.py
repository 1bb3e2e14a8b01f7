"""Wires the service. `python -m services.matching [rpc|events|relay|due]`, all by default."""

from dataclasses import fields

from google.longrunning.operations_pb2_grpc import add_OperationsServicer_to_server

from services.kernel.clock import Clock
from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.mongo import Database
from services.kernel.rpc.server import Servicer
from services.kernel.run import Resources, Service, main
from services.matching import store
from services.matching.app.adopting import Adopting
from services.matching.app.cohorts import Cohorts
from services.matching.app.computing import Computing
from services.matching.app.enrolments import Enrolments
from services.matching.app.following import Following
from services.matching.app.matches import Matches
from services.matching.app.pairing import Pairing
from services.matching.app.ports import Matcher, People, Recommender, Stores
from services.matching.app.programs import Programs
from services.matching.app.recommendations import Recommendations
from services.matching.app.requests import Requests
from services.matching.app.runs import CohortRuns
from services.matching.app.seats import Seats
from services.matching.app.settling import Settling
from services.matching.app.skills import Skills
from services.matching.app.teams import Teams
from services.matching.clients.computing import MatcherProcess
from services.matching.clients.profiles import ProfilesPeople
from services.matching.clients.recommending import RecommenderProcess
from services.matching.events import (
    hear,
    hear_enrolments,
    hear_matches,
    hear_mentorships,
    hear_people,
    hear_programs,
    hear_requests,
)
from services.matching.rpc.matching import MatchingService
from services.matching.rpc.operations import Operations
from services.matching.rpc.programs import ProgramService
from services.matching.rpc.requests import MatchRequestService
from services.matching.rpc.skills import SkillService
from services.matching.rpc.teams import TeamService
from services.pb.mentoring.matching.v1.events_pb2 import PersonalDataErased
from services.pb.mentoring.matching.v1.match_request_service_pb2_grpc import (
    add_MatchRequestServiceServicer_to_server,
)
from services.pb.mentoring.matching.v1.matching_service_pb2_grpc import add_MatchingServiceServicer_to_server
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import add_ProgramServiceServicer_to_server
from services.pb.mentoring.matching.v1.skill_service_pb2_grpc import add_SkillServiceServicer_to_server
from services.pb.mentoring.matching.v1.team_service_pb2_grpc import add_TeamServiceServicer_to_server


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    stores, clock = _stores(resources.database), resources.clock
    people = ProfilesPeople(resources.channel(settings.profiles_address))
    matcher, recommender = MatcherProcess(people), RecommenderProcess(people, clock)
    return Service(
        name="matching",
        erased=PersonalDataErased,
        servicers=_servicers(stores, people, recommender, _skills(settings), clock),
        handlers=_handlers(stores, people, matcher, clock),
        kinds=[getattr(stores, field.name) for field in fields(Stores)],
        stop=[matcher.close, recommender.close],
    )


def _skills(settings: Settings) -> Skills:
    if settings.skill_model is None:
        return Skills(None)
    from services.matching.clients.meaning import Meaning  # noqa: PLC0415 -- an extra that may not be there

    return Skills(Meaning(settings.skill_model))


def _stores(database: Database) -> Stores:
    return Stores(
        programs=database.aggregates(store.PROGRAMS),
        enrolments=database.aggregates(store.ENROLMENTS),
        runs=database.aggregates(store.RUNS),
        matches=database.aggregates(store.MATCHES),
        parts=database.aggregates(store.PARTS),
        requests=database.aggregates(store.REQUESTS),
        seats=database.aggregates(store.SEATS),
        revisions=database.aggregates(store.REVISIONS),
        team_settings=database.aggregates(store.TEAM_SETTINGS),
    )


def _servicers(
    stores: Stores, people: People, recommender: Recommender, skills: Skills, clock: Clock
) -> list[Servicer]:
    runs = CohortRuns(stores, clock)
    recommendations = Recommendations(stores, Cohorts(stores), recommender, clock)
    requests = Requests(stores, Pairing(stores, people, clock), Seats(stores), clock)
    return [
        (
            add_ProgramServiceServicer_to_server,
            ProgramService(Programs(stores, people, clock), Enrolments(stores, people, clock)),
            "mentoring.matching.v1.ProgramService",
        ),
        (
            add_MatchingServiceServicer_to_server,
            MatchingService(runs, Matches(stores.matches), recommendations),
            "mentoring.matching.v1.MatchingService",
        ),
        (
            add_MatchRequestServiceServicer_to_server,
            MatchRequestService(requests),
            "mentoring.matching.v1.MatchRequestService",
        ),
        (add_SkillServiceServicer_to_server, SkillService(skills), "mentoring.matching.v1.SkillService"),
        (
            add_TeamServiceServicer_to_server,
            TeamService(Teams(stores, people)),
            "mentoring.matching.v1.TeamService",
        ),
        (add_OperationsServicer_to_server, Operations(runs), "google.longrunning.Operations"),
    ]


def _handlers(stores: Stores, people: People, matcher: Matcher, clock: Clock) -> Handlers:
    handlers, settling = Handlers(), Settling(stores, people, clock)
    hear(handlers, Computing(stores, Cohorts(stores), matcher))
    hear_programs(handlers, Programs(stores, people, clock))
    hear_enrolments(handlers, Following(stores))
    hear_requests(handlers, settling)
    hear_matches(handlers, settling, Matches(stores.matches))
    hear_mentorships(handlers, Adopting(stores))
    hear_people(handlers, settling)
    return handlers


def run() -> None:
    """Serve until told to stop."""
    main("matching", build)


if __name__ == "__main__":
    run()
