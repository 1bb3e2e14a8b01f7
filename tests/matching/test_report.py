"""Figures of a run, its table and its picture."""

import csv
import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.engine.edges import Audit
from services.matching.domain.engine.groups import Groups
from services.matching.domain.engine.problem import Assigned
from services.matching.domain.plan import (
    Bar,
    Contribution,
    GroupShare,
    Leftover,
    Obstacle,
    Plan,
    Proposal,
    Report,
    Stopped,
)
from services.matching.domain.policy import Criterion, Mode, Options
from services.matching.domain.report import (
    LOADS,
    RANKS,
    SMALLEST_GROUP,
    Result,
    bars,
    digest,
    gini,
    ratio,
    report,
    shares,
)
from services.matching.domain.report_csv import HEADER, percent, report_csv
from services.matching.domain.report_svg import MOST_GROUPS, report_svg

SVG = "{http://www.w3.org/2000/svg}"


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(values, np.int32)


def flags(*values: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array(values, np.bool_)


RESULT = Result(
    Assigned(ints(1, -1, 1, 0), ints(900_000, 0, 700_000, 600_001), ints(500_000, 0, 400_000, 300_000)),
    Audit(ints(1, 0, 4, 2), ints(0, 2, 0, 1), ints(3, 3, 9, 2)),
    ints(2, 2, 1),
    ("Sales", "Sales", "Legal", ""),
    best_total=4_000_000,
    input_digest="in",
    result_digest="out",
)
REPORT = report(RESULT, Options(mode=Mode.OPTIMAL, seed=7))


def test_a_report_sums_a_run_up() -> None:
    assert (
        Report(
            mode=Mode.OPTIMAL,
            seed=7,
            mentees=4,
            mentors=3,
            seats=5,
            matched=3,
            blocking_pairs=3,
            blocking_mentees=2,
            total_score_ppm=3_400_001,
            best_total_ppm=4_000_000,
            mean_mentee_ppm=733_333,
            mean_mentor_ppm=400_000,
            ranks=(Bar(1, 1), Bar(2, 1), Bar(3, 0), Bar(5, 1)),
            loads=(Bar(0, 1), Bar(1, 1), Bar(2, 1)),
            load_gini_ppm=444_444,
            groups=(GroupShare("", 4, 3),),
            group_ratio_ppm=1_000_000,
            input_digest="in",
            result_digest="out",
        )
        == REPORT
    )


def test_a_run_without_anybody_has_figures_too() -> None:
    nobody = Result(Assigned(ints(), ints(), ints()), Audit(ints(), ints(), ints()), ints(), (), 0, "", "")
    assert report(nobody, Options()).mean_mentee_ppm == 0
    assert report(nobody, Options()).ranks == ()
    assert "0 of 0 mentees" in report_svg(report(nobody, Options()))


@given(st.lists(st.integers(0, 3_000)), st.sampled_from((RANKS, LOADS)))
def test_every_value_is_in_the_one_bar_that_reaches_it(values: list[int], ends: tuple[int, ...]) -> None:
    found = bars(ints(*values), ends)
    assert sum(bar.count for bar in found) == len(values)
    lower = -1
    for bar in found:
        assert bar.count == sum(lower < value <= bar.value for value in values)
        lower = bar.value
    assert (lower >= max(values)) if values else not found


def test_what_is_above_all_ends_is_one_bar() -> None:
    assert bars(ints(1, 1_001, 5_000), RANKS)[-2:] == (Bar(1_000, 0), Bar(5_000, 2))


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=30))
def test_gini_is_the_mean_difference_between_any_two(values: list[int]) -> None:
    differences = sum(abs(one - other) for one in values for other in values)
    whole = 2 * len(values) * sum(values)
    assert gini(np.array(values, np.int64)) == (differences * 1_000_000 // whole if whole else 0)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"a": 9, "b": 7, "c": 5}, {"a": 9, "b": 7, "c": 5}),
        ({"a": 9, "b": 7, "c": 4}, {"a": 9, "": 11}),
        ({"a": 9, "b": 7, "c": 3, "d": 2}, {"a": 9, "b": 7, "": 5}),
        ({"a": 9, "b": 7, "c": 2, "d": 1}, {"a": 9, "": 10}),
        ({"a": 9, "": 6}, {"a": 9, "": 6}),
        ({"a": 9, "b": 8, "": 3}, {"a": 9, "": 11}),
        ({"a": 9, "b": 1, "": 6}, {"a": 9, "": 7}),
        ({"a": 3}, {"": 3}),
        ({}, {}),
    ],
)
def test_small_groups_are_told_as_one_that_cannot_be_taken_apart(
    sizes: dict[str, int], told: dict[str, int]
) -> None:
    labels = [label for label, size in sizes.items() for _ in range(size)]
    found = shares(labels, np.ones(len(labels), np.bool_))
    assert {one.label: one.mentees for one in found} == told


