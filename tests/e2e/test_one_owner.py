"""One owner for each campaign of a dialer, however its address is spelled and whoever else names it.

A stranger is somebody who may create campaigns and Secrets in a namespace of his own, and has no credentials that the
dialer accepts for the campaign that he names.
"""

from urllib.parse import urlsplit

import pytest

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from e2e_world import campaign
from stage import Stage, run_of, told


@pytest.mark.parametrize(
    "spelling", ["https://LOCALHOST:{port}", "https://localhost.:{port}/", "https://localhost:0{port}"]
)
async def test_one_dialer_in_two_spellings_has_one_owner(stage: Stage, spelling: str) -> None:
    """The second would otherwise adopt the schedules of the first, and cancel them when it is deleted."""
    port = urlsplit(stage.simulator.base_url).port
    await stage.connect(name="plain", api_base_url=f"https://localhost:{port}")
    await stage.connect(name="other", api_base_url=spelling.format(port=port))
    first = campaign(stage.namespace, "first", connection={"secretRef": {"name": "plain"}})
    second = campaign(
        stage.namespace, "second", campaignID=first["spec"]["campaignID"], connection={"secretRef": {"name": "other"}}
    )
    await stage.apply(first)
    assert run_of(await stage.look("first")).state is RunState.SCHEDULED
    await stage.apply(second)
    status = await stage.look("second")
    assert told(status, ConditionType.READY)[1] == "CampaignIDInUse"
    assert run_of(status).state is RunState.PLANNED


async def test_a_secret_that_only_spells_its_addresses_otherwise_changes_nothing(stage: Stage) -> None:
    port = urlsplit(stage.simulator.base_url).port
    await stage.connect(
        api_base_url=f"https://localhost:{port}", token_url=f"https://localhost:{port}/api/v2/oauth/token"
    )
    await stage.apply(campaign(stage.namespace, "c"))
    before = run_of(await stage.look("c"))
    await stage.connect(
        api_base_url=f"https://LocalHost.:{port}//", token_url=f"https://LOCALHOST:{port}/api/v2/oauth/token"
    )
    stage.clock.advance(60)
    status = await stage.look("c")
    assert told(status, ConditionType.READY)[0]
    assert run_of(status).connection_hash == before.connection_hash
