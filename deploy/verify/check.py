"""What a check is, and how one is run and kept honest."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from deploy.verify.tools import MissingTool, ToolFailed
from deploy.verify.tree import PlantError, Tree


@dataclass(frozen=True, slots=True)
class Plant:
    """A mistake that a check must find: in `file`, relative to the root, `old` becomes `new`."""

    what: str
    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Check:
    """One gate. `run` yields a line per mistake in a tree, none if all is well.

    It may raise MissingTool, and ToolFailed where a tree cannot even be looked at.

    `plants` are mistakes, at least one, each of which must turn it red: what cannot fail proves nothing.
    """

    name: str
    proves: str
    run: Callable[[Tree], Iterable[str]]
    plants: Sequence[Plant]


class Verdict(StrEnum):
    """How a check ended."""

    PROVEN = "proven"
    RED = "RED"
    NOT_PROVEN = "NOT PROVEN"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check said: a line per mistake or blind spot, `caught` of its plants, seconds it took."""

    check: Check
    verdict: Verdict
    findings: Sequence[str] = ()
    caught: int = 0
    seconds: float = field(default=0, compare=False)


def judge(check: Check, tree: Tree, copy: Tree) -> Outcome:
    """Run the check on `tree`, then on `copy`, which is equal, with each of its mistakes planted in turn."""
    began = time.monotonic()
    try:
        verdict, findings, caught = _judged(check, tree, copy)
    except MissingTool as missing:
        verdict, findings, caught = Verdict.NOT_PROVEN, [str(missing)], 0
    except (PlantError, ToolFailed) as failed:
        verdict, findings, caught = Verdict.RED, str(failed).splitlines(), 0
    return Outcome(check, verdict, findings, caught, time.monotonic() - began)


def _judged(check: Check, tree: Tree, copy: Tree) -> tuple[Verdict, list[str], int]:
    findings = list(check.run(tree))
    if findings:
        return Verdict.RED, findings, 0
    missed = [plant.what for plant in check.plants if not catches(check, plant, copy)]
    caught = len(check.plants) - len(missed)
    findings = [f"did not notice a planted mistake: {what}" for what in missed]
    return Verdict.RED if missed or not caught else Verdict.PROVEN, findings, caught


def catches(check: Check, plant: Plant, copy: Tree) -> bool:
    """Whether the check is red with the mistake in the copy, which is left as it was."""
    with copy.changed(plant.file, plant.old, plant.new) as planted:
        return any(True for _ in check.run(planted))
