"""However hostile an entry's text is, a file of entries stays a file of entries."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.audit import wire
from services.kernel.audit.entry import Change
from tests.kernel.audit.chain import entry

HOSTILE = ["a\nb", "a\r\nb", "\x1b[31mred", "\u202egnp.exe", "\u2028", '"} {"', "\0", "a,b;c"]


@given(st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_an_entry_is_one_line_of_json_and_shows_what_it_holds(text: str) -> None:
    line = wire.json_line(entry(1, agent=text, resources=[text]))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    read = json.loads(line)
    assert (read["agent"], read["resources"]) == (text, [text])


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u061c"])
def test_nothing_turns_the_order_of_a_line_on_a_screen(sign: str) -> None:
    for encode in (wire.json_line, wire.csv_row):
        assert sign not in encode(entry(1, agent=f"a{sign}b")).decode()


@given(st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]))))
def test_an_entry_is_one_row_of_csv(text: str) -> None:
    file = (wire.csv_header() + wire.csv_row(entry(1, agent=text, caller=text))).decode()
    rows = list(csv.DictReader(io.StringIO(file, newline="")))
    assert len(rows) == 1
    assert (rows[0]["id"], rows[0]["call"]) == ("e1", "call-1")


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd"])
def test_no_cell_is_a_formula(formula: str) -> None:
    read = csv.DictReader(io.StringIO((wire.csv_header() + wire.csv_row(entry(1, agent=formula))).decode()))
    assert next(read)["agent"].startswith("'")


def test_changes_are_told_in_a_cell() -> None:
    row = wire.csv_row(entry(1, changes=[Change("goals", "g-1", 0, 1), Change("pairs", "p-2", 4, 5)]))
    assert b"goals/g-1@0-1;pairs/p-2@4-5" in row
