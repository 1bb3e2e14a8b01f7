"""The command line beside the worker. Exit codes: 0 done, 1 the broker does not answer, 2 refused."""

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError
from pydantic import ValidationError

from services.kernel.config import mistakes
from services.kernel.errors import Invalid, Refusal
from services.kernel.kafka import Cluster
from services.kernel.links import KafkaTool
from services.processor.agents.policies import ALL
from services.processor.commands import policy, trial

MENTORSHIP = "organizations/{organization}/mentorships/{mentorship}"


def moment(text: str) -> datetime:
    """Read 2026-01-01 or 2026-01-01T09:00:00Z; without a zone it is UTC. Raises ArgumentTypeError."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("is a date or a time: 2026-01-01, 2026-01-01T09:00:00Z") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def end_of_day(text: str) -> datetime:
    """Read as `moment` does; a date alone means the end of that day."""
    read = moment(text)
    return read + timedelta(days=1) if len(text) == len("2026-01-01") else read


def parser() -> argparse.ArgumentParser:
    """Return the command line; no command is the worker."""
    parsed = argparse.ArgumentParser(
        prog="python -m services.processor",
        description="Without a command: one member of the consumer group, until SIGTERM.",
    )
    commands = parsed.add_subparsers(dest="command")
    _policy(commands.add_parser("policy", help="show the policies in force, or put a new one in force"))
    _replay(
        commands.add_parser(
            "replay",
            help="fold recorded history again and print what would have been told",
            description=(
                "Folds all that the services told and the topics still hold, and prints what that would have "
                "led to between two moments beside what was told then. Nobody is told anything and nothing "
                "is published; --out writes the decisions to a file."
            ),
        )
    )
    return parsed


def _policy(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True)
    for action in (
        actions.add_parser("show", help="print the policies in force as JSON"),
        put := actions.add_parser("put", help="put a policy in force; running processors follow at once"),
    ):
        _bootstrap(action)
    put.add_argument(
        "--file", type=Path, required=True, help="the policy as JSON (mentoring.processor.v1.Policy)"
    )
    put.add_argument("--organization", default=ALL, help="for this one only; default: all without their own")


def _replay(command: argparse.ArgumentParser) -> None:
    _bootstrap(command)
    command.add_argument("--policy", type=Path, help="a policy as JSON; default: the ones in force")
    command.add_argument("--from", dest="begin", type=moment, help="count from then on (UTC); default: all")
    command.add_argument("--to", dest="end", type=end_of_day, help="count until then; default: now")
    command.add_argument("--organization", help="count for this one only")
    command.add_argument("--mentorship", help=f"print how this one goes: {MENTORSHIP}")
    command.add_argument(
        "--at", type=end_of_day, help="with --mentorship: on that day, at its end; default: now"
    )
    command.add_argument(
        "--out", type=Path, help="write each decision to this file, one JSON object per line"
    )
    command.add_argument("--dry-run", action="store_true", help="only print: --out is left untouched")


def _bootstrap(command: argparse.ArgumentParser) -> None:
    given = os.environ.get("KAFKA_BOOTSTRAP")
    command.add_argument(
        "--bootstrap",
        default=given,
        required=given is None,
        help="the broker's host:port; default: KAFKA_BOOTSTRAP (the other KAFKA_ settings count as well)",
    )


def _cluster(bootstrap: str) -> Cluster:
    try:
        return KafkaTool(kafka_bootstrap=bootstrap).cluster()
    except ValidationError as error:
        raise Invalid("WRONG_SETTINGS", "; ".join(mistakes(error))) from None


def obey(chosen: argparse.Namespace) -> int:
    """Do what was asked for and print it; return the exit code."""
    try:
        print(asyncio.run(_work(chosen)))
    except Refusal as refusal:
        print(f"{refusal.reason}: {refusal.message}", file=sys.stderr)
        for field, text in refusal.fields:
            print(f"  {field}: {text}", file=sys.stderr)
        return 2
    except (KafkaError, OSError) as error:
        print(f"{chosen.bootstrap} does not answer: {error}", file=sys.stderr)
        return 1
    return 0


def _work(chosen: argparse.Namespace) -> Coroutine[Any, Any, str]:
    cluster = _cluster(chosen.bootstrap)
    if chosen.command == "replay":
        return trial.run(trial.Question(cluster, **{name: getattr(chosen, name) for name in trial.FIELDS}))
    if chosen.action == "put":
        return policy.put(cluster, chosen.organization, policy.load(chosen.file))
    return policy.show(cluster)
