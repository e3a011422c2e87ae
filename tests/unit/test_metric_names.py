"""Names, units, help texts and first values of all metrics."""

from collections.abc import Iterator

import pytest
from metric_rules import broken_rules
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, Metric, generate_latest
from prometheus_client.registry import Collector

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.status.figures import CampaignFigures, RunFigures
from campaign_operator.observability import metrics
from campaign_operator.observability.campaign_metrics import CampaignMetrics

EVERYTHING = CampaignFigures(
    unready_reason="WindowHeld", run=RunFigures(2, 1, 1, 0.0, 1.0), windows=(1,) * 10, next_run=1.0, last_run_end=1.0
)


def all_metrics() -> str:
    """As they are scraped, with a campaign of which everything is known."""
    by_campaign = CampaignMetrics()
    by_campaign.note(CampaignRef("sales", "one"), EVERYTHING)
    return generate_latest(REGISTRY).decode() + "".join(map(_shown, by_campaign.pieces()))


def _shown(piece: Metric) -> str:
    registry = CollectorRegistry()
    registry.register(Only(piece))
    return generate_latest(registry).decode() if piece.samples else ""


class Only(Collector):
    """One metric."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> list[Metric]:
        return [self._metric]


def test_all_metrics_keep_the_rules_of_prometheus() -> None:
    assert "campaign_operator_submissions_total" in all_metrics()
    assert broken_rules(all_metrics()) == []


@pytest.mark.parametrize(
    ("exposition", "broken"),
    [
        ("# HELP a_b Help.\n# TYPE a_b counter\na_b 1\n", ["a_b: ends with _total, or a counter that does not"]),
        ("# HELP a_total Help.\n# TYPE a_total gauge\na_total 1\n", True),
        ("# TYPE a_seconds gauge\na_seconds 1\n", ["a_seconds: has no help"]),
        ("# HELP a_minutes Help.\n# TYPE a_minutes gauge\na_minutes 1\n", True),
        ("# HELP a_gauge Help.\n# TYPE a_gauge gauge\na_gauge 1\n", True),
        ("# HELP a_count Help.\n# TYPE a_count gauge\na_count 1\n", True),
        ('# HELP a Help.\n# TYPE a gauge\na{runPolicy="x"} 1\n', ["a: has the label runPolicy"]),
    ],
)
def test_a_broken_rule_is_found(exposition: str, broken: list[str] | bool) -> None:
    found = broken_rules(exposition)
    assert found == broken if isinstance(broken, list) else found


def of_the_operator() -> Iterator[Metric]:
    """Its own, as they are before anything has happened in this process, or after."""
    for family in REGISTRY.collect():
        if family.name.startswith("campaign_operator_"):
            yield family


WITHOUT_VALUES = {"campaign_operator_namespace_watched", "campaign_operator_watch_age_seconds"}
"""Their label names the namespaces that are watched."""


def test_every_series_that_is_known_has_begun() -> None:
    """Or `rate` and `increase` would not see its first event."""
    empty = {family.name for family in of_the_operator() if not family.samples}
    assert empty <= WITHOUT_VALUES


def test_no_metric_has_a_second_series_for_when_it_began() -> None:
    assert "_created" not in generate_latest(REGISTRY).decode()


def test_no_operators_metric_names_a_campaign() -> None:
    labels = {label for family in of_the_operator() for sample in family.samples for label in sample.labels}
    assert labels <= {"action", "call", "outcome", "reason", "verb", "le", "version", "python_version", "namespace"}


@pytest.mark.parametrize(
    ("histogram", "least", "most"),
    [
        (metrics.dialer_request_duration, 0.005, 60),
        (metrics.api_request_duration, 0.005, 15),
        (metrics.alarm_lateness, 0.1, 600),
    ],
)
def test_buckets_fit_what_is_measured(histogram: Histogram, least: float, most: float) -> None:
    (family,) = histogram.collect()
    bounds = {float(sample.labels["le"]) for sample in family.samples if "le" in sample.labels}
    assert (min(bounds), sorted(bounds)[-2]) == (least, most)
