"""Who may read and write which topic, from `topics.yaml`: the least that each needs, topic by topic."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from deploy.kafka import topics
from deploy.kafka.topics import FILE, Topic
from services.kernel.events.dead_letters import SUFFIX

OPERATOR = "operator"
"""People at the command line, who join no consumer group."""


@dataclass(frozen=True, slots=True)
class Access:
    """The rights of one user of the brokers; `group` is the consumer group it may join, None for no group."""

    user: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    group: str | None

    @property
    def hears(self) -> tuple[str, ...]:
        """The topics of other services' and own events that its group follows."""
        return tuple(name for name in self.reads if f"{name}{SUFFIX}" in self.writes)


def load(file: Path = FILE) -> tuple[Access, ...]:
    """Return the rights of every user that the file names, sorted by user."""
    known = topics.load(file)
    replayed: list[str] = yaml.safe_load(file.read_text())[OPERATOR]
    users = {topic.writer for topic in known if not _is_dead(topic)} | {
        reader for topic in known for reader in topic.readers
    }
    return tuple(_access(user, known, replayed) for user in sorted(users))


def _access(user: str, known: Sequence[Topic], replayed: Sequence[str]) -> Access:
    heard = {topic.name for topic in known if user in topic.readers}
    written = {topic.name for topic in known if topic.writer == user}
    dead = {topic.name for topic in known if _is_dead(topic)}
    if user == OPERATOR:
        return Access(user, tuple(sorted(heard | written | dead | {*replayed})), tuple(sorted(written)), None)
    buried = {f"{name}{SUFFIX}" for name in heard} & dead
    return Access(user, tuple(sorted(heard)), tuple(sorted(written | buried)), user)


def _is_dead(topic: Topic) -> bool:
    return topic.name.endswith(SUFFIX)
