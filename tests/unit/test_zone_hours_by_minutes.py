"""Hours by weekday, rules of zones, holidays and policies, checked against clocks that are read minute by minute.

As `test_calling_hours_by_minutes`, around every change of the clocks of every zone from 2025 to 2030, and as
`test_matches_by_minutes`, with rules that are drawn by chance: up to three spans a day, which begin and end around what
the change skips or repeats; closed dates and public holidays around it; and other rules for some zones. Which minutes a
date has open is worked out from the manifest alone (`rules_of_zones`).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

import pytest
from clocks import DAY, HOUR, MINUTE, SECOND, Clocks, changes
from rules_of_zones import WrittenRules, any_policy, any_rules
from test_calling_hours_by_minutes import DAYS_AFTER, DAYS_BEFORE, Question, Row, changes_in, planned, times_near
from test_matches_by_minutes import Asked, Search, assert_as_found
from test_plan_by_minutes import CRONS

from campaign_operator.api.vocabulary import ConcurrencyPolicy, PastZones, StartMode
from campaign_operator.domain.planning.calling_hours import CallingHours
from campaign_operator.domain.planning.plan import Taken
from campaign_operator.domain.planning.zones import ZONE_NAMES

QUESTIONS_PER_CHANGE = 4
RUNS_ASKED_FOR = 150
COMMON_TIMES = ("06:00", "08:00", "12:00", "13:30", "17:00", "21:00")


class RowOfRules(Row):
    """The minutes of a zone by the rules that it has."""

    def __init__(self, clocks: Clocks, zone: str, rules: WrittenRules) -> None:
        self.clocks, self.zone, self.rules = clocks, zone, rules
        self.minutes = bytearray(len(clocks.instants))
        for day in sorted({shown.date() for shown in clocks.shown}):
            for start, end in rules.spans(zone, day):
                self.open(day, start, end)

    def is_called_on(self, day: date, question: Question) -> bool:
        return any(self.rules.open_minutes(self.zone, day))


def question_near(change: datetime, clocks: Clocks, chance: random.Random, outside: str) -> Question:
    at = clocks.instants.index(change)
    return Question(
        match=clocks.shown[at + chance.randint(-36 * 60, 36 * 60)].replace(second=0),
        window_hours=chance.choice([1, 4, 30]),
        start="",
        end="",
        days=(),
        excluded=(),
        outside=outside,
    )


@pytest.mark.parametrize("year", [2025, 2026, 2027, 2028, 2029, 2030, "missing days"])
def test_around_every_change_a_window_is_inside_what_the_rules_of_its_zone_open(year: int | str) -> None:
    chance = random.Random(f"rules of {year}")  # noqa: S311 - a sample, no secret
    asked = beyond = holidays = of_zones = narrowed = 0
    for zone, change in changes_in(year):
        clocks = Clocks(zone, change - DAYS_BEFORE * DAY, (DAYS_BEFORE + DAYS_AFTER) * 24 * 60)
        at = clocks.instants.index(change)
        for _ in range(QUESTIONS_PER_CHANGE):
            day, times = clocks.shown[at].date(), [*times_near(clocks, at), *COMMON_TIMES]
            written = any_rules(chance, zone, day, times)
            policies = [any_policy(chance, zone, day, times) for _ in range(chance.choice([0, 1, 2]))]
            rules = WrittenRules(written, tuple(policies))
            row, hours = RowOfRules(clocks, zone, rules), rules.parsed()
            drawn = question_near(change, clocks, chance, written["outside"])
            holidays += "holidays" in str(written)
            of_zones += zone in hours.zones
            narrowed += bool(policies)
            for question in [replace(drawn, start_mode=start_mode) for start_mode in StartMode]:
                expected = row.window(question)
                asked += 1
                if expected is None:
                    beyond += 1
                    continue
                assert planned(zone, question, hours) == expected, (zone, question, written, policies)
    assert beyond < asked / 3
    assert narrowed > 0
    assert holidays > 0
    assert of_zones > 0


@dataclass(frozen=True)
class AskedOfRules(Asked):
    """A run to plan by rules that differ from zone to zone."""

    rules: WrittenRules

    def calling_hours(self) -> CallingHours:
        return self.rules.parsed()

    def row(self, name: str, clocks: Clocks) -> Row:
        return RowOfRules(clocks, name, self.rules)


def runs_to_plan(start_mode: StartMode) -> Iterator[AskedOfRules]:
    chance = random.Random(f"rules {start_mode}")  # noqa: S311 - a sample, no secret
    for zone, change in chance.sample(changes(), RUNS_ASKED_FOR):
        now = change + chance.randint(-30 * 3600, 6 * 3600) * SECOND
        zones = tuple(sorted({zone, *chance.sample(sorted(ZONE_NAMES), chance.choice([0, 1, 2]))}))
        clocks = Clocks(zone, change - DAY, 3 * 24 * 60)
        times = [*times_near(clocks, clocks.instants.index(change)), *COMMON_TIMES]
        rules = any_rules(chance, chance.choice(zones), change.date(), times)
        policies = [any_policy(chance, chance.choice(zones), change.date(), times)] * chance.choice([0, 1])
        yield AskedOfRules(
            changing_zone=zone,
            zones=zones,
            cron=chance.choice(sorted(CRONS)),
            now=now,
            taken=Taken(
                ends={each: now + chance.randint(-4, 20) * HOUR for each in zones if chance.random() < 0.3},
                match=now + chance.randint(-20, 4) * HOUR if chance.random() < 0.3 else None,
                last_end=now + chance.randint(-4, 20) * HOUR,
            ),
            start_mode=start_mode,
            past_zones=chance.choice(list(PastZones)),
            concurrency_policy=chance.choice([*ConcurrencyPolicy, ConcurrencyPolicy.ALLOW]),
            hours=Question(now, chance.choice([1, 4]), "", "", (), (), rules["outside"], start_mode),
            rules=WrittenRules(rules, tuple(policies)),
        )


@pytest.mark.parametrize("start_mode", StartMode)
def test_the_match_that_is_taken_by_such_rules_is_the_one_found_by_trying_every_minute(start_mode: StartMode) -> None:
    asked = beyond = 0
    for question in runs_to_plan(start_mode):
        expected = Search(question).run()
        asked += 1
        if expected is None:
            beyond += 1
            continue
        assert_as_found(question, expected)
    assert beyond < asked / 3


def test_the_rules_that_are_drawn_are_as_many_as_they_claim() -> None:
    chance = random.Random(1)  # noqa: S311 - a sample, no secret
    drawn = [any_rules(chance, "Europe/Berlin", date(2026, 12, 24), COMMON_TIMES) for _ in range(300)]
    rules = [WrittenRules(written) for written in drawn]
    days = [date(2026, 12, 24) + number * DAY for number in range(5)]
    spans = [list(each.spans("Europe/Berlin", day)) for each in rules for day in days]
    assert {len(each) for each in spans} == {0, 1, 2, 3}
    assert sum("holidays" in written for written in drawn) > 50
    assert sum("Europe/Berlin" in each.parsed().zones for each in rules) > 50
    assert MINUTE * sum(sum(each.open_minutes("Europe/Berlin", days[0])) for each in rules) > DAY
