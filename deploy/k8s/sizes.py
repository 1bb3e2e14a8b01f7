"""How much each process asks for and may take, and how often it runs; with where each figure comes from."""

from dataclasses import dataclass
from typing import Final

from deploy.callgraph import Process


@dataclass(frozen=True, slots=True)
class Size:
    """Requests and limits of one container. CPU has no limit: throttling would stall the event loop."""

    cpu: str
    memory: str
    memory_limit: str


SERVICE: Final = Size("200m", "192Mi", "512Mi")
"""A service with all its roles and nothing to do holds 109-113 MiB ("Numbers" in README.md)."""
RECOMMENDING: Final = Size("500m", "384Mi", "1536Mi")
"""matching keeps the pools that recommendations come from in a process beside the one that answers: up to
220 MiB with 20,000 mentors, 830 MiB with 200,000 (`tests.bench.matching`, making up the people included)."""
COMPUTING: Final = Size("500m", "512Mi", "2Gi")
"""matching computes one cohort at a time beside it; one of 100,000 x 20,000 people takes up to 964 MiB."""
FOLDING: Final = Size("200m", "320Mi", "1Gi")
"""The processor holds 100 MiB and its share of the tables: 190 MiB for 100,000 mentorships of eight events
(a row of 1.6 kB and its timer). One member may have to hold all, so the limit is for 450,000."""

_SIZES: Final = {"matching": RECOMMENDING, "matching-worker": COMPUTING, "processor": FOLDING}

SCRATCH: Final = "64Mi"
"""Below /tmp; nothing is kept there."""
KERNELS: Final = "256Mi"
"""Compiled kernels of matching."""
DISK: Final = {"request": "64Mi", "limit": "512Mi"}
"""Logs and all that is in emptyDirs."""

MIN_REPLICAS: Final = 2
"""So that a node may be drained at any time."""
MAX_ANSWERING: Final = 8
TARGET_CPU: Final = 70
"""Per cent of what was asked for; above it latency grows faster than throughput."""
LAG_PER_REPLICA: Final = 1_000
"""A consumer stores 4,159 effects a second ("Numbers" in README.md): a quarter of a second of work."""


def of(process: Process) -> Size:
    """Return the size of a process."""
    return _SIZES.get(process.name, SERVICE)
