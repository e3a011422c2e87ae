"""Rules of the simulated dialer's faults: whose turn it is, how often, and how they are put and read back."""

from datetime import timedelta

import pytest

from campaign_sandbox.fault_rules import AnswerInstead
from campaign_sandbox.simulator.dialer_faults import FaultRule, RequestMatch
from contract.dialer_client import DialerClient, analytics_body, logged_in
from contract.fault_kit import rule, submitting
from serving import RunningSimulator, SteppedClock, running_simulator


async def test_a_rule_waits_for_its_turn_fires_so_often_and_is_spent(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(rule(AnswerInstead(status=500), after=1, times=2))

    statuses = [(await submitting(api, campaign_id, clock)).status_code for _ in range(5)]

    assert statuses == [201, 500, 500, 201, 201]


async def test_a_rule_may_be_about_one_zone_of_one_campaign(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    match = RequestMatch(call="submit", campaign_id=campaign_id, timezone="Europe/Berlin")
    await simulator.put_faults(FaultRule(match=match, effect=AnswerInstead(status=500)))

    assert (await submitting(api, campaign_id, clock)).status_code == 500
    assert (await submitting(api, campaign_id, clock, timezone="Europe/Paris")).status_code == 201
    assert (await submitting(api, f"{campaign_id}-other", clock)).status_code == 201


async def test_a_rule_about_a_zone_finds_the_cancellation_of_its_schedule(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    berlin = (await submitting(api, campaign_id, clock)).json()["id"]
    paris = (await submitting(api, campaign_id, clock, timezone="Europe/Paris")).json()["id"]
    match = RequestMatch(call="cancel", timezone="Europe/Berlin")
    await simulator.put_faults(FaultRule(match=match, effect=AnswerInstead(status=500)))

    assert (await api.cancel(campaign_id, berlin)).status_code == 500
    assert (await api.cancel(campaign_id, paris)).status_code == 204


async def test_a_rule_about_a_campaign_finds_the_analytics_that_ask_for_it_among_others(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    match = RequestMatch(call="analytics", campaign_id=campaign_id)
    await simulator.put_faults(FaultRule(match=match, effect=AnswerInstead(status=500)))
    until_then = clock() + timedelta(days=1)

    among_others = await api.analytics(analytics_body(["a", campaign_id, "b"], clock(), until_then))
    not_asked_for = await api.analytics(analytics_body(["a", "b"], clock(), until_then))

    assert (among_others.status_code, not_asked_for.status_code) == (500, 200)


async def test_the_rules_of_one_campaign_are_replaced_without_touching_the_others(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    def about(name: str, status: int) -> FaultRule:
        return FaultRule(match=RequestMatch(call="submit", campaign_id=name), effect=AnswerInstead(status=status))

    other = f"{campaign_id}-other"
    await simulator.put_faults(about(campaign_id, 500), about(other, 501))
    await simulator.put_faults(about(campaign_id, 502), campaign_id=campaign_id)
    assert (await submitting(api, campaign_id, clock)).status_code == 502
    assert (await submitting(api, other, clock)).status_code == 501

    await simulator.put_faults(campaign_id=campaign_id)
    assert (await submitting(api, campaign_id, clock)).status_code == 201
    assert (await submitting(api, other, clock)).status_code == 501

    await simulator.delete_faults()
    assert (await submitting(api, other, clock)).status_code == 201


async def test_rules_can_be_read_back_with_how_often_they_matched_and_fired(
    simulator: RunningSimulator, api: DialerClient, campaign_id: str, clock: SteppedClock
) -> None:
    await simulator.put_faults(rule(AnswerInstead(status=500), after=1))
    for _ in range(3):
        await submitting(api, campaign_id, clock)

    (listed,) = (await api.http.get("/_faults")).json()["rules"]

    assert listed["match"] == {"call": "submit", "campaignId": None, "timezone": None}
    assert (listed["effect"]["kind"], listed["effect"]["status"]) == ("answer", 500)
    assert (listed["seen"], listed["fired"]) == (3, 2)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("{", "body"),
        ("[]", "body"),
        ('{"rules": [{}]}', "rules.0.match"),
        ('{"rules": [{"match": {"call": "dance"}, "effect": {"kind": "reset"}}]}', "rules.0.match.call"),
        ('{"rules": [{"match": {"call": "list"}, "effect": {"kind": "explode"}}]}', "rules.0.effect"),
        ('{"rules": [{"match": {"call": "list"}, "effect": {"kind": "noId"}}]}', "rules.0"),
        (
            '{"rules": [{"match": {"call": "list"}, "effect": {"kind": "answer", "status": "500"}}]}',
            "rules.0.effect.answer.status",
        ),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_by_the_path_of_its_field_and_changes_nothing(
    simulator: RunningSimulator,
    api: DialerClient,
    campaign_id: str,
    clock: SteppedClock,
    body: str,
    path: str,
) -> None:
    await simulator.put_faults(rule(AnswerInstead(status=500)))

    answer = await api.http.put("/_faults", content=body)

    assert answer.status_code == 422
    assert answer.json()["message"].startswith(f"{path}: ")
    assert (await submitting(api, campaign_id, clock)).status_code == 500


async def test_the_rules_of_one_campaign_must_name_it(api: DialerClient, campaign_id: str) -> None:
    rules = {"rules": [{"match": {"call": "list"}, "effect": {"kind": "reset"}}]}

    answer = await api.http.put("/_faults", params={"campaign": campaign_id}, json=rules)

    assert answer.status_code == 422
    assert "match.campaignId" in answer.json()["message"]


async def test_rules_given_at_the_start_hold_for_every_campaign(clock: SteppedClock) -> None:
    rules = (rule(AnswerInstead(status=500), times=1),)
    async with running_simulator(now=clock, fault_rules=rules) as simulator, logged_in(simulator) as api:
        assert (await submitting(api, "c1", clock)).status_code == 500
        assert (await submitting(api, "c1", clock)).status_code == 201
