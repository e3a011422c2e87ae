"""The judge of the soak finds what it is there for: a window that is submitted twice, one that is not wanted, one that
nobody is called in.
"""

import json
from datetime import UTC, datetime, timedelta

from soak_judging import SLACK, Life, Missed, Terms, Verdict, judge, read_missed

from campaign_sandbox.ledger_schedule import LedgerSchedule

BEGUN = datetime(2026, 11, 29, 12, 0, 30, tzinfo=UTC)
ENDED = BEGUN + timedelta(minutes=30)
ZONE = "Europe/Athens"
TERMS = Terms(period=10, minute=3, zones=(ZONE,), window_seconds=120)
MATCHES = tuple(datetime(2026, 11, 29, 12, minute, tzinfo=UTC) for minute in (3, 13, 23))


def schedule(start: datetime, *, cancelled: datetime | None = None, minutes_ahead: int = 2) -> LedgerSchedule:
    created = start - timedelta(minutes=minutes_ahead)
    return LedgerSchedule(ZONE, start, start + timedelta(minutes=2), created, cancelled, start.isoformat())


CALLED = tuple(schedule(match) for match in MATCHES)


def life(*chapters: tuple[datetime, Terms], recurring: bool = True, deleted: datetime | None = None) -> Life:
    return Life(recurring, list(chapters or [(BEGUN, TERMS)]), deleted)


def test_the_matches_are_those_of_cron() -> None:
    assert TERMS.cron == "3-59/10 * * * *"
    assert tuple(TERMS.matches(BEGUN, ENDED)) == MATCHES


def test_a_life_in_which_every_window_is_called_once_is_faultless() -> None:
    # the first match is too near to the creation, and is not judged
    assert judge(life(), CALLED, ENDED) == Verdict((), (), 2)


def test_a_window_that_nobody_is_called_in_is_lost() -> None:
    assert judge(life(), CALLED[:2], ENDED).lost == (f"nobody is called in {ZONE} at 12:23",)


def test_a_window_that_was_cancelled_before_its_start_is_lost() -> None:
    cancelled = schedule(MATCHES[2], cancelled=MATCHES[2] - timedelta(seconds=1))
    assert judge(life(), (*CALLED[:2], cancelled), ENDED).lost


def test_a_window_near_an_edit_is_not_judged() -> None:
    edited = (MATCHES[2] - SLACK + timedelta(seconds=1), TERMS)
    assert judge(life((BEGUN, TERMS), edited), CALLED[:2], ENDED) == Verdict((), (), 1)


def test_two_schedules_of_one_window_are_one_too_many() -> None:
    assert len(judge(life(), (*CALLED, schedule(MATCHES[1])), ENDED).twice) == 1


def test_a_schedule_that_took_the_place_of_a_cancelled_one_is_none_too_many() -> None:
    cancelled = schedule(MATCHES[1], cancelled=MATCHES[1] - timedelta(seconds=130), minutes_ahead=3)
    assert judge(life(), (*CALLED, cancelled), ENDED) == Verdict((), (), 2)


def test_a_schedule_that_opens_while_its_campaign_is_suspended_is_not_wanted() -> None:
    suspended = Terms(10, 3, (ZONE,), 120, suspended=True)
    edited = (MATCHES[0] + timedelta(minutes=1), suspended)
    assert len(judge(life((BEGUN, TERMS), edited), CALLED, ENDED).twice) == 2


def test_a_schedule_that_opens_long_after_the_deletion_is_not_wanted() -> None:
    assert len(judge(life(deleted=MATCHES[1]), CALLED, ENDED).twice) == 1


def test_a_campaign_that_calls_once_is_to_call_in_one_run() -> None:
    assert judge(life(recurring=False), CALLED[:1], ENDED) == Verdict((), (), 2)
    assert judge(life(recurring=False), CALLED[:2], ENDED).twice == (
        "a campaign that calls once has called in several runs",
    )
    assert judge(life(recurring=False), (), ENDED).lost == ("nobody is called at all",)


def test_a_schedule_is_read_as_the_ledger_has_it() -> None:
    wire = {
        "timezone": ZONE,
        "startTime": "2026-11-29T14:03:00+02:00",
        "endTime": "2026-11-29T14:05:00+02:00",
        "createdAt": "2026-11-29T12:01:00+00:00",
        "cancelledAt": None,
        "idempotencyKey": f"uid/{MATCHES[0].isoformat()}/from/{ZONE}/1",
    }
    assert LedgerSchedule.read(wire) == CALLED[0]


MISSED: Missed = frozenset({(MATCHES[2], ZONE)})


def test_a_window_that_the_operator_says_it_missed_is_told_apart_from_one_that_is_lost() -> None:
    assert judge(life(), CALLED[:2], ENDED, MISSED) == Verdict((), (), 2, missed=1)
    assert judge(life(), CALLED, ENDED, MISSED) == Verdict((), (), 2)
    assert judge(life(), CALLED[:1], ENDED, MISSED).lost == (f"nobody is called in {ZONE} at 12:13",)
    assert judge(life(recurring=False), (), ENDED, MISSED) == Verdict((), (), 2, missed=1)


def test_what_was_missed_is_read_from_the_operators_log() -> None:
    message = (
        f"run 20261129T1223: {ZONE}, America/Port-au-Prince, Etc/GMT+5: its start passed before it could be submitted; "
        "it waited: the permission to send expired before the request left"
    )
    line = json.dumps({"reason": "WindowMissed", "message": message, "name": "soak-1", "event": "event"})
    other = json.dumps({"reason": "Submitted", "message": "run 20261129T1213", "name": "soak-1", "event": "event"})
    zones = (ZONE, "America/Port-au-Prince", "Etc/GMT+5")
    assert read_missed(["no JSON", other, line]) == {"soak-1": frozenset((MATCHES[2], zone) for zone in zones)}
