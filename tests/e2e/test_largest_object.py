"""The largest object that the rules allow is written to the real API server, and so is every step on the way to it."""

from dataclasses import replace

from campaign_operator.api.status import OutboundCampaignStatus, RunStatus
from campaign_operator.api.vocabulary import MAX_CONTACTS, MAX_WINDOWS_AHEAD, Adjustment, RunState, WindowState
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.domain.status import size
from e2e_world import campaign
from stage import Stage, new_store, run_of

ZONES = sorted(ZONE_NAMES)[:590]
WORST_WORDS = {"escaped": "<" * 1024, "of four bytes": "\N{PILE OF POO}" * 1024}


def contacts() -> list[dict[str, str]]:
    """As many contacts as a manifest may have, in nearly every zone, with the longest ids."""
    return [{"id": f"c{n:063}", "timeZone": ZONES[n % len(ZONES)]} for n in range(MAX_CONTACTS)]


def worst(status: OutboundCampaignStatus, words: str) -> OutboundCampaignStatus:
    """As many runs as have room beside the spec, every window of them with all that a window can have."""
    (run,) = status.runs
    windows = tuple(
        w.model_copy(
            update={
                "state": WindowState.SUBMITTED,
                "schedule_id": "<" * 21,
                "attempt": 1_000_000_000,
                "adopted": True,
                "adjustments": tuple(Adjustment)[:4],
                "reason": "DialerUnauthorized",
                "message": words,
                "next_attempt_time": w.start_time,
            }
        )
        for w in run.windows
    )
    runs = tuple(
        RunStatus.model_validate({**run.model_dump(), "planned_from": str(n), "windows": windows})
        for n in range(MAX_WINDOWS_AHEAD // len(windows))
    )
    return status.model_copy(update={"runs": runs})


async def test_the_largest_status_beside_the_largest_spec_is_written_as_it_is_cut(stage: Stage) -> None:
    await stage.apply_without_a_copy(
        campaign(stage.namespace, "c", contacts=contacts(), submitAheadSeconds=0, runPolicy="Recurring")
    )
    status = await stage.look("c")
    assert run_of(status).state is RunState.PLANNED
    store = new_store(stage)
    for words in WORST_WORDS.values():
        here = await store.read(CampaignRef(stage.namespace, "c"))
        assert isinstance(here, Campaign)
        cut = size.cut_to_size(worst(status, words), here.other_bytes, stage.clock.now())
        written = await store.write_status(replace(here), cut)
        assert [len(run.windows) for run in written.status.runs] == [len(ZONES)] * 3
        assert all(w.schedule_id == "<" * 21 for run in written.status.runs for w in run.windows)


async def test_a_campaign_whose_spec_leaves_no_room_for_its_status_is_told_so(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c")
    manifest["metadata"]["annotations"] = {f"example.com/{n}": "<" * 50_000 for n in range(4)}
    await stage.apply_without_a_copy(manifest)
    status = await stage.look("c")
    assert status.runs == ()
    assert [c.reason for c in status.conditions if c.type == "Stalled"] == ["InvalidSpec"]
