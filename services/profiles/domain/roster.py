"""Rules between the lines of one export: each person once, one address each, managers who exist."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from services.profiles.domain.export import Rejected, Row


@dataclass(frozen=True, slots=True)
class Roster:
    """What an export says after every rule that needs no database.

    `rows` hold each person once, `repeats` counts lines that say the same again. `total` = all of them.
    """

    rows: tuple[Row, ...]
    rejected: tuple[Rejected, ...]
    repeats: int

    @property
    def total(self) -> int:
        """Lines of the file but for the header and blank ones."""
        return len(self.rows) + len(self.rejected) + self.repeats

    def managers(self) -> set[str]:
        """Return everybody whom a row names as manager."""
        return {row.person.manager for row in self.rows if row.person.manager}


def collate(lines: Iterable[Row | Rejected]) -> Roster:
    """Return the roster of the lines of one file.

    Of two lines with one employee id the later one is rejected (DUPLICATE_ROW) unless they are equal, of two
    people with one address the later one (DUPLICATE_EMAIL); who manages themselves over others is rejected
    with those others (MANAGER_CYCLE).
    """
    rows: dict[str, Row] = {}
    owners: dict[str, Row] = {}
    rejected: list[Rejected] = []
    repeats = 0
    for line in lines:
        if isinstance(line, Rejected):
            rejected.append(line)
        elif (known := rows.get(line.id)) is not None and known.person == line.person:
            repeats += 1
        elif known is not None:
            rejected.append(_rejected(line, "employee_id", "DUPLICATE_ROW", f"is not line {known.line}"))
        elif (owner := owners.setdefault(line.person.email, line)) is not line:
            rejected.append(_rejected(line, "email", "DUPLICATE_EMAIL", f"is that of line {owner.line}"))
        else:
            rows[line.id] = line
    circular = _circular(rows)
    rejected += [_rejected(rows.pop(id_), *_CYCLE) for id_ in circular]
    return Roster(tuple(rows.values()), tuple(rejected), repeats)


_CYCLE = ("manager_id", "MANAGER_CYCLE", "manages themselves over others")


def _rejected(row: Row, column: str, reason: str, description: str) -> Rejected:
    return Rejected(row.line, column, reason, description)


def _circular(rows: Mapping[str, Row]) -> list[str]:
    """Return who can be reached from themselves along managers of the file, in order of the file."""
    done: set[str] = set()
    circular: set[str] = set()
    for start in rows:
        chain: dict[str, int] = {}
        at = start
        while at in rows and at not in done and at not in chain:
            chain[at] = len(chain)
            at = rows[at].person.manager
        if at in chain:
            circular.update(list(chain)[chain[at] :])
        done.update(chain)
    return [id_ for id_ in rows if id_ in circular]


def settle(roster: Roster, stored: Collection[str], holders: Mapping[str, str] | None = None) -> Roster:
    """Return the roster checked against what is kept, managers set before those who report to them.

    `stored` are the ids of managers that are kept already, `holders` who has an address now. An address of
    somebody whom the file does not mention is taken (DUPLICATE_EMAIL). A manager who is neither stored nor on
    an accepted line is unknown (UNKNOWN_MANAGER), and so, in turn, is who was rejected for that. The order
    makes every beginning of the rows complete by itself.
    """
    mentioned = {row.id for row in roster.rows}
    taken = {address for address, holder in (holders or {}).items() if holder not in mentioned}
    clashing = [_rejected(row, *_TAKEN) for row in roster.rows if row.person.email in taken]
    placed, lost = _placed([row for row in roster.rows if row.person.email not in taken], stored)
    everyone = sorted((*roster.rejected, *clashing, *lost), key=lambda line: line.line)
    return Roster(tuple(placed), tuple(everyone), roster.repeats)


def _placed(rows: Iterable[Row], stored: Collection[str]) -> tuple[list[Row], list[Rejected]]:
    reports: defaultdict[str, list[Row]] = defaultdict(list)
    ready: deque[Row] = deque()
    for row in rows:
        free = not row.person.manager or row.person.manager in stored
        (ready if free else reports[row.person.manager]).append(row)
    placed: list[Row] = []
    while ready:
        row = ready.popleft()
        placed.append(row)
        ready.extend(reports.pop(row.id, ()))
    return placed, [_rejected(row, *_UNKNOWN) for group in reports.values() for row in group]


_TAKEN = ("email", "DUPLICATE_EMAIL", "is the address of somebody who is not in the file")
_UNKNOWN = ("manager_id", "UNKNOWN_MANAGER", "is neither on an accepted line nor stored")


@dataclass(frozen=True, slots=True)
class Progress:
    """How many lines of how many an import is through with."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of all lines; `unchanged` holds repeats too."""

    created: int
    updated: int
    unchanged: int
    rejected: int


Step = Rejected | Progress | Summary
