"""Whose a meeting is, as one text: a mentorship's id, or "groups/" and a group's."""

from typing import Any, Final

ALL: Final = "-"
"""Stands for all mentorships, or all groups, where a list asks for one."""
_GROUPS: Final = "groups/"


def in_group(group: str) -> str:
    """Return the parent that a group is."""
    return f"{_GROUPS}{group}"


def group_of(parent: str) -> str:
    """Return the id of the group that a parent is, empty for a mentorship."""
    return parent.removeprefix(_GROUPS) if parent.startswith(_GROUPS) else ""


def is_all(parent: str) -> bool:
    """Whether it stands for all of its kind."""
    return ALL in {parent, group_of(parent)}


def under(parent: str) -> dict[str, Any]:
    """Return the condition on kept meetings that they are of a parent."""
    group = group_of(parent)
    kind = "group" if group else "mentorship"
    return {kind: {"$gt": ""} if is_all(parent) else group or parent}
