"""What `callingHours` and policies say of a zone and a date, worked out from the manifest alone, to check the planner
against.

A date is 1,440 minutes, each open or closed. Nothing here uses the planner's way of thinking: no spans are joined, and
holidays are asked of the package directly, for all years at once.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import holidays

from campaign_operator.api.calling_hours_spec import CallingHoursSpec, HoursSpec
from campaign_operator.api.vocabulary import Weekday
from campaign_operator.domain.planning.calling_hours import CallingHours
from campaign_operator.domain.planning.written_hours import parse_calling_hours, parse_policy
from campaign_operator.domain.planning.zones import ZONE_NAMES, canonical_name

YEARS = (2011, 2012, *range(2024, 2033))
_MINUTES = 24 * 60


@dataclass(frozen=True)
class WrittenRules:
    """`callingHours` as a manifest has them, and the policies that narrow them."""

    hours: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...] = ()

    def parsed(self) -> CallingHours:
        """As the operator reads them."""
        policies = (parse_policy(HoursSpec.model_validate(each), "a policy") for each in self.policies)
        return parse_calling_hours(CallingHoursSpec.model_validate(self.hours), policies=tuple(policies))

    def open_minutes(self, zone: str, day: date) -> bytearray:
        """The minutes of a date on a clock that is not changed, each 1 or 0: 1 where the campaign and all policies
        have it.
        """
        every = [_open_minutes(self.hours, _entry(self.hours, zone), day)]
        for policy in self.policies:
            every += [_open_minutes(policy, entry, day) for entry in _entries_of_a_policy(policy, zone)]
        return bytearray(map(min, *every)) if len(every) > 1 else every[0]

    def spans(self, zone: str, day: date) -> Iterator[tuple[str, str]]:
        """From when to when a date is open, as a manifest would have it."""
        minutes, first = self.open_minutes(zone, day), 0
        while (first := minutes.find(1, first)) > -1:
            last = minutes.find(0, first)
            last = _MINUTES if last == -1 else last
            yield _time(first), _time(last)
            first = last

    def is_open(self, zone: str, local: datetime) -> bool:
        """Whether a clock that is not changed shows an open minute."""
        return bool(self.open_minutes(zone, local.date())[local.hour * 60 + local.minute])


def _open_minutes(hours: Mapping[str, Any], own: Mapping[str, Any], day: date) -> bytearray:
    """By the rules for all zones and by an entry of `zones`."""
    minutes = bytearray(_MINUTES)
    if any(_closes(rules, day) for rules in (hours, own)):
        return minutes
    simple = {"start": "08:00", "end": "21:00", "days": list(Weekday), **hours}
    for each in own.get("weekly") or hours.get("weekly") or [simple]:
        if f"{day:%a}" in each["days"]:
            first, last = _minute(each["start"]), _minute(each["end"])
            minutes[first:last] = bytes([1]) * (last - first)
    return minutes


def _entry(hours: Mapping[str, Any], zone: str) -> Mapping[str, Any]:
    return next((each for each in hours.get("zones", ()) if zone in each["timeZones"]), {})


def _entries_of_a_policy(policy: Mapping[str, Any], zone: str) -> list[Mapping[str, Any]]:
    """That of the zone; else those of its other names, and the rules for all zones."""
    by_name = _entry(policy, zone)
    if by_name:
        return [by_name]
    same = _names_of_the_zone(zone)
    return [{}, *(each for each in policy.get("zones", ()) if not same.isdisjoint(each["timeZones"]))]


@cache
def _names_of_the_zone(zone: str) -> frozenset[str]:
    return frozenset(other for other in ZONE_NAMES if canonical_name(other) == canonical_name(zone))


def any_policy(chance: random.Random, zone: str, day: date, times: Sequence[str]) -> dict[str, Any]:
    """A policy drawn like `any_rules`; now and then its rules name the zone by another name."""
    policy = any_rules(chance, chance.choice([zone, *sorted(_names_of_the_zone(zone))]), day, times)
    del policy["outside"]
    if "weekly" not in policy and chance.random() < 0.7:
        policy |= {"start": "07:00", "end": chance.choice(["20:00", "24:00"])}
    return policy


def any_rules(chance: random.Random, zone: str, day: date, times: Sequence[str]) -> dict[str, Any]:
    """Calling hours drawn by chance, with starts and ends among these times, and closed dates around that date."""
    hours = {**_closed_by_chance(chance, day), "outside": chance.choice(["Defer", "Defer", "Skip"])}
    if chance.random() < 0.8:
        hours["weekly"] = weekly_by_chance(chance, times)
    others = chance.sample(sorted(ZONE_NAMES - {zone}), 40)
    names = [zone, *others[:20]] if chance.random() < 0.6 else others[:20]
    rules: dict[str, Any] = {"timeZones": names, **_closed_by_chance(chance, day)}
    if chance.random() < 0.6:
        rules["weekly"] = weekly_by_chance(chance, times)
    every = [rules, {"timeZones": others[20:], "weekly": weekly_by_chance(chance, times)}]
    hours["zones"] = chance.sample(every, chance.choice([0, 1, 2, 2]))
    return hours


def weekly_by_chance(chance: random.Random, times: Sequence[str]) -> list[dict[str, Any]]:
    """Up to three spans on some of the days, some of which touch, in no order."""
    found: list[dict[str, Any]] = []
    for days in ([*Weekday], chance.sample([*Weekday], 3)):
        ends = sorted(chance.sample(sorted({*times, "00:00", "24:00"}), chance.choice([2, 2, 3, 4, 6])))
        pairs = [*zip(ends[::2], ends[1::2], strict=False)] if chance.random() < 0.7 else [*pairwise(ends)][:3]
        free = [day for day in days if all(day not in each["days"] for each in found)]
        found += [{"days": free, "start": start, "end": end} for start, end in pairs if free]
        if chance.random() < 0.5:
            break
    return chance.sample(found, len(found))


def _closed_by_chance(chance: random.Random, day: date) -> dict[str, Any]:
    near = [day + timedelta(days=number) for number in range(-2, 4)]
    closed: dict[str, Any] = {}
    if chance.random() < 0.3:
        closed["excludeDates"] = [str(each) for each in chance.sample(near, 2)]
    calendars = [calendar for each in near for calendar in _calendars_by_date().get(each, ())]
    if calendars and chance.random() < 0.5:
        closed["holidays"] = [_written(*calendar) for calendar in chance.sample(calendars, 1)]
    return closed


def _written(country: str, subdivision: str | None) -> dict[str, str]:
    return {"country": country, **({"subdivision": subdivision} if subdivision is not None else {})}


def _closes(rules: Mapping[str, Any], day: date) -> bool:
    calendars = [(each["country"], each.get("subdivision")) for each in rules.get("holidays", ())]
    return str(day) in rules.get("excludeDates", ()) or any(day in _holidays(*each) for each in calendars)


@cache
def _holidays(country: str, subdivision: str | None) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=YEARS))


@cache
def _calendars_by_date() -> Mapping[date, list[tuple[str, str | None]]]:
    """Whose holiday a date is: of each country, and of the first and the last of its subdivisions."""
    found: dict[date, list[tuple[str, str | None]]] = {}
    for country, subdivisions in sorted(holidays.list_supported_countries(include_aliases=False).items()):
        if getattr(holidays, country).end_year < YEARS[-1]:
            continue
        for subdivision in (None, *subdivisions[:1], *subdivisions[-1:]):
            for day in _holidays(country, subdivision):
                found.setdefault(day, []).append((country, subdivision))
    return found


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
