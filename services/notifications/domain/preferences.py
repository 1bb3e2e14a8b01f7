"""Which mails a person does not want."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from services.notifications.domain.messages import Category


@dataclass(frozen=True, slots=True)
class PreferencesUpdated:
    """A person's preferences changed."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """Categories that are not mailed, sorted; without any stored preferences everything is."""

    muted: tuple[Category, ...] = ()

    def mute(self, categories: Collection[Category]) -> tuple["Preferences", list[PreferencesUpdated]]:
        """Mute exactly these; nothing happens if that is so already."""
        muted = tuple(sorted(set(categories)))
        if muted == self.muted:
            return self, []
        return replace(self, muted=muted), [PreferencesUpdated()]
