"""What is allowed and surely not meant.

Owns the warnings of `validate`. Each says what will happen and how it is written otherwise. None of them stops a
manifest: someone may mean just that.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import Outside, RunPolicy, StartMode
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.validation.findings import FieldError, warning_in_spec
from campaign_operator.validation.hours_warnings import warnings_of_hours
from campaign_operator.validation.openings import zones_never_called
from campaign_operator.validation.outlook import look_ahead
from campaign_operator.validation.outlook_warnings import warnings_of_outlook
from campaign_operator.wording import counted, listed, quoted

_DAY_SECONDS = 86_400
_SOON = timedelta(days=30)
_SIZES = (("minute", 60), ("hour", 24), ("day of month", 31), ("month", 12), ("day of week", 7))


def warnings_of_spec(
    spec: OutboundCampaignSpec, blueprint: Blueprint, zones: Sequence[str], now: datetime, lead_seconds: float
) -> Iterator[FieldError]:
    """The warnings about a spec that can be planned. `zones`: of its contacts; none where they are not known."""
    for message in (*_of_steps(spec.cron), *_of_day_fields(spec.cron, blueprint)):
        yield warning_in_spec(("cron",), message)
    yield from _of_long_windows(spec, blueprint)
    if zones:
        outlook = look_ahead(blueprint, now, lead_seconds, recurring=spec.run_policy is RunPolicy.RECURRING)
        yield from warnings_of_outlook(outlook, spec, blueprint)
    yield from _of_the_calendar(spec, blueprint, now)
    yield from warnings_of_hours(spec.calling_hours, zones, now)
    yield from _of_signs(spec, blueprint, zones)
    yield from _of_zones_never_called(blueprint, zones, now)


def _of_signs(spec: OutboundCampaignSpec, blueprint: Blueprint, zones: Sequence[str]) -> Iterator[FieldError]:
    contacts = spec.contacts or ()
    first_of_zone = {contact.time_zone: index for index, contact in reversed(list(enumerate(contacts)))}
    for index in sorted(first_of_zone.values()):
        for message in _of_zone(contacts[index].time_zone):
            yield warning_in_spec(("contacts", index, "timeZone"), message)
    for zone in zones if spec.contacts_from is not None else ():
        for message in _of_zone(zone):
            yield warning_in_spec(("contactsFrom",), message)
    for message in _of_zone(blueprint.inputs.time_zone):
        yield warning_in_spec(("timeZone",), message)


def _of_zones_never_called(blueprint: Blueprint, zones: Sequence[str], now: datetime) -> Iterator[FieldError]:
    """`outside: Skip` with a cron that is never inside."""
    if blueprint.inputs.calling_hours.outside is not Outside.SKIP:
        return
    never = zones_never_called(blueprint, zones, now)
    if never.zones:
        shown = listed(never.zones, at_least=not never.complete)
        yield warning_in_spec(
            ("callingHours", "outside"),
            f"Skip leaves {shown} out of every run of the next year, because no match of "
            "cron is within the calling hours there; let cron match at other times, add hours or days, or set Defer",
        )


def _of_long_windows(spec: OutboundCampaignSpec, blueprint: Blueprint) -> Iterator[FieldError]:
    longest = max(rules.longest_seconds for rules in blueprint.rules_in_use)
    hours = f"{spec.window_seconds} are {spec.window_seconds / 3600:g} hours"
    if spec.window_seconds > _DAY_SECONDS <= longest:
        yield warning_in_spec(
            ("windowSeconds",),
            f"{hours}: the window stays open overnight and into the next day; a day has {_DAY_SECONDS} seconds",
        )
    elif spec.window_seconds > longest:
        (rules, *others) = blueprint.rules_in_use
        which = "the calling hours of any time zone" if others else f"the calling hours, {rules.text}"
        which += blueprint.inputs.calling_hours.narrowed_by
        yield warning_in_spec(("windowSeconds",), f"{hours}, longer than {which}: every window ends when they end")


def _of_steps(cron: str) -> Iterator[str]:
    """`*/90`: the field ends before the first step is taken."""
    for word, (field, size) in zip(cron.split(), _SIZES, strict=False):
        for item in word.split(","):
            span, _, step = item.partition("/")
            if step.isdigit() and int(step) >= size:
                yield (
                    f"{quoted(cron)}, {field}: the step {step} is larger than the field, so {quoted(item)} matches "
                    f"{'only its first value' if span == '*' else 'one value only'}; the largest step is {size - 1}"
                )


def _of_day_fields(cron: str, blueprint: Blueprint) -> Iterator[str]:
    """`0 9 1-7 * MON` is not the first Monday of the month."""
    schedule = blueprint.inputs.schedule
    if schedule.day_of_month_restricted and schedule.day_of_week_restricted:
        skip = " with outside: Skip" if blueprint.inputs.start_mode is StartMode.SAME_INSTANT else ""
        yield (
            f"{quoted(cron)}: day of month and day of week are both restricted, so a day that matches either is a "
            f"match; to require both, write * for day of week and list the days in callingHours.days{skip}"
        )


def _of_the_calendar(spec: OutboundCampaignSpec, blueprint: Blueprint, now: datetime) -> Iterator[FieldError]:
    """A calendar of last year excludes nothing any more."""
    dates = blueprint.inputs.calling_hours.everywhere.closed[0].exclude_dates
    if spec.calling_hours.exclude_dates_from is None or not dates:
        return
    last, today = max(dates), now.date()
    if last < today + _SOON:
        when = "is past" if last < today else f"is within {_SOON.days} days"
        yield warning_in_spec(
            ("callingHours", "excludeDatesFrom"),
            f"the last excluded date, {last}, {when}; no later date is excluded until you add it",
        )


def _of_zone(name: str) -> Iterator[str]:
    """`Etc/GMT+5`: the sign is that of POSIX."""
    found = re.fullmatch(r"Etc/GMT([+-])([1-9][0-9]?)", name)
    if found is None:
        return
    side = "behind" if found.group(1) == "+" else "ahead of"
    yield (
        f"{quoted(name)} is {counted(int(found.group(2)), 'hour')} {side} UTC: the sign in these names is "
        "inverted, and they have no daylight saving time; name a place instead, such as America/New_York"
    )
