"""Wires the service. `python -m services.profiles [rpc|relay]`, both by default."""

from services.kernel.config import Settings
from services.kernel.run import Resources, Service, main
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import add_PersonServiceServicer_to_server
from services.profiles.app import Directory, Imports
from services.profiles.rpc import PersonService
from services.profiles.store import PEOPLE


def build(_: Settings, resources: Resources) -> Service:
    """Put the service together."""
    people = resources.database.aggregates(PEOPLE)
    servicer = PersonService(Directory(people), Imports(people))
    return Service(
        name="profiles",
        servicers=[(add_PersonServiceServicer_to_server, servicer, "mentoring.profiles.v1.PersonService")],
        handlers=None,
        kinds=[people],
    )


def run() -> None:
    """Serve until told to stop."""
    main("profiles", build)


if __name__ == "__main__":
    run()
