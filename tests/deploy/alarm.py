"""Real Prometheus and Alertmanager with the operators' files, and somebody on duty whom they tell."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import yaml
from aiohttp import web

from deploy.local.ports import LOOPBACK, free_port
from deploy.local.process import Command, Process
from deploy.verify import debian, tools

ROOT: Final = Path(__file__).resolve().parents[2] / "deploy"
READY_SECONDS: Final = 120.0
PATIENCE_SECONDS: Final = 180.0


@dataclass(frozen=True)
class Told:
    """An alert that reached somebody: as whom, and with which labels and annotations."""

    receiver: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass
class Duty:
    """Whoever is told of alerts, by webhook."""

    heard: asyncio.Queue[Told] = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.Response:
        """Take what Alertmanager posts."""
        body = await request.json()
        for alert in body["alerts"]:
            self.heard.put_nowait(Told(body["receiver"], alert["labels"], alert["annotations"]))
        return web.Response()

    async def told(self, alert: str, service: str) -> Told:
        """Return the next such alert, past all others. TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                one = await self.heard.get()
                if (one.labels["alertname"], one.labels.get("service")) == (alert, service):
                    return one


@asynccontextmanager
async def watched(service: str, metrics: str, folder: Path) -> AsyncIterator[Duty]:
    """Watch one process of a service at an address. MissingTool."""
    watcher = tools.find("prometheus", "make verify-deploy fetches it")
    manager = _alertmanager()
    duty, ports = Duty(), [free_port() for _ in range(3)]
    app = web.Application()
    app.router.add_post("/", duty.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, ports[0]).start()
    routes = _written(folder / "alertmanager.yml", _routes(f"http://{LOOPBACK}:{ports[0]}/"))
    scrapes = _written(folder / "prometheus.yml", _scrapes(service, metrics, ports[1], folder))
    try:
        async with (
            _running(manager, routes, ports[1], "--storage.path", "--cluster.listen-address="),
            _running((watcher,), scrapes, ports[2], "--storage.tsdb.path"),
        ):
            yield duty
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _running(program: tuple[str, ...], config: Path, port: int, *options: str) -> AsyncIterator[None]:
    """Run one of the two; the first of `options` says where it may write."""
    address, kept = f"{LOOPBACK}:{port}", config.with_suffix("")
    own = (f"--config.file={config}", f"{options[0]}={kept}", f"--web.listen-address={address}", *options[1:])
    process = Process(Command(kept.name, (*program, *own), config.with_suffix(".log")))

    async def ready() -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://{address}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    await process.start(ready, READY_SECONDS)
    try:
        yield
    finally:
        await process.stop()


def _alertmanager() -> tuple[str, ...]:
    """Return how it is run: Debian's reads templates in /usr/share, installed or unpacked. MissingTool."""
    program = tools.find("prometheus-alertmanager", "make verify-deploy fetches it")
    if Path("/usr/share/prometheus/alertmanager").is_dir():
        return (program,)
    alone = ("unshare", "--mount", "--map-root-user")
    if tools.run((*alone, "true"), ROOT).returncode:
        raise tools.MissingTool("this machine lets nobody have mounts of their own: install Alertmanager")
    shown = 'mount --bind "$0" /usr/share && exec "$@"'
    return (*alone, "sh", "-c", shown, str(debian.SHARE / "prometheus-alertmanager"), program)


def _scrapes(service: str, metrics: str, manager: int, folder: Path) -> Any:
    """Return the operators' file for one target that lies elsewhere, with all that takes time shortened."""
    config = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text())
    config["global"] = dict.fromkeys(config["global"], "1s")
    (place,) = config["alerting"]["alertmanagers"]
    place["static_configs"] = [{"targets": [f"{LOOPBACK}:{manager}"]}]
    (job,) = config["scrape_configs"]
    (target,) = [one for one in job["static_configs"][0]["targets"] if one.startswith(f"{service}:")]
    job["static_configs"] = [{"targets": [target]}]
    there = {"target_label": "__address__", "replacement": metrics}
    job["relabel_configs"].append(there)
    config["rule_files"] = [_at_once(Path(name).name, folder) for name in config["rule_files"]]
    return config


def _at_once(name: str, folder: Path) -> str:
    """Copy a rule file so that what is true is told at once; that it waits promtool proves."""
    text = (ROOT / "prometheus" / "rules" / name).read_text()
    copy = folder / name
    copy.write_text(re.sub(r"(?m)^( +)for: .*$", r"\1for: 0s", text))
    return str(copy)


def _routes(url: str) -> Any:
    """Return the operators' routes with a webhook behind every receiver, and without waiting for more."""
    config = yaml.safe_load((ROOT / "alertmanager" / "alertmanager.yml").read_text())
    config["receivers"] = [
        {"name": receiver["name"], "webhook_configs": [{"url": url, "send_resolved": False}]}
        for receiver in config["receivers"]
    ]
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "1s"}
    return config


def _written(file: Path, config: Any) -> Path:
    file.write_text(yaml.safe_dump(config))
    return file
