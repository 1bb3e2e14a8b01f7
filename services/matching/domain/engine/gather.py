"""People one after the other -> one `Crowd`: words become numbers, sets become bits."""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.kernel.errors import Invalid
from services.matching.domain import scoring, week
from services.matching.domain.engine.crowd import FACTS, MOST_FOCUS, SHARE_BITS, Crowd, Skills, Words, crowd
from services.matching.domain.lines import Interval
from services.matching.domain.members import Meeting, Role
from services.matching.domain.scoring import LINGUA_FRANCA, NEUTRAL, Side
from services.matching.domain.skills import FULL

WAIT_BOOST: Final = 10_000
"""Millionths by which each run without a mentor raises a mentee in the eyes of mentors: 1 % (house rule)."""

MOST_WAITS: Final = 5
"""Runs without a mentor that count."""

_SKILL: Final = 3  # numbers told of each: tag, level, share
_WORD: Final = 64
_HOUR_WORDS: Final = -(-week.SLOTS // _WORD)
_ALONE: Final = Interval(-1, -1)
_MEETINGS: Final = {one: place for place, one in enumerate(Meeting)}  # UNSTATED, the first, is 0


class Codes:
    """Numbers for words of one kind, in the order in which they are met."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __getitem__(self, word: str) -> int:
        return self._known.setdefault(word, len(self._known))

    def bits(self, words: Iterable[str]) -> int:
        """Return the words as bits; the same numbers in every process, so the order must not be a set's."""
        return sum(1 << self[word] for word in sorted(words))


class Vocabulary(NamedTuple):
    """The words that both sides use."""

    tags: Codes
    languages: Codes
    focus: Codes
    departments: Codes

    def layout(self, weeks: int) -> Words:
        """Return where bits go."""
        focus = _words(len(self.languages))
        return Words(focus, focus + _words(len(self.focus)), weeks)


class Gathered:
    """People of one role, in the order in which they are added."""

    def __init__(self, role: Role, vocabulary: Vocabulary, lines: Mapping[str, Interval], seed: int) -> None:
        self._role, self._vocabulary, self._lines = role, vocabulary, lines
        self._key = f"{role}/{seed}".encode()
        self._facts, self._skills = array("i"), array("i")
        self._ends = array("q", [0])
        self._ties = array("Q")
        self._languages: list[int] = []
        self._focus: list[int] = []
        self._hours: list[bytes] = []
        self._weeks_alike: set[tuple[int, ...]] = set()

    def add(self, side: Side, waits: int) -> None:
        """Add one. Raises Invalid TOO_MANY_FOCUS_AREAS."""
        if len(side.focus) > MOST_FOCUS:
            raise Invalid("TOO_MANY_FOCUS_AREAS", f"a participant has more than {MOST_FOCUS} focus areas")
        self._facts.extend(self._facts_of(side, waits))
        self._skills.extend(self._skills_of(side))
        self._ends.append(len(self._skills) // _SKILL)
        self._languages.append(self._vocabulary.languages.bits(side.languages - {LINGUA_FRANCA}))
        self._focus.append(self._vocabulary.focus.bits(side.focus))
        self._weeks_alike.add(tuple(map(side.hours.index, side.hours)))
        self._hours.append(b"".join(bits.to_bytes(_HOUR_WORDS * 8, "little") for bits in side.hours))
        tie = hashlib.blake2b(side.member.id.encode(), digest_size=8, key=self._key).digest()
        self._ties.append(int.from_bytes(tie, "little"))

    @property
    def weeks_alike(self) -> frozenset[tuple[int, ...]]:
        """For each way in which somebody's weeks are alike: to each week the first one of the same hours."""
        return frozenset(self._weeks_alike)

    def crowd(self, layout: Words, weeks: Sequence[int]) -> Crowd:
        """Return the arrays with the hours of `weeks`; the vocabulary must know all words of both sides."""
        people = len(self._ties)
        all_weeks = len(self._hours[0]) // (_HOUR_WORDS * 8) if people else max(weeks) + 1
        hours = np.frombuffer(b"".join(self._hours), np.uint64).reshape(people, all_weeks, _HOUR_WORDS)
        skills = np.array(self._skills, np.int32).reshape(-1, _SKILL).T.copy()
        words = np.concatenate(
            (
                _spelled(self._languages, layout.focus),
                _spelled(self._focus, layout.hours - layout.focus),
                hours[:, weeks].reshape(people, len(weeks) * _HOUR_WORDS).T,
            )
        )
        return crowd(
            np.array(self._facts, np.int32).reshape(-1, FACTS).T.copy(),
            np.ascontiguousarray(words),
            np.array(self._ties, np.uint64),
            Skills(np.array(self._ends, np.int64), *skills),
            len(self._vocabulary.tags),
        )

    def _facts_of(self, side: Side, waits: int) -> tuple[int, ...]:
        """Return the numbers of one in the order of `crowd.FACTS`."""
        member, mentee = side.member, self._role is Role.MENTEE
        line = self._lines.get(member.id, _ALONE)
        return (
            -member.grade if mentee else member.grade,
            self._vocabulary.departments[member.department],
            _MEETINGS[member.meeting],
            line.enters,
            line.leaves,
            int(LINGUA_FRANCA in side.languages),
            0 if mentee else scoring.breadth(len(side.offered)) - FULL,
            NEUTRAL if mentee and not side.technical else 0,
            NEUTRAL if mentee and not side.soft else 0,
            -(-(1 << SHARE_BITS) // len(side.focus)) if mentee and side.focus else 0,
            int(bool(side.focus)),
            WAIT_BOOST * min(waits, MOST_WAITS) if mentee else 0,
        )

    def _skills_of(self, side: Side) -> list[int]:
        """Return tag, level and share of each skill, one after the other."""
        found: list[int] = []
        if self._role is Role.MENTOR:
            for tag, level in sorted(side.offered.items()):
                found += (self._vocabulary.tags[tag], level, 1)
            return found
        for wishes in (side.technical, side.soft):
            for tag, wish in sorted(wishes.items()):
                found += (self._vocabulary.tags[tag], wish.level, wish.share)
        return found


def weeks_apart(sides: Iterable[Gathered], weeks: int) -> list[int]:
    """Return which weeks differ from all before them for somebody."""
    alike = sorted(frozenset[tuple[int, ...]]().union(*(side.weeks_alike for side in sides)))
    first: dict[tuple[int, ...], int] = {}
    for week_number in range(weeks):
        first.setdefault(tuple(one[week_number] for one in alike), week_number)
    return list(first.values())


def _words(bits: int) -> int:
    return max(1, -(-bits // _WORD))


def _spelled(sets: list[int], words: int) -> NDArray[np.uint64]:
    """Return sets of bits as [words, sets]."""
    spelled = b"".join(bits.to_bytes(words * 8, "little") for bits in sets)
    return np.frombuffer(spelled, np.uint64).reshape(len(sets), words).T
