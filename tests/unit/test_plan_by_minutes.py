"""Placing and planning checked against clocks that are read minute by minute.

Nothing here uses the planner's way of thinking: a local time is looked up in what the clocks of a zone show at every
minute of UTC, and a run's nominal time is found by trying one local minute after the other.
"""

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from builders import OPEN_ALWAYS, plan_inputs
from clocks import DAY, HOUR, MINUTE, SECOND, Clocks, changes, file_of, one_name_per_file

from campaign_operator.api.vocabulary import StartMode
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.plan import Taken, plan_run
from campaign_operator.domain.planning.windows import place
from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone


def test_there_are_changes_to_look_at() -> None:
    assert len(changes()) > 1_000
    assert ("Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)) in changes()


def test_around_every_change_from_2025_to_2030_each_minute_is_placed_where_the_clocks_show_it() -> None:
    for name, change in changes():
        zone = load_zone(name)
        clocks = Clocks(name, change - 3 * HOUR, 6 * 60)
        local = clocks.shown[60]
        while local < clocks.shown[5 * 60]:
            placed = place(local, zone)
            assert (placed.instant, placed.adjustment or "") == clocks.placed(local), (name, local)
            local += MINUTE


@pytest.mark.parametrize(
    ("name", "first", "days"),
    [
        ("Pacific/Apia", datetime(2011, 12, 27, tzinfo=UTC), 7),
        ("Pacific/Kwajalein", datetime(1993, 8, 18, tzinfo=UTC), 7),
    ],
)
def test_around_a_missing_day_each_minute_is_placed_where_the_clocks_show_it(
    name: str, first: datetime, days: int
) -> None:
    clocks = Clocks(name, first, days * 24 * 60)
    local = clocks.shown[0]
    while local < clocks.shown[-1]:
        placed = place(local, load_zone(name))
        assert (placed.instant, placed.adjustment or "") == clocks.placed(local), local
        local += MINUTE


def offsets_of(name: str) -> list[tuple[int, int]]:
    """(second since 1970, offset from then on) as a zone's file has them (RFC 9636), less its last rule."""
    data = file_of(name)

    def header(at: int) -> tuple[int, ...]:
        return struct.unpack(">6l", data[at + 20 : at + 44])

    utc_count, standard_count, leap_count, time_count, type_count, letter_count = header(0)
    second = 44 + 5 * time_count + 6 * type_count + letter_count + 8 * leap_count + standard_count + utc_count
    _, _, _, time_count, type_count, _ = header(second)
    at = second + 44
    times = struct.unpack(f">{time_count}q", data[at : at + 8 * time_count])
    kinds = data[at + 8 * time_count : at + 9 * time_count]
    types = at + 9 * time_count
    offsets = [struct.unpack(">l", data[types + 6 * kind : types + 6 * kind + 4])[0] for kind in range(type_count)]
    return [
        (-(10**12), offsets[0]),
        *((time, offsets[kind]) for time, kind in zip(times, kinds, strict=True)),
    ]


def test_no_zone_ever_changes_again_before_what_a_change_skipped_or_repeated_is_over() -> None:
    """On this rests that a later local time is never placed earlier."""
    for name in one_name_per_file():
        shifts = [
            (time, abs(offset - before))
            for (_, before), (time, offset) in pairwise(offsets_of(name))
            if offset != before
        ]
        for (earlier, shift), (later, next_shift) in pairwise(shifts):
            assert later - earlier >= max(shift, next_shift), (name, later)


CRONS: dict[str, Callable[[datetime], bool]] = {
    "* * * * *": lambda _: True,
    "*/15 * * * *": lambda local: local.minute in (0, 15, 30, 45),
    "30 2 * * *": lambda local: (local.hour, local.minute) == (2, 30),
    "0 0 * * *": lambda local: (local.hour, local.minute) == (0, 0),
    "10,50 1-3 * * *": lambda local: local.hour in (1, 2, 3) and local.minute in (10, 50),
}


def first_nominal_time(
    is_match: Callable[[datetime], bool], clocks: list[Clocks], not_before: list[datetime], start_mode: StartMode
) -> datetime:
    """The first local minute that is a match and that all these clocks reach in time, tried one by one.

    In ContactLocal a zone whose clocks move it into another date is not called, and holds it up no more.
    """
    local = max(each.shown[0] for each in clocks)
    while True:
        if is_match(local):
            in_time = [
                each.placed(local)[0] >= soonest
                for each, soonest in zip(clocks, not_before, strict=True)
                if start_mode is StartMode.SAME_INSTANT or is_on_its_date(each, local)
            ]
            if in_time and all(in_time):
                return local
        local += MINUTE


def is_on_its_date(clocks: Clocks, local: datetime) -> bool:
    return clocks.shown[(clocks.placed(local)[0] - clocks.instants[0]) // MINUTE].date() == local.date()


@dataclass(frozen=True)
class Question:
    """A run to plan close to a change of one zone's clocks, with up to two other zones in it."""

    changing_zone: str
    zones: list[str]
    cron: str
    now: datetime
    lead_seconds: int
    previous_ends: dict[str, datetime]


def questions() -> Iterator[Question]:
    chance = random.Random(2025)  # noqa: S311 -- a sample, no secret
    missing_day = ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC))
    for zone, change in [*chance.sample(changes(), 80), *[missing_day] * 10]:
        somewhere_near = change + chance.randint(-3 * 3600, 3 * 3600) * SECOND + chance.choice([-1, 0, 1]) * DAY
        now = chance.choice([somewhere_near, change, change - 30 * SECOND])
        zones = sorted({zone, *chance.sample(sorted(ZONE_NAMES), chance.choice([0, 1, 2]))})
        yield Question(
            changing_zone=zone,
            zones=zones,
            cron=chance.choice(sorted(CRONS)),
            now=now,
            lead_seconds=chance.choice([0, 30, 3600]),
            previous_ends={each: now + chance.randint(-4, 20) * HOUR for each in zones if chance.random() < 0.3},
        )


