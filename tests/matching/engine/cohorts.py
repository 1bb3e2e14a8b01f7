"""Random small cohorts in which whatever can matter does: ties, clashes, blocks, circles, full mentors."""

import random
from dataclasses import replace

from services.matching.domain.cohort import Cohort, Entry
from services.matching.domain.members import Meeting, Member, Role
from services.matching.domain.policy import (
    MENTEE_WEIGHTS,
    MENTOR_WEIGHTS,
    Mode,
    Options,
    Pair,
    Past,
    Policy,
    Proposing,
    Rules,
    Weights,
)
from services.matching.domain.skills import Skill
from services.matching.domain.week import Window
from tests.matching.factories import MONDAY

TAGS = ("python", "go", "React.js", "reactjs", "sql", "leadership", "writing", "Teamwork")
MANY_TAGS = tuple(f"tag{number}" for number in range(14))
LANGUAGES = ("en", "de", "fr", "pl", *(f"x{number}" for number in range(70)))
FOCUS = tuple(f"focus{number}" for number in range(70))
ZONES = ("UTC", "Europe/Berlin", "America/Chicago", "Asia/Kathmandu")
ALL_FOR_SKILLS = Weights(1000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
ALL_FOR_WISHES = Weights(0, 0, 0, 0, 0, 0, 0, 0, 100, 900)


def random_cohort(seed: int, *, size: int = 14) -> Cohort:
    """Return a cohort of `size` people who hold one role or both."""
    chance = random.Random(seed)
    ids = [f"e{number:02}" for number in range(size)]
    chance.shuffle(ids)
    return Cohort(
        entries=tuple(_entry(chance, one, ids) for one in ids),
        people=tuple(_member(chance, one, ids) for one in [*ids, "boss"]),
        monday=MONDAY,
        taken=_pairs(chance, ids, 2),
        busy=frozenset(chance.sample(ids, chance.randint(0, 2))),
        refused=frozenset(_pairs(chance, ids, 5)),
        previous=frozenset(_pairs(chance, ids, 8)),
        policy=_policy(chance),
        options=Options(seed=chance.randint(0, 3), excluded_pairs=_pairs(chance, ids, 3)),
    )


def matchable(seed: int) -> Cohort:
    """Return a random cohort with a mentee and a mentor with a seat who can be in a run."""
    cohort = random_cohort(seed)
    hours = (Window(0, 540, 780),)
    members = (
        Member("x1", languages=("en", "de"), seats=1, grade=8, hours=hours, offered=(Skill("go", 4),)),
        Member("x2", languages=("en",), hours=hours, sought=(Skill("go", 3),)),
    )
    entries = (Entry("x1", (Role.MENTOR,)), Entry("x2", (Role.MENTEE,)))
    return replace(cohort, entries=(*entries, *cohort.entries), people=(*members, *cohort.people))


def crowded(seed: int, mentees: int, mentors: int, seats: int = 1) -> Cohort:
    """Return mentees who all like the same mentors, in scores with many ties; everybody may meet."""
    chance = random.Random(seed)
    hours = (Window(0, 540, 780),)
    people = [
        Member(
            f"m{number:03}",
            offered=tuple(Skill(tag, 5) for tag in MANY_TAGS[: 1 + number % 8]),
            languages=("en",),
            seats=seats,
            grade=7 + number % 3,
            hours=hours,
        )
        for number in range(mentors)
    ]
    people += [
        Member(
            f"l{number:03}",
            sought=tuple(Skill(tag, chance.randint(3, 5)) for tag in MANY_TAGS[:6]),
            languages=("en",),
            grade=chance.randint(3, 6),
            hours=hours,
        )
        for number in range(mentees)
    ]
    roles = {"m": Role.MENTOR, "l": Role.MENTEE}
    entries = tuple(Entry(one.id, (roles[one.id[0]],), waits=chance.randint(0, 2)) for one in people)
    return Cohort(entries, tuple(people), MONDAY)


def lopsided(cohort: Cohort, proposing: Proposing) -> Cohort:
    """Return the cohort with another side proposing."""
    return replace(cohort, options=replace(cohort.options, mode=Mode.STABLE, proposing=proposing))


def _entry(chance: random.Random, person: str, ids: list[str]) -> Entry:
    return Entry(
        person,
        chance.choice(((Role.MENTEE,), (Role.MENTEE,), (Role.MENTOR,), (Role.MENTEE, Role.MENTOR))),
        focus=tuple(chance.sample(FOCUS, chance.choice((0, 1, 3, 60)))),
        preferred=tuple(chance.choices(ids, k=chance.choice((0, 0, 1, 4)))),
        blocked=tuple(chance.sample(ids, chance.choice((0, 0, 0, 1)))),
        waits=chance.choice((0, 0, 1, 7)),
    )


def _member(chance: random.Random, person: str, ids: list[str]) -> Member:
    return Member(
        person,
        active=chance.random() < 0.95,
        manager=chance.choice(("", "", "", "boss", "gone", chance.choice(ids))),
        department=chance.choice(("", "Sales", "Support")),
        grade=chance.randint(1, 9),
        languages=tuple(
            chance.sample(LANGUAGES, 40) if chance.random() < 0.2 else chance.sample(LANGUAGES[:3], 2)
        ),
        offered=_skills(chance, MANY_TAGS if chance.random() < 0.2 else TAGS),
        sought=_skills(chance, TAGS),
        seats=chance.randint(0, 2),
        time_zone=chance.choice(ZONES),
        hours=tuple(_window(chance) for _ in range(chance.randint(1, 4))),
        meeting=chance.choice(tuple(Meeting)),
    )


def _skills(chance: random.Random, tags: tuple[str, ...]) -> tuple[Skill, ...]:
    return tuple(
        Skill(tag, chance.randint(1, 5)) for tag in chance.sample(tags, chance.randint(0, len(tags)))
    )


def _window(chance: random.Random) -> Window:
    start = chance.choice((480, 545, 600, 780, 900))
    return Window(chance.randint(0, 2), start, start + chance.choice((45, 120, 300, 500)))


def _pairs(chance: random.Random, ids: list[str], most: int) -> tuple[Pair, ...]:
    return tuple(Pair(*chance.sample(ids, 2)) for _ in range(chance.randint(0, most)))


def _policy(chance: random.Random) -> Policy:
    weights = (MENTEE_WEIGHTS, MENTOR_WEIGHTS, ALL_FOR_SKILLS, ALL_FOR_WISHES)
    rules = Rules(
        least_overlap_minutes=chance.choice((0, 60, 100, 240)),
        least_grade_gap=chance.choice((None, None, 0, 2)),
        same_department=chance.random() < 0.7,
        past=chance.choice(tuple(Past)),
    )
    return Policy(chance.choice(weights), chance.choice(weights), rules, chance.choice((0, 3)))
