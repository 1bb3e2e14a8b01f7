"""The figures of a run: who got what, how the seats are spread, and digests that tell results apart.

Scores, shares and ratios in millionths. Nothing tells how fewer than `SMALLEST_GROUP` people fared.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.engine.edges import Audit
from services.matching.domain.engine.groups import WHOLE, least_group
from services.matching.domain.engine.problem import Assigned
from services.matching.domain.plan import Bar, GroupShare, Report
from services.matching.domain.policy import Options

SMALLEST_GROUP: Final = 5
"""Mentees from which a group is told by itself: of fewer, a share would tell about persons."""

RANKS: Final = (1, 2, 3, 5, 10, 25, 100, 1_000)
LOADS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 25, 100)
"""Upper ends of the bars; one more bar takes whatever is above."""

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found. Rows are mentees, and mentors with a seat; boosts are taken off the scores.

    `labels` are the mentees' groups, "" not stated; `best_total` is what no assignment can exceed.
    """

    assigned: Assigned
    audit: Audit
    seats: _Ints
    labels: Sequence[str]
    best_total: int
    input_digest: str
    result_digest: str
    fell_back: bool = False


def report(result: Result, options: Options) -> Report:
    """Sum a run up."""
    answer, audit = result.assigned, result.audit
    made = answer.mentor_of >= 0
    matched = int(made.sum())
    loads = np.bincount(answer.mentor_of[made], minlength=len(result.seats)).astype(np.int64)
    groups = shares(result.labels, made)
    return Report(
        mode=options.mode,
        seed=options.seed,
        mentees=len(made),
        mentors=len(result.seats),
        seats=int(result.seats.sum()),
        matched=matched,
        blocking_pairs=int(audit.blocking.sum(dtype=np.int64)),
        blocking_mentees=int((audit.blocking > 0).sum()),
        total_score_ppm=answer.total,
        best_total_ppm=result.best_total,
        mean_mentee_ppm=int(answer.u.sum(dtype=np.int64)) // max(matched, 1),
        mean_mentor_ppm=int(answer.v.sum(dtype=np.int64)) // max(matched, 1),
        ranks=bars(audit.rank[made], RANKS),
        loads=bars(loads, LOADS),
        load_gini_ppm=gini(loads * WHOLE // np.maximum(result.seats, 1)),
        groups=groups,
        group_ratio_ppm=ratio(groups, len(made)),
        input_digest=result.input_digest,
        result_digest=result.result_digest,
        fell_back=result.fell_back,
    )


def bars(values: _Ints | _Longs, ends: Sequence[int]) -> tuple[Bar, ...]:
    """Count values up to each end; no bar ends above the largest value, one takes all above the last end."""
    if not len(values):
        return ()
    largest = int(values.max())
    used = [end for end, before in zip(ends, (-1, *ends), strict=False) if before < largest]
    if largest > ends[-1]:
        used.append(largest)
    counts = np.bincount(np.searchsorted(used, values), minlength=len(used))
    return tuple(Bar(end, int(count)) for end, count in zip(used, counts, strict=True))


def gini(values: _Longs) -> int:
    """Return how unevenly values are spread: 0 all alike, near a million where one has everything."""
    ordered, count = np.sort(values), len(values)
    weights = 2 * np.arange(1, count + 1, dtype=np.int64) - count - 1
    whole = count * int(ordered.sum())
    return int((weights * ordered).sum()) * WHOLE // whole if whole else 0


def shares(labels: Sequence[str], made: NDArray[np.bool_]) -> tuple[GroupShare, ...]:
    """Tell by label how many of each group are matched; small groups and those without a label as one, "".

    What is told as one is never a single small group, nor fewer than `SMALLEST_GROUP` people while there are
    others: the next smallest group joins it, else it could be computed from the total.
    """
    counted: dict[str, list[int]] = {}
    for label, matched in zip(labels, made.tolist(), strict=True):
        group = counted.setdefault(label, [0, 0])
        group[0] += 1
        group[1] += matched
    order = sorted(counted, key=lambda label: (label != "", counted[label][0], label))
    hidden = _hidden(order, [counted[label][0] for label in order])
    told = [GroupShare(label, *counted[label]) for label in order[hidden:]]
    if hidden:
        together = [counted[label] for label in order[:hidden]]
        told.append(GroupShare("", sum(one[0] for one in together), sum(one[1] for one in together)))
    return tuple(sorted(told, key=lambda one: one.label))


def _hidden(order: Sequence[str], sizes: Sequence[int]) -> int:
    """Return how many groups, from the front, are told as one."""
    unnamed = sum(not label for label in order)
    small = sum(bool(label) and size < SMALLEST_GROUP for label, size in zip(order, sizes, strict=True))
    hidden = unnamed + small
    if small or 0 < sum(sizes[:hidden]) < SMALLEST_GROUP:
        while hidden < len(order) and (hidden < 2 or sum(sizes[:hidden]) < SMALLEST_GROUP):
            hidden += 1
    return hidden


def ratio(groups: Iterable[GroupShare], mentees: int) -> int:
    """Return the smallest share over the largest, of the groups told that are large enough to compare."""
    compared = [one for one in groups if one.label and one.mentees >= least_group(mentees)]
    matched = [one.matched * WHOLE // one.mentees for one in compared]
    return min(matched) * WHOLE // max(matched) if any(matched) else WHOLE


def digest(parts: Iterable[bytes]) -> str:
    """Return the SHA-256, in hex, of parts in order; where one part ends and the next begins counts."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()
