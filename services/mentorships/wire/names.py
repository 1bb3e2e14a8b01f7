"""Resource names of mentorships, and the ids in them."""

from services.kernel import fields, ids
from services.kernel.errors import Invalid
from services.kernel.mongo import Ref

MENTORSHIP = "organizations/*/mentorships/*"
PERSON = "organizations/*/people/*"
PROGRAM = "organizations/*/programs/*"
GROUP = "organizations/*/groups/*"
GOAL = "organizations/*/mentorships/*/goals/*"
FEEDBACK = "organizations/*/mentorships/*/feedback/*"
KUDOS = "organizations/*/mentorships/*/kudos/*"
CHECK_IN = "organizations/*/mentorships/*/checkIns/*"
FIT_QUESTION = "organizations/*/mentorships/*/fitQuestions/*"
INTRODUCTION = "organizations/*/mentorships/*/introductions/*"
SAFETY_REPORT = "organizations/*/safetyReports/*"
PLAN_TEMPLATE = "organizations/*/planTemplates/*"
LEARNING_RESOURCE = "organizations/*/learningResources/*"
PLAN = "organizations/*/mentorships/*/plans/*"
MEETING = "organizations/*/mentorships/*/meetings/*"
NOTE = "organizations/*/mentorships/*/notes/*"
ACTION_ITEM = "organizations/*/mentorships/*/actionItems/*"


def mentorship_name(tenant: str, mentorship: str) -> str:
    """Return a mentorship's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship)


def group_goal_name(tenant: str, group: str, goal: str) -> str:
    """Return the full name of a group's goal."""
    return ids.name("organizations", tenant, "groups", group, "goals", goal)


def group_name(tenant: str, group: str) -> str:
    """Return a group's full name."""
    return ids.name("organizations", tenant, "groups", group)


def goal_name(tenant: str, mentorship: str, goal: str) -> str:
    """Return a goal's full name."""
    return ids.name("organizations", tenant, "mentorships", mentorship, "goals", goal)


def plan_template_name(tenant: str, template: str) -> str:
    """Return a plan template's full name."""
    return ids.name("organizations", tenant, "planTemplates", template)


def learning_resource_name(tenant: str, resource: str) -> str:
    """Return a learning resource's full name."""
    return ids.name("organizations", tenant, "learningResources", resource)


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return ids.name("organizations", tenant, "people", person)


def program_name(tenant: str, program: str) -> str:
    """Return a program's full name."""
    return ids.name("organizations", tenant, "programs", program)


def match_name(tenant: str, program: str, match: str) -> str:
    """Return a match's full name."""
    return ids.name("organizations", tenant, "programs", program, "matches", match)


def optional_person(tenant: str, person: str) -> str:
    """Return "" for nobody, else a person's full name."""
    return person_name(tenant, person) if person else ""


def optional_program(tenant: str, program: str) -> str:
    """Return "" for none, else a program's full name."""
    return program_name(tenant, program) if program else ""


def person_id(tenant: str, name: str, field: str) -> str:
    """Return a person's id. Raises Invalid MALFORMED_NAME, or FOREIGN_ORGANIZATION outside of `tenant`."""
    return fields.owned_id(tenant, PERSON, name, field)


def optional_id(tenant: str, pattern: str, value: str, field: str) -> str:
    """Return "" for an empty name, else `owned_id`."""
    return fields.owned_id(tenant, pattern, value, field) if value else ""


def mentorship_ref(name: str, field: str = "name") -> Ref:
    """Return which mentorship `name` means. Raises Invalid for a malformed one."""
    return Ref(*ids.parse_name(MENTORSHIP, name, field))


def ref(pattern: str, name: str, field: str = "name") -> Ref:
    """Return what a name directly below its organization means. Raises Invalid for a malformed one."""
    return Ref(*ids.parse_name(pattern, name, field))


def goal_path(name: str, field: str = "name") -> tuple[str, Ref]:
    """Return (mentorship, goal) of a goal's name. Raises Invalid for a malformed one."""
    return path(GOAL, name, field)


def below(tenant: str, mentorship: str, collection: str, key: str) -> str:
    """Return the full name of something of a mentorship."""
    return ids.name("organizations", tenant, "mentorships", mentorship, collection, key)


def path(pattern: str, name: str, field: str = "name") -> tuple[str, Ref]:
    """Return (mentorship, thing) of a name below a mentorship. Raises Invalid for a malformed one."""
    organization, mentorship, key = ids.parse_name(pattern, name, field)
    return mentorship, Ref(organization, key)


def optional_child(parent: str, pattern: str, name: str, field: str) -> str:
    """Return the id of something of the mentorship named `parent`, "" for an empty name.

    Raises Invalid for a malformed name, OTHER_MENTORSHIP for one below another mentorship.
    """
    if not name:
        return ""
    mentorship, ref = path(pattern, name, field)
    if (ref.tenant, mentorship) != ids.parse_name(MENTORSHIP, parent, "parent"):
        raise Invalid(
            "OTHER_MENTORSHIP",
            f"{field} is of another mentorship",
            fields=((field, "must be of the mentorship that is the parent"),),
        )
    return ref.id
