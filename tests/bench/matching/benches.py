"""Every benchmark of matching by name."""

from tests.bench.figures import Figure
from tests.bench.matching import asking, assigning, runs

BENCHES = {**asking.BENCHES, **runs.BENCHES, **assigning.BENCHES}


def measure(name: str) -> list[Figure]:
    """Run one benchmark in this process."""
    return BENCHES[name]()
