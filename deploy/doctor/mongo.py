"""Looks at MongoDB as the service would: reach it, log in, work there; nothing missing, nothing too much."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from pymongo.errors import OperationFailure, PyMongoError

from deploy.doctor import clocks
from deploy.doctor.finding import Finding, ok, warning, wrong
from services.kernel.mongo import Database, trail

SUPPORTED: Final = (7, 0)
"""Oldest release line with updates (MongoDB's lifecycle schedule); 5.0 is the oldest that works."""
WORKING: Final = (5, 0)
NEEDED: Final = frozenset({"find", "insert", "update", "remove", "createIndex", "changeStream"})
_LOGIN_FAILED = 18


async def examine(database: Database) -> AsyncIterator[Finding]:
    """Ask the server itself; what depends on an answer that does not come is left out."""
    admin = database.client.admin
    try:
        hello = await admin.command("hello")
        known = await admin.command("connectionStatus", showPrivileges=True)
    except PyMongoError as error:
        yield _unreachable(error)
        return
    yield _set(hello)
    yield _version((await admin.command("buildInfo"))["version"])
    yield clocks.skew("MongoDB", hello["localTime"].replace(tzinfo=UTC))
    for finding in _login(known["authInfo"], database.name):
        yield finding
    try:
        yield _indexes(await database.missing_indexes())
    except OperationFailure as error:
        yield wrong("MongoDB indexes", f"cannot be listed: {_words(error)}", "see MongoDB rights above")


def _unreachable(error: PyMongoError) -> Finding:
    text = _words(error)
    if isinstance(error, OperationFailure) and error.code == _LOGIN_FAILED:
        advice = "compare MONGO_USERNAME and MONGO_PASSWORD_FILE with the user, and authSource in MONGO_URL"
        return wrong("MongoDB", "refuses the login", advice)
    if isinstance(error, OperationFailure):
        return wrong("MongoDB", f"answers no: {text}", "set MONGO_USERNAME and MONGO_PASSWORD_FILE")
    if "certificate" in text.lower():
        advice = "MONGO_CA_FILE must be the servers' authority, MONGO_URL name them as their certificates do"
        return wrong("MongoDB", f"shows a certificate that is not trusted: {text}", advice)
    advice = "check MONGO_URL, that the servers run, network policies, and MONGO_CA_FILE if they want TLS"
    return wrong("MongoDB", f"does not answer: {text}", advice)


def _set(hello: Mapping[str, Any]) -> Finding:
    if "setName" not in hello:
        advice = "start mongod with --replSet and run rs.initiate(): services follow change streams"
        return wrong("MongoDB", "answers, and is no replica set", advice)
    return ok("MongoDB", f"answers, replica set {hello['setName']} of {len(hello.get('hosts', []))}")


def _version(text: str) -> Finding:
    version = tuple(int(part) for part in text.split(".")[:2])
    advice = f"upgrade to {SUPPORTED[0]}.{SUPPORTED[1]} or newer"
    if version < WORKING:
        return wrong("MongoDB version", f"{text} is too old", advice)
    if version < SUPPORTED:
        return warning("MongoDB version", f"{text} gets no security fixes any more", advice)
    return ok("MongoDB version", text)


def _login(known: Mapping[str, Any], name: str) -> Iterator[Finding]:
    about = "MongoDB rights"
    if not known["authenticatedUsers"]:
        yield warning(
            about,
            "no login: whoever reaches the server may read and change everything",
            f"turn authorization on and give {name} a user: MONGO_USERNAME, MONGO_PASSWORD_FILE",
        )
        return
    privileges: Sequence[Mapping[str, Any]] = known["authenticatedUserPrivileges"]
    own = {name: NEEDED, f"{name}_keys": NEEDED, f"{name}_audit": frozenset(trail.ACTIONS)}
    for database, needed in own.items():
        granted = {
            action
            for one in privileges
            if one["resource"].get("collection") == "" and one["resource"].get("db") in {database, ""}
            for action in one["actions"]
        }
        if missing := sorted(needed - granted):
            role = "readWrite" if needed is NEEDED else "a role with these actions"
            advice = f"grant the user {role} on {database}"
            yield wrong(about, f"in database {database} it may not: {', '.join(missing)}", advice)
    reached = sorted({_where(one["resource"]) for one in privileges if _where(one["resource"]) not in own})
    if reached:
        advice = f"grant rights on {', '.join(own)} only"
        yield warning(about, f"reaches more than its own: {', '.join(reached)}", advice)
        return
    if much := sorted({"update", "remove"} & granted):
        advice = f"grant only {', '.join(trail.ACTIONS)} on {name}_audit"
        yield warning(about, f"may change the audit log: {', '.join(much)}", advice)
        return
    yield ok(about, f"{', '.join(own)}, nothing else")


def _where(resource: Mapping[str, Any]) -> str:
    if resource.get("db"):
        return str(resource["db"])
    return "every database" if "db" in resource else "the cluster"


def _indexes(missing: Sequence[str]) -> Finding:
    if not missing:
        return ok("MongoDB indexes", "all there")
    text = f"missing: {', '.join(missing)}"
    advice = "start the service once: it makes them (on large collections outside of busy hours)"
    return warning("MongoDB indexes", text, advice)


def _words(error: Exception) -> str:
    """Return the first line of what the driver says; it holds addresses and no secrets."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
