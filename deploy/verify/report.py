"""What people see: every mistake, then one table."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.verify.check import Outcome, Verdict

_COLOURS = {Verdict.PROVEN: "green", Verdict.RED: "bold red", Verdict.NOT_PROVEN: "bold yellow"}


def show(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print the findings of each check and the table of all."""
    for outcome in outcomes:
        for finding in outcome.findings:
            console.print(
                f"[{_COLOURS[outcome.verdict]}]{outcome.check.name}[/]: {escape(finding)}", soft_wrap=True
            )
    console.print(_table(outcomes))


def _table(outcomes: Sequence[Outcome]) -> Table:
    shown = Table(title="What operators get", title_justify="left")
    for column in ("check", "proves", "verdict", "planted mistakes found", "seconds"):
        shown.add_column(column, overflow="fold")
    for outcome in outcomes:
        check = outcome.check
        shown.add_row(
            check.name,
            check.proves,
            f"[{_COLOURS[outcome.verdict]}]{outcome.verdict}[/]",
            f"{outcome.caught} of {len(check.plants)}",
            f"{outcome.seconds:.1f}",
        )
    return shown
