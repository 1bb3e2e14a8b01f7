"""Wires the service. `python -m services.matching [rpc|events|relay|due]`, all by default."""

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.run import Resources, Service, main
from services.matching import store
from services.matching.app.matches import Matches
from services.matching.app.pairing import Pairing
from services.matching.app.ports import Stores
from services.matching.app.programs import Programs
from services.matching.app.requests import Requests
from services.matching.app.runs import CohortRuns
from services.matching.app.seats import Seats
from services.matching.app.settling import Settling
from services.matching.clients.computing import MatcherProcess
from services.matching.clients.profiles import ProfilesPeople
from services.matching.events import hear, hear_matches, hear_people, hear_requests
from services.matching.rpc.matching import MatchingService
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
    asked = database.aggregates(store.REQUESTS)
    seats = database.aggregates(store.SEATS)
    stores = Stores(programs, enrolments, runs, matches, asked, seats)
    people = ProfilesPeople(resources.channel(settings.profiles_address))
    matcher = MatcherProcess()
    cohort_runs = CohortRuns(stores, people, matcher, resources.clock)
    pairs = Matches(matches)
    requests = Requests(stores, Pairing(stores, people, resources.clock), Seats(stores), resources.clock)
    settling = Settling(stores, people, resources.clock)
    handlers = Handlers()
    hear(handlers, cohort_runs)
    hear_requests(handlers, settling)
    hear_matches(handlers, settling, pairs)
    hear_people(handlers, settling)
    return Service(
        name="matching",
        servicers=[
            (
                add_ProgramServiceServicer_to_server,
                ProgramService(Programs(stores, people)),
                "mentoring.matching.v1.ProgramService",
            ),
            (
                add_MatchingServiceServicer_to_server,
                MatchingService(cohort_runs, pairs),
                "mentoring.matching.v1.MatchingService",
            ),
            (
                add_MatchRequestServiceServicer_to_server,
                MatchRequestService(requests),
                "mentoring.matching.v1.MatchRequestService",
            ),
        ],
        handlers=handlers,
        kinds=[programs, enrolments, runs, matches, asked, seats],
        stop=[matcher.close],
    )


def run() -> None:
    """Serve until told to stop."""
    main("matching", build)


if __name__ == "__main__":
    run()
