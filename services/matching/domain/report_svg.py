"""A report as one picture for people: what was reached, who got which choice, how seats are spread.

Plain SVG without scripts or outside references, readable by itself and by screen readers.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

from services.matching.domain.plan import Bar, GroupShare, Report
from services.matching.domain.report_csv import percent

WIDTH: Final = 960
PANEL: Final = 448
ROW: Final = 26
MOST_GROUPS: Final = 24
"""Groups drawn: those that are matched least often."""

_INK, _SOFT, _BLUE, _RAIL = "#1d2733", "#5a6675", "#2f6fb3", "#e6eaf0"
_SVG: Final = "http://www.w3.org/2000/svg"
_STYLE: Final = (
    f"text{{font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:14px;fill:{_INK}}}"
    f".head{{font-size:22px;font-weight:600}}.part{{font-size:16px;font-weight:600}}.soft{{fill:{_SOFT}}}"
    ".end{text-anchor:end}.mid{text-anchor:middle}"
)


class Spot(NamedTuple):
    """A place on the picture, from its upper left corner."""

    x: int
    y: int


def report_svg(report: Report) -> str:
    """Draw a report; its width is 960, its height grows with the groups."""
    groups = sorted(report.groups, key=_share)
    shown = groups[:MOST_GROUPS]
    height = 460 + ROW * len(shown) + (ROW if len(groups) > len(shown) else 0)
    return "\n".join(
        (
            f'<svg xmlns="{_SVG}" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{_headline(report)}</title>',
            f'<desc id="desc">{_told(report)}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            *_header(report),
            *_columns(Spot(24, 176), "Rank of the mentor, for the mentee", report.ranks),
            *_columns(Spot(24 + PANEL + 16, 176), "Mentees per mentor", report.loads),
            *_groups(Spot(24, 416), shown, len(groups) - len(shown)),
            "</svg>\n",
        )
    )


def _headline(report: Report) -> str:
    return (
        f"{report.mode.capitalize()} matching: {report.matched:,} of {report.mentees:,} mentees have a mentor"
    )


def _told(report: Report) -> str:
    facts = [f"{name} {value}" for name, value in _facts(report)]
    ranks = [f"{count} have a mentor of rank {name}" for name, count in _named(report.ranks)]
    loads = [f"{count} mentors have {name} mentees" for name, count in _named(report.loads)]
    groups = [f"{_label(one)} {one.matched} of {one.mentees}" for one in report.groups]
    return _clean("; ".join((*facts, *ranks, *loads, *groups)) + ".")


def _facts(report: Report) -> list[tuple[str, str]]:
    reached = (
        report.total_score_ppm * 1_000_000 // report.best_total_ppm if report.best_total_ppm else 1_000_000
    )
    return [
        ("Seats taken", f"{report.matched:,} of {report.seats:,}"),
        (
            "Score, mentee / mentor",
            f"{percent(report.mean_mentee_ppm)} / {percent(report.mean_mentor_ppm)} %",
        ),
        ("Of the best total", f"{percent(reached)} % or more"),
        ("Would rather swap", f"{report.blocking_pairs:,} pairs"),
        ("Lowest to highest group", f"{percent(report.group_ratio_ppm)} %"),
    ]


def _header(report: Report) -> Iterator[str]:
    yield _text(Spot(24, 44), _headline(report), "head")
    fell = " The promise could not be kept at a gain: this is the stable result." if report.fell_back else ""
    yield _text(Spot(24, 70), f"Seed {report.seed}, result {report.result_digest[:12]}.{fell}", "soft")
    for place, (name, value) in enumerate(_facts(report)):
        x = 24 + place * 184
        yield _text(Spot(x, 108), name, "soft")
        yield _text(Spot(x, 132), value, "part")


def _columns(at: Spot, name: str, bars: Sequence[Bar]) -> Iterator[str]:
    """Draw a distribution as upright bars with their counts above and their ranges below."""
    yield _text(Spot(at.x, at.y), name, "part")
    yield _line(Spot(at.x, at.y + 172), PANEL - 24)
    most, step = max((bar.count for bar in bars), default=0), (PANEL - 24) // max(len(bars), 6)
    for place, (label, count) in enumerate(_named(bars)):
        height = count * 124 // most if most else 0
        left, foot = at.x + place * step, at.y + 172
        yield _box(Spot(left + 3, foot - height), (step - 6, height), _BLUE)
        yield _text(Spot(left + step // 2, foot - height - 6), f"{count:,}", "mid")
        yield _text(Spot(left + step // 2, foot + 20), label, "mid soft")


def _groups(at: Spot, groups: Sequence[GroupShare], more: int) -> Iterator[str]:
    """Draw the share of each group that is matched, the lowest first."""
    yield _text(at, "Matched by group, lowest share first", "part")
    for place, one in enumerate(groups):
        line = at.y + 30 + place * ROW
        yield _text(Spot(at.x + 230, line), _short(_label(one)), "end")
        yield _box(Spot(at.x + 244, line - 13), (460, 16), _RAIL)
        yield _box(Spot(at.x + 244, line - 13), (460 * _share(one) // 1_000_000, 16), _BLUE)
        yield _text(
            Spot(at.x + 716, line), f"{percent(_share(one))} %  ({one.matched:,} of {one.mentees:,})", "soft"
        )
    if more:
        line = at.y + 30 + len(groups) * ROW
        yield _text(Spot(at.x + 244, line), f"and {more} more groups with higher shares", "soft")


def _named(bars: Sequence[Bar]) -> Iterator[tuple[str, int]]:
    """Name bars by the values that they hold: one, or all above the bar before up to one."""
    before = -1 if bars and bars[0].value == 0 else 0
    for bar in bars:
        above = "" if bar.value == before + 1 else "\N{LESS-THAN OR EQUAL TO}"
        yield f"{above}{bar.value}", bar.count
        before = bar.value


def _share(group: GroupShare) -> int:
    return group.matched * 1_000_000 // group.mentees


def _label(group: GroupShare) -> str:
    return group.label or "(small groups, not stated)"


def _short(label: str) -> str:
    return label if len(label) <= 30 else f"{label[:29]}\N{HORIZONTAL ELLIPSIS}"


def _text(at: Spot, words: str, kind: str) -> str:
    return f'<text x="{at.x}" y="{at.y}" class="{kind}">{_clean(words)}</text>'


def _clean(words: str) -> str:
    """Make text of it, without what XML has no place for."""
    return escape("".join(letter for letter in words if letter.isprintable()))


def _box(at: Spot, size: tuple[int, int], fill: str) -> str:
    return f'<rect x="{at.x}" y="{at.y}" width="{size[0]}" height="{size[1]}" rx="2" fill="{fill}"/>'


def _line(at: Spot, width: int) -> str:
    return f'<line x1="{at.x}" y1="{at.y}" x2="{at.x + width}" y2="{at.y}" stroke="{_SOFT}"/>'
