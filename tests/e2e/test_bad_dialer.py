"""A dialer that refuses, throttles, breaks off or talks nonsense."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import REQUESTED_AT_ANNOTATION, RunState, WindowState
from e2e_world import campaign
from stage import Stage, fault, run_of, told, windows

LONDON, NEW_YORK = "Europe/London", "America/New_York"
AGAIN = (
    f"the operator tries again when the spec, the Secret or the annotation {REQUESTED_AT_ANNOTATION} changes, and "
    "every 10 minutes"
)

REFUSALS: list[tuple[str, Any, str, str]] = [
    ("token 401", fault("token", "answer", status=401), "CredentialsRefused", "the token endpoint answered 401"),
    ("token 400", fault("token", "answer", status=400), "CredentialsRefused", "the token endpoint answered 400"),
    ("401", fault("submit", "answer", status=401), "DialerUnauthorized", "the dialer answered 401"),
    ("403", fault("submit", "answer", status=403), "DialerForbidden", "the dialer answered 403"),
    ("404", fault("submit", "answer", status=404), "CampaignNotFound", "the dialer answered 404"),
]


async def played(stage: Stage, minutes: int) -> None:
    """Let the operator look whenever it wants to, for so many minutes."""
    end = stage.clock.now() + timedelta(minutes=minutes)
    while stage.clock.now() < end:
        stage.clock.advance(min(stage.next_look("c"), (end - stage.clock.now()).total_seconds()))
        await stage.look("c")


@pytest.mark.parametrize(
    ("name", "rule", "reason", "words", "way_out"),
    [
        *((*refusal, "10 minutes") for refusal in REFUSALS),
        *((*REFUSALS[3], way_out) for way_out in ("spec", "Secret", "annotation")),
        (*REFUSALS[0], "Secret"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_refusal_is_explained_and_not_hammered_and_heals(
    stage: Stage, name: str, rule: Any, reason: str, words: str, way_out: str
) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.simulator.put_faults(rule)
    await stage.apply(manifest)
    status = await stage.look("c")
    state, told_reason, message = told(status, ConditionType.STALLED)
    assert (state, told_reason) == ("True", reason)
    assert words in message
    assert message.endswith(AGAIN)
    assert told(status, ConditionType.READY)[0] == "False"
    asked = await stage.requests()
    await played(stage, 9)
    assert await stage.requests() == asked, "nothing is asked again before there is a reason to"
    await stage.simulator.delete_faults()
    stage.clock.advance(30)
    match way_out:
        case "spec":
            manifest["spec"]["completion"] = {"graceSeconds": 60}
            await stage.apply(manifest)
        case "Secret":
            await stage.connect(environment="another-word")
        case "annotation":
            await stage.kubectl("annotate", "ocamp", "c", f"{REQUESTED_AT_ANNOTATION}=now")
        case _:
            stage.clock.advance(60)
    status = await stage.look("c")
    assert run_of(status).state is RunState.SCHEDULED
    assert told(status, ConditionType.STALLED) == ("", "", "")
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2


async def test_a_refusal_that_lasts_is_asked_about_every_10_minutes(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    await stage.simulator.put_faults(fault("submit", "answer", status=403))
    await stage.apply(manifest)
    await stage.look("c")
    await played(stage, 120)
    assert await stage.posts(manifest["spec"]["campaignID"]) <= 2 * 13


@pytest.mark.parametrize("status_code", [400, 422])
async def test_a_rejected_window_has_the_dialers_reason_and_the_others_go_on(stage: Stage, status_code: int) -> None:
    manifest = campaign(stage.namespace, "c")
    body = {"error": "bad", "message": "this zone is closed today"}
    await stage.simulator.put_faults(fault("submit", "answer", time_zone=LONDON, status=status_code, body=body))
    await stage.apply(manifest)
    status = await stage.look("c")
    assert windows(status)[LONDON].state is WindowState.REJECTED
    assert windows(status)[LONDON].message == f"the dialer answered {status_code}: this zone is closed today"
    assert windows(status)[NEW_YORK].state is WindowState.SUBMITTED
    assert run_of(status).state is RunState.SCHEDULED
    assert run_of(status).metrics.expected_calls == 1
    assert [reason for reason, _ in await stage.warnings("c")] == ["WindowRejected"]


async def test_all_windows_rejected_is_a_failed_run(stage: Stage) -> None:
    await stage.simulator.put_faults(fault("submit", "answer", status=422, body={"message": "no"}))
    await stage.apply(campaign(stage.namespace, "c"))
    status = await stage.look("c")
    assert run_of(status).state is RunState.FAILED
    assert told(status, ConditionType.STALLED)[1] == "RunFailed"
    assert told(status, ConditionType.FINISHED)[:2] == ("True", "Failed")


@pytest.mark.parametrize(
    ("asked", "waits_seconds"),
    [("7", 7), ("3600", 3600), ("0", 5), ("soon", 5), ("-3", 5), ("999999999", 86400), (None, 5), ("date", 120)],
)
async def test_a_throttled_campaign_waits_as_it_was_told(stage: Stage, asked: str | None, waits_seconds: int) -> None:
    manifest = campaign(stage.namespace, "c", contacts=[{"id": "c", "timeZone": LONDON}])
    if asked == "date":
        asked = format_datetime(stage.clock.now() + timedelta(seconds=120), usegmt=True)
    headers = {} if asked is None else {"Retry-After": asked}
    await stage.simulator.put_faults(fault("submit", "answer", status=429, headers=headers, times=1))
    await stage.apply(manifest)
    status = await stage.look("c")
    assert windows(status)[LONDON].next_attempt_time == stage.clock.now() + timedelta(seconds=waits_seconds)
    assert told(status, ConditionType.RECONCILING)[1] == "DialerThrottled"
    assert told(status, ConditionType.READY)[:2] == ("False", "DialerThrottled")
    for _ in range(3):
        await stage.look("c")
    assert await stage.posts(manifest["spec"]["campaignID"]) == 1
    stage.clock.advance(waits_seconds)
    status = await stage.look("c")
    if waits_seconds < 3600 * 20:
        assert windows(status)[LONDON].state is WindowState.SUBMITTED


UNCLEAR = [
    fault("submit", "answer", status=500, carryOut=True),
    fault("submit", "answer", status=503, carryOut=True),
    fault("submit", "answer", status=409, carryOut=True),
    fault("submit", "reset", carryOut=True),
    fault("submit", "withhold", carryOut=True),
    fault("submit", "cut", where="body"),
    fault("submit", "cut", where="head"),
    fault("submit", "notJson"),
    fault("submit", "noId"),
    fault("submit", "oversized"),
]


@pytest.mark.parametrize("rule", UNCLEAR, ids=lambda rule: " ".join(str(v) for v in rule.effect.model_dump().values()))
async def test_what_is_not_a_clear_answer_is_looked_up_and_never_sent_again(stage: Stage, rule: Any) -> None:
    manifest = campaign(stage.namespace, "c", contacts=[{"id": "c", "timeZone": LONDON}])
    await stage.simulator.put_faults(rule)
    await stage.apply(manifest)
    status = await stage.look("c")
    assert windows(status)[LONDON].state is WindowState.UNCERTAIN
    assert told(status, ConditionType.RECONCILING)[1] == "SubmissionUncertain"
    await stage.simulator.delete_faults()
    stage.clock.advance(60)
    status = await stage.look("c")
    assert windows(status)[LONDON].state is WindowState.SUBMITTED
    (made,) = await stage.schedules(manifest["spec"]["campaignID"])
    assert made["id"] == windows(status)[LONDON].schedule_id
    assert await stage.posts(manifest["spec"]["campaignID"]) == 1


@pytest.mark.parametrize(
    ("rule", "reason", "words"),
    [
        (fault("analytics", "page", shape="wrongTypes"), "AnalyticsUnreadable", "cannot be"),
        (fault("analytics", "page", shape="absurdPages"), "AnalyticsUnreadable", "pages"),
        (fault("analytics", "page", shape="fewerCalls"), "AnalyticsRegressed", "the status keeps the higher numbers"),
        (fault("analytics", "page", shape="empty"), "AnalyticsRegressed", "the status keeps the higher numbers"),
        (fault("analytics", "answer", status=500), "AnalyticsUnreadable", "500"),
        (fault("analytics", "answer", status=403), "AnalyticsUnreadable", "403"),
        (fault("analytics", "withhold"), "AnalyticsUnreadable", "no answer"),
        (fault("analytics", "notJson"), "AnalyticsUnreadable", "not JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_analytics_that_lie_or_break_change_no_number_and_are_asked_again(
    stage: Stage, rule: Any, reason: str, words: str
) -> None:
    await stage.apply(campaign(stage.namespace, "c", completion={"expectedCalls": 100_000}))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).first_start + timedelta(hours=2))
    before = await stage.poll("c")
    assert run_of(before).metrics.calls_completed > 0
    await stage.simulator.put_faults(rule)
    stage.clock.advance(30)
    bad = await stage.poll("c")
    assert told(bad, ConditionType.ANALYTICS_AVAILABLE)[:2] == ("False", reason)
    assert words in told(bad, ConditionType.ANALYTICS_AVAILABLE)[2]
    assert bad.progress == before.progress
    assert told(bad, ConditionType.READY)[0] == "True"
    await stage.simulator.delete_faults()
    stage.clock.advance(300)
    good = await stage.poll("c")
    assert told(good, ConditionType.ANALYTICS_AVAILABLE)[0] == "True"
    assert run_of(good).metrics.calls_completed > run_of(before).metrics.calls_completed


async def test_a_destination_that_our_own_rules_forbid_is_told_and_nothing_is_sent(stage: Stage) -> None:
    await stage.connect(api_base_url="https://10.0.0.1", token_url="https://10.0.0.1/token")
    await stage.apply(campaign(stage.namespace, "c"))
    state, reason, message = told(await stage.look("c"), ConditionType.STALLED)
    assert (state, reason) == ("True", "DestinationRefused")
    assert "10.0.0.1 is a private address" in message
