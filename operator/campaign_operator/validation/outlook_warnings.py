"""What `validate` says of the runs to come: matches that are passed over, windows too short, windows too many.

Each names how far it looked, the cause, and what helps.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import (
    MAX_RUNS,
    MAX_RUNS_IN_GRACE,
    MAX_WINDOWS_AHEAD,
    Adjustment,
    MatchSkipReason,
    RunPolicy,
)
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.calling_hours import ZoneHours
from campaign_operator.validation.findings import FieldError, warning_in_spec
from campaign_operator.validation.outlook import Outlook, is_a_holiday
from campaign_operator.wording import listed

MOST_RUNS_AHEAD = MAX_RUNS - MAX_RUNS_IN_GRACE - 1
"""Beside those that wait for calls and the last that is over."""

_SHORT = timedelta(minutes=15)
_WEEK = timedelta(weeks=1)


def warnings_of_outlook(outlook: Outlook, spec: OutboundCampaignSpec, blueprint: Blueprint) -> Iterator[FieldError]:
    """What is surely not meant, and the one thing that cannot be."""
    yield from _of_past_zones(outlook, spec)
    yield from _of_open_windows(outlook)
    yield from _of_open_runs(outlook)
    if spec.run_policy is RunPolicy.RECURRING:  # a single run just takes the first match that is open
        yield from _of_closed_matches(outlook, blueprint)
    yield from _of_short_windows(outlook, blueprint)
    yield from _of_too_much_ahead(outlook)


def _of_past_zones(outlook: Outlook, spec: OutboundCampaignSpec) -> Iterator[FieldError]:
    """Only where more than a week is lost: else the warning would come and go with the time of day."""
    first_run = outlook.plans[0]
    for each in first_run.skipped_matches:
        if each.reason is not MatchSkipReason.START_PASSED or first_run.nominal_time - each.first <= _WEEK:
            continue
        remedy = (
            "set pastZones: Skip to call the other time zones first"
            if spec.run_policy is RunPolicy.RECURRING
            else "move these contacts to a campaign of their own"
        )
        zones = listed(outlook.zones(each.time_zones))
        yield warning_in_spec(
            ("cron",),
            f"the match {each.first:%Y-%m-%dT%H:%M} is already past in {zones}, so the first run is that of "
            f"{first_run.nominal_time:%Y-%m-%dT%H:%M}; {remedy}",
        )


def _of_open_windows(outlook: Outlook) -> Iterator[FieldError]:
    found = list(outlook.passed_over(MatchSkipReason.WINDOW_OPEN))
    if found:
        zones = listed(outlook.zones(tuple(zone for each in found for zone in each.time_zones)))
        yield warning_in_spec(
            ("windowSeconds",),
            f"{_how_many(outlook, sum(each.count for each in found))} are skipped, starting with "
            f"{found[0].first:%Y-%m-%dT%H:%M}, because an earlier window is still open in {zones}; reduce "
            "windowSeconds, or let cron match less often and within the calling hours",
        )


def _of_open_runs(outlook: Outlook) -> Iterator[FieldError]:
    found = list(outlook.passed_over(MatchSkipReason.CONCURRENCY_POLICY))
    if found:
        yield warning_in_spec(
            ("concurrencyPolicy",),
            f"{_how_many(outlook, sum(each.count for each in found))} are skipped, starting with "
            f"{found[0].first:%Y-%m-%dT%H:%M}, because an earlier run has not ended in every time zone; set Allow, or "
            "let cron match less often",
        )


def _of_closed_matches(outlook: Outlook, blueprint: Blueprint) -> Iterator[FieldError]:
    """Excluded dates and holidays are left out: nobody is to be called on them."""
    in_use, narrowed_by = blueprint.rules_in_use, blueprint.inputs.calling_hours.narrowed_by
    found = [each for each in outlook.passed_over(MatchSkipReason.NOTHING_OPEN) if not is_a_holiday(blueprint, each)]
    by_day = [each for each in found if not any(rules.spans_on(each.first.date()) for rules in in_use)]
    by_hour = [each for each in found if any(rules.spans_on(each.first.date()) for rules in in_use)]
    if by_day:
        yield warning_in_spec(
            ("callingHours", "days"),
            f"{_how_many(outlook, sum(each.count for each in by_day))} call nobody, starting with "
            f"{by_day[0].first:%a %Y-%m-%dT%H:%M}, because that day is closed{narrowed_by}; let cron match on open "
            "days",
        )
    if by_hour:
        yield warning_in_spec(
            ("cron",),
            f"{_how_many(outlook, sum(each.count for each in by_hour))} call nobody, starting with "
            f"{by_hour[0].first:%Y-%m-%dT%H:%M}, because {_why_closed(in_use)}{narrowed_by}; let cron match before "
            "they end, or extend them",
        )


def _why_closed(in_use: Sequence[ZoneHours]) -> str:
    if len(in_use) > 1:
        return "it is outside the calling hours of every time zone"
    return f"the calling hours are {in_use[0].text}"


def _of_short_windows(outlook: Outlook, blueprint: Blueprint) -> Iterator[FieldError]:
    """Those that the close makes short; who writes a short windowSeconds means it."""
    windows = list(outlook.called())
    cut = [window for window in windows if Adjustment.CLIPPED_AT_CLOSING in window.adjustments]
    short = [window for window in cut if window.end - window.start < _SHORT]
    if short:
        length = min(window.end - window.start for window in short)
        zones = listed(outlook.zones(tuple(window.time_zone for window in short)))
        which = "all windows" if len(short) == len(windows) else "some windows"
        yield warning_in_spec(
            ("windowSeconds",),
            f"{which} of {outlook.horizon} in {zones} are shorter than 15 minutes (the shortest: "
            f"{length.total_seconds() / 60:g}), because the calling hours end"
            f"{blueprint.inputs.calling_hours.narrowed_by}; let cron match earlier, or extend the calling hours",
        )


def _of_too_much_ahead(outlook: Outlook) -> Iterator[FieldError]:
    ahead = tuple(outlook.ahead())
    by_windows, by_runs = max(ahead, key=lambda each: each.windows), max(ahead, key=lambda each: each.runs)
    if by_windows.windows > MAX_WINDOWS_AHEAD:
        yield _too_much(by_windows.windows, "windows", MAX_WINDOWS_AHEAD, by_windows.nominal_time)
    if by_runs.runs > MOST_RUNS_AHEAD:
        yield _too_much(by_runs.runs, "runs", MOST_RUNS_AHEAD, by_runs.nominal_time)


def _too_much(found: int, what: str, most: int, at: datetime) -> FieldError:
    return FieldError(
        ("spec", "cron"),
        f"{found} {what} would not have ended at the start of the run of {at:%Y-%m-%dT%H:%M}, but at most {most} are "
        "allowed; let cron match less often, or move some time zones to a campaign of their own",
    )


def _how_many(outlook: Outlook, count: int) -> str:
    return f"{count} of {outlook.horizon}"
