"""How long windows are Uncertain, as somebody sees it who watches the campaigns.

Pure. Times are seconds of any clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from e2e_world import Manifest

Window = tuple[str, str, str]
"""Campaign, run and time zone."""


@dataclass(frozen=True)
class Span:
    """From the event in which a window is Uncertain to the event in which it is no longer."""

    window: Window
    begun: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long that was."""
        return self.ended - self.begun


@dataclass
class Uncertainty:
    """What the events of a watch have told so far."""

    spans: list[Span] = field(default_factory=list)
    _begun: dict[Window, float] = field(default_factory=dict)

    def saw(self, campaign: Manifest, at: float) -> None:
        """An event: the campaign as it is at that time."""
        states = dict(_states(campaign))
        for window, state in states.items():
            if state == "Uncertain":
                self._begun.setdefault(window, at)
        for window in [w for w in self._begun if w[0] == campaign["metadata"]["name"]]:
            if states.get(window) != "Uncertain":
                self.spans.append(Span(window, self._begun.pop(window), at))


def _states(campaign: Manifest) -> Iterator[tuple[Window, str]]:
    for run in campaign.get("status", {}).get("runs", []):
        for window in run["windows"]:
            yield (campaign["metadata"]["name"], run["id"], window["timeZone"]), window["state"]
