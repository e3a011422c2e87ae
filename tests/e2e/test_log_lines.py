"""What the log tells of a campaign: one line for each action, and none for a poll without news."""

from collections import Counter
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from campaign_operator.domain.decisions import actions
from e2e_world import campaign
from stage import Stage, run_of

NAME = "spring-renewals"
OF_THE_CAMPAIGN = {
    "WriteMark",
    "AddFinalizer",
    "RemoveFinalizer",
    "Poll",
    "Verify",
    "TakeUpConnection",
    "ReadLists",
    "TryAgain",
}
"""Actions that need not be about one run."""


async def lived(stage: Stage) -> list[Any]:
    """The log of a campaign from its plan to its end."""
    with capture_logs([merge_contextvars]) as lines:
        await stage.apply(campaign(stage.namespace, NAME, completion={"expectedCalls": 2}))
        status = await stage.look(NAME)
        stage.clock.advance_to(run_of(status).last_end)
        await stage.poll(NAME)
    return list(lines)


async def test_a_line_names_its_campaign_its_run_its_action_and_the_rule(stage: Stage) -> None:
    acting = [line for line in await lived(stage) if line["event"] == "acting"]
    assert {line["action"] for line in acting} >= {"PlanRun", "AddFinalizer", "Submit", "Poll", "FinishRun"}
    for line in acting:
        assert (line["namespace"], line["name"]) == (stage.namespace, NAME)
        assert line["log_level"] == "info"
        assert line["rule"]
        assert line["reason"]
        assert hasattr(actions, line["action"])
    run = run_of(await stage.status(NAME)).id
    assert {line["action"] for line in acting if line.get("run") != run} <= OF_THE_CAMPAIGN


async def test_what_happens_during_an_action_says_so(stage: Stage) -> None:
    told = [line for line in await lived(stage) if line["event"] == "event"]
    assert [(line["reason"], line["action"]) for line in told][:2] == [
        ("Planned", "PlanRun"),
        ("Submitted", "RecordOutcomes"),
    ]


@pytest.mark.parametrize("calls", [0, 60], ids=["without news", "with news"])
async def test_a_poll_is_logged_if_it_brings_news(stage: Stage, calls: int) -> None:
    await stage.apply(campaign(stage.namespace, NAME, completion={"expectedCalls": 1_000_000}))
    status = await stage.look(NAME)
    stage.clock.advance_to(run_of(status).first_start)
    stage.clock.advance(600)
    await stage.poll(NAME)
    with capture_logs([merge_contextvars]) as lines:
        for _ in range(3):
            await stage.restart_operator()  # which remembers no answer, so that each asks
            stage.clock.advance(calls)
            await stage.poll(NAME)
    assert Counter(line["action"] for line in lines if line["event"] == "acting") == (
        Counter(Poll=3) if calls else Counter()
    )
