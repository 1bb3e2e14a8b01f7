"""What becomes of people's documents, for `deploy/README.md`: `python -m deploy.fates` writes it anew."""

import importlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from deploy.marked import FILE, written
from deploy.mongo.prepare import SERVICES
from services.kernel.fates import COPY, Emptied, Fate, Kept, Removed, Sealed
from services.kernel.mongo import Kind, claims, lease, usage
from services.kernel.privacy import erasing

_AUDIT: Final = (
    "`<service>_audit`",
    Kept("ids, codes and digests, append-only; gone after AUDIT_RETENTION_DAYS"),
)
OTHERS: Final[Mapping[str, tuple[str, Fate[Any]]]] = {
    "request_ids": ("every service", claims.FATE),
    "usage": ("every service", usage.FATE),
    "leases": ("every service", lease.FATE),
    "erased_by_<service>": ("every service", erasing.FATE),
    "keys": (
        "`<service>_keys`",
        Kept("without the key, which is overwritten: its id tells erased from lost"),
    ),
    "entries": _AUDIT,
    "blocks": _AUDIT,
    "employments": ("mentorships", COPY),
    "held_meetings": ("mentorships", COPY),
    "mentorship_health": ("mentorships", COPY),
    "pairs": ("scheduling", COPY),
    "rosters": ("scheduling", COPY),
}
"""Collections that are no kind of aggregate: where they lie, and what becomes of a person's documents."""


def kinds(service: str) -> list[Kind[Any]]:
    """Return every kind of document that a service keeps."""
    store = importlib.import_module(f"services.{service}.store")
    return [item for item in vars(store).values() if isinstance(item, Kind)]


def table() -> str:
    """Return the table as Markdown: a row for everything that can become of documents."""
    rows: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for service in SERVICES:
        for kind in kinds(service):
            rows[_told(kind.erasure)][service].append(kind.collection)
    for name, (place, fate) in OTHERS.items():
        rows[_told(fate)][place].append(name)
    lines = ["| what becomes of documents about an erased person | collections |", "|---|---|"]
    return "\n".join([*lines, *(f"| {told} | {_listed(found)} |" for told, found in sorted(rows.items()))])


def _listed(found: Mapping[str, list[str]]) -> str:
    return "; ".join(
        f"{place}: {', '.join(f'`{name}`' for name in names)}" for place, names in sorted(found.items())
    )


def _told(fate: Fate[Any] | None) -> str:
    match fate:
        case Sealed():
            return "texts unreadable, as their author's key is destroyed; ids, codes, numbers and times stay"
        case Emptied():
            return "emptied: nothing stays but the name and the numbers of events"
        case Removed(after):
            return f"removed; what is about a person but was another one's request goes within {after}"
        case Kept(why):
            return f"kept: {why}"
    raise ValueError("a kind says nothing of it: Kind.erasure")


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text(), "fates", table()))
