"""Who is recognised at all: each person's choice and the organization's settings."""

import re
from dataclasses import dataclass, replace
from typing import Final

from services.kernel.errors import Invalid

_ISSUER_URL: Final = re.compile(
    r"https://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(/[A-Za-z0-9][A-Za-z0-9._~-]*)*)"
)


@dataclass(frozen=True, slots=True)
class ChoiceUpdated:
    """A person opted out or in again."""


@dataclass(frozen=True, slots=True)
class SettingsUpdated:
    """The organization's settings changed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wants; whoever is `opted_out` earns nothing and is found by nobody."""

    opted_out: bool = False

    def become(self, wanted: "Choice") -> "tuple[Choice, list[ChoiceUpdated]]":
        """Replace it; the same again changes nothing."""
        return (self, []) if wanted == self else (wanted, [ChoiceUpdated()])


@dataclass(frozen=True, slots=True)
class Issuer:
    """In whose name credentials are issued; `url` is where the organization publishes what verifiers read."""

    name: str = ""
    url: str = ""

    @property
    def did(self) -> str:
        """The issuer's decentralized identifier, of the method did:web."""
        found = _parsed(self.url)
        port = f"%3A{found['port']}" if found["port"] else ""
        return "did:web:" + ":".join([f"{found['host']}{port}", *_segments(found)])

    @property
    def document_url(self) -> str:
        """Where did:web looks for the issuer document."""
        return f"{self.url}/did.json" if _segments(_parsed(self.url)) else f"{self.url}/.well-known/did.json"

    def list_url(self, number: int) -> str:
        """Return where a status list is read."""
        return f"{self.url}/status-lists/{number}"

    def badge_url(self, badge: str) -> str:
        """Return the URL that stands for a badge, whether or not there is a page."""
        return f"{self.url}/badges/{badge}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an organization wants. `switched_off`: as if everybody had opted out."""

    switched_off: bool = False
    leaderboards: bool = False
    issuer: Issuer = Issuer()

    def become(self, wanted: "Settings") -> "tuple[Settings, list[SettingsUpdated]]":
        """Replace them; the same again changes nothing.

        Invalid ISSUER_URL_INVALID for an address that is no https address with a plain path, and
        ISSUER_INCOMPLETE for an issuer's name or address without the other.
        """
        checked = replace(wanted, issuer=_checked(wanted.issuer))
        return (self, []) if checked == self else (checked, [SettingsUpdated()])


def _checked(issuer: Issuer) -> Issuer:
    tidy = replace(issuer, url=issuer.url.rstrip("/"))
    if tidy.url:
        _parsed(tidy.url)
    if bool(tidy.url) != bool(tidy.name):
        missing = "issuer_url" if tidy.name else "issuer_name"
        raise _wrong("ISSUER_INCOMPLETE", missing, "must be set with the other one")
    return tidy


def _parsed(url: str) -> re.Match[str]:
    found = _ISSUER_URL.fullmatch(url)
    if found is None or (found["port"] and not 0 < int(found["port"]) <= 65_535):
        raise _wrong("ISSUER_URL_INVALID", "issuer_url", "must be https://host or https://host/path")
    return found


def _segments(found: re.Match[str]) -> list[str]:
    return [segment for segment in found["path"].split("/") if segment]


def _wrong(reason: str, field: str, words: str) -> Invalid:
    path = f"recognition_settings.{field}"
    return Invalid(reason, f"{field} {words}", fields=((path, words),))
