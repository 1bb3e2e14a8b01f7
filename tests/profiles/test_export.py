"""An HR export: what a line may say, what refuses the whole file, and the rules between lines."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.profiles.domain import (
    HEADER,
    LARGEST_FILE,
    Person,
    Rejected,
    Role,
    Roster,
    Row,
    Skill,
    State,
    Window,
    collate,
    read,
    settle,
)
from tests.examples import examples
from tests.profiles.factories import cells, export, line, people, person, written

ROOT = Path(__file__).parent.parent.parent
GOOD = ROOT / "deploy" / "local" / "data" / "hr_export.csv"
BAD = ROOT / "tests" / "data" / "hr_export_bad.csv"
NOTES = ROOT / "tests" / "data" / "hr_export_bad.notes.json"
REASONS = {
    "missing id": "MISSING",
    "bad address": "MALFORMED_ADDRESS",
    "missing name": "MISSING",
    "not a number": "NOT_A_NUMBER",
    "unknown country": "UNKNOWN_COUNTRY",
    "unknown zone": "UNKNOWN_TIME_ZONE",
    "unknown language": "UNKNOWN_LANGUAGE",
    "unknown role": "UNKNOWN_ROLE",
    "level out of range": "LEVEL_OUT_OF_RANGE",
    "skill without name": "SKILL_WITHOUT_NAME",
    "negative capacity": "CAPACITY_OUT_OF_RANGE",
    "absurd capacity": "CAPACITY_OUT_OF_RANGE",
    "end before start": "END_BEFORE_START",
    "unknown day": "UNKNOWN_DAY",
    "overlap": "OVERLAPPING_HOURS",
    "unknown preference": "UNKNOWN_PREFERENCE",
    "no such day": "NO_SUCH_DAY",
    "unknown status": "UNKNOWN_STATUS",
    "unknown manager": "UNKNOWN_MANAGER",
    "own manager": "OWN_MANAGER",
    "too long": "TOO_LONG",
    "spreadsheet formula": "SPREADSHEET_FORMULA",
    "control character": "CONTROL_CHARACTER",
}


def roster(data: bytes, *stored: str) -> Roster:
    return settle(collate(read(data)), stored)


def reasons(data: bytes, *stored: str) -> list[tuple[int, str, str]]:
    return [(row.line, row.field, row.reason) for row in roster(data, *stored).rejected]


def whole_refusal(data: bytes) -> str:
    """Return the reason why the file is refused whole, or nothing."""
    try:
        roster(data)
    except Invalid as refused:
        return refused.reason
    return ""


def only(**changes: str) -> Row | Rejected:
    """Return what one line with `changes` is read as."""
    (found,) = read(export(cells(**changes)))
    return found


def test_the_whole_real_export_is_accepted() -> None:
    found = roster(GOOD.read_bytes())
    assert (len(found.rows), found.rejected, found.repeats, found.total) == (1198, (), 0, 1198)


def test_every_bad_row_is_refused_with_the_line_field_and_reason_its_note_tells() -> None:
    """Line 25 (markup) is text like any other, line 27 repeats line 26: both are fine."""
    notes = [note for note in json.loads(NOTES.read_text()) if note["line"] not in {25, 27}]
    found = roster(BAD.read_bytes())
    assert [(row.line, row.field, row.reason) for row in found.rejected] == [
        (note["line"], note["field"], REASONS[note["why"]]) for note in notes
    ]
    assert [(row.line, row.id) for row in found.rows] == [(25, "b10023"), (26, "b19001")]
    assert found.rows[0].person.given_name == "<script>alert(1)</script>"
    assert (found.repeats, found.total) == (1, 26)


def test_a_line_becomes_a_person() -> None:
    assert only(employee_id="E0100746", manager_id="E0100286") == Row(
        line=2, id="e0100746", person=person(manager="e0100286")
    )


@pytest.mark.parametrize(
    ("column", "text", "field", "value"),
    [
        ("grade", " 7 ", "grade", 7),
        ("mentor_capacity", "1e1", "mentor_capacity", 10),
        ("languages", "en; FR ;en", "languages", ("en", "fr")),
        ("roles", "mentor; Mentee", "roles", (Role.MENTEE, Role.MENTOR)),
        ("roles", "", "roles", ()),
        (
            "skills_offered",
            "time management:4; C++:1",
            "skills_offered",
            (Skill("time management", 4), Skill("c++", 1)),
        ),
        ("skills_offered", "a:b:3", "skills_offered", (Skill("a:b", 3),)),
        ("skills_sought", " ", "skills_sought", ()),
        (
            "weekly_hours",
            "sun 20:00-24:00;Monday 9:00 - 10:30",
            "weekly_hours",
            (Window(1, 540, 630), Window(7, 1200, 1440)),
        ),
        ("weekly_hours", "", "weekly_hours", ()),
        ("hire_date", "", "hire_date", None),
        ("hire_date", "2024-02-29", "hire_date", date(2024, 2, 29)),
        ("status", "Terminated", "state", State.TERMINATED),
        ("meeting_preference", "", "meeting_preference", ""),
    ],
)
def test_cells_are_read_as_people_write_them(column: str, text: str, field: str, value: object) -> None:
    found = only(**{column: text})
    assert isinstance(found, Row), found
    assert getattr(found.person, field) == value


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("employee_id", "E 1", "MALFORMED_ID"),
        ("employee_id", "../e1", "MALFORMED_ID"),
        ("grade", "", "MISSING"),
        ("grade", "3.5", "NOT_A_NUMBER"),
        ("grade", "٣", "NOT_A_NUMBER"),
        ("grade", "9" * 40, "NOT_A_NUMBER"),
        ("grade", "1e99", "GRADE_OUT_OF_RANGE"),
        ("manager_id", "E 2", "MALFORMED_ID"),
        ("manager_id", "e1", "OWN_MANAGER"),
        ("languages", "en;;fr", "UNKNOWN_LANGUAGE"),
        ("skills_offered", "python", "MALFORMED_SKILL"),
        ("skills_offered", "python:", "MISSING"),
        ("skills_offered", "python:high", "NOT_A_NUMBER"),
        ("skills_sought", "=cmd:3", "SPREADSHEET_FORMULA"),
        ("weekly_hours", "mon 9-12", "MALFORMED_HOURS"),
        ("weekly_hours", "monster 09:00-12:00", "UNKNOWN_DAY"),
        ("weekly_hours", "mon 09:00-24:01", "NO_SUCH_TIME"),
        ("weekly_hours", "mon 09:60-11:00", "NO_SUCH_TIME"),
        ("weekly_hours", "mon 24:00-24:00", "END_BEFORE_START"),
        ("hire_date", "07/11/2024", "MALFORMED_DATE"),
        ("hire_date", "2023-02-29", "NO_SUCH_DAY"),
        ("status", "", "UNKNOWN_STATUS"),
    ],
)
def test_cells_that_cannot_be_read_are_refused(column: str, text: str, reason: str) -> None:
    found = only(**{column: text})
    assert isinstance(found, Rejected), found
    assert (found.line, found.field, found.reason) == (2, column, reason)


def test_a_line_with_too_few_cells_is_refused_alone() -> None:
    data = export(line(1)) + b"E2,e2@acme.example\r\n" + export(line(3)).split(b"\r\n", 1)[1]
    assert reasons(data) == [(3, "", "WRONG_CELL_COUNT")]


def test_blank_lines_count_as_rows_of_the_sheet_but_not_as_people() -> None:
    data = export(line(1)) + b"\r\n" + export(line(2, grade="x")).split(b"\r\n", 1)[1]
    assert reasons(data) == [(4, "grade", "NOT_A_NUMBER")]
    assert roster(data).total == 2


def test_columns_may_come_in_any_order_with_others_between() -> None:
    shuffled = export(cells(cost_centre="77"), header=["cost_centre", *reversed(HEADER)])
    assert roster(shuffled).rows == roster(export(cells())).rows


@pytest.mark.parametrize(
    ("data", "reason", "told"),
    [
        (b"", "FILE_EMPTY", "empty"),
        (b" \r\n", "FILE_EMPTY", "empty"),
        (b"\xff\xfee\x00m\x00", "FILE_NOT_UTF8", "byte 0"),
        (b"employee_id,email\nE1,J\xf6rg", "FILE_NOT_UTF8", "byte 22"),
        (b"%PDF-1.7 \x00\x01", "FILE_NOT_CSV", "employee_id, email"),
        (b'{"people": []}', "FILE_NOT_CSV", "employee_id, email"),
        (export(cells(), header=HEADER[:-2]), "FILE_NOT_CSV", "missing columns: hire_date, status"),
        (export(cells(), header=[*HEADER, "grade"]), "FILE_NOT_CSV", "columns given twice: grade"),
        (export(cells()) + b'"never closed', "FILE_NOT_CSV", "line 3"),
    ],
    ids=["nothing", "blanks", "utf-16", "latin-1", "pdf", "json", "columns missing", "column twice", "quote"],
)
def test_what_is_no_export_is_refused_whole(data: bytes, reason: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        roster(data)
    assert refused.value.reason == reason
    assert told in refused.value.message


def test_a_file_above_the_limit_is_refused_whole() -> None:
    with pytest.raises(Invalid, match="FILE_TOO_LARGE"):
        roster(b"x" * (LARGEST_FILE + 1))


def test_a_header_without_people_is_an_empty_roster() -> None:
    assert roster(export()) == Roster((), (), 0)


def test_an_employee_may_stand_twice_only_with_the_same_values() -> None:
    found = roster(export(line(1), line(1, title="Other"), line(1)))
    assert [(row.line, row.field, row.reason) for row in found.rejected] == [
        (3, "employee_id", "DUPLICATE_ROW")
    ]
    assert ([row.line for row in found.rows], found.repeats) == ([2], 1)


def test_two_people_cannot_share_an_address() -> None:
    data = export(line(1), line(2) | {"email": "E1@ACME.example"})
    assert reasons(data) == [(3, "email", "DUPLICATE_EMAIL")]


def test_an_address_kept_by_somebody_outside_the_file_is_taken() -> None:
    found = settle(
        collate(read(export(line(1), line(2)))), (), {"e1@acme.example": "e9", "e2@acme.example": "e2"}
    )
    assert [(row.line, row.field, row.reason) for row in found.rejected] == [(2, "email", "DUPLICATE_EMAIL")]


def test_two_people_of_one_file_may_swap_addresses() -> None:
    found = settle(
        collate(read(export(line(1), line(2)))), (), {"e1@acme.example": "e2", "e2@acme.example": "e1"}
    )
    assert found.rejected == ()


def test_a_manager_may_be_on_any_accepted_line_whatever_the_order() -> None:
    found = roster(export(line(1, manager_id="E2"), line(2, manager_id="E3"), line(3, status="terminated")))
    assert [row.id for row in found.rows] == ["e3", "e2", "e1"]


def test_a_manager_on_a_refused_line_is_unknown_and_so_are_all_below() -> None:
    data = export(line(1, manager_id="E2"), line(2, manager_id="E3"), line(3, grade="x"), line(4))
    assert reasons(data) == [
        (2, "manager_id", "UNKNOWN_MANAGER"),
        (3, "manager_id", "UNKNOWN_MANAGER"),
        (4, "grade", "NOT_A_NUMBER"),
    ]


def test_a_manager_who_is_stored_is_known_even_if_their_line_is_refused() -> None:
    assert reasons(export(line(1, manager_id="E2"), line(2, grade="x")), "e2") == [
        (3, "grade", "NOT_A_NUMBER")
    ]


def test_who_manages_themselves_over_others_is_refused_with_those_others() -> None:
    circle = [line(1, manager_id="E2"), line(2, manager_id="E3"), line(3, manager_id="E1")]
    outside = [line(4, manager_id="E1"), line(5)]
    assert reasons(export(*circle, *outside), "e1") == [
        (number, "manager_id", "MANAGER_CYCLE") for number in (2, 3, 4)
    ]


@examples(50)
@given(st.lists(people(), max_size=8))
def test_what_is_written_is_what_is_read(crowd: list[Person]) -> None:
    """Any valid person survives the way through a CSV file: quotes, commas and scripts of all kinds."""
    named = {f"e{number}": replace(state, email=f"e{number}@x.example") for number, state in enumerate(crowd)}
    found = roster(export(*(written(id_, state) for id_, state in named.items())))
    assert {row.id: row.person for row in found.rows} == named


@given(st.lists(st.integers(0, 9), min_size=1, max_size=10))
def test_managers_come_before_their_reports_and_nobody_is_lost(managers: list[int]) -> None:
    """Person n reports to managers[n]; 9 means nobody, and numbers outside the file are unknown."""
    lines = [line(n, manager_id="" if manager == 9 else f"E{manager}") for n, manager in enumerate(managers)]
    found = roster(export(*lines))
    seen: set[str] = {""}
    for row in found.rows:
        assert row.person.manager in seen
        seen.add(row.id)
    assert len(found.rows) + len(found.rejected) == len(managers)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    refusal = whole_refusal(data)
    assert refusal == "" or refusal.startswith("FILE_")


@given(st.lists(st.lists(st.text(max_size=12), max_size=22), max_size=5))
def test_any_cells_under_a_good_header_are_accepted_or_refused_line_by_line(table: list[list[str]]) -> None:
    rows = [dict(zip(HEADER, texts, strict=False)) for texts in table]
    data = export(*rows)
    assert roster(data).total == len(rows)
