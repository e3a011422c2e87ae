"""The screen of `kubectl campaign status`, its lines without a terminal, and that no status drives a terminal."""

import json
from typing import Any

import pytest
from builders import NOW, at, run, window
from seen_campaigns import seen, seen_wire, told

from campaign_operator.api.conditions import ConditionType, Reason
from campaign_operator.api.status import Metrics, OutboundCampaignStatus, WaitingResolution
from campaign_operator.api.vocabulary import Adjustment, RunState, WindowState
from kubectl_campaign.campaign_list import campaign_list
from kubectl_campaign.explanation import why_campaign, why_zone
from kubectl_campaign.seen_campaign import SeenCampaign, next_moments
from kubectl_campaign.status_lines import changed_lines
from kubectl_campaign.status_screen import status_screen
from kubectl_campaign.status_watch import fitted_screen
from kubectl_campaign.status_wire import SeenStatusWire, status_json

HELD_MESSAGE = "it may have been submitted, and the dialer has no listing (it answered 405); check the dialer"
RUNNING = run(
    window(
        WindowState.SUBMITTED,
        start=-7200,
        end=3600,
        time_zone="Europe/London",
        contacts=30,
        adjustments=(Adjustment.DEFERRED_TO_OPENING,),
    ),
    window(WindowState.HELD, start=7380, end=21780, contacts=20, reason="WindowHeld", message=HELD_MESSAGE),
    window(WindowState.UNCERTAIN, 10_800, 25_200, time_zone="America/Chicago", contacts=3, next_attempt_time=at(45)),
    window(WindowState.SKIPPED, start=-3600, end=-3540, time_zone="Asia/Tokyo", contacts=2),
    state=RunState.RUNNING,
    metrics=Metrics(calls_completed=37, calls_attempted=60, connected=30, expected_calls=50, percent=74),
)
CALLING = seen(
    RUNNING,
    run(window(start=90_000, end=104_400), id="20261125T0900", planned_from="2"),
    state="Running",
    conditions=(
        told(ConditionType.READY, False, Reason.WINDOW_HELD, f"run 20261124T0900: America/New_York: {HELD_MESSAGE}"),
        told(ConditionType.STALLED, True, Reason.WINDOW_HELD, f"run 20261124T0900: America/New_York: {HELD_MESSAGE}"),
        told(ConditionType.ANALYTICS_AVAILABLE, False, Reason.ANALYTICS_UNREADABLE, "the dialer answered 500"),
    ),
)

SCREEN = """\
sales/spring  Running
campaign 8f14e45f; cron 0 9 * * * on each contact's clock; Recurring

Ready=False  WindowHeld
  run 20261124T0900: America/New_York: it may have been submitted, and the
  dialer has no listing (it answered 405); check the dialer
AnalyticsAvailable=False  AnalyticsUnreadable
  the dialer answered 500; the operator tries again

run 20261124T0900: Running, 4 windows (1 skipped) for 55 contacts
calls  ██████████████░░░░░░  37 of 50 calls (74%), 60 attempted, 30 connected
time   ████░░░░░░░░░░░░░░░░  2 h of 9 h, until 2026-11-23 19:00 UTC

ZONE              CONTACTS  TIME NOW   WINDOW           STATE
Asia/Tokyo               2  Mon 21:00                   Skipped
Europe/London           30  Mon 12:00  Mon 10:00-13:00  Submitted  1 h left
    DeferredToOpening
America/New_York        20  Mon 07:00  Mon 09:03-13:03  Held       in 2 h 3 min
    WindowHeld
America/Chicago          3  Mon 06:00  Mon 09:00-13:00  Uncertain  in 3 h

run 20261125T0900: Planned, 1 window for 1 contact, first start 2026-11-24 13:00
  UTC

next   in 45 s, at 2026-11-23 12:00:45 UTC: the operator tries America/Chicago
       again
       in 1 h, at 2026-11-23 13:00 UTC: Europe/London closes
       in 1 h, at 2026-11-23 13:00 UTC: run 20261125T0900 is submitted

What to do: kubectl campaign why spring -n sales
"""


def test_the_whole_screen_at_80_columns() -> None:
    assert status_screen(CALLING, NOW, width=80) == SCREEN


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_of_a_table_or_a_text_is_wider_than_the_terminal(width: int) -> None:
    long = window(WindowState.SUBMITTED, time_zone="America/Argentina/ComodRivadavia", contacts=1_000_000)
    many = Metrics(calls_completed=999_999_999, calls_attempted=999_999_999, connected=999_999, expected_calls=10**9)
    for campaign in (CALLING, seen(run(long, state=RunState.SCHEDULED, metrics=many))):
        lines = status_screen(campaign, NOW, width=width).splitlines()
        assert max(len(line) for line in lines) <= width


def test_colours_are_only_there_when_they_are_asked_for() -> None:
    assert "\x1b[" not in status_screen(CALLING, NOW)
    assert "\x1b[31mReady" not in status_screen(CALLING, NOW, colours=True)
    assert "\x1b[33mReady=False  WindowHeld\x1b[0m" in status_screen(CALLING, NOW, colours=True)


def test_a_campaign_that_no_operator_has_seen_says_so() -> None:
    screen = status_screen(seen(generation=3), NOW)
    assert "The operator has not seen the last edit; what follows is from before it.\n" in screen
    assert "What to do: kubectl campaign why spring -n sales\n" in screen


