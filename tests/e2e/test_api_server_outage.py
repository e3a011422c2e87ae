"""What an outage of the API server costs: nothing but the time it takes."""

from datetime import timedelta

from campaign_operator.domain.campaigns.campaign import CampaignRef
from e2e_world import campaign
from stage import Stage, run_of


async def test_a_poll_that_was_lost_to_an_outage_is_made_up_for_at_the_next_look(stage: Stage) -> None:
    await stage.apply(campaign(stage.namespace, "c"))
    status = await stage.look("c")
    stage.clock.advance_to(run_of(status).first_start + timedelta(minutes=10))
    await stage.look("c")
    await stage.control_plane.stop_api_server()
    await stage.operator.reconcile(CampaignRef(stage.namespace, "c"), poll=True)
    await stage.control_plane.start_api_server()
    assert run_of(await stage.status("c")).metrics.calls_completed == 0
    assert stage.next_look("c") == 1
    status = await stage.look("c")
    assert run_of(status).metrics.calls_completed > 0
