"""A status always fits into its resource, whatever a dialer says and however many runs are waiting for calls."""

from datetime import datetime

import pytest
from builders import (
    NOW,
    SETTINGS,
    at,
    blueprint,
    campaign,
    finished,
    hook,
    in_history,
    observed,
    recurring,
    run,
    window,
)

from campaign_operator.api.status import OutboundCampaignStatus, RunStatus
from campaign_operator.api.vocabulary import MAX_PENDING, MAX_RUNS, MAX_WINDOWS_AHEAD, Adjustment, WindowState
from campaign_operator.domain.decisions.situation import Situation, has_room, has_too_many_windows, taken
from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.domain.status import size

ZONES = sorted(ZONE_NAMES)[:597]
WORST = {"one byte": "x", "escaped": "<", "four bytes": "\N{PILE OF POO}"}


def a_run(number: int, text: str, start: float = 3600, **changes: object) -> RunStatus:
    windows = tuple(
        window(
            WindowState.SUBMITTED,
            start=start,
            end=start + 3600,
            time_zone=zone,
            schedule_id="<" * 21,
            adopted=True,
            adjustments=tuple(Adjustment)[:4],
            reason="DialerUnauthorized",
            message=text * 1024,
            next_attempt_time=at(600),
        )
        for zone in ZONES
    )
    return run(*windows, planned_from=str(number), **changes)


@pytest.mark.parametrize("text", WORST.values(), ids=WORST.keys())
def test_the_most_windows_with_the_longest_messages_fit(text: str) -> None:
    pending = tuple(in_history(finished(hook=hook(message=text * 1024), id=f"{n:013}")) for n in range(MAX_PENDING))
    full = OutboundCampaignStatus(
        runs=tuple(a_run(n, text) for n in range(MAX_WINDOWS_AHEAD // len(ZONES))), history=pending
    )
    after = size.cut_to_size(full, 250_000, NOW)
    assert size.encoded_bytes(after.to_wire()) + 250_000 <= size.MOST_BYTES
    assert [[(w.state, w.schedule_id) for w in r.windows] for r in after.runs] == [
        [(w.state, w.schedule_id) for w in r.windows] for r in full.runs
    ]


def test_runs_that_only_wait_for_calls_give_up_their_windows_the_oldest_first() -> None:
    waiting = tuple(a_run(n, "x", start=-86400.0 * (9 - n)) for n in range(8))
    full = OutboundCampaignStatus(runs=(*waiting, a_run(8, "x")))
    after = size.cut_to_size(full, 400_000, NOW)
    assert size.encoded_bytes(after.to_wire()) + 400_000 <= size.MOST_BYTES
    kept = [bool(r.windows) for r in after.runs]
    assert kept == sorted(kept)
    assert not kept[0]
    assert kept[-1]
    assert after.runs[0].window_count == len(ZONES)


def test_a_status_that_is_small_is_left_alone() -> None:
    small = OutboundCampaignStatus(runs=(run(window(message="x" * 1024)),))
    assert size.cut_to_size(small, 5_000, NOW) is small


def test_a_spec_that_leaves_no_room_is_refused() -> None:
    here = campaign(OutboundCampaignStatus(), other_bytes=1_190_000)
    problem = has_too_many_windows(Situation(here, observed(), SETTINGS))
    assert problem is not None
    assert problem.reason == "InvalidSpec"
    assert problem.message.startswith(
        "spec.contacts: Too long: with its status, the resource would be larger than 1,200,000 bytes"
    )


def test_no_run_is_planned_ahead_that_would_not_fit() -> None:
    begun = OutboundCampaignStatus(runs=(run(window(WindowState.SUBMITTED)),))
    for other, fits in ((1_000_000, True), (1_139_000, False)):
        here = campaign(begun, spec=recurring(), other_bytes=other)
        assert has_room(Situation(here, observed(recurring()), SETTINGS), blueprint(recurring())) is fits


@pytest.mark.parametrize(
    ("runs", "until"),
    [
        pytest.param([run(window(WindowState.SUBMITTED))], None, id="one run"),
        pytest.param([a_run(n, "", start=-7200 + 60 * n) for n in range(3)], at(-3600), id="three of all zones"),
        pytest.param(
            [run(window(WindowState.SUBMITTED), planned_from=str(n)) for n in range(MAX_RUNS - 1)], NOW, id="many runs"
        ),
    ],
)
def test_it_is_known_until_when_there_was_no_room(runs: list[RunStatus], until: datetime | None) -> None:
    zones = [{"id": zone, "timeZone": zone} for zone in ZONES]
    of = recurring(contacts=zones)
    here = Situation(campaign(OutboundCampaignStatus(runs=tuple(runs)), spec=of), observed(of), SETTINGS)
    assert has_room(here, blueprint(of))
    assert taken(here, blueprint(of), here.runs).full_until == until
