"""`--campaign-selector`: what it selects is what the API server selects, and a campaign that is not selected is left as
it is, but counts as the owner that it is.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.kubernetes.detachment import detached_campaigns
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import CANCEL_FINALIZER, RunState, WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.campaigns.label_selector import BadSelectorError, LabelSelector
from campaign_operator.domain.dialing.outcomes import SubmitOutcome
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import Manifest, World, answer_of, campaign, start_operator
from stage import Stage, new_operator, run_of, told, windows

SALES = LabelSelector.parse("team=sales")

LONGEST_NAME, LONGEST_PREFIX = "n" * 63, f"{'p' * 125}.{'q' * 127}"

LABELS: tuple[dict[str, str], ...] = (
    {},
    {"team": "sales"},
    {"team": "support"},
    {"team": ""},
    {"team": "sales", "tier": "Gold_1.2-b"},
    {"example.com/team": "sales", "in": "notin"},
    {"tier": "7", "notin": "in"},
    {f"{LONGEST_PREFIX}/{LONGEST_NAME}": LONGEST_NAME},
)

SELECTORS = (
    *(
        "",
        "  ",
        "team",
        "!team",
        " ! team ",
        "team=sales",
        "team==sales",
        "team = sales",
        "team!=sales",
        "team=",
        "team!=",
    ),
    *(
        "team in (sales)",
        "team in (sales,support)",
        "team in(sales , support)",
        "team notin (sales,support)",
        "team in ()",
    ),
    *("team in (,sales)", "team in (sales,)", "team notin ()", "team notin (,)", "\tteam\nin\r( sales )"),
    *("team,tier", "team=sales,tier", "team=sales, !tier", "tier,team in (sales,support),!in", "team=,!tier"),
    *("team in (sales),tier notin (x,y)", "team=sales,team=support", "team notin (sales),team"),
    *(
        "example.com/team",
        "example.com/team=sales",
        "tier=Gold_1.2-b",
        "tier in (7)",
        "in",
        "notin",
        "!in",
        "in in (notin)",
    ),
    *("in=notin", "notin=in", "notin notin (in)", f"{LONGEST_PREFIX}/{LONGEST_NAME}={LONGEST_NAME}"),
)

NO_SELECTORS = (
    *(",", "team,", ",team", "team,,tier", "=", "=sales", "!", "!team=sales", "!!team", "team sales", "team===sales"),
    *(
        "team=!sales",
        "team in",
        "team in sales",
        "team in (",
        "team in (sales",
        "team in sales)",
        "team in (a b)",
        "(team)",
    ),
    *(
        "team in (a),",
        "team in ((a))",
        "team is (a)",
        "teamin (a)",
        "team notin",
        "team not in (a)",
        "team=a b",
        "team=a=b",
    ),
    *(
        "-team",
        "team-",
        "team?",
        "/team",
        "example.com/",
        "a/b/c",
        "Example.com/team",
        "a..b/team",
        "team=-a",
        "team=a/b",
    ),
    *(
        "team=" + "v" * 64,
        "n" * 64,
        f"{'p' * 126}.{'q' * 127}/team",
        "team in (-a)",
        "téam",
        "team=é",
        "team\xa0in (a)",
    ),
)


def labelled(manifest: Manifest, **labels: str) -> Manifest:
    """The campaign with these labels."""
    return {**manifest, "metadata": {**manifest["metadata"], "labels": labels}}


async def test_what_a_selector_selects_is_what_the_api_server_selects(stage: Stage) -> None:
    named = {f"c{number}": labels for number, labels in enumerate(LABELS)}
    await stage.apply(*(labelled(campaign(stage.namespace, name), **labels) for name, labels in named.items()))
    path, names = "/apis/campaign-operator.io/v1alpha1/namespaces/{namespace}/outboundcampaigns", stage.namespace
    for text in SELECTORS:
        answer = await stage.api.request("GET", path, {"namespace": names}, {"labelSelector": text})
        theirs = {wire["metadata"]["name"] for wire in answer.body["items"]}
        selector = LabelSelector.parse(text)
        assert {name for name, labels in named.items() if selector.matches(labels)} == theirs, text
    for text in NO_SELECTORS:
        answer = await stage.api.request("GET", path, {"namespace": names}, {"labelSelector": text})
        assert answer.status == 400, text
        with pytest.raises(BadSelectorError, match="must be a label selector"):
            LabelSelector.parse(text)


@pytest.mark.parametrize("text", ["tier>5", "tier < 8"])
def test_the_comparisons_that_kubectl_does_not_document_are_refused(text: str) -> None:
    with pytest.raises(BadSelectorError, match="must be a label selector"):
        LabelSelector.parse(text)


async def metadata(world: World, namespace: str, name: str) -> dict[str, Any]:
    """What changes with every write."""
    return dict((await world.get(namespace, name))["metadata"])


async def label(world: World, namespace: str, name: str, change: str) -> None:
    """`kubectl label`."""
    await world.kubectl("label", "ocamp", name, "-n", namespace, change)


async def test_a_campaign_is_served_for_as_long_as_its_labels_match(
    playhouse: tuple[ControlPlane, Path], stage: Stage, world: World, tmp_path: Path
) -> None:
    """By the real operator. Whatever is done to a campaign that it lets go waits for whoever serves it next."""
    namespace, (control_plane, kubeconfig) = stage.namespace, playhouse
    flags = ("--namespace", namespace, "--campaign-selector", "team in (sales, support),!paused")
    operator = start_operator(kubeconfig, world.authority, tmp_path, *flags)
    here = replace(world, control_plane=control_plane, operator=operator)
    wanted = campaign(namespace, "c")

    async def nothing_happens_to_it() -> None:
        """While another one that was created later is served."""
        before = (await metadata(here, namespace, "c"))["resourceVersion"]
        later = campaign(namespace, f"later-{uuid4().hex[:6]}", suspend=True)
        await here.apply(labelled(later, team="support"))
        await here.wait_for_reason(namespace, later["metadata"]["name"], "Suspended")
        assert (await metadata(here, namespace, "c"))["resourceVersion"] == before

    try:
        await here.connect(namespace)
        await here.apply(wanted)
        await nothing_happens_to_it()
        assert not (await here.status(namespace, "c")).get("conditions")

        await label(here, namespace, "c", "team=sales")
        await here.wait_for_state(namespace, "c", "Scheduled")

        await label(here, namespace, "c", "paused=")
        await here.kubectl("patch", "ocamp", "c", "-n", namespace, "--type=merge", '-p={"spec":{"suspend":true}}')
        await nothing_happens_to_it()
        await here.kubectl("delete", "ocamp", "c", "-n", namespace, "--wait=false")
        await nothing_happens_to_it()
        assert (await metadata(here, namespace, "c"))["finalizers"] == [CANCEL_FINALIZER]
        schedules = await here.schedules(wanted["spec"]["campaignID"])
        assert [schedule["cancelledAt"] for schedule in schedules] == [None, None]

        await label(here, namespace, "c", "paused-")
        await here.kubectl("wait", "--for=delete", "ocamp/c", "-n", namespace, "--timeout=60s")
        assert all(schedule["cancelledAt"] for schedule in await here.schedules(wanted["spec"]["campaignID"]))
    finally:
        await operator.stop(timeout_seconds=40)


async def test_a_label_that_no_watch_has_told_of_is_seen_at_the_next_look(stage: Stage) -> None:
    """A watch that was away is told of what is there, and not of what is not."""
    stage.operator, ref = new_operator(stage, SALES), CampaignRef(stage.namespace, "c")
    manifest = labelled(campaign(stage.namespace, "c"), team="sales")
    await stage.apply(manifest)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    assert ref in stage.alarms.moments
    await stage.apply(labelled({**manifest, "spec": {**manifest["spec"], "suspend": True}}, team="support"))
    left = await stage.kubectl("get", "ocamp", "c", "-o", "json")
    await stage.look("c")
    assert await stage.kubectl("get", "ocamp", "c", "-o", "json") == left
    assert ref not in stage.alarms.moments
    stage.operator = new_operator(stage, LabelSelector.parse("team=support"))
    assert run_of(await stage.look("c")).state is RunState.CANCELLED


async def test_what_was_sent_while_its_label_went_is_put_on_record_and_nothing_else_is_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever serves it next need not look up what this one was told, and cancels what the edit makes of no use."""
    stage.operator, submit = new_operator(stage, SALES), CXoneDialer.submit
    manifest = labelled(campaign(stage.namespace, "c"), team="sales")
    edited = labelled({**manifest, "spec": {**manifest["spec"], "cron": "0 10 * * *"}}, team="support")
    pending = [edited]

    async def submitted(self: CXoneDialer, *arguments: Any) -> SubmitOutcome:
        outcome = await submit(self, *arguments)
        if pending:
            await stage.apply(pending.pop())
        return outcome

    monkeypatch.setattr(CXoneDialer, "submit", submitted)
    await stage.apply(manifest)
    status = await stage.look("c")
    assert {window.state for window in windows(status).values()} == {WindowState.SUBMITTED}
    schedules = await stage.schedules(manifest["spec"]["campaignID"])
    assert [schedule["cancelledAt"] for schedule in schedules] == [None, None]
    assert CampaignRef(stage.namespace, "c") not in stage.alarms.moments


