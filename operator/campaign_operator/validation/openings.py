"""Which zones a campaign would never call: those in which no match of `cron` lies inside an opening, for a year.

Goes from opening to opening and asks for the first match in each, so that the work does not grow with the number of
matches: at most 367 openings for a zone, and in all what `_MOST_OPENINGS` allows. What is beyond that is not judged.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from zoneinfo import ZoneInfo

from campaign_operator.api.vocabulary import StartMode
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.calling_hours import Opening, openings_from
from campaign_operator.domain.planning.cron_matches import next_match
from campaign_operator.domain.planning.windows import first_local_placed_from, place
from campaign_operator.domain.planning.zones import load_zone

_MOST_OPENINGS = 20_000


@dataclass(frozen=True, slots=True)
class NeverCalled:
    """Zones that are skipped in every run, in the order given. `complete`: all zones were judged."""

    zones: tuple[str, ...]
    complete: bool


def zones_never_called(blueprint: Blueprint, zones: Iterable[str], now: datetime) -> NeverCalled:
    """Those of the zones that would be skipped in every run from `now` on, for 366 days."""
    match_from = cache(partial(next_match, blueprint.inputs.schedule))  # in ContactLocal all zones ask for the same
    still_allowed = iter(range(_MOST_OPENINGS))
    never: list[str] = []
    for name in zones:
        clock = load_zone(
            name if blueprint.inputs.start_mode is StartMode.CONTACT_LOCAL else blueprint.inputs.time_zone
        )
        openings = openings_from(blueprint.inputs.calling_hours, load_zone(name), now)
        try:
            called = _has_a_match(
                (opening for _, opening in zip(still_allowed, openings, strict=False)), clock, match_from
            )
        except InvalidSpecError:  # the last match of the calendar
            return NeverCalled((), complete=False)
        if next(still_allowed, None) is None:
            return NeverCalled(tuple(never), complete=False)
        if not called:
            never.append(name)
    return NeverCalled(tuple(never), complete=True)


def _has_a_match(openings: Iterable[Opening], clock: ZoneInfo, match_from: Callable[[datetime], datetime]) -> bool:
    """Whether a match of cron, placed on that clock, lies inside one of the openings, which are in order."""
    match: datetime | None = None
    for opening in openings:
        if match is None or match < opening.start:
            match = place(match_from(first_local_placed_from(opening.start, clock)), clock).instant
        if match < opening.end:
            return True
    return False
