"""People: `person` is one, `rules` what values one may have, `export` and `roster` an HR export of many."""

from services.profiles.domain.export import HEADER, LARGEST_FILE, Rejected, Row, read
from services.profiles.domain.person import (
    FIELDS,
    Event,
    Person,
    PersonCreated,
    PersonUpdated,
    Preference,
    Role,
    State,
    align,
    change,
    create,
    created,
    for_colleagues,
)
from services.profiles.domain.roster import Progress, Roster, Step, Summary, collate, settle
from services.profiles.domain.rules import Mistake, Skill, Window

__all__ = [
    "FIELDS",
    "HEADER",
    "LARGEST_FILE",
    "Event",
    "Mistake",
    "Person",
    "PersonCreated",
    "PersonUpdated",
    "Preference",
    "Progress",
    "Rejected",
    "Role",
    "Roster",
    "Row",
    "Skill",
    "State",
    "Step",
    "Summary",
    "Window",
    "align",
    "change",
    "collate",
    "create",
    "created",
    "for_colleagues",
    "read",
    "settle",
]
