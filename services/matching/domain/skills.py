"""Skill tags as people type them -> one spelling, and how well an offered level serves a sought one."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

FULL: Final = 1000
"""Credit of a skill offered at the wished level or above."""

MISSING_LEVEL: Final = 350
"""Credit lost for each level that is missing (house rule)."""

_KEPT = frozenset("+#")  # c, c++ and c# are three skills

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accessibility": "a11y",
        "angularjs": "angular",
        "angular2": "angular",
        "architect": "architecture",
        "careeradvice": "career",
        "careerplanning": "career",
        "csharp": "c#",
        "databases": "database",
        "designsystems": "designsystem",
        "dotnetcore": "dotnet",
        "electronjs": "electron",
        "expressjs": "express",
        "functional": "fp",
        "golang": "go",
        "js": "javascript",
        "k8s": "kubernetes",
        "mssql": "sqlserver",
        "net": "dotnet",
        "netcore": "dotnet",
        "nodejs": "node",
        "postgres": "postgresql",
        "reactjs": "react",
        "restapi": "rest",
        "rubyonrails": "rails",
        "rx": "rxjs",
        "speaker": "publicspeaking",
        "speaking": "publicspeaking",
        "sqlservers": "sqlserver",
        "tsql": "sqlserver",
        "ts": "typescript",
        "userexperience": "ux",
        "vuejs": "vue",
        "webdev": "web",
        "webdevelopment": "web",
        "websitedevelopment": "web",
    }
)
"""Spelling without punctuation -> the one spelling that is compared."""


@dataclass(frozen=True, slots=True)
class Skill:
    """A tag as typed, and a level from 1 (beginner) to 5 (expert): held, or wished for."""

    tag: str
    level: int


@lru_cache(maxsize=65_536)
def spelling(tag: str) -> str:
    """Return the one spelling of a tag: folded case, no spaces or punctuation but + and #, aliases resolved.

    A tag of nothing but punctuation stays as it is.
    """
    folded = unicodedata.normalize("NFKC", tag).casefold()
    plain = "".join(sign for sign in folded if sign.isalnum() or sign in _KEPT)
    return ALIASES.get(plain, plain) or folded


def levels(skills: Iterable[Skill]) -> dict[str, int]:
    """Return the highest level of each spelling."""
    highest: dict[str, int] = {}
    for skill in skills:
        tag = spelling(skill.tag)
        highest[tag] = max(highest.get(tag, 0), skill.level)
    return highest


def credit(sought: int, offered: int) -> int:
    """Return 0..1000: how well the level `offered` serves the level `sought`."""
    return max(0, FULL - MISSING_LEVEL * max(0, sought - offered))
