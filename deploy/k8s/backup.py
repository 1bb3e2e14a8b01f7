"""Backups: CronJobs that copy databases, keys and the ledger of erasures, each to a volume of its own.

Data and keys lie apart, and keys are kept for a short time only: see "Backups" in deploy/README.md.
"""

from typing import Final

from deploy.k8s import network, pod, settings, sizes
from deploy.k8s.files import Document
from deploy.k8s.platform import Platform, labels
from deploy.k8s.workloads import SMALL, account, job, once

NAME: Final = "backup"
"""Of what copies databases, and of its database user."""
PLACE: Final = "/backups"
KEPT: Final = {"data": 14, "keys": 3}
"""How many of each part: one a day."""
SCHEDULES: Final = {"data": "17 2 * * *", "keys": "47 2 * * *", "ledger": "7 * * * *"}
"""UTC."""
LEDGER: Final = "profiles"
"""The service that keeps the ledger."""


def documents(platform: Platform) -> list[Document]:
    """Return the CronJobs and the account of those that copy databases."""
    return [account(NAME), *(_copy(part) for part in KEPT), _ledger(platform)]


def _copy(part: str) -> Document:
    """Return what copies a part, as the user who may read everything and change nothing."""
    arguments = ("dump", part, PLACE, "--keep", str(KEPT[part]))
    container = {
        **pod.plain_container(NAME, ("python", "-m", "deploy.mongo.backup", *arguments), SMALL),
        "envFrom": settings.sources(NAME),
        "env": [{"name": "TMPDIR", "value": settings.SCRATCH}],
        "volumeMounts": [
            {"name": "secrets", "mountPath": settings.SECRETS, "readOnly": True},
            {"name": "scratch", "mountPath": settings.SCRATCH},
        ],
    }
    volumes: list[Document] = [
        settings.volume([settings.BACKUP]),
        {"name": "scratch", "emptyDir": {"sizeLimit": sizes.SCRATCH}},
    ]
    return _scheduled(part, NAME, container, volumes)


def _ledger(platform: Platform) -> Document:
    """Return what writes the ledger of erasures, as the service that keeps it."""
    service = platform.graph.service(LEDGER)
    output = ("export-erasures", "--output", f"{PLACE}/erasures.jsonl")
    container, volumes = once(platform, service, NAME, ("python", "-m", f"services.{LEDGER}", *output))
    return _scheduled("ledger", LEDGER, container, volumes)


def _scheduled(part: str, name: str, container: Document, volumes: list[Document]) -> Document:
    """Return a CronJob; `name` is that of its account, and of its database user."""
    claim = {"name": "backups", "persistentVolumeClaim": {"claimName": f"backup-{part}"}}
    mount = {"name": "backups", "mountPath": PLACE}
    copying = {**container, "volumeMounts": [*container["volumeMounts"], mount]}
    selected = labels(name, NAME) | network.lets_out("mongodb")
    made = job(f"backup-{part}", name, selected, copying, [*volumes, claim])
    return {
        **made,
        "kind": "CronJob",
        "spec": {
            "schedule": SCHEDULES[part],
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 1800,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"metadata": {"labels": selected}, "spec": made["spec"]},
        },
    }