@given(st.lists(st.tuples(st.sampled_from(("", "a", "b", "c", "d")), st.booleans()), max_size=60))
def test_groups_add_up_and_no_small_one_is_told(people: list[tuple[str, bool]]) -> None:
    found = shares([label for label, _ in people], flags(*(made for _, made in people)))
    assert sum(one.mentees for one in found) == len(people)
    assert sum(one.matched for one in found) == sum(made for _, made in people)
    assert len(found) <= 1 or all(one.mentees >= SMALLEST_GROUP for one in found)


def test_the_ratio_is_that_of_groups_large_enough_and_told() -> None:
    groups = (GroupShare("", 50, 0), GroupShare("a", 20, 10), GroupShare("b", 40, 30), GroupShare("c", 9, 0))
    assert ratio(groups, 119) == 666_666
    assert ratio((GroupShare("a", 20, 0),), 20) == 1_000_000


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=200))
def test_the_ratio_is_what_fair_runs_even_out(people: list[tuple[str, bool]]) -> None:
    made = flags(*(one for _, one in people))
    of = ints(*("abc".index(label) for label, _ in people))
    found = shares([label for label, _ in people], made)
    if all(one.label for one in found):
        assert ratio(found, len(people)) == Groups(of, 3).ratio_ppm(np.where(made, 0, -1).astype(np.int32))


def test_digests_tell_parts_and_their_borders_apart() -> None:
    assert digest([b"ab", b"c"]) == digest(iter([b"ab", b"c"]))
    assert len({digest(one) for one in ([b"ab", b"c"], [b"a", b"bc"], [b"abc"], [b"c", b"ab"], [])}) == 5
    assert len(digest([])) == 64


PAIR = Proposal(
    "m1",
    "p1",
    549_999,
    (
        Contribution(Criterion.SKILLS, 130_000),
        Contribution(Criterion.FOCUS, 19_999),
        Contribution(Criterion.OVERLAP, 400_000),
        Contribution(Criterion.HISTORY, 0),
    ),
    mentor_score_ppm=1_000_000,
    rank=3,
)
ALONE = Leftover("p9", Obstacle.FULL, (Stopped(Obstacle.LANGUAGE, 7),), "m1", 30_500)
PLAN = Plan((PAIR, replace(PAIR, mentee="p2", rank=0, locked=True)), (ALONE,), REPORT)


def rows(plan: Plan) -> list[list[str]]:
    return list(csv.reader(io.StringIO(report_csv(plan))))


def test_the_table_has_one_row_per_mentee_with_the_reasons() -> None:
    assert rows(PLAN) == [
        list(HEADER),
        ["p1", "m1", "MATCHED", "54.99", "100.00", "3", "overlap 40.00; skills 13.00; focus 1.99"],
        ["p2", "m1", "LOCKED", "54.99", "100.00", "", "overlap 40.00; skills 13.00; focus 1.99"],
        ["p9", "", "UNMATCHED", "", "", "", "FULL: nearest m1 3.05; LANGUAGE 7"],
    ]


