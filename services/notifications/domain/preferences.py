"""Which mails are wanted, and when: the defaults of an organization, and what a person chose instead."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Final

from services.kernel.errors import Invalid
from services.notifications.domain.hours import Hours
from services.notifications.domain.messages import Category, Reason

USUAL_WEEKLY_MAILS: Final = 5
EVERYBODY: Final = "-"
"""Stands for all people: whose preferences are the organization's defaults."""


class Channel(StrEnum):
    """A way to a person that can be chosen; the inbox always is."""

    MAIL = "MAIL"
    CHAT = "CHAT"


class Switch(StrEnum):
    """A choice of its own, or none."""

    UNSET = "UNSET"
    ON = "ON"
    OFF = "OFF"


@dataclass(frozen=True, slots=True)
class PreferencesUpdated:
    """Preferences changed."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person chose, or an organization for all of its people.

    muted, wanted  categories that are not mailed, and those that are whatever the rest says; sorted
    mail           the whole channel
    muted_chat, wanted_chat, chat  the same for chat
    hours          when mails go out; None: as the level above says
    weekly_mails   how many mails a week before those that can wait do; None: as the level above says
    """

    muted: tuple[Category, ...] = ()
    wanted: tuple[Category, ...] = ()
    mail: Switch = Switch.UNSET
    hours: Hours | None = None
    weekly_mails: int | None = None
    muted_chat: tuple[Category, ...] = ()
    wanted_chat: tuple[Category, ...] = ()
    chat: Switch = Switch.UNSET

    def adopt(
        self, values: "Preferences", names: Collection[str]
    ) -> tuple["Preferences", list[PreferencesUpdated]]:
        """Take the fields `names` over from `values`; nothing happens if all are so already.

        Raises Invalid CATEGORY_TWICE or HOURS_NEVER_OPEN.
        """
        changed = replace(self, **{name: getattr(values, name) for name in names})
        if changed == self:
            return self, []
        changed.require_valid()
        return changed, [PreferencesUpdated()]

    def mute(self, category: Category) -> tuple["Preferences", list[PreferencesUpdated]]:
        """Take one category off the mails, as an unsubscribe link does."""
        muted = tuple(sorted({*self.muted, category}))
        wanted = tuple(one for one in self.wanted if one != category)
        return self.adopt(Preferences(muted, wanted), ("muted", "wanted"))

    def forget(self) -> tuple["Preferences", list[PreferencesUpdated]]:
        """Choose nothing, as somebody who never did."""
        return self.adopt(Preferences(), [field.name for field in fields(Preferences)])

    def require_valid(self) -> None:
        """Raise Invalid for what contradicts itself."""
        for channel in Channel:
            muted, wanted, _ = self.said(channel)
            if twice := set(muted) & set(wanted):
                raise Invalid(
                    "CATEGORY_TWICE",
                    "a category is both muted and wanted",
                    fields=((f"preferences.wanted_{channel.lower()}", f"{min(twice)} is muted"),),
                )
        if self.hours is not None:
            self.hours.require_opening()

    def said(self, channel: Channel) -> tuple[Collection[Category], Collection[Category], Switch]:
        """Return what is muted and wanted of a channel, and the whole of it."""
        if channel is Channel.CHAT:
            return self.muted_chat, self.wanted_chat, self.chat
        return self.muted, self.wanted, self.mail

    def verdict(self, category: Category, channel: Channel = Channel.MAIL) -> bool | None:
        """Whether this level wants a category on a channel; None if it leaves that to the next."""
        muted, wanted, whole = self.said(channel)
        if category in wanted or category in muted:
            return category in wanted
        return None if whole is Switch.UNSET else whole is Switch.ON


@dataclass(frozen=True, slots=True)
class Levels:
    """A person's preferences over those of the organization; the person's word counts."""

    person: Preferences = Preferences()
    organization: Preferences = Preferences()

    def choice(self, category: Category, channel: Channel = Channel.MAIL) -> tuple[bool, Reason]:
        """Whether a category goes out on a channel, and whose word that is."""
        own = self.person.verdict(category, channel)
        if own is not None:
            if own:
                return True, Reason.CHOSEN
            muted, _, _ = self.person.said(channel)
            return False, Reason.CATEGORY_OFF if category in muted else Reason.CHANNEL_OFF
        if self.organization.verdict(category, channel) is False:
            return False, Reason.ORGANIZATION_OFF
        return True, Reason.DEFAULT

    @property
    def hours(self) -> Hours:
        """When mails go out."""
        return self.person.hours or self.organization.hours or Hours()

    @property
    def weekly_mails(self) -> int:
        """How many mails a week before those that can wait do."""
        chosen = (self.person.weekly_mails, self.organization.weekly_mails, USUAL_WEEKLY_MAILS)
        return next(number for number in chosen if number is not None)
