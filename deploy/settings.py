"""The table of settings in `deploy/README.md`, from the code: `python -m deploy.settings` writes it anew."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic.fields import FieldInfo

from deploy.marked import FILE, written
from services.kernel.config import Settings, StreamSettings
from services.kernel.links import GrpcLinks, KafkaLink, MongoLink, Surroundings

SECURITY: Final = (
    *("oidc_", "client_", "data_key", "signing_key", "credential_key"),
    *("smtp_security", "smtp_ca", "smtp_username", "smtp_password"),
)
"""Beginnings of names that are told first, beside those of connections."""
LISTS: Final = ("frozenset", "tuple", "dict")
INTERNAL: Final = {"service", "crash_at"}
"""Not an operator's: the command names the service, crash points are for tests."""


def table() -> str:
    """Return every setting as Markdown: those of security, then the others."""
    first = [name for part in (Surroundings, GrpcLinks, KafkaLink, MongoLink) for name in part.model_fields]
    first += [name for name in Settings.model_fields if name.startswith(SECURITY)]
    secure = list(dict.fromkeys(first))
    others = [name for name in Settings.model_fields if name not in {*secure, *INTERNAL}]
    return "\n".join([*_rows(secure), "", "The other settings:", "", *_rows(others)])


def _rows(names: list[str]) -> Iterator[str]:
    yield "| setting | what it means | default | holds |"
    yield "|---|---|---|---|"
    for name in names:
        field = Settings.model_fields[name]
        star = "" if name in StreamSettings.model_fields else " ¹"
        yield f"| `{name.upper()}`{star} | {field.description} | {_default(field)} | {_holds(name, field)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if field.default_factory is not None:
        return "see *Limits*"
    value: Any = field.default
    if value is None or value in {"", frozenset(), ()}:
        return "-"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _holds(name: str, field: FieldInfo) -> str:
    if "Path" in str(field.annotation):
        return "folder" if name == "skill_model" else "path of a file"
    return "list, with commas" if any(kind in str(field.annotation) for kind in LISTS) else "value"


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text(), "settings", table()))
