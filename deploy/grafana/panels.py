"""What every dashboard is made of: one data source, panels of one size that say what they show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, dashboard, prometheus, timeseries
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
HEIGHT = 8
SPAN = 8
"""Of the 24 columns of a dashboard: three panels beside each other."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph. `lines` maps a legend, in which `{{label}}` is a label's value, to its PromQL.

    `unit` is Grafana's name of it.
    """

    title: str
    about: str
    lines: Mapping[str, str]
    unit: str = "short"


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Page:
    """One dashboard; `uid` is its file's name. `per_service`: `$service` chooses what its panels ask for."""

    uid: str
    title: str
    rows: Sequence[Row]
    per_service: bool = False

    def build(self) -> dashboard.Dashboard:
        """Return Grafana's own form."""
        made = (
            dashboard.Dashboard(self.title)
            .uid(self.uid)
            .tags(["mentoring"])
            .refresh("30s")
            .time("now-3h", "now")
            .readonly()
            .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        )
        if self.per_service:
            made.with_variable(_services())
        for row in self.rows:
            made.with_row(dashboard.Row(row.title))
            for panel in row.panels:
                made.with_panel(_graph(panel))
        return made


def _services() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("service")
        .label("Service")
        .datasource(SOURCE)
        .query("label_values(build_info, service)")
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
    )


def _graph(panel: Panel) -> timeseries.Panel:
    legend = (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
    )
    made = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.about)
        .datasource(SOURCE)
        .unit(panel.unit)
        .min(0)
        .height(HEIGHT)
        .span(SPAN)
        .legend(legend)
    )
    for place, (name, expression) in enumerate(panel.lines.items()):
        query = prometheus.Dataquery().expr(expression).legend_format(name).ref_id(chr(ord("A") + place))
        made.with_target(query)
    return made
