"""Rivals that an operator of all namespaces is told of by its watch, or is not told of in time."""

from pathlib import Path

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import campaign
from stage import Stage, new_operator, run_of, told, windows
from strangers import let_it_grow_older
from watched_stage import watched_by

ONE = {"campaignID": "c-one"}


async def test_what_another_operator_has_submitted_is_met_though_nobody_here_has_read_it(
    stage: Stage, playhouse: tuple[ControlPlane, Path]
) -> None:
    async with watched_by(stage, playhouse[1], stage.namespace):
        another = new_operator(stage)
        await stage.apply(campaign(stage.namespace, "theirs", **ONE), campaign(stage.namespace, "ours", **ONE))
        await another.reconcile(CampaignRef(stage.namespace, "theirs"))
        assert told(await stage.look("ours"), ConditionType.READY)[1] == "CampaignIDInUse"
        assert run_of(await stage.status("theirs")).state is RunState.SCHEDULED
    assert await stage.posts("c-one") == len(windows(await stage.status("theirs")))


async def test_an_older_campaign_to_which_nobody_has_written_yet_finds_the_younger_one_that_was_looked_at_first(
    stage: Stage, playhouse: tuple[ControlPlane, Path]
) -> None:
    async with watched_by(stage, playhouse[1], stage.namespace):
        await stage.apply(campaign(stage.namespace, "old", **ONE))
        await let_it_grow_older(stage, stage.namespace)
        await stage.apply(campaign(stage.namespace, "young", **ONE))
        assert run_of(await stage.look("young")).state is RunState.SCHEDULED
        assert told(await stage.look("old"), ConditionType.READY)[1] == "CampaignIDInUse"
    assert await stage.posts("c-one") == len(windows(await stage.status("young")))


async def test_where_the_watch_is_silent_rivals_are_listed_all_the_same(
    stage: Stage, playhouse: tuple[ControlPlane, Path]
) -> None:
    async with watched_by(stage, playhouse[1], stage.namespace):
        pass
    await stage.apply(campaign(stage.namespace, "first", **ONE))
    assert run_of(await stage.look("first")).state is RunState.SCHEDULED
    await stage.apply(campaign(stage.namespace, "second", **ONE))
    status = await stage.look("second")
    assert told(status, ConditionType.READY)[1] == "CampaignIDInUse"
    assert await stage.posts("c-one") == len(windows(await stage.status("first")))
