"""The metrics by campaign: what each is called, and how its series come from the figures of the campaigns.

Owns the names, which alerts and dashboards are written against, and the bound on the number of series. The figures are
kept in memory and read at the scrape, which asks nobody.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog
from prometheus_client.core import GaugeMetricFamily

from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.status.figures import CAMPAIGN_STATES, CampaignFigures, RunFigures

MOST_CAMPAIGNS = 2_000
"""With more, Prometheus would keep hundreds of thousands of series, and a scrape would take seconds."""

AT_ONCE = 20
"""Campaigns, or sums, in one piece of a scrape: up to 220 series, which take a millisecond or two."""

OF_ONE_CAMPAIGN = ("name", "campaign_id")
"""The labels that tell campaigns apart. Without them, the series are those of a namespace."""

Sample = tuple[tuple[str, ...], float]
"""The values of the labels after `namespace` and `name`, and the value."""

_Noted = Sequence[tuple[CampaignRef, CampaignFigures]]
_ItemT = TypeVar("_ItemT")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CampaignMetric:
    """One metric. `join` makes one value of those of a namespace."""

    name: str
    documentation: str
    samples: Callable[[CampaignFigures], Iterable[Sample]]
    labels: tuple[str, ...] = ()
    join: Callable[[Iterable[float]], float] = sum


def _of_run(value: Callable[[RunFigures], float]) -> Callable[[CampaignFigures], Iterable[Sample]]:
    return lambda figures: [] if figures.run is None else [((), value(figures.run))]


def _where_known(value: Callable[[CampaignFigures], float | None]) -> Callable[[CampaignFigures], Iterable[Sample]]:
    return lambda figures: [] if (known := value(figures)) is None else [((), known)]


def _states(figures: CampaignFigures) -> Iterator[Sample]:
    for state in CAMPAIGN_STATES:
        yield (state,), float(figures.state == state)


def _windows(figures: CampaignFigures) -> Iterator[Sample]:
    return (((state.value,), count) for state, count in zip(WindowState, figures.windows, strict=False))


CAMPAIGN_METRICS: tuple[CampaignMetric, ...] = (
    CampaignMetric(
        "campaign_info",
        "Always 1, for the campaignID and the runPolicy of a campaign.",
        lambda figures: [((figures.campaign_id, figures.run_policy), 1)],
        ("campaign_id", "run_policy"),
    ),
    CampaignMetric(
        "campaign_state",
        "1 for the state of a campaign, as STATE of kubectl get shows it; 0 for the others.",
        _states,
        ("state",),
    ),
    CampaignMetric(
        "campaign_ready", "Whether the condition Ready of a campaign is True.", lambda f: [((), float(f.is_ready))]
    ),
    CampaignMetric(
        "campaign_stalled",
        "Whether the condition Stalled of a campaign is True: somebody must act.",
        lambda figures: [((), float(figures.is_stalled))],
    ),
    CampaignMetric(
        "campaign_unready_reason",
        "Always 1, for the reason of the condition Ready while it is not True.",
        lambda figures: [] if figures.unready_reason is None else [((figures.unready_reason,), 1)],
        ("reason",),
    ),
    CampaignMetric(
        "run_expected_calls",
        "Completed calls at which the run that STATE shows is Completed.",
        _of_run(lambda run: run.expected_calls),
    ),
    CampaignMetric(
        "run_completed_calls",
        "Completed calls of the run that STATE shows, as the status has them.",
        _of_run(lambda run: run.completed_calls),
    ),
    CampaignMetric(
        "run_attempted_calls",
        "Attempted calls of the run that STATE shows, as the status has them.",
        _of_run(lambda run: run.attempted_calls),
    ),
    CampaignMetric(
        "run_first_start_timestamp_seconds",
        "First start of a window of the run that STATE shows, in seconds since 1970.",
        _of_run(lambda run: run.first_start),
        join=min,
    ),
    CampaignMetric(
        "run_last_end_timestamp_seconds",
        "Last end of a window of the run that STATE shows, in seconds since 1970.",
        _of_run(lambda run: run.last_end),
        join=max,
    ),
    CampaignMetric(
        "windows",
        "Windows by state, of the runs that have not ended: unfinished, or with a window that is not past.",
        _windows,
        ("state",),
    ),
    CampaignMetric(
        "next_run_timestamp_seconds",
        "Next start of a run, in seconds since 1970; absent while none is planned or the campaign is suspended.",
        _where_known(lambda figures: figures.next_run),
        join=min,
    ),
    CampaignMetric(
        "last_run_end_timestamp_seconds",
        "When the run that finished last was Completed, TimedOut or Failed, in seconds since 1970.",
        _where_known(lambda figures: figures.last_run_end),
        join=max,
    ),
    CampaignMetric(
        "webhook_pending",
        "Whether a webhook of a finished run is not delivered yet.",
        lambda figures: [((), float(figures.webhook_is_pending))],
    ),
)
"""One row each, in the order in which they are served and documented."""


class CampaignMetrics:
    """The figures of the campaigns that this replica works on. `per_campaign`: whether series name a campaign."""

    def __init__(self, *, per_campaign: bool = True, most_campaigns: int = MOST_CAMPAIGNS) -> None:
        self._per_campaign = per_campaign
        self._most_campaigns = most_campaigns
        self._figures: dict[CampaignRef, CampaignFigures] = {}
        self._ends = False

    def note(self, ref: CampaignRef, figures: CampaignFigures) -> None:
        """The figures of a campaign, from now on."""
        if self._ends:
            return
        self._figures[ref] = figures
        if self._per_campaign and len(self._figures) > self._most_campaigns:
            # for good: a number that goes up and down would make a metric of two kinds
            self._per_campaign = False
            _log.warning(
                "too many campaigns for metrics by campaign; until the operator starts again, they are by namespace",
                most_campaigns=self._most_campaigns,
            )

    def forget(self, ref: CampaignRef) -> None:
        """The campaign is gone, or no business of this replica."""
        self._figures.pop(ref, None)

    def end(self) -> None:
        """This replica leads no longer: from now on another one has the figures."""
        self._ends = True
        self._figures = {}

    def pieces(self) -> Iterator[GaugeMetricFamily]:
        """All series as they are now, in pieces of some milliseconds: those of one metric come one after another. A
        piece may be without a series.
        """
        figures = list(self._figures.items())
        pieces = _by_campaign if self._per_campaign else _by_namespace
        for metric in CAMPAIGN_METRICS:
            yield from pieces(metric, figures)


def family_name(metric: CampaignMetric) -> str:
    """The name as it is served."""
    return f"campaign_operator_{metric.name}"


def _by_campaign(metric: CampaignMetric, figures: _Noted) -> Iterator[GaugeMetricFamily]:
    labels = ("namespace", "name", *metric.labels)
    yield _family(metric, labels)
    for some in _cut(figures):
        family = _family(metric, labels)
        for ref, its in some:
            for values, value in metric.samples(its):
                family.add_metric((ref.namespace, ref.name, *values), value)
        yield family


def _by_namespace(metric: CampaignMetric, figures: _Noted) -> Iterator[GaugeMetricFamily]:
    kept = [place for place, label in enumerate(metric.labels) if label not in OF_ONE_CAMPAIGN]
    labels = ("namespace", *(metric.labels[place] for place in kept))
    every: dict[tuple[str, ...], float] = {}
    for some in _cut(figures):
        for ref, its in some:
            for values, value in metric.samples(its):
                key = (ref.namespace, *(values[place] for place in kept))
                every[key] = metric.join((every[key], value)) if key in every else value
        yield _family(metric, labels)
    yield _family(metric, labels)
    for joined in _cut([*every.items()]):
        family = _family(metric, labels)
        for names, value in joined:
            family.add_metric(names, value)
        yield family


def _cut(items: Sequence[_ItemT]) -> Iterator[Sequence[_ItemT]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _family(metric: CampaignMetric, labels: Sequence[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(family_name(metric), metric.documentation, labels=labels)