async def test_a_campaign_that_another_operator_serves_by_its_label_is_the_owner_all_the_same(stage: Stage) -> None:
    older = labelled(campaign(stage.namespace, "older"), team="support")
    younger = labelled(campaign(stage.namespace, "younger", campaignID=older["spec"]["campaignID"]), team="sales")
    await stage.apply(older)
    stage.operator = new_operator(stage, LabelSelector.parse("team=support"))
    assert run_of(await stage.look("older")).state is RunState.SCHEDULED
    await stage.apply(younger)
    stage.operator = new_operator(stage, SALES)
    assert told(await stage.look("younger"), ConditionType.STALLED)[1] == "CampaignIDInUse"
    assert await stage.posts(older["spec"]["campaignID"]) == 2


async def test_detach_takes_what_is_selected_and_leaves_what_another_operator_serves(stage: Stage) -> None:
    for name, team in (("mine", "sales"), ("theirs", "support")):
        await stage.apply(labelled(campaign(stage.namespace, name), team=team))
        await stage.look(name)
    others = "team notin (support)"
    found = [each.name async for each in detached_campaigns(stage.api, [stage.namespace], others, stage.clock.now())]
    assert found == [f"{stage.namespace}/mine"]
    command = ("detach", "--namespace", stage.namespace, "--campaign-selector", others)
    assert await answer_of(stage.control_plane.kubeconfig_path, *command) == (0, "0 campaigns detached\n")
    left = await stage.kubectl("get", "ocamp", "-o", "jsonpath={.items[*].metadata.finalizers}")
    assert left == f'["{CANCEL_FINALIZER}"]'
