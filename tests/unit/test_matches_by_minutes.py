"""Which match a run takes, checked against a search that tries one local minute after the other.

Close to a change of one zone's clocks, with up to two other zones, each zone is the row of minutes of
`test_calling_hours_by_minutes`. Every match of cron is looked at in its order: what each zone's window would be, which
zones are past it, whether their earlier windows are over. The planner, which jumps, must take the same match, and have
passed over just as many. Where several reasons hold a match up it may name either.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from builders import hours, plan_inputs
from clocks import DAY, HOUR, MINUTE, SECOND, Clocks, changes
from test_calling_hours_by_minutes import Question, Row
from test_plan_by_minutes import CRONS

from campaign_operator.api.vocabulary import ConcurrencyPolicy, PastZones, StartMode, Weekday
from campaign_operator.domain.planning.calling_hours import CallingHours
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.plan import RunPlan, Taken, plan_run
from campaign_operator.domain.planning.zones import ZONE_NAMES

DAYS_BEFORE, DAYS_AFTER = 3, 7
HOURS = (("00:00", "24:00"), ("08:00", "21:00"), ("01:30", "05:00"), ("02:00", "03:00"), ("09:00", "24:00"))


@dataclass(frozen=True)
class Asked:
    """A run to plan."""

    changing_zone: str
    zones: tuple[str, ...]
    cron: str
    now: datetime
    taken: Taken
    start_mode: StartMode
    past_zones: PastZones
    concurrency_policy: ConcurrencyPolicy
    hours: Question

    def calling_hours(self) -> CallingHours:
        """As the planner has them."""
        of = self.hours
        return hours(of.start, of.end, days=of.days, excludeDates=of.excluded, outside=of.outside)

    def row(self, name: str, clocks: Clocks) -> Row:
        """The minutes of a zone."""
        return Row(clocks, sorted({shown.date() for shown in clocks.shown}), self.hours)


@dataclass
class Expected:
    """What trying every minute comes to: the nominal time, the windows, and for the matches passed over all reasons."""

    nominal_time: datetime | None = None
    windows: dict[str, tuple[datetime, datetime, str]] = field(default_factory=dict)
    passed_over: dict[datetime, set[str]] = field(default_factory=dict)


def questions(start_mode: StartMode) -> Iterator[Asked]:
    chance = random.Random(f"matches {start_mode}")  # noqa: S311 - a sample, no secret
    for zone, change in chance.sample(changes(), 60):
        now = change + chance.randint(-30 * 3600, 6 * 3600) * SECOND
        zones = tuple(sorted({zone, *chance.sample(sorted(ZONE_NAMES), chance.choice([0, 1, 2]))}))
        start, end = chance.choice(HOURS)
        yield Asked(
            changing_zone=zone,
            zones=zones,
            cron=chance.choice(sorted(CRONS)),
            now=now,
            taken=Taken(
                ends={each: now + chance.randint(-4, 20) * HOUR for each in zones if chance.random() < 0.5},
                match=now + chance.randint(-20, 4) * HOUR if chance.random() < 0.3 else None,
                last_end=now + chance.randint(-4, 30) * HOUR,
            ),
            start_mode=start_mode,
            past_zones=chance.choice(list(PastZones)),
            concurrency_policy=chance.choice(list(ConcurrencyPolicy)),
            hours=Question(
                match=now,
                window_hours=chance.choice([1, 4]),
                start=start,
                end=end,
                days=tuple(sorted(chance.sample(list(Weekday), chance.choice([5, 7])))),
                excluded=(str(change.date()),) if chance.random() < 0.2 else (),
                outside=chance.choice(["Defer", "Defer", "Skip"]),
                start_mode=start_mode,
            ),
        )


def planned(asked: Asked) -> RunPlan:
    return plan_run(
        plan_inputs(
            schedule=parse_cron(asked.cron),
            start_mode=asked.start_mode,
            time_zone=asked.changing_zone,
            window_seconds=asked.hours.window_hours * 3600,
            calling_hours=asked.calling_hours(),
            contacts_by_zone=dict.fromkeys(asked.zones, 1),
            past_zones=asked.past_zones,
            concurrency_policy=asked.concurrency_policy,
        ),
        now=asked.now,
        lead_seconds=30,
        taken=asked.taken,
    )


class Search:
    """Every match of cron in its order, with the windows that the rows of minutes give it."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.earliest = asked.now + 30 * SECOND
        whole_minute = asked.now.replace(second=0, microsecond=0)
        self.rows = {name: self.row(name, whole_minute) for name in {*asked.zones, asked.changing_zone}}
        self.is_match: Callable[[datetime], bool] = CRONS[asked.cron]

    def row(self, name: str, now: datetime) -> Row:
        clocks = Clocks(name, now - DAYS_BEFORE * DAY, (DAYS_BEFORE + DAYS_AFTER) * 24 * 60)
        return self.asked.row(name, clocks)

    def run(self) -> Expected | None:
        """None where the answer may lie beyond the minutes known."""
        found = Expected()
        local = max(row.clocks.shown[0] for row in self.rows.values())
        end = min(row.clocks.shown[-1] for row in self.rows.values()) - 2 * DAY
        while local < end:
            if self.is_match(local) and self.is_a_candidate(local):
                windows = self.windows(local)
                if windows is None:
                    return None
                reasons = set(self.reasons(local, windows))
                if not reasons:
                    found.nominal_time, found.windows = local, windows
                    return found
                found.passed_over[local] = reasons
            local += MINUTE
        return None

    def placed(self, zone: str, local: datetime) -> datetime:
        clock = self.asked.changing_zone if self.asked.start_mode is StartMode.SAME_INSTANT else zone
        return self.rows[clock].clocks.placed(local)[0]

    def is_a_candidate(self, local: datetime) -> bool:
        placed = [self.placed(zone, local) for zone in self.asked.zones]
        used_up = self.asked.taken.match
        return max(placed) >= self.earliest and (used_up is None or min(placed) > used_up)

    def windows(self, local: datetime) -> dict[str, tuple[datetime, datetime, str]] | None:
        found = {}
        for zone in self.asked.zones:
            window = self.window(zone, local)
            if window is None:
                return None
            start = self.placed(zone, local)
            if start < self.earliest and self.asked.past_zones is PastZones.SKIP and not is_skipped(window):
                reason = self.rows[self.clock(zone)].clocks.placed(local)[1]
                window = start, start + MINUTE, ",".join([*([reason] if reason else []), "StartPassed"])
            found[zone] = window
        return found

    def clock(self, zone: str) -> str:
        return self.asked.changing_zone if self.asked.start_mode is StartMode.SAME_INSTANT else zone

    def window(self, zone: str, local: datetime) -> tuple[datetime, datetime, str] | None:
        placed, reason = self.rows[self.clock(zone)].clocks.placed(local)
        return self.rows[zone].window_from(placed, reason, local.date(), self.asked.hours)

    def reasons(self, local: datetime, windows: dict[str, tuple[datetime, datetime, str]]) -> Iterator[str]:
        called = {zone: window for zone, window in windows.items() if not is_skipped(window)}
        taken = self.asked.taken
        if not called:
            yield "NothingOpen"
        if any(self.placed(zone, local) < self.earliest for zone in called):
            yield "StartPassed"
        if any(window[0] < taken.ends.get(zone, window[0]) for zone, window in called.items()):
            yield "WindowOpen"
        run_end = taken.last_end if self.asked.concurrency_policy is ConcurrencyPolicy.FORBID else None
        if run_end is not None and any(window[0] < run_end for window in called.values()):
            yield "ConcurrencyPolicy"


