"""docker-compose.yml starts what the code knows, with secrets that somebody makes up and nobody else."""

import importlib.util
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import secrets
from deploy.local.services import SERVICES
from deploy.mongo import prepare
from services.kernel.config import Settings, StreamSettings
from services.kernel.vault import Master

ROOT = Path(__file__).resolve().parents[2]
FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: one for name, one in FILE["services"].items() if one["image"].startswith("${IMAGE")}
PROCESSES = {service.name for service in SERVICES}
SETTINGS = {name.upper() for kind in (Settings, StreamSettings) for name in kind.model_fields}
OF_LIBRARIES = {"MOTOR_MAX_WORKERS"}


def targets(service: dict[str, Any]) -> set[str]:
    """Return the paths at which a container sees its secrets."""
    named = [one if isinstance(one, dict) else {"source": one} for one in service.get("secrets", ())]
    return {f"/run/secrets/{one.get('target', one['source'])}" for one in named}


@pytest.mark.parametrize("name", OURS)
def test_containers_of_ours_may_do_nothing_but_run_a_module_of_ours(name: str) -> None:
    one = OURS[name]
    assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (
        True,
        ["ALL"],
        ["no-new-privileges:true"],
    )
    assert one["command"][:2] == ["python", "-m"]
    assert importlib.util.find_spec(one["command"][2]) is not None


@pytest.mark.parametrize("name", OURS)
def test_containers_of_ours_are_told_only_settings_that_exist_and_files_that_are_there(name: str) -> None:
    told = OURS[name].get("environment", {})
    assert set(told) - SETTINGS - OF_LIBRARIES == set()
    kind = StreamSettings if name == "processor" else Settings
    files = {path for key, path in told.items() if key.endswith("_FILE") and key.lower() in kind.model_fields}
    assert files - targets(OURS[name]) == set()


def test_every_process_runs_and_every_database_is_migrated_first() -> None:
    jobs = {f"migrate-{service}" for service in prepare.SERVICES}
    assert set(OURS) == PROCESSES | jobs | {"topics", "mongo-init", "backup"}
    for process in PROCESSES:
        waits = OURS[process]["depends_on"]
        assert {
            job for job, how in waits.items() if how["condition"] == "service_completed_successfully"
        } == {
            *jobs,
            "topics",
        }


def test_a_service_logs_in_to_the_database_as_itself() -> None:
    for name, one in OURS.items():
        service = name.removeprefix("migrate-")
        if service in prepare.SERVICES:
            assert one["environment"]["MONGO_USERNAME"] == service
            assert {"source": f"mongo_{service}", "target": "mongo_password"} in one["secrets"]


def test_every_secret_is_made_up_at_random_or_comes_from_the_identity_provider() -> None:
    assert set(FILE["secrets"]) == {*secrets.MADE, *secrets.CLIENTS}
    assert {one["file"] for one in FILE["secrets"].values()} == {
        f"./deploy/secrets/{name}" for name in FILE["secrets"]
    }
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert not re.search(r"\$\{\w*(SECRET|PASSWORD|KEY)\w*:-", (ROOT / "docker-compose.yml").read_text())


def test_secrets_are_written_once_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert secrets.write(folder) == list(secrets.MADE)
    before = {file.name: file.read_text() for file in folder.iterdir()}
    assert secrets.write(folder) == []
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(set(before.values())) == len(before)
    Master.read(folder / "data")
    assert prepare.passwords(folder)


def test_only_the_platform_itself_starts_unless_more_is_asked_for() -> None:
    more = {name for name, one in FILE["services"].items() if "full" in one.get("profiles", ())}
    assert more == {"prometheus", "alertmanager", "grafana", "jaeger", "mailbox"}


def test_copies_are_made_by_who_may_also_restore_them_and_only_when_asked_for() -> None:
    one = OURS["backup"]
    assert (one["profiles"], one["environment"]["MONGO_USERNAME"]) == (["backup"], "root")
    assert one["environment"]["MONGO_PASSWORD_FILE"] == "/run/secrets/mongo_root"


def seconds(period: str) -> int:
    """Return a duration of compose in seconds; the file writes no other unit."""
    return int(period.removesuffix("s"))


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_process_has_the_time_that_its_parts_may_take_to_drain(name: str) -> None:
    """Calls, then what hears, then what tells: one process does all of it here."""
    drains = 3 * Settings.model_fields["drain_seconds"].default
    assert seconds(OURS[name]["stop_grace_period"]) >= drains + 5


@pytest.mark.parametrize("name", ["kafka", "mongo"])
def test_servers_have_the_time_to_close_what_they_store(name: str) -> None:
    """Ten seconds are compose's own; a server that is killed has to check its files when it starts."""
    assert seconds(FILE["services"][name]["stop_grace_period"]) >= 60


def test_ports_are_open_on_this_host_only() -> None:
    ports = [port for one in FILE["services"].values() for port in one.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)
