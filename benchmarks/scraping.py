"""Metrics in the text format of Prometheus, as the operator, the API server and etcd serve them.

Owns their reading, and the sum over labels. Knows nothing of what a metric means.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scrape:
    """All samples at one moment, as (name, labels, value)."""

    samples: tuple[tuple[str, Labels, float], ...]

    def since(self, before: "Scrape") -> "Scrape":
        """What has been added to each sample since then."""
        earlier = {(name, frozenset(labels.items())): value for name, labels, value in before.samples}
        return Scrape(
            tuple(
                (name, labels, value - earlier.get((name, frozenset(labels.items())), 0.0))
                for name, labels, value in self.samples
            )
        )

    def total(self, name: str, matching: Callable[[Labels], bool] = lambda _: True, **labels: str) -> float:
        """The sum of the samples of that name with these labels; 0 where there is none."""
        return sum(
            value
            for sample, its, value in self.samples
            if sample == name and labels.items() <= its.items() and matching(its)
        )

    def by(self, name: str, *labels: str, matching: Callable[[Labels], bool] = lambda _: True) -> dict[str, float]:
        """The sums of the samples of that name for each combination of these labels, their values joined by spaces."""
        sums: dict[str, float] = {}
        for sample, its, value in self.samples:
            if sample == name and matching(its):
                key = " ".join(its.get(label, "") for label in labels)
                sums[key] = sums.get(key, 0.0) + value
        return sums


def read(text: str, *names: str) -> Scrape:
    """The samples of an exposition; of these metrics only, where some are named: an API server has thousands."""
    if names:
        text = "".join(f"{line}\n" for line in text.splitlines() if line.startswith(names))
    families = text_string_to_metric_families(text)
    return Scrape(tuple((s.name, s.labels, s.value) for family in families for s in family.samples))


async def scrape(client: httpx.AsyncClient, url: str, *names: str) -> Scrape:
    """Read what is served there."""
    return read((await client.get(url)).raise_for_status().text, *names)
