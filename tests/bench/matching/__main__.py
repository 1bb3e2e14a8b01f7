"""`python -m tests.bench.matching [name …]`: runs benchmarks, by default all that take minutes at most.

Each runs in a process of its own.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from rich.console import Console

from tests.bench.figures import Figure, show
from tests.bench.matching.benches import BENCHES, DEFAULT, measure


def main() -> None:
    """Parse the command line, measure, print. A process each: its peak of memory is that of one benchmark."""
    parser = argparse.ArgumentParser(prog="make bench-matching", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one or more of: {' '.join(BENCHES)}")
    names = parser.parse_args().names or list(DEFAULT)
    if unknown := set(names) - set(BENCHES):
        parser.error(f"unknown: {' '.join(sorted(unknown))}; known: {' '.join(BENCHES)}")
    console, figures = Console(stderr=True), list[Figure]()
    for name in names:
        with (
            console.status(f"measuring {name}"),
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one,
        ):
            figures += one.submit(measure, name).result()
        console.print(f"measured {name}")
    show(figures)


if __name__ == "__main__":
    main()
