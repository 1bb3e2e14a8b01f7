"""Resource names of what recognition keeps, to and from ids."""

from services.kernel import ids

ORGANIZATION = "organizations/*"
PERSON = f"{ORGANIZATION}/people/*"
MENTORSHIP = f"{ORGANIZATION}/mentorships/*"
GOAL = f"{MENTORSHIP}/goals/*"
GROUP = f"{ORGANIZATION}/groups/*"
GROUP_GOAL = f"{GROUP}/goals/*"
RECOGNITION = f"{PERSON}/recognitions/*"
CHOICE = f"{PERSON}/recognitionChoice"
SETTINGS = f"{ORGANIZATION}/recognitionSettings"
BADGE = f"{ORGANIZATION}/badges/*"
AWARD = f"{PERSON}/badgeAwards/*"
CREDENTIAL = f"{AWARD}/credential"
ISSUER_DOCUMENT = f"{ORGANIZATION}/issuerDocument"
STATUS_LIST = f"{ORGANIZATION}/statusLists/*"


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return ids.name("organizations", tenant, "people", person)


def mentorship_name(tenant: str, mentorship: str) -> str:
    """Return a mentorship's full name, "" for none."""
    return ids.name("organizations", tenant, "mentorships", mentorship) if mentorship else ""


def group_name(tenant: str, group: str) -> str:
    """Return a group's full name, "" for none."""
    return ids.name("organizations", tenant, "groups", group) if group else ""


def goal_name(parent: str, goal: str) -> str:
    """Return the full name of a goal of the mentorship or group named `parent`, "" for none."""
    return f"{parent}/goals/{goal}" if goal else ""


def recognition_name(tenant: str, person: str, recognition: str) -> str:
    """Return a recognition's full name."""
    return ids.name("organizations", tenant, "people", person, "recognitions", recognition)


def choice_name(tenant: str, person: str) -> str:
    """Return the full name of a person's choice."""
    return ids.name("organizations", tenant, "people", person, "recognitionChoice")


def settings_name(tenant: str) -> str:
    """Return the full name of an organization's settings."""
    return ids.name("organizations", tenant, "recognitionSettings")


def badge_name(tenant: str, badge: str) -> str:
    """Return a badge's full name."""
    return ids.name("organizations", tenant, "badges", badge)


def award_name(tenant: str, person: str, award: str) -> str:
    """Return the full name of a person's badge."""
    return ids.name("organizations", tenant, "people", person, "badgeAwards", award)


def issuer_document_name(tenant: str) -> str:
    """Return the full name of an organization's issuer document."""
    return ids.name("organizations", tenant, "issuerDocument")


def status_list_name(tenant: str, number: int) -> str:
    """Return a status list's full name."""
    return ids.name("organizations", tenant, "statusLists", str(number))
