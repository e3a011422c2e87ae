"""`kubectl campaign why`: what is explained, in which words, and with whose remedy."""

import re

import pytest
from builders import NOW, at, run, window
from seen_campaigns import seen, told

from campaign_operator.api.conditions import ConditionType, Reason
from campaign_operator.api.vocabulary import Adjustment, RunState, WindowState
from campaign_operator.domain.planning.deciding_rules import DecidingRule
from kubectl_campaign.explanation import causes_of, why_campaign, why_zone, zone_meant
from kubectl_campaign.plugin_error import PluginError
from kubectl_campaign.remedies import remedy_for
from kubectl_campaign.seen_campaign import SeenCampaign

LONDON, NEW_YORK = "Europe/London", "America/New_York"
HELD = tuple(
    window(WindowState.HELD, reason="WindowHeld", message="look at the dialer", time_zone=zone)
    for zone in (LONDON, NEW_YORK)
)
STALLED = (
    told(ConditionType.READY, False, "WindowHeld", "run 20261124T0900: both: look at the dialer"),
    told(ConditionType.STALLED, True, "WindowHeld", "run 20261124T0900: both: look at the dialer"),
)


def test_a_reason_is_explained_once_wherever_it_is_shown() -> None:
    (cause,) = causes_of(seen(run(*HELD), conditions=STALLED))
    assert cause.shown_as == [
        "Ready=False",
        "Stalled=True",
        "20261124T0900/Europe/London",
        "20261124T0900/America/New_York",
    ]
    assert cause.messages == ["run 20261124T0900: both: look at the dialer"]


def test_every_reason_is_explained_in_the_words_of_the_runbook() -> None:
    for reason in Reason:
        remedy = remedy_for(reason)
        assert remedy is not None
        told_of = told(ConditionType.STALLED, True, reason)
        screen = " ".join(why_campaign(seen(conditions=(told_of,)), NOW).split())
        assert f"Means: {' '.join(remedy.means.split())}" in screen, reason
        assert "Do: " in screen


def test_a_reason_of_a_newer_operator_is_said_to_be_unknown() -> None:
    screen = why_campaign(seen(conditions=(told(ConditionType.STALLED, True, "MoonIsFull", "wait"),)), NOW)
    assert screen.startswith("MoonIsFull\n  shown as Stalled=True\n  wait\n")
    assert "This version of the plugin does not know the reason" in screen


def test_the_commands_have_the_names_of_this_campaign_and_can_be_pasted() -> None:
    screen = why_campaign(seen(run(*HELD), conditions=STALLED), NOW, width=80)
    entries = "20261124T0900/Europe/London=WHAT,20261124T0900/America/New_York=WHAT"
    assert f"    $ kubectl campaign resolve spring -n sales {entries}\n" in screen
    assert "NAMESPACE" not in re.sub(r"\(`.*?`\)", "", " ".join(screen.split()))


def test_what_is_tried_again_says_when() -> None:
    waiting = window(WindowState.UNCERTAIN, reason="SubmissionUncertain", message="reset", next_attempt_time=at(30))
    screen = why_campaign(seen(run(waiting)), NOW)
    assert "  next attempt in 30 s, at 2026-11-23 12:00:30 UTC\n" in screen


def test_all_well_says_so_and_what_comes_next() -> None:
    assert why_campaign(seen(run(window(WindowState.SUBMITTED), state=RunState.SCHEDULED)), NOW) == (
        "Nothing blocks sales/spring.\n"
        "Accepted: the spec is accepted\n"
        "next in 1 h, at 2026-11-23 13:00 UTC: America/New_York opens\n"
    )


@pytest.mark.parametrize(
    ("campaign", "what"),
    [
        (seen(conditions=(), observed_generation=0), "no operator has looked at it"),
        (seen(generation=2), "the operator has not seen the last edit"),
    ],
)
def test_a_campaign_that_the_operator_has_not_seen_leads_to_the_operator(campaign: SeenCampaign, what: str) -> None:
    screen = why_campaign(campaign, NOW)
    assert screen.startswith(f"sales/spring: {what}.\nDo: if this lasts for more than a few seconds, check that the")


def test_a_campaign_that_is_stalled_and_edited_since_has_both_explained() -> None:
    screen = why_campaign(seen(generation=2, conditions=STALLED), NOW)
    assert "the operator has not seen the last edit" in screen
    assert "\n\nWindowHeld\n" in screen


@pytest.mark.parametrize(
    ("state", "reason"), [(WindowState.REJECTED, "WindowRejected"), (WindowState.MISSED, "WindowMissed")]
)
def test_a_window_that_ended_badly_is_explained_by_its_state(state: WindowState, reason: str) -> None:
    (cause,) = causes_of(seen(run(window(state, reason="DialerUnavailable", message="503"))))
    assert (cause.reason, cause.messages) == (reason, ["503"])


def test_a_zone_has_its_adjustments_their_rules_and_where_these_are_written() -> None:
    moved = window(adjustments=(Adjustment.DEFERRED_TO_OPENING, Adjustment.CLIPPED_AT_CLOSING))
    campaign = seen(run(moved, narrowed_by="policy hours/policy.yaml"))
    rule = DecidingRule(Adjustment.DEFERRED_TO_OPENING, "spec.callingHours", "opens at 08:00 on Mon")
    assert why_zone(campaign, NEW_YORK, {("20261124T0900", "DeferredToOpening"): [rule]}, NOW) == (
        "run 20261124T0900, America/New_York: Planned, 1 contact\n"
        "  23 Nov, Mon 08:00-12:00 there; 2026-11-23 13:00 UTC to 2026-11-23 17:00 UTC\n"
        "  DeferredToOpening: outside the calling hours; deferred until they start\n"
        "    spec.callingHours: opens at 08:00 on Mon\n"
        "  ClippedAtClosing: shortened to end with the calling hours\n"
        "  the run is narrowed by policy hours/policy.yaml\n"
    )


def test_a_zone_of_which_nothing_is_to_be_said_says_so() -> None:
    assert "  Nothing differs from the match of cron, and nothing blocks the window.\n" in why_zone(
        seen(run(window())), NEW_YORK, {}, NOW
    )


@pytest.mark.parametrize("said", ["Europe/London", "europe/london", "London", "LONDON"])
def test_a_zone_is_meant_by_its_name_or_its_last_part(said: str) -> None:
    assert zone_meant(seen(run(*HELD)), said) == LONDON


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("York", "sales/spring has no window in York; it has America/New_York, Europe/London"),
        ("Springfield", "sales/spring has no window in Springfield; it has America/New_York, Europe/London"),
    ],
)
def test_a_zone_that_is_not_there_is_refused_with_those_that_are(said: str, why: str) -> None:
    with pytest.raises(PluginError, match=f"^{re.escape(why)}$"):
        zone_meant(seen(run(*HELD)), said)
