"""Wires the service. `python -m services.matching [rpc|events|relay|due]`, all by default."""

from google.longrunning.operations_pb2_grpc import add_OperationsServicer_to_server

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.run import Resources, Service, main
from services.matching import store
from services.matching.app.cohorts import Cohorts
from services.matching.app.computing import Computing
from services.matching.app.enrolments import Enrolments
from services.matching.app.following import Following
from services.matching.app.matches import Matches
from services.matching.app.pairing import Pairing
from services.matching.app.ports import Stores
from services.matching.app.programs import Programs
from services.matching.app.recommendations import Recommendations
from services.matching.app.requests import Requests
from services.matching.app.runs import CohortRuns
from services.matching.app.seats import Seats
from services.matching.app.settling import Settling
from services.matching.clients.computing import MatcherProcess
from services.matching.clients.profiles import ProfilesPeople
from services.matching.clients.recommending import RecommenderProcess
from services.matching.events import (
    hear,
    hear_enrolments,
    hear_matches,
    hear_people,
    hear_programs,
    hear_requests,
)
from services.matching.rpc.matching import MatchingService
from services.matching.rpc.operations import Operations
from services.matching.rpc.programs import ProgramService
from services.matching.rpc.requests import MatchRequestService
from services.pb.mentoring.matching.v1.match_request_service_pb2_grpc import (
    add_MatchRequestServiceServicer_to_server,
)
from services.pb.mentoring.matching.v1.matching_service_pb2_grpc import add_MatchingServiceServicer_to_server
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import add_ProgramServiceServicer_to_server


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    database = resources.database
    programs = database.aggregates(store.PROGRAMS)
    enrolments = database.aggregates(store.ENROLMENTS)
    runs = database.aggregates(store.RUNS)
    matches = database.aggregates(store.MATCHES)
    parts = database.aggregates(store.PARTS)
    asked = database.aggregates(store.REQUESTS)
    seats = database.aggregates(store.SEATS)
    revisions = database.aggregates(store.REVISIONS)
    stores = Stores(programs, enrolments, runs, matches, parts, asked, seats, revisions)
    people = ProfilesPeople(resources.channel(settings.profiles_address))
    matcher, recommender = MatcherProcess(people), RecommenderProcess(people, resources.clock)
    cohorts, cohort_runs = Cohorts(stores), CohortRuns(stores, resources.clock)
    recommendations = Recommendations(stores, cohorts, recommender, resources.clock)
    pairs = Matches(matches)
    requests = Requests(stores, Pairing(stores, people, resources.clock), Seats(stores), resources.clock)
    settling = Settling(stores, people, resources.clock)
    kept = Programs(stores, people, resources.clock)
    handlers = Handlers()
    following = Following(stores)
    hear(handlers, Computing(stores, cohorts, matcher, following))
    hear_programs(handlers, kept)
    hear_enrolments(handlers, following)
    hear_requests(handlers, settling)
    hear_matches(handlers, settling, pairs)
    hear_people(handlers, settling)
    return Service(
        name="matching",
        servicers=[
            (
                add_ProgramServiceServicer_to_server,
                ProgramService(kept, Enrolments(stores, people, resources.clock)),
                "mentoring.matching.v1.ProgramService",
            ),
            (
                add_MatchingServiceServicer_to_server,
                MatchingService(cohort_runs, pairs, recommendations),
                "mentoring.matching.v1.MatchingService",
            ),
            (
                add_MatchRequestServiceServicer_to_server,
                MatchRequestService(requests),
                "mentoring.matching.v1.MatchRequestService",
            ),
            (add_OperationsServicer_to_server, Operations(cohort_runs), "google.longrunning.Operations"),
        ],
        handlers=handlers,
        kinds=[programs, enrolments, runs, matches, parts, asked, seats, revisions],
        stop=[matcher.close, recommender.close],
    )


def run() -> None:
    """Serve until told to stop."""
    main("matching", build)


if __name__ == "__main__":
    run()
