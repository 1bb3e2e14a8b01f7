"""Which checks there are, in which order; one that breaks is a finding and keeps no other back."""

import importlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Final, TypeVar

from pydantic import ValidationError

from deploy import callgraph
from deploy.doctor import calls, certificates, issuer, kafka, keys, mail, mongo
from deploy.doctor.finding import Finding, ok, wrong
from deploy.kafka import access, topics
from deploy.kafka.access import Access
from services.kernel.config import Process, Settings, StreamSettings, mistakes
from services.kernel.probes import Health
from services.kernel.run import Resources, Service
from services.kernel.run.resources import opened

STREAM: Final = "processor"
SERVICES: Final = tuple(service.name for service in callgraph.load().services)
MAILS: Final = {"notifications"}
P = TypeVar("P", bound=Process)


async def examine(service: str, organization: str) -> list[Finding]:
    """Return what was found; without usable settings that is all that can be said."""
    kind = StreamSettings if service == STREAM else Settings
    settings = _settings(service, kind)
    if isinstance(settings, list):
        return settings
    found = [ok("settings", f"complete and consistent, {settings.environment}")]
    found += await _all(lambda: _files(settings))
    if isinstance(settings, StreamSettings):
        return found + await _kafka(settings, service)
    if isinstance(settings, Settings):
        found += await _service(settings, organization)
    return found


def _settings(service: str, kind: type[P]) -> P | list[Finding]:
    try:
        return kind(service=service)  # type: ignore[call-arg]  # the rest comes from the environment
    except ValidationError as error:
        return [_mistake(line) for line in mistakes(error)]


def _mistake(line: str) -> Finding:
    name, _, text = line.partition(": ")
    return wrong(name, text, 'see "Security settings" in deploy/README.md, and services/kernel/config.py')


def _files(settings: Process) -> Iterator[Finding]:
    yield from certificates.readable(settings)
    yield from certificates.examine(settings)


async def _service(settings: Settings, organization: str) -> list[Finding]:
    found = await _all(lambda: keys.examine(settings))
    try:
        async with opened(settings, Health()) as resources:
            wired = _wired(settings, resources)
            found += await _all(lambda: mongo.examine(resources.database))
            found += await _kafka(settings, settings.service)
            found += await _all(lambda: _heard(wired))
            found += await _all(lambda: issuer.examine(resources, organization))
            found += await _all(lambda: calls.examine(settings))
            for hook in wired.stop:
                await hook()
    except (SystemExit, OSError, ValueError) as error:
        found.append(wrong("start", f"would end at once: {error}", "mend what is said there"))
    if settings.service in MAILS:
        found += await _all(lambda: mail.examine(settings))
    return found


def _wired(settings: Settings, resources: Resources) -> Service:
    service: Service = importlib.import_module(f"services.{settings.service}.__main__").build(
        settings, resources
    )
    return service


def _heard(service: Service) -> Iterator[Finding]:
    """Compare what the code hears with the table that rights follow from."""
    told = set(_access(service.name).reads)
    heard = set(service.handlers.topics) if service.handlers is not None else set()
    if heard - told:
        advice = f"add {service.name} to their readers in deploy/kafka/topics.yaml"
        yield wrong("topics heard", f"not in the table: {', '.join(sorted(heard - told))}", advice)


async def _kafka(settings: Settings | StreamSettings, service: str) -> list[Finding]:
    return await _all(lambda: kafka.examine(settings.cluster(), topics.load(), _access(service)))


def _access(service: str) -> Access:
    return next(given for given in access.load() if given.user == service)


async def _all(check: Callable[[], AsyncIterator[Finding] | Iterable[Finding]]) -> list[Finding]:
    """Return what a check finds, and that it broke if it did."""
    found: list[Finding] = []
    try:
        findings = check()
        if isinstance(findings, AsyncIterator):
            found += [finding async for finding in findings]
        else:
            found += findings
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is said and the others go on
        text = f"a check broke: {type(error).__name__}: {error}"
        found.append(wrong("doctor", text[:300], "mend what it names; otherwise report it with the release"))
    return found
