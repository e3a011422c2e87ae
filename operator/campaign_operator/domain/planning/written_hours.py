"""`spec.callingHours`, and the policies that narrow it, checked beyond their schema and taken apart.

Owns the forms in which hours are written: one span for all open days, spans by weekday, and rules for some zones, which
add closed dates to those of the campaign and may have hours in place of its own. Whoever adds rules for Berlin does not
lose Christmas.

In a campaign, the rules of a zone go by its exact name. In a policy they also hold for its other names, together with
the rules for all zones: else a contact list could leave the rules of America/New_York by writing US/Eastern.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial, reduce

from campaign_operator.api.calling_hours_spec import (
    DEFAULT_END,
    DEFAULT_START,
    CallingHoursSpec,
    HolidayCalendarSpec,
    HoursSpec,
    WeeklySpan,
    ZoneHoursSpec,
)
from campaign_operator.api.vocabulary import Weekday
from campaign_operator.domain.errors import Findings
from campaign_operator.domain.planning.calling_hours import (
    FIELD,
    WEEK,
    CallingHours,
    ClosedDates,
    DaySpan,
    HoursPolicy,
    ZoneHours,
)
from campaign_operator.domain.planning.date_set import NO_DATES, DateSet
from campaign_operator.domain.planning.public_holidays import (
    HolidayCalendar,
    has_country,
    has_subdivision,
    unknown_country_message,
    unknown_subdivision_message,
)
from campaign_operator.domain.planning.zones import ZONE_NAMES, other_names, unknown_zone_message
from campaign_operator.wording import quoted

_TIME = re.compile(r"(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MIDNIGHT = "24:00"
_DAY = timedelta(days=1)
_CLOSED_WEEK: tuple[tuple[DaySpan, ...], ...] = ((),) * len(WEEK)


def parse_calling_hours(
    spec: CallingHoursSpec, further_dates: DateSet = NO_DATES, policies: tuple[HoursPolicy, ...] = ()
) -> CallingHours:
    """The hours that a spec asks for, with the dates of its calendar excluded besides its own, within these policies.
    Raises InvalidSpecError with every error at once.
    """
    everywhere, zones = _parsed(spec, f"{FIELD}.", further_dates)
    return CallingHours(everywhere, spec.outside, zones, policies)


def parse_policy(spec: HoursSpec, name: str) -> HoursPolicy:
    """The hours of a policy. Raises InvalidSpecError with every error at once; the fields are those of its file."""
    everywhere, zones = _parsed(spec, "", NO_DATES)
    digest = hashlib.sha256(json.dumps(spec.to_wire(), sort_keys=True).encode()).hexdigest()[:16]
    return HoursPolicy(name, digest, everywhere, {**_under_other_names(everywhere, zones), **zones})


def _under_other_names(everywhere: ZoneHours, zones: Mapping[str, ZoneHours]) -> Mapping[str, ZoneHours]:
    """The same object for names that have the same rules, as `CallingHours.by_rules` needs them."""
    named: dict[str, dict[int, ZoneHours]] = {}
    for name, rules in zones.items():
        for other in other_names(name):
            named.setdefault(other, {})[id(rules)] = rules
    alike = {tuple(each): reduce(ZoneHours.within, each.values(), everywhere) for each in named.values()}
    return {other: alike[tuple(each)] for other, each in named.items()}


def _parsed(spec: HoursSpec, path: str, further_dates: DateSet) -> tuple[ZoneHours, Mapping[str, ZoneHours]]:
    """`path`: what the names of fields begin with."""
    findings = Findings()
    if spec.weekly is None:
        week = _same_every_day(spec, path, findings)
    else:
        week = _by_weekday(spec.weekly, f"{path}weekly", findings)
        if not (spec.start is None and spec.end is None and spec.days is None):
            findings.add(f"{path}weekly", _weekly_beside_start)
    dates = further_dates.with_more(_dates(spec.exclude_dates, path, findings))
    closed = ClosedDates(dates, _holidays(spec.holidays, path, findings))
    everywhere = ZoneHours(week, (closed,))
    zones = _zones(spec.zones, path, everywhere, findings)
    findings.raise_if_any()
    return everywhere, zones


def _same_every_day(spec: HoursSpec, path: str, findings: Findings) -> tuple[tuple[DaySpan, ...], ...]:
    days = tuple(Weekday) if spec.days is None else spec.days
    span = _span(spec.start or DEFAULT_START, spec.end or DEFAULT_END, path, findings)
    if not days:
        findings.add(f"{path}days", lambda: "must have at least 1 day, or nobody can be called")
    return tuple((span,) if span is not None and day in days else () for day in WEEK)


def _by_weekday(weekly: Sequence[WeeklySpan], path: str, findings: Findings) -> tuple[tuple[DaySpan, ...], ...]:
    placed: dict[Weekday, list[tuple[DaySpan, int]]] = {day: [] for day in WEEK}
    for index, each in enumerate(weekly):
        span = _span(each.start, each.end, f"{path}[{index}].", findings)
        if span is None:
            continue
        for day in dict.fromkeys(each.days):
            overlapped = next((at for other, at in placed[day] if _overlap(other, span)), None)
            if overlapped is not None:
                findings.add(f"{path}[{index}]", partial(_overlaps, f"{path}[{overlapped}]", day))
                break
            placed[day].append((span, index))
    return tuple(_joined(sorted(span for span, _ in placed[day])) for day in WEEK)


def _overlap(one: DaySpan, other: DaySpan) -> bool:
    return one.start < other.end and other.start < one.end


def _joined(spans: Iterable[DaySpan]) -> tuple[DaySpan, ...]:
    """Spans in their order, those that touch as one."""
    apart: list[DaySpan] = []
    for span in spans:
        if apart and apart[-1].end == span.start:
            apart[-1] = DaySpan(apart[-1].start, span.end)
        else:
            apart.append(span)
    return tuple(apart)


def _span(start: str, end: str, path: str, findings: Findings) -> DaySpan | None:
    opens = _time_of_day(start)
    closes = _DAY if end == _MIDNIGHT else _time_of_day(end)
    if opens is None:
        findings.add(f"{path}start", partial(_not_a_time, start, "from 00:00 to 23:59, such as 08:00"))
    if closes is None:
        findings.add(f"{path}end", partial(_not_a_time, end, "from 00:01 to 24:00, such as 21:00"))
    if opens is None or closes is None:
        return None
    if opens >= closes:
        findings.add(f"{path}start", partial(_not_before, start, end))
        return None
    return DaySpan(opens, closes)


def _zones(
    given: Sequence[ZoneHoursSpec], above: str, everywhere: ZoneHours, findings: Findings
) -> Mapping[str, ZoneHours]:
    zones: dict[str, ZoneHours] = {}
    place_of: dict[str, str] = {}
    for index, each in enumerate(given):
        path = f"{above}zones[{index}]."
        week = everywhere.week if each.weekly is None else _by_weekday(each.weekly, f"{path}weekly", findings)
        own = ClosedDates(
            NO_DATES.with_more(_dates(each.exclude_dates, path, findings)), _holidays(each.holidays, path, findings)
        )
        rules = ZoneHours(week, (*everywhere.closed, own))
        for number, name in enumerate(each.time_zones):
            place = f"{path}timeZones[{number}]"
            if name not in ZONE_NAMES:
                findings.add(place, partial(unknown_zone_message, name))
            elif name in place_of:
                findings.add(place, partial(_same_zone, place_of[name], name))
            place_of.setdefault(name, place)
            zones[name] = rules
    return zones


def _dates(given: Sequence[str], path: str, findings: Findings) -> list[date]:
    dates = [iso_date(text) for text in given]
    for index, (text, found) in enumerate(zip(given, dates, strict=True)):
        if found is None:
            findings.add(f"{path}excludeDates[{index}]", partial(_not_a_date, text))
    return [found for found in dates if found is not None]


def _holidays(given: Sequence[HolidayCalendarSpec], path: str, findings: Findings) -> tuple[HolidayCalendar, ...]:
    known: dict[HolidayCalendar, None] = {}
    for index, each in enumerate(given):
        place, country, subdivision = f"{path}holidays[{index}]", each.country, each.subdivision
        if not has_country(country):
            findings.add(f"{place}.country", partial(unknown_country_message, country))
        elif subdivision is not None and not has_subdivision(country, subdivision):
            findings.add(f"{place}.subdivision", partial(unknown_subdivision_message, country, subdivision))
        else:
            known[HolidayCalendar(country, subdivision)] = None
    return tuple(known)


def _time_of_day(text: str) -> timedelta | None:
    found = _TIME.fullmatch(text)
    return timedelta(hours=int(found["hours"]), minutes=int(found["minutes"])) if found else None


def iso_date(text: str) -> date | None:
    """The date that is written YYYY-MM-DD, or None where there is none."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _weekly_beside_start() -> str:
    return "cannot be combined with start, end or days; remove them, or weekly"


def _overlaps(other: str, day: Weekday) -> str:
    return f"overlaps with {other} on {day}; join them, or change their times"


def _same_zone(other: str, name: str) -> str:
    return f"Duplicate value: {quoted(name)}: {other} is the same time zone; remove one of them"


def _not_a_time(text: str, rule: str) -> str:
    return f"{quoted(text)} is not a valid time of day; write HH:MM {rule}"


def _not_before(start: str, end: str) -> str:
    return (
        f"{quoted(start)} must be before end, {quoted(end)}; the hours cannot go past midnight, and 24:00 is "
        "midnight at the end of the day"
    )


def _not_a_date(text: str) -> str:
    return f"{quoted(text)} is not a valid date; write YYYY-MM-DD, such as 2026-12-25"
