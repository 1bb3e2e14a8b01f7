"""What the doctor prints: a table for people, JSON for machines."""

import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from deploy.doctor.finding import Finding, State

_MARK = {State.OK: "ok     ", State.WARNING: "warning", State.WRONG: "WRONG  "}
_WIDTH = 110


def table(service: str, found: Sequence[Finding]) -> Iterator[str]:
    """Return lines, in the order of the checks; below what is not well what to do next."""
    column = max(len(finding.about) for finding in found)
    indent = " " * (len(_MARK[State.OK]) + column + 4)
    for finding in found:
        head = f"{_MARK[finding.state]}  {finding.about:<{column}}  "
        yield from textwrap.wrap(finding.text, _WIDTH, initial_indent=head, subsequent_indent=indent)
        if finding.advice:
            yield from textwrap.wrap(
                finding.advice, _WIDTH, initial_indent=f"{indent}-> ", subsequent_indent=f"{indent}   "
            )
    yield ""
    yield f"{service}: {_summary(found)}"


def as_json(service: str, found: Sequence[Finding]) -> str:
    """Return one object: service, state (the worst), findings with about, state, text and advice."""
    findings = [
        {"about": one.about, "state": one.state.value, "text": one.text, "advice": one.advice}
        for one in found
    ]
    return json.dumps({"service": service, "state": worst(found).value, "findings": findings})


def worst(found: Sequence[Finding]) -> State:
    """Return the state of the whole."""
    states = {finding.state for finding in found}
    return next((state for state in (State.WRONG, State.WARNING) if state in states), State.OK)


def _summary(found: Sequence[Finding]) -> str:
    counted = Counter(finding.state for finding in found)
    if not counted[State.WRONG] and not counted[State.WARNING]:
        return "all is well"
    return f"{counted[State.WRONG]} wrong, {counted[State.WARNING]} to look at, {counted[State.OK]} ok"
