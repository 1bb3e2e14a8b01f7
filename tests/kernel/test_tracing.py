import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel import tracing
from tests.kernel.conftest import Lines

HEADER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_traceparent_is_read_and_written_back() -> None:
    trace = tracing.parse(HEADER)
    assert trace == tracing.Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)
    assert trace.header() == HEADER


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00",
        HEADER[:-1],
        HEADER.upper(),
        HEADER.replace("00-", "ff-", 1),
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        HEADER + "x",
    ],
)
def test_a_malformed_traceparent_is_no_parent(header: str | None) -> None:
    assert tracing.parse(header) is None


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert tracing.parse(text) is None or tracing.parse(text) is not None


def test_a_later_version_with_more_parts_is_understood() -> None:
    assert tracing.parse(HEADER.replace("00-", "cc-", 1) + "-what-the-future-brings") is not None


def test_a_child_stays_in_the_trace_and_gets_a_place_of_its_own() -> None:
    parent = tracing.begin(sample=1)
    child = tracing.child(parent)
    assert (child.trace_id, child.sampled) == (parent.trace_id, True)
    assert child.span_id != parent.span_id


def test_only_the_chosen_share_is_sampled() -> None:
    assert not any(tracing.begin(sample=0).sampled for _ in range(100))
    assert all(tracing.begin(sample=1).sampled for _ in range(100))


async def test_sampled_spans_nest_and_are_written_down(lines: Lines) -> None:
    root = tracing.begin(sample=1)
    tracing.attach(root)
    with tracing.span("outer"), tracing.span("inner"):
        seen = tracing.header()
    inner, outer = lines.parsed()
    assert (outer["name"], outer["parent_id"]) == ("outer", root.span_id)
    assert (inner["name"], inner["parent_id"]) == ("inner", outer["span_id"])
    assert seen == f"00-{root.trace_id}-{inner['span_id']}-01"
    assert tracing.current() == root


async def test_an_unsampled_span_leaves_nothing(lines: Lines) -> None:
    trace = tracing.begin()
    tracing.attach(trace)
    with tracing.span("quiet"):
        assert tracing.header() == trace.header()
    assert lines.parsed() == []


@pytest.mark.parametrize("header", [None, "", HEADER[:-2] + "00", "nonsense", HEADER + "x"])
def test_who_is_not_sampled_or_not_understood_is_no_parent_of_a_kept_span(header: str | None) -> None:
    assert tracing.sampled(header) is None


def test_who_is_sampled_is_a_parent() -> None:
    assert tracing.sampled(HEADER) == tracing.parse(HEADER)


async def test_a_failing_block_still_ends_its_span(lines: Lines) -> None:
    root = tracing.begin(sample=1)
    tracing.attach(root)
    with pytest.raises(LookupError), tracing.span("fails"):
        raise LookupError
    assert tracing.current() == root
    assert [line["name"] for line in lines.parsed()] == ["fails"]
