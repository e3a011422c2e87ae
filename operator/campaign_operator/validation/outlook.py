"""The runs of the next year, as the operator would plan them one after the other, and what they add up to.

Owns how far `validate` looks: 366 days or 2,000 matches of `cron`, whichever comes first, so that its warnings do not
come and go with the day of the week. Zones with the same hours whose clocks show the same for all of that
time are planned as one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from campaign_operator.api.vocabulary import MatchSkipReason
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.cron_matches import dates_of_matches
from campaign_operator.domain.planning.plan import PlannedWindow, RunPlan, SkippedMatches, Taken
from campaign_operator.domain.planning.shared_clocks import zones_by_clock

MOST_MATCHES = 2_000
_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Ahead:
    """How many windows are not over when a run starts, its own included, and of how many runs."""

    nominal_time: datetime
    windows: int
    runs: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """The runs, and of the zones that share a clock which stands for which. `matches` is how many were looked at."""

    plans: tuple[RunPlan, ...]
    zones_by_clock: Mapping[str, tuple[str, ...]]
    matches: int

    @property
    def horizon(self) -> str:
        """How far it looks, in words."""
        matches = "match" if self.matches == 1 else "matches"
        return f"the {self.matches} {matches} of cron until {self.plans[-1].nominal_time:%Y-%m-%d}"

    def zones(self, clocks: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
        """All zones that these stand for, by name."""
        return tuple(sorted({zone for clock in clocks for zone in self.zones_by_clock[clock]}))

    def passed_over(self, reason: MatchSkipReason) -> Iterator[SkippedMatches]:
        """What is passed over for that reason before each run."""
        for plan in self.plans:
            yield from (each for each in plan.skipped_matches if each.reason is reason)

    def called(self) -> Iterator[PlannedWindow]:
        """The windows of all runs in which somebody is called."""
        for plan in self.plans:
            yield from (window for window in plan.windows if not window.is_skipped)

    def ahead(self) -> Iterator[Ahead]:
        """What is ahead at the start of each run."""
        standing: list[tuple[datetime, int, str]] = []
        for plan in self.plans:
            windows = [window for window in plan.windows if not window.is_skipped]
            first = min(window.start for window in windows)
            standing = [each for each in standing if each[0] > first]
            standing += [(w.end, len(self.zones_by_clock[w.time_zone]), plan.run_id) for w in windows]
            of_runs = {run_id for _, _, run_id in standing}
            yield Ahead(plan.nominal_time, sum(zones for _, zones, _ in standing), len(of_runs))


def look_ahead(blueprint: Blueprint, now: datetime, lead_seconds: float, *, recurring: bool) -> Outlook:
    """The runs to come, one only unless they recur. Raises InvalidSpecError where there is none."""
    by_clock: dict[str, tuple[str, ...]] = {}
    for _, zones in blueprint.inputs.calling_hours.by_rules(blueprint.inputs.contacts_by_zone):
        by_clock |= zones_by_clock(zones, now, 2 * _YEAR.days)
    contacts = {
        clock: sum(blueprint.inputs.contacts_by_zone[zone] for zone in zones) for clock, zones in by_clock.items()
    }
    drawn = replace(blueprint, inputs=replace(blueprint.inputs, contacts_by_zone=contacts))
    plans = [drawn.plan(now, lead_seconds)]
    taken, matches = Taken(), _matches(plans[0])
    while recurring and matches < MOST_MATCHES:
        taken = taken.with_run(plans[-1])
        try:
            plan = drawn.plan(now, lead_seconds, taken)
        except InvalidSpecError:  # no match is left
            break
        if plan.nominal_time - plans[0].nominal_time > _YEAR:
            break
        plans.append(plan)
        matches += _matches(plan)
    return Outlook(tuple(plans), by_clock, matches)


def is_a_holiday(blueprint: Blueprint, skipped: SkippedMatches) -> bool:
    """Whether all of the matches are on dates that are closed in every zone, which is what such dates are for."""
    days = (skipped.last.date() - skipped.first.date()).days
    dates = dates_of_matches(blueprint.inputs.schedule, skipped.first.date(), days)
    return all(rules.is_closed_date(day) for day in dates for rules in blueprint.rules_in_use)


def _matches(plan: RunPlan) -> int:
    return 1 + sum(each.count for each in plan.skipped_matches)
