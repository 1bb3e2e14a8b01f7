"""Every benchmark of matching by name."""

from tests.bench.figures import Figure
from tests.bench.matching import asking, assigning, runs

DEFAULT = {**asking.BENCHES, **runs.BENCHES, **assigning.BENCHES}
BENCHES = {**DEFAULT, **asking.ON_REQUEST}


def measure(name: str) -> list[Figure]:
    """Run one benchmark in this process."""
    return BENCHES[name]()
