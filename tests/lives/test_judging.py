"""The judge of lives: it finds nothing in what is right, and each kind of what is wrong.

The campaign calls Tokyo and London at nine, in a window of an hour, from 3 March 2027 on: Tokyo at midnight, UTC.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from campaign_sandbox.ledger_schedule import LedgerSchedule
from lives.judging import Played, problems
from lives.life import Act, Deletion, Edit, Hours, Life, Terms

TOKYO, LONDON = "Asia/Tokyo", "Europe/London"
EVERY_DAY = tuple(range(7))
TERMS = Terms(
    zones=(TOKYO, LONDON),
    clock_hours=(9,),
    minute=0,
    days=EVERY_DAY,
    window_seconds=3600,
    hours=Hours(8, 21, EVERY_DAY, defers=True),
    ahead_seconds=86400,
    recurring=True,
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


def life(*acts: Act, terms: Terms = TERMS) -> Life:
    """From the evening of the second to the evening of the third."""
    return Life(1, at(2, 20), at(3, 20), terms, orphans=False, lag_seconds=0, acts=acts)


def schedule(
    zone: str, start: datetime, *, run: str = "20270303T0900", cancelled: datetime | None = None
) -> LedgerSchedule:
    return LedgerSchedule(zone, start, start + timedelta(hours=1), at(2, 20), cancelled, run)


IN_TOKYO, IN_LONDON = schedule(TOKYO, at(3, 0)), schedule(LONDON, at(3, 9))


def found(life: Life, *schedules: LedgerSchedule, gone_at: datetime | None = None) -> list[str]:
    return list(problems(Played(life, schedules, gone_at)))


def test_nothing_is_found_where_every_match_is_called_in_every_zone() -> None:
    assert found(life(), IN_TOKYO, IN_LONDON) == []


def test_nothing_is_found_where_a_window_is_opened_late() -> None:
    late = replace(IN_LONDON, start=at(3, 9, 20))
    assert found(life(), IN_TOKYO, late) == []


def test_a_zone_that_is_not_called_is_found() -> None:
    (problem,) = found(life(), IN_TOKYO)
    assert problem == (
        "nobody is called for the match Wed 03 09:00 in Europe/London, 03 09:00 to 03 10:00 UTC, "
        "and nothing explains it"
    )


def test_two_schedules_of_one_zone_that_stand_at_once_are_found() -> None:
    twice = replace(IN_LONDON, created=at(2, 21))
    assert any(
        p.startswith("two schedules of one zone stand at once") for p in found(life(), IN_TOKYO, IN_LONDON, twice)
    )


def test_a_schedule_that_was_cancelled_before_the_other_was_made_is_none_too_many() -> None:
    first, again = replace(IN_LONDON, cancelled=at(2, 21)), replace(IN_LONDON, created=at(2, 21))
    assert found(life(), IN_TOKYO, first, again) == []


@pytest.mark.parametrize("start", [at(3, 10), at(3, 22)], ids=["no match", "at night"])
def test_a_schedule_of_no_match_is_found(start: datetime) -> None:
    stray = schedule(LONDON, start)
    assert any("is of no match of cron" in p for p in found(life(), IN_TOKYO, IN_LONDON, stray))


def test_a_day_that_cron_does_not_name_is_found() -> None:
    weekend = replace(TERMS, days=(5, 6))
    assert any("is of no match of cron" in p for p in found(life(terms=weekend), IN_TOKYO))


def test_what_opens_outside_hours_that_were_edited_is_found() -> None:
    afternoon = replace(TERMS, hours=Hours(12, 21, EVERY_DAY, defers=True))
    edited = life(Edit(at=at(3, 5), terms=afternoon))
    assert any("opens outside the calling hours" in p for p in found(edited, IN_TOKYO, IN_LONDON))


SUSPENDED = life(Edit(at=at(3, 5), terms=replace(TERMS, suspended=True)))


def test_what_opens_while_the_campaign_is_suspended_is_found() -> None:
    assert any("while the campaign is suspended" in p for p in found(SUSPENDED, IN_TOKYO, IN_LONDON))


def test_what_is_cancelled_since_the_campaign_is_suspended_is_as_it_must_be() -> None:
    assert found(SUSPENDED, IN_TOKYO, replace(IN_LONDON, cancelled=at(3, 5))) == []


def test_what_is_not_called_again_after_a_resumption_is_found() -> None:
    resumed = life(*SUSPENDED.acts, Edit(at=at(3, 6), terms=TERMS))
    gone = replace(IN_LONDON, cancelled=at(3, 5))
    assert any(
        p.startswith("nobody is called for the match Wed 03 09:00 in Europe/London")
        for p in found(resumed, IN_TOKYO, gone)
    )
    assert found(resumed, IN_TOKYO, gone, replace(IN_LONDON, created=at(3, 6))) == []


DELETED = life(Deletion(at=at(3, 5)))


def test_what_stands_ahead_of_a_campaign_that_is_gone_is_found() -> None:
    assert any("stands ahead though" in p for p in found(DELETED, IN_TOKYO, IN_LONDON, gone_at=at(3, 5, 1)))
    assert found(DELETED, IN_TOKYO, replace(IN_LONDON, cancelled=at(3, 5)), gone_at=at(3, 5, 1)) == []


def test_a_campaign_that_does_not_go_is_found() -> None:
    assert "the campaign was deleted and is not gone" in found(
        DELETED, IN_TOKYO, replace(IN_LONDON, cancelled=at(3, 5))
    )


def test_a_second_run_of_a_campaign_that_calls_once_is_found() -> None:
    once = replace(life(terms=replace(TERMS, recurring=False)), ends=at(4, 20))
    again = [schedule(TOKYO, at(4, 0), run="20270304T0900"), schedule(LONDON, at(4, 9), run="20270304T0900")]
    assert found(once, IN_TOKYO, IN_LONDON) == []
    assert found(once, IN_TOKYO, IN_LONDON, *again) == ["a campaign that calls once has called in 2 runs"]


def test_a_match_that_an_earlier_window_of_its_zone_reaches_into_need_not_be_called() -> None:
    twice_a_day = replace(TERMS, clock_hours=(9, 10), window_seconds=7200, zones=(LONDON,))
    long_window = replace(IN_LONDON, end=at(3, 11))
    assert found(life(terms=twice_a_day), long_window) == []


def test_a_match_before_the_last_window_of_a_run_that_had_begun_need_not_be_called() -> None:
    """London is still to be called at six in the evening by the terms of before, and may not be called out of turn."""
    before = replace(TERMS, clock_hours=(18,))
    edited = life(Edit(at=at(3, 8), terms=replace(TERMS, clock_hours=(11,), zones=(LONDON,))), terms=before)
    evening = [schedule(zone, start) for zone, start in ((TOKYO, at(3, 9)), (LONDON, at(3, 18)))]
    begun = replace(evening[0], start=at(3, 7), end=at(3, 8))
    assert not any("Wed 03 11:00" in problem for problem in found(edited, begun, evening[1]))
