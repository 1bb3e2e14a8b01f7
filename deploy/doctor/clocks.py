"""Compares this machine's clock with those of servers."""

from datetime import UTC, datetime
from typing import Final

from deploy.doctor.finding import Finding, ok, warning, wrong

TOLERATED: Final = 5.0
REFUSED: Final = 30.0
"""Seconds: the leeway with which tokens are checked."""


def skew(whose: str, theirs: datetime, ours: datetime | None = None) -> Finding:
    """Return how far a server's clock is from ours."""
    seconds = abs(((ours or datetime.now(UTC)) - theirs).total_seconds())
    about, text = f"clock of {whose}", f"{seconds:.0f} s from ours"
    advice = "let both machines follow a time server (chrony, systemd-timesyncd)"
    if seconds > REFUSED:
        return wrong(about, f"{text}: tokens and timers go wrong", advice)
    return warning(about, text, advice) if seconds > TOLERATED else ok(about, text)
