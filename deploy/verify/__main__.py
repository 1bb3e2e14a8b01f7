"""Runs every check, or the named ones: `python -m deploy.verify [NAME …]`.

Exit code 1 when a check is red, does not notice a planted mistake, or misses its tool;
VERIFY_SKIP_MISSING=1 lets a missing tool pass, and the table still says NOT PROVEN.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from deploy.verify import (
    accepted,
    alerting,
    code,
    compose,
    custom_resources,
    dockerfile,
    generated,
    licences,
    monitoring,
    overlays,
    policy,
    report,
    rules,
    sbom,
    schema,
    secrets,
    yaml_style,
)
from deploy.verify.check import Check, Outcome, Verdict, judge
from deploy.verify.tree import ROOT, Tree

CHECKS: tuple[Check, ...] = (
    yaml_style.CHECK,
    compose.CHECK,
    generated.CHECK,
    overlays.CHECK,
    schema.CHECK,
    custom_resources.CHECK,
    code.CHECK,
    accepted.CHECK,
    policy.CHECK,
    rules.LINT,
    rules.EXAMPLES,
    monitoring.CHECK,
    alerting.CHECK,
    dockerfile.CHECK,
    secrets.IN_WHAT_IS_GIVEN,
    secrets.IN_THE_CODE,
    sbom.CHECK,
    licences.CHECK,
)


def verify(checks: Sequence[Check]) -> list[Outcome]:
    """Judge the repository, and each check by the mistakes it must find."""
    tree = Tree()
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        copy = Tree.copied(ROOT, Path(folder))
        return [judge(check, tree, copy) for check in checks]


def passes(outcomes: Sequence[Outcome], *, skip_missing: bool) -> bool:
    """Whether nothing is wrong; what could not be looked at counts as wrong unless it may be skipped."""
    accepted = {Verdict.PROVEN, Verdict.NOT_PROVEN} if skip_missing else {Verdict.PROVEN}
    return all(outcome.verdict in accepted for outcome in outcomes)


def main() -> None:
    """Run as a command."""
    names = {check.name: check for check in CHECKS}
    parser = argparse.ArgumentParser(
        prog="python -m deploy.verify",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("check", nargs="*", help=f"only these: {', '.join(names)}")
    chosen: list[str] = parser.parse_args().check
    unknown = set(chosen) - set(names)
    if unknown:
        parser.error(f"unknown check: {', '.join(sorted(unknown))}")
    outcomes = verify([names[name] for name in chosen or names])
    report.show(Console(), outcomes)
    raise SystemExit(not passes(outcomes, skip_missing=os.environ.get("VERIFY_SKIP_MISSING") == "1"))


if __name__ == "__main__":
    main()