@pytest.mark.parametrize("start_mode", StartMode)
def test_a_run_planned_near_a_change_is_the_one_found_by_trying_every_minute(start_mode: StartMode) -> None:
    for question in questions():
        run = plan_run(
            plan_inputs(
                schedule=parse_cron(question.cron),
                start_mode=start_mode,
                time_zone=question.changing_zone,
                window_seconds=3600,
                calling_hours=OPEN_ALWAYS,
                contacts_by_zone=dict.fromkeys(question.zones, 1),
            ),
            now=question.now,
            lead_seconds=question.lead_seconds,
            taken=Taken(ends=question.previous_ends),
        )
        windows = {window.time_zone: (window.start, ",".join(window.adjustments)) for window in run.windows}
        assert (run.nominal_time, windows) == answer(question, start_mode), question


def answer(question: Question, start_mode: StartMode) -> tuple[datetime, dict[str, tuple[datetime, str]]]:
    soonest = question.now + question.lead_seconds * SECOND
    not_before = [max(soonest, question.previous_ends.get(zone, soonest)) for zone in question.zones]
    if start_mode is StartMode.SAME_INSTANT:
        clocks = clocks_around(question.changing_zone, question.now)
        nominal = first_nominal_time(CRONS[question.cron], [clocks], [max(not_before)], start_mode)
        return nominal, dict.fromkeys(question.zones, clocks.placed(nominal))
    clocks_of = {zone: clocks_around(zone, question.now) for zone in question.zones}
    nominal = first_nominal_time(CRONS[question.cron], list(clocks_of.values()), not_before, start_mode)
    return nominal, {zone: start(clocks, nominal) for zone, clocks in clocks_of.items()}


def start(clocks: Clocks, nominal: datetime) -> tuple[datetime, str]:
    instant, adjustment = clocks.placed(nominal)
    return instant, adjustment if is_on_its_date(clocks, nominal) else f"{adjustment},OutsideCallingHours"


def clocks_around(name: str, now: datetime) -> Clocks:
    whole_minute = now.replace(second=0, microsecond=0)
    return Clocks(name, whole_minute - 30 * HOUR, (30 + 4 * 24) * 60)