def is_skipped(window: tuple[datetime, datetime, str]) -> bool:
    return window[2].endswith(("ClosedDate", "OutsideCallingHours", "StartPassed"))


def assert_as_found(question: Asked, expected: Expected) -> RunPlan:
    """The plan, which must be what trying every minute came to."""
    run = planned(question)
    windows = {w.time_zone: (w.start, w.end, ",".join(w.adjustments)) for w in run.windows}
    assert (run.nominal_time, windows) == (expected.nominal_time, expected.windows), question
    assert sum(each.count for each in run.skipped_matches) == len(expected.passed_over), question
    for each in run.skipped_matches:
        assert each.reason in expected.passed_over[each.first], question
        assert each.reason in expected.passed_over[each.last], question
        assert each.count <= sum(each.reason in reasons for reasons in expected.passed_over.values()), question
    return run


@pytest.mark.parametrize("start_mode", StartMode)
def test_the_match_that_is_taken_is_the_one_found_by_trying_every_minute(start_mode: StartMode) -> None:
    asked = beyond = passed_over = 0
    for question in questions(start_mode):
        expected = Search(question).run()
        asked += 1
        if expected is None:
            beyond += 1
            continue
        passed_over += len(assert_as_found(question, expected).skipped_matches)
    assert beyond < asked / 5
    assert passed_over > asked / 3
