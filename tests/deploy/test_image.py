"""The image, built from its recipe and run without any right: what it holds, and a service at work."""

import json
from pathlib import Path

import grpc
import pytest

from deploy.local.issuer import Issuer
from deploy.local.process import Command, Process
from services.pb.mentoring.profiles.v1.person_service_pb2 import ListPeopleRequest
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from tests.deploy.container import CannotBuild, Engine
from tests.processes import Started, place_for

pytestmark = [
    pytest.mark.servers,
    pytest.mark.image,
    pytest.mark.xdist_group("image"),
    pytest.mark.timeout(1800),  # the first one makes a base and builds
]

LOOK = """
import importlib.metadata, importlib.util, json, os, pathlib, shutil
status = pathlib.Path("/proc/self/status").read_text()
try:
    pathlib.Path("/app/new").touch()
    writable = True
except OSError:
    writable = False
print(json.dumps({
    "user": os.getuid(), "writable": writable, "rights": status.split("CapBnd:")[1].split()[0],
    "packages": sorted(each.name.lower() for each in importlib.metadata.distributions(path=["/app/lib"])),
    "bill": len(json.loads(pathlib.Path("/app/sbom.json").read_text())["components"]),
    "tools": [name for name in ("pip", "gcc", "cc", "make", "mongod", "git") if shutil.which(name)
              and (name != "pip" or importlib.util.find_spec("pip"))],
}))
"""
DEVELOPMENT = {"pytest", "aiosmtpd", "noida-db", "fiftyone-db", "psutil", "ruff", "mypy", "hypothesis"}
KERNELS = "from services.matching.clients.warm import warm; warm(); print('computed')"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Something that runs the image of this tree."""
    made = Engine(tmp_path_factory.mktemp("image"))
    try:
        made.build()
    except CannotBuild as reason:
        pytest.skip(f"NOT PROVEN: the image was not built here: {reason}")
    return made


def test_it_runs_without_any_right_and_holds_nothing_of_development(engine: Engine) -> None:
    seen = json.loads(engine.run("python", "-c", LOOK).stdout)
    assert (seen["user"], seen["writable"], int(seen["rights"], 16)) == (10001, False, 0)
    assert (seen["tools"], DEVELOPMENT & set(seen["packages"])) == ([], set())
    assert seen["bill"] >= len(seen["packages"]) > 50


def test_a_service_without_settings_names_each_of_them(engine: Engine) -> None:
    done = engine.run("python", "-m", "services.profiles")
    assert done.returncode == 2
    assert {line.partition(":")[0] for line in done.stderr.splitlines()} >= {
        "ENVIRONMENT",
        "MONGO_URL",
        "OIDC_ISSUER",
    }


def test_matching_computes_with_the_kernels_of_the_image(engine: Engine) -> None:
    assert engine.run("python", "-c", KERNELS).stdout.strip() == "computed"


@pytest.mark.parametrize(
    "job", ["deploy.kafka.topics", "deploy.mongo.prepare", "deploy.doctor", "services.processor"]
)
def test_jobs_come_along(engine: Engine, job: str) -> None:
    assert engine.run("python", "-m", job, "--help").stdout.startswith("usage")


def handed_over(folder: Path, secret: Path) -> Path:
    """Copy a secret into the folder and let the user of the container, another one, read what is there."""
    copy = folder / "client_secret"
    copy.write_text(secret.read_text())
    for file in folder.iterdir():
        file.chmod(0o644)
    folder.chmod(0o755)
    return copy


async def test_a_service_answers_and_stops_in_order(
    engine: Engine, mongo_url: str, kafka_bootstrap: str, issuer: Issuer, tmp_path: Path
) -> None:
    place = place_for(mongo_url, kafka_bootstrap, issuer, tmp_path)
    secret = handed_over(tmp_path, issuer.secret_file)
    started = Started("profiles", place, CLOCK_FILE="", CLIENT_SECRET_FILE=str(secret))
    inside = engine.command(
        *("python", "-m", "services.profiles"), env=started.process.command.env, mounts=(tmp_path,)
    )
    started.process = Process(Command("profiles", tuple(inside), tmp_path / "log", engine.env))
    await started.start()
    async with grpc.aio.insecure_channel(started.address) as channel:
        request = ListPeopleRequest(parent=place.name())
        token = (("authorization", f"Bearer {issuer.mint(place.org, 'admin', 'hr_admin')}"),)
        answer = await PersonServiceStub(channel).ListPeople(request, metadata=token, timeout=10)
    assert list(answer.people) == []
    assert await started.process.stop() == 0
