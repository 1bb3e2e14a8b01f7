"""Resource names of what recognition keeps, to and from ids."""

from services.kernel import ids

ORGANIZATION = "organizations/*"
PERSON = f"{ORGANIZATION}/people/*"
MENTORSHIP = f"{ORGANIZATION}/mentorships/*"
GOAL = f"{MENTORSHIP}/goals/*"
RECOGNITION = f"{PERSON}/recognitions/*"


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return ids.name("organizations", tenant, "people", person)


def mentorship_name(tenant: str, mentorship: str) -> str:
    """Return a mentorship's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship)


def goal_name(tenant: str, mentorship: str, goal: str) -> str:
    """Return a goal's full name, "" for none."""
    return ids.name("organizations", tenant, "mentorships", mentorship, "goals", goal) if goal else ""


def recognition_name(tenant: str, person: str, recognition: str) -> str:
    """Return a recognition's full name."""
    return ids.name("organizations", tenant, "people", person, "recognitions", recognition)
