"""Apache Kafka's jars: whatever goes wrong ends soon, in one line, and leaves nothing that looks complete."""

import os
from pathlib import Path

import psutil
import pytest

from deploy.local import jars, kafka
from deploy.local.process import StartFailed

POM = "<project><properties><kafka.version>9.9.9</kafka.version></properties></project>"


@pytest.fixture
def pom(tmp_path: Path) -> Path:
    file = tmp_path / "pom.xml"
    file.write_text(POM)
    return file


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder the whole PATH: only the tools a test puts there are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    return folder


def tool(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    file.chmod(0o755)


def read(file: Path) -> str:
    return file.read_text().strip()


def changed(pom: Path) -> Path:
    pom.write_text(POM + "\n<!-- one more dependency -->")
    return pom


def ended(pid: str) -> bool:
    return not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE


COPY = """for a in "$@"; do case "$a" in -DoutputDirectory=*) d="${a#*=}";; esac; done
echo run >> "$0.runs"
touch "$d/kafka_2.13-9.9.9.jar" """


async def test_jars_are_fetched_once(pom: Path, bin_folder: Path, tmp_path: Path) -> None:
    tool(bin_folder, "mvn", COPY)
    first = await jars.fetched(pom, tmp_path / "cache")
    second = await jars.fetched(pom, tmp_path / "cache")
    assert first == second
    assert first.name.startswith("9.9.9-")
    assert [file.name for file in first.iterdir()] == ["kafka_2.13-9.9.9.jar"]
    assert read(bin_folder / "mvn.runs") == "run"


async def test_another_pom_is_another_folder(pom: Path, bin_folder: Path, tmp_path: Path) -> None:
    tool(bin_folder, "mvn", COPY)
    first = await jars.fetched(pom, tmp_path / "cache")
    other = changed(pom)
    assert await jars.fetched(other, tmp_path / "cache") != first


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo '[ERROR] Could not transfer artifact'; exit 1", "Could not transfer artifact"),
        ("exit 0", "copied no Kafka server jar"),
        (COPY + "\nexit 1", "no message"),
    ],
)
async def test_a_failed_download_leaves_no_folder(
    pom: Path, bin_folder: Path, tmp_path: Path, script: str, reason: str
) -> None:
    tool(bin_folder, "mvn", script)
    with pytest.raises(jars.Unavailable, match=reason):
        await jars.fetched(pom, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


async def test_a_hanging_download_is_given_up_with_all_its_processes(
    pom: Path, bin_folder: Path, tmp_path: Path
) -> None:
    tool(bin_folder, "mvn", 'sleep 600 & echo $! > "$0.child"; wait')
    with pytest.raises(jars.Unavailable, match="did not finish"):
        await jars.fetched(pom, tmp_path / "cache", within=1.0)
    assert ended(read(bin_folder / "mvn.child"))


@pytest.mark.parametrize(
    ("version", "reason"),
    [(None, "no java"), ('openjdk version \\"11.0.2\\"', "too old"), ("nonsense", "too old")],
)
async def test_without_a_new_enough_java_the_embedded_broker_is_chosen(
    bin_folder: Path, version: str | None, reason: str
) -> None:
    if version is not None:
        tool(bin_folder, "java", f'echo "{version}" >&2')
    choice = await kafka.choose(kafka.Kind.AUTO)
    assert choice.kind is kafka.Kind.EMBEDDED
    assert reason in choice.why
    assert "\n" not in choice.why


async def test_forcing_apache_where_it_cannot_run_is_an_error(bin_folder: Path) -> None:
    with pytest.raises(StartFailed, match="no java"):
        await kafka.choose(kafka.Kind.APACHE)


async def test_java_home_wins_over_path(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "jdk" / "bin"
    home.mkdir(parents=True)
    tool(home, "java", 'echo "openjdk version \\"21.0.1\\"" >&2')
    tool(bin_folder, "java", 'echo "openjdk version \\"11.0.2\\"" >&2')
    monkeypatch.setenv("JAVA_HOME", str(home.parent))
    assert await jars.java() == str(home / "java")


async def test_a_given_broker_wins_over_everything(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "broker.example:9092")
    choice = await kafka.choose(kafka.Kind.EMBEDDED)
    assert (choice.kind, choice.bootstrap) == (kafka.Kind.EXTERNAL, "broker.example:9092")


def test_the_pinned_version_is_in_the_folder_name() -> None:
    assert jars.folder().name.startswith(f"{jars.version()}-")
    assert jars.folder().is_relative_to(jars.ROOT / ".cache")


def test_a_pom_without_the_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pom.xml").write_text("<project/>")
    with pytest.raises(ValueError, match=r"kafka\.version"):
        jars.version(tmp_path / "pom.xml")


def test_cluster_ids_are_never_taken_for_options() -> None:
    ids = {kafka.cluster_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(one) == 22 and not one.startswith("-") for one in ids)
    assert os.linesep not in "".join(ids)
