"""The data folder of one platform: where its parts keep things, who runs on it, where that one listens."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

DEFAULT = Path(__file__).resolve().parents[2] / ".data"


class InUse(Exception):  # noqa: N818 - a state of the folder
    """Another platform runs on this data folder."""


class NotRunning(Exception):  # noqa: N818 - a state of the folder
    """No platform runs on this data folder."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a running platform listens.

    `grpc`, `metrics` and `http` are `host:port` by service name, `kafka` and `smtp` `host:port`, `issuer` and
    `mailbox` URLs. `kafka_kind` is apache, embedded or external.
    """

    pid: int
    grpc: dict[str, str]
    metrics: dict[str, str]
    mongo: str
    kafka: str
    kafka_kind: str
    issuer: str
    mailbox: str
    smtp: str
    clock_file: str
    http: dict[str, str] = field(default_factory=dict)


class Folder:
    """Paths below `path`, a lock that ends with its holder, and the running platform's state."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.clock = self.path / "clock"
        self.issuer = self.path / "issuer"
        self.credential_key = self.path / "credentials" / "key.pem"
        self.data_key = self.path / "keys" / "data"
        self.mails = self.path / "mails"
        self.mongo = self.path / "mongo"
        self.kafka = self.path / "kafka"
        self._lock = self.path / "lock"
        self._state = self.path / "stack.json"

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self.path / "logs" / f"{name}.log"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one platform. Raises InUse."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self._lock) as free:
            if not free:
                raise InUse(
                    f"a platform already runs on {self.path}: stop it first, or use another --data folder"
                )
            try:
                yield
            finally:
                self._state.unlink(missing_ok=True)

    def publish(self, state: State) -> None:
        """Tell others where the platform listens, all at once."""
        partial = self._state.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(state), indent=2))
        partial.rename(self._state)

    def running(self) -> State:
        """Return where the platform on this folder listens. Raises NotRunning, also while it still starts."""
        missing = NotRunning(
            f"no platform runs on {self.path}: start one with `make run` and wait for its table"
        )
        if not self._lock.exists():
            raise missing
        with _locked(self._lock) as free:
            if free:
                raise missing
        try:
            return State(**json.loads(self._state.read_text()))
        except FileNotFoundError:
            raise missing from None


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[bool]:
    """Try to lock; the operating system ends the lock with the process, however it ends."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)
