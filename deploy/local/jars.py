"""Apache Kafka's jars: fetched once by Maven from what `deploy/kafka/pom.xml` pins."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POM = ROOT / "deploy" / "kafka" / "pom.xml"
CACHE = ROOT / ".cache" / "kafka"
FETCH_SECONDS = 120.0
JAVA_AT_LEAST = 17


class Unavailable(Exception):  # noqa: N818 - a state of this machine, with its reason, not a mistake
    """Apache Kafka cannot run here; the text says why in one line."""


def version(pom: Path = POM) -> str:
    """Return the pinned version of the server."""
    found = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", pom.read_text())
    if found is None:
        raise ValueError(f"{pom} pins no kafka.version")
    return found.group(1)


def folder(pom: Path = POM, cache: Path = CACHE) -> Path:
    """Where the jars of this exact pom are kept; it exists only when all of them are there."""
    return cache / f"{version(pom)}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:8]}"


async def java() -> str:
    """Path of a Java runtime that is new enough: JAVA_HOME's, else the one on PATH. Raises Unavailable."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if found is None:
        raise Unavailable(f"no java (Apache Kafka needs {JAVA_AT_LEAST} or newer)")
    _, text = await _run([found, "-version"], within=20.0)
    parsed = re.search(r'version "(\d+)', text)
    if parsed is None or int(parsed.group(1)) < JAVA_AT_LEAST:
        raise Unavailable(f"java is too old (Apache Kafka needs {JAVA_AT_LEAST} or newer)")
    return found


async def fetched(pom: Path = POM, cache: Path = CACHE, within: float = FETCH_SECONDS) -> Path:
    """Return the folder with the jars, fetched first if need be.

    Raises Unavailable, after `within` seconds at most.
    """
    target = folder(pom, cache)
    if target.is_dir():
        return target
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("no mvn to fetch Apache Kafka with")
    with _partial(cache) as partial:
        await _download(maven, pom, partial, within)
        return _keep(partial, target)


@contextlib.contextmanager
def _partial(cache: Path) -> Iterator[Path]:
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-", ignore_cleanup_errors=True) as path:
        yield Path(path)


def _keep(partial: Path, target: Path) -> Path:
    """Move a complete folder to its name; when another process was first, its folder is as good."""
    if not any(partial.glob("kafka_*.jar")):
        raise Unavailable("Maven copied no Kafka server jar")
    with contextlib.suppress(OSError):
        partial.rename(target)
    if not target.is_dir():
        raise Unavailable(f"the fetched jars could not be kept in {target.parent}")
    return target


async def _download(maven: str, pom: Path, into: Path, within: float) -> None:
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={into}", "-DincludeScope=runtime")
    code, text = await _run([maven, "-q", "-B", "-f", str(pom), *goal], within)
    if code:
        errors = [line for line in text.splitlines() if "ERROR" in line]
        raise Unavailable(f"fetching Apache Kafka failed: {(errors or ['no message'])[0][:200]}")


async def _run(argv: list[str], within: float) -> tuple[int, str]:
    """Exit code and combined output; the whole group is killed when time is up."""
    child = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True
    )
    try:
        async with asyncio.timeout(within):
            output, _ = await child.communicate()
    except TimeoutError:
        raise Unavailable(f"{Path(argv[0]).name} did not finish within {within:.0f} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
    return child.returncode or 0, output.decode(errors="replace")
