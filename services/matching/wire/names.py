"""Resource names of an organization's programs, people, runs and matches, to and from ids."""

from collections.abc import Iterable

from services.kernel import fields, ids

ORGANIZATION = "organizations/*"
PERSON = f"{ORGANIZATION}/people/*"
PROGRAM = f"{ORGANIZATION}/programs/*"
RUN = f"{PROGRAM}/cohortRuns/*"
ENROLMENT = f"{PROGRAM}/enrolments/*"
OPERATION = f"{ORGANIZATION}/operations/*"
MATCH = f"{PROGRAM}/matches/*"
REQUEST = f"{PROGRAM}/matchRequests/*"
MENTORSHIP = f"{ORGANIZATION}/mentorships/*"
TEAM_SETTINGS = f"{ORGANIZATION}/teamSettings"


def organization_name(tenant: str) -> str:
    """Return the organization's full name."""
    return ids.name("organizations", tenant)


def person_id(tenant: str, name: str, field: str) -> str:
    """Return a person's id. Raises Invalid MALFORMED_NAME, or FOREIGN_ORGANIZATION outside of `tenant`."""
    return fields.owned_id(tenant, PERSON, name, field)


def program_name(tenant: str, program: str) -> str:
    """Return a program's full name."""
    return ids.name("organizations", tenant, "programs", program)


def person_names(tenant: str, people: Iterable[str]) -> list[str]:
    """Return people's full names."""
    return [person_name(tenant, person) for person in people]


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return ids.name("organizations", tenant, "people", person)


def mentorship_name(tenant: str, mentorship: str) -> str:
    """Return a mentorship's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship)


def enrolment_name(tenant: str, program: str, enrolment: str) -> str:
    """Return an enrolment's full name."""
    return ids.name("organizations", tenant, "programs", program, "enrolments", enrolment)


def run_name(tenant: str, program: str, run: str) -> str:
    """Return a cohort run's full name."""
    return ids.name("organizations", tenant, "programs", program, "cohortRuns", run)


def match_name(tenant: str, program: str, match: str) -> str:
    """Return a match's full name."""
    return ids.name("organizations", tenant, "programs", program, "matches", match)


def operation_name(tenant: str, run: str) -> str:
    """Return the full name of a run as an operation."""
    return ids.name("organizations", tenant, "operations", run)


def request_name(tenant: str, program: str, request: str) -> str:
    """Return a match request's full name."""
    return ids.name("organizations", tenant, "programs", program, "matchRequests", request)


def seats_name(tenant: str, mentor: str) -> str:
    """Return the full name of a mentor's seats; there is no method to read them."""
    return ids.name("organizations", tenant, "people", mentor, "mentorSeats")


def team_settings_name(tenant: str) -> str:
    """Return the full name of what managers see in an organization."""
    return ids.name("organizations", tenant, "teamSettings")
