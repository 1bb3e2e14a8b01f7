"""Resource names of mentorships, and the ids in them."""

from services.kernel import fields, ids
from services.kernel.mongo import Ref

MENTORSHIP = "organizations/*/mentorships/*"
PERSON = "organizations/*/people/*"
PROGRAM = "organizations/*/programs/*"
GOAL = "organizations/*/mentorships/*/goals/*"
PLAN_TEMPLATE = "organizations/*/planTemplates/*"
PLAN = "organizations/*/mentorships/*/plans/*"


def mentorship_name(tenant: str, mentorship: str) -> str:
    """Return a mentorship's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship)


def goal_name(tenant: str, mentorship: str, goal: str) -> str:
    """Return a goal's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship, "goals", goal)


def plan_template_name(tenant: str, template: str) -> str:
    """Return a plan template's full name."""
    return ids.name("organizations", tenant, "planTemplates", template)


def plan_name(tenant: str, mentorship: str, plan: str) -> str:
    """Return the full name of an applied plan."""
    return ids.name("organizations", tenant, "mentorships", mentorship, "plans", plan)


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return ids.name("organizations", tenant, "people", person)


def program_name(tenant: str, program: str) -> str:
    """Return a program's full name."""
    return ids.name("organizations", tenant, "programs", program)


def optional_id(tenant: str, pattern: str, value: str, field: str) -> str:
    """Return "" for an empty name, else `owned_id`."""
    return fields.owned_id(tenant, pattern, value, field) if value else ""


def mentorship_ref(name: str, field: str = "name") -> Ref:
    """Return which mentorship `name` means. Raises Invalid for a malformed one."""
    return Ref(*ids.parse_name(MENTORSHIP, name, field))


def ref(pattern: str, name: str, field: str = "name") -> Ref:
    """Return what `name`, which is directly below its organization, means. Raises Invalid."""
    return Ref(*ids.parse_name(pattern, name, field))


def path(pattern: str, name: str, field: str = "name") -> tuple[str, Ref]:
    """Return (mentorship, what is below it) of a name. Raises Invalid for a malformed one."""
    organization, mentorship, below = ids.parse_name(pattern, name, field)
    return mentorship, Ref(organization, below)


def goal_path(name: str, field: str = "name") -> tuple[str, Ref]:
    """Return (mentorship, goal) of a goal's name. Raises Invalid for a malformed one."""
    return path(GOAL, name, field)