def test_a_campaign_that_is_being_deleted_says_so() -> None:
    meta = {"namespace": "sales", "name": "c", "uid": "u", "resourceVersion": "7", "generation": 1}
    wire = {"metadata": {**meta, "deletionTimestamp": "2026-11-23T12:00:00Z"}, "spec": {}}
    assert "\nThe campaign is being deleted.\n" in status_screen(SeenCampaign.of(wire), NOW)


def test_what_comes_next_is_what_the_status_says() -> None:
    waiting = WaitingResolution(
        run_id="20261124T0900",
        planned_from="1",
        time_zone="Europe/London",
        attempt=1,
        verdict="s-7",
        next_attempt_time=at(20),
    )
    found = next_moments(seen(run(window(start=90_000, end=100_000)), waiting_resolutions=(waiting,)), NOW)
    assert [((moment.time - NOW).total_seconds(), moment.what) for moment in found] == [
        (20, "the operator checks the answer about Europe/London"),
        (3_600, "run 20261124T0900 is submitted"),
        (90_000, "America/New_York opens"),
        (100_000, "America/New_York closes"),
        (103_600, "run 20261124T0900 times out"),
    ]


def test_resolutions_that_wait_for_the_listing_say_why() -> None:
    entries = [
        WaitingResolution(
            run_id="20261124T0900", planned_from="1", time_zone=zone, attempt=1, verdict="s-7", message="503"
        )
        for zone in ("Europe/London", "Europe/Paris")
    ]
    screen = status_screen(seen(waiting_resolutions=tuple(entries)), NOW)
    assert "2 resolutions waiting for the dialer's listing: 503\n" in screen


def test_a_suspended_campaign_is_not_said_to_be_submitted() -> None:
    found = next_moments(seen(run(window(start=90_000, end=100_000)), spec={"suspend": True}), NOW)
    assert not any("submitted" in moment.what for moment in found)


def test_the_lines_of_a_watch_are_all_at_first_and_then_what_changed() -> None:
    planned = seen(run(window()), state="Planned", progress="0/1 (0%)")
    submitted = seen(run(window(WindowState.SUBMITTED)), state="Planned", progress="0/1 (0%)")
    assert list(changed_lines(None, planned, NOW)) == [
        "2026-11-23T12:00:00Z sales/spring Planned 0/1 (0%) Ready=True Accepted: the spec is accepted",
        "2026-11-23T12:00:00Z 20261124T0900/America/New_York Planned 2026-11-23T13:00:00Z/2026-11-23T17:00:00Z",
    ]
    assert list(changed_lines(planned, submitted, NOW)) == [
        "2026-11-23T12:00:00Z 20261124T0900/America/New_York Submitted 2026-11-23T13:00:00Z/2026-11-23T17:00:00Z",
    ]
    assert list(changed_lines(submitted, submitted, NOW)) == []


def test_the_json_has_every_window_and_fits_its_model() -> None:
    told_of = SeenStatusWire.model_validate_json(status_json(CALLING, NOW))
    assert (told_of.needs, told_of.runs[0].calls_completed, len(told_of.runs[0].windows)) == ("act", 37, 4)
    held = told_of.runs[0].windows[1]
    assert (held.is_blocked, held.local_time) == (True, "2026-11-23T07:00:00-05:00")


HOSTILE = "\x1b]0;pwned\x07\x1b[2J\r\n\x9b31m\u202e\u2028evil"


def hostile(value: Any) -> Any:
    """The wire with words for a terminal in every text that is free."""
    if isinstance(value, dict):
        return {
            key: HOSTILE if key in ("message", "state", "progress") else hostile(part) for key, part in value.items()
        }
    return [hostile(part) for part in value] if isinstance(value, list) else value


def screens(campaign: SeenCampaign) -> list[str]:
    return [
        status_screen(campaign, NOW, width=80),
        campaign_list([campaign], NOW, everywhere=True, width=None),
        why_campaign(campaign, NOW, width=80),
        why_zone(campaign, "America/New_York", {}, NOW),
        "\n".join(changed_lines(None, campaign, NOW)),
    ]


def test_nothing_of_a_status_reaches_the_terminal_as_a_command() -> None:
    wire = OutboundCampaignStatus(
        observed_generation=1, runs=CALLING.status.runs, conditions=CALLING.status.conditions, state="Held"
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    windows = [{**w, "message": HOSTILE} for w in wire["runs"][0]["windows"]]
    evil = {**hostile({key: part for key, part in wire.items() if key != "runs"}), "state": HOSTILE}
    evil["runs"] = [{**wire["runs"][0], "windows": windows, "narrowedBy": HOSTILE}]
    spec = {"campaignID": HOSTILE, "cron": HOSTILE, "timeZone": HOSTILE, "startMode": "SameInstant"}
    for screen in screens(seen_wire(evil, spec=spec)):
        assert "evil" in screen
        assert all(character.isprintable() or character == "\n" for character in screen)
    json.loads(status_json(seen_wire(evil, spec=spec), NOW))


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (5, "a\nb\nc\nd\n"),
        (4, "a\nb\nand 2 more lines; without --watch, all are shown"),
        (2, "a\nand 3 more lines; without --watch, all are shown"),
    ],
)
def test_a_screen_that_lives_has_no_more_lines_than_the_terminal(lines: int, shown: str) -> None:
    assert fitted_screen("a\nb\nc\nd\n", lines) == shown
