"""The command: `python -m deploy.doctor profiles`. Exit codes: 0 it works, 1 something is wrong."""

import argparse
import asyncio
from collections.abc import Sequence

from deploy.doctor import report
from deploy.doctor.examination import SERVICES, examine
from deploy.doctor.finding import State
from services.kernel import log


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m deploy.doctor",
        description=(
            "Says in plain words whether a service could work here: settings, certificates, keys, "
            "MongoDB, Kafka, token issuer, clocks, mail server, other services. Run it where the service "
            "runs, with its environment; it changes nothing and prints no secret."
        ),
    )
    made.add_argument("service", choices=SERVICES, help="which one to examine for")
    made.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    made.add_argument(
        "--organization", default="doctor", help="for which to ask a token of the issuer (default: doctor)"
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Examine and print; return the exit code."""
    chosen = parser().parse_args(argv)
    log.configure("doctor", "error")
    found = asyncio.run(examine(chosen.service, chosen.organization))
    if chosen.json:
        print(report.as_json(chosen.service, found))
    else:
        print("\n".join(report.table(chosen.service, found)))
    return int(report.worst(found) is State.WRONG)


if __name__ == "__main__":
    raise SystemExit(main())
