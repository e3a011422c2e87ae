"""A dialer that forbids one time zone of a run: the others are submitted and cancelled all the same."""

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState, WindowState
from campaign_operator.domain.campaigns.campaign import Settings
from e2e_world import campaign
from stage import Stage, fault, run_of, told, windows

ATHENS = "Europe/Athens"
ZONES = [
    *("Europe/Amsterdam", ATHENS, "Europe/Berlin", "Europe/Brussels", "Europe/Budapest", "Europe/Copenhagen"),
    *(
        "Europe/Dublin",
        "Europe/Helsinki",
        "Europe/Kyiv",
        "Europe/Lisbon",
        "Europe/London",
        "Europe/Madrid",
        "Europe/Malta",
    ),
    *("Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Sofia", "Europe/Vienna"),
]
"""More than one batch of them."""

PATIENT = Settings()
"""With time for 16 requests at once on a busy machine."""

CONTACTS = [{"id": zone, "timeZone": zone} for zone in ZONES]


async def test_a_forbidden_zone_holds_back_no_other_of_its_run(stage: Stage) -> None:
    """In batches of 16, so that some are sent with it and some after it, in the same pass."""
    await stage.restart_operator(PATIENT)
    await stage.simulator.put_faults(fault("submit", "answer", time_zone=ATHENS, status=403))
    await stage.apply(campaign(stage.namespace, "c", contacts=CONTACTS))
    status = await stage.look("c")
    submitted = {zone for zone, window in windows(status).items() if window.state is WindowState.SUBMITTED}
    assert submitted == set(ZONES) - {ATHENS}
    forbidden = windows(status)[ATHENS]
    assert (forbidden.state, forbidden.reason) == (WindowState.PLANNED, "DialerForbidden")
    assert told(status, ConditionType.STALLED)[:2] == ("True", "DialerForbidden")
    assert ATHENS in told(status, ConditionType.STALLED)[2]
    await stage.simulator.delete_faults()
    stage.clock.advance(600)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED


async def test_a_zone_whose_cancellation_is_forbidden_holds_back_no_other(stage: Stage) -> None:
    await stage.restart_operator(PATIENT)
    manifest = campaign(stage.namespace, "c", contacts=CONTACTS)
    await stage.apply(manifest)
    await stage.look("c")
    await stage.simulator.put_faults(fault("cancel", "answer", time_zone=ATHENS, status=403))
    await stage.apply({**manifest, "spec": {**manifest["spec"], "suspend": True}})
    status = await stage.look("c")
    left = {zone for zone, window in windows(status).items() if window.state is not WindowState.CANCELLED}
    assert left == {ATHENS}
    assert windows(status)[ATHENS].reason == "DialerForbidden"
