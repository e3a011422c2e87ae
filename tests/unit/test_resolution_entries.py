"""What a person may write to `kubectl campaign resolve`, and what becomes of it."""

import pytest
from builders import run, window
from seen_campaigns import seen

from campaign_operator.api.vocabulary import WindowState
from kubectl_campaign.plugin_error import PluginError
from kubectl_campaign.resolution_entries import written_entries

LONDON, NEW_YORK = "Europe/London", "America/New_York"
FIRST, SECOND = "20261124T0900", "20261125T0900"
CAMPAIGN = seen(
    run(window(WindowState.HELD, time_zone=LONDON), window(WindowState.HELD), id=FIRST),
    run(
        window(WindowState.HELD, time_zone=LONDON),
        window(WindowState.SUBMITTED, reason="ScheduleDrifted", time_zone="Asia/Tokyo"),
        window(WindowState.SUBMITTED, time_zone="Asia/Seoul"),
        id=SECOND,
        planned_from="2",
    ),
)

WRITTEN = {
    "a zone that is held in one run": (["America/New_York=Resubmit"], [f"{FIRST}/{NEW_YORK}=Resubmit"]),
    "its last part, in any case": (["new_york=abandon"], [f"{FIRST}/{NEW_YORK}=Abandon"]),
    "a schedule that drifted": (["Tokyo=s-7"], [f"{SECOND}/Asia/Tokyo=s-7"]),
    "a run": ([f"{SECOND}/{LONDON}=Resubmit"], [f"{SECOND}/{LONDON}=Resubmit"]),
    "several, with a comma or apart": (
        [f"{FIRST}/{LONDON}=Abandon, tokyo=Resubmit", "New_York=s-1"],
        [f"{FIRST}/{LONDON}=Abandon", f"{SECOND}/Asia/Tokyo=Resubmit", f"{FIRST}/{NEW_YORK}=s-1"],
    ),
    "a schedule that no window refers to": (["unknown/Europe/London=ignore"], ["unknown/Europe/London=Ignore"]),
}


@pytest.mark.parametrize(("said", "written"), WRITTEN.values(), ids=WRITTEN)
def test_what_is_said_becomes_an_entry(said: list[str], written: list[str]) -> None:
    assert written_entries(CAMPAIGN, said) == written


REFUSED = {
    "held in two runs": (["London=Resubmit"], f"it can mean {FIRST}/{LONDON} or {SECOND}/{LONDON}; name the run, too"),
    "not held": (["Seoul=Resubmit"], f"no window of Seoul waits for a person; these do: {FIRST}/{LONDON}"),
    "no verdict": (["London="], "write ZONE=Resubmit, ZONE=Abandon or ZONE=ID"),
    "no zone": (["=Resubmit"], "write ZONE=Resubmit, ZONE=Abandon or ZONE=ID"),
    "nothing": ([" , "], "write ZONE=Resubmit, ZONE=Abandon or ZONE=ID"),
}


@pytest.mark.parametrize(("said", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(said: list[str], why: str) -> None:
    with pytest.raises(PluginError) as caught:
        written_entries(CAMPAIGN, said)
    assert why in str(caught.value)


def test_where_nothing_is_held_it_is_said() -> None:
    with pytest.raises(PluginError, match="none of sales/spring does"):
        written_entries(seen(run(window())), ["New_York=Resubmit"])