def test_a_mentee_whom_nobody_was_there_for_has_a_reason_too() -> None:
    plan = replace(PLAN, proposals=(), unmatched=(Leftover("p9", Obstacle.NO_MENTORS),))
    assert rows(plan)[1][-1] == "NO_MENTORS"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_value_is_taken_for_a_formula(name: str) -> None:
    plan = replace(PLAN, proposals=(replace(PAIR, mentee=name, mentor=name),))
    assert rows(plan)[1][:2] == [f"'{name}"] * 2


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_comes_back_from_the_table(name: str) -> None:
    found = list(
        csv.reader(io.StringIO(report_csv(replace(PLAN, proposals=(replace(PAIR, mentee=name),))), ""))
    )
    assert found[1][0] in {name, f"'{name}"}


def test_percentages_are_cut_off() -> None:
    assert [percent(value) for value in (0, 99, 100, 999_999, 1_000_000)] == [
        "0.00",
        "0.00",
        "0.01",
        "99.99",
        "100.00",
    ]


def drawn(given: Report) -> ET.Element:
    return ET.fromstring(report_svg(given))


def words(picture: ET.Element) -> list[str]:
    return [one.text or "" for one in picture.iter(f"{SVG}text")]


def test_the_picture_says_what_it_is_to_those_who_cannot_see_it() -> None:
    picture = drawn(REPORT)
    names = (picture.get("aria-labelledby") or "").split()
    assert picture.get("role") == "img"
    told = {one.get("id"): one.text or "" for one in picture if one.get("id")}
    assert told[names[0]] == "Optimal matching: 3 of 4 mentees have a mentor"
    for figure in (
        "Of the best total 85.00 % or more",
        "3 pairs",
        "1 have a mentor of rank \N{LESS-THAN OR EQUAL TO}5",
    ):
        assert figure in told[names[1]]


def test_names_of_groups_are_text_and_never_markup() -> None:
    groups = (GroupShare("<script>&", 10, 5), GroupShare("x" * 60, 10, 6))
    assert "<script>&" in words(drawn(replace(REPORT, groups=groups)))
    assert max(map(len, words(drawn(replace(REPORT, groups=groups))))) < 60


@given(st.text(min_size=1))
def test_a_picture_is_xml_whatever_a_group_is_called(name: str) -> None:
    assert drawn(replace(REPORT, groups=(GroupShare(name, 10, 5),))).tag == f"{SVG}svg"


def test_many_groups_are_cut_at_those_that_are_matched_least() -> None:
    groups = tuple(GroupShare(f"g{place:02}", 100, place) for place in range(40))
    shown = words(drawn(replace(REPORT, groups=groups)))
    assert [one for one in shown if one.startswith("g")] == [f"g{place:02}" for place in range(MOST_GROUPS)]
    assert "and 16 more groups with higher shares" in shown


def test_nothing_is_drawn_outside_of_the_picture() -> None:
    groups = tuple(GroupShare(f"g{place:02}", 100, place) for place in range(40))
    picture = drawn(replace(REPORT, groups=groups, loads=tuple(Bar(end, 9) for end in LOADS)))
    _, _, width, height = map(int, (picture.get("viewBox") or "").split())
    for box in picture.iter(f"{SVG}rect"):
        assert 0 <= int(box.get("x", "0")) <= int(box.get("x", "0")) + int(box.get("width", "")) <= width
        assert 0 <= int(box.get("y", "0")) <= int(box.get("y", "0")) + int(box.get("height", "")) <= height
    assert all(int(one.get("y", "")) < height for one in picture.iter(f"{SVG}text"))


def test_a_run_that_fell_back_says_so() -> None:
    assert any("the stable result" in line for line in words(drawn(replace(REPORT, fell_back=True))))
    assert not any("the stable result" in line for line in words(drawn(REPORT)))
