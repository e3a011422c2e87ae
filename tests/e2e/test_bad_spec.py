"""Specs that the schema cannot tell are wrong: Stalled InvalidSpec, with the field's path, the value, the rule and the
remedy.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.planning.zones import TZDATA_VERSION
from e2e_world import campaign
from stage import Stage, run_of, told

OF_IANA = f"must be a valid time zone of the IANA database ({TZDATA_VERSION})"

SUNDAYS = [str(date(2027, 2, 28) + timedelta(weeks=n)) for n in range(56)]

CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "a zone in the wrong case",
        {"contacts": [{"id": "c0", "timeZone": "Etc/UTC"}, {"id": "c1", "timeZone": "america/new_york"}]},
        ["spec.contacts[1].timeZone", '"america/new_york"', OF_IANA, 'did you mean "America/New_York"?'],
    ),
    (
        "an unknown zone",
        {"contacts": [{"id": "c0", "timeZone": "Europe/Londn"}]},
        ["spec.contacts[0].timeZone", '"Europe/Londn"', OF_IANA, 'did you mean "Europe/London"?'],
    ),
    (
        "localtime",
        {"contacts": [{"id": "c0", "timeZone": "localtime"}]},
        ["spec.contacts[0].timeZone", '"localtime"', OF_IANA],
    ),
    (
        "an unknown zone of cron",
        {"startMode": "SameInstant", "timeZone": "Mars/Base"},
        ["spec.timeZone", '"Mars/Base"', OF_IANA],
    ),
    ("a reversed range", {"cron": "0 9 * * FRI-SUN"}, ["spec.cron", "day of week", "FRI-SUN", "5-7"]),
    ("31 February", {"cron": "0 0 31 2 *"}, ["spec.cron", "10 years"]),
    ("a minute that is none", {"cron": "61 9 * * *"}, ["spec.cron", "minute", "61"]),
    ("a name that is none", {"cron": "0 9 * FOO *"}, ["spec.cron", "month", "FOO"]),
    ("the step nothing", {"cron": "*/0 9 * * *"}, ["spec.cron", "minute"]),
    (
        "duplicate contact ids",
        {
            "contacts": [
                {"id": "secret-person", "timeZone": "Etc/UTC"},
                {"id": "b", "timeZone": "Etc/UTC"},
                {"id": "secret-person", "timeZone": "Etc/UTC"},
            ]
        },
        ["spec.contacts[2].id", "spec.contacts[0].id"],
    ),
    (
        "hours that never open",
        {"callingHours": {"days": ["Sun"], "excludeDates": SUNDAYS}},
        ["spec.callingHours.excludeDates", "falls on Sun is on an excluded date", "add days, or change cron"],
    ),
    (
        "several errors at once",
        {
            "cron": "61 9 * * *",
            "contacts": [{"id": "c0", "timeZone": "Nowhere"}, {"id": "c1", "timeZone": "Nowhere/2"}],
        },
        ["spec.cron", "spec.contacts[0].timeZone", "spec.contacts[1].timeZone"],
    ),
]


@pytest.mark.parametrize(("name", "spec", "words"), CASES, ids=[case[0] for case in CASES])
async def test_a_bad_spec_is_told_and_nothing_is_sent(
    stage: Stage, name: str, spec: dict[str, Any], words: list[str]
) -> None:
    manifest = campaign(stage.namespace, "c", **spec)
    await stage.apply(manifest)
    status = await stage.look("c")
    ready, stalled = told(status, ConditionType.READY), told(status, ConditionType.STALLED)
    assert ready[:2] == ("False", "InvalidSpec")
    assert stalled[:2] == ("True", "InvalidSpec")
    assert [word for word in words if word not in stalled[2]] == []
    assert "secret-person" not in stalled[2]
    assert await stage.warnings("c") == [("InvalidSpec", stalled[2])]
    assert await stage.schedules(manifest["spec"]["campaignID"]) == []
    # the way out is an edit
    await stage.apply(campaign(stage.namespace, "c", campaignID=manifest["spec"]["campaignID"], startMode=None))
    status = await stage.look("c")
    assert told(status, ConditionType.STALLED) == ("", "", "")
    assert run_of(status).state is RunState.SCHEDULED


async def test_two_thousand_bad_contacts_are_counted_and_twenty_shown(stage: Stage) -> None:
    contacts = [{"id": f"c{i}", "timeZone": f"No/Where{i}"} for i in range(2000)]
    await stage.apply_without_a_copy(campaign(stage.namespace, "c", contacts=contacts))
    message = told(await stage.look("c"), ConditionType.STALLED)[2]
    assert message.count("must be a valid time zone") == 20
    assert message.endswith("and 1980 more")


async def test_a_spec_that_goes_bad_stops_no_run_that_was_begun(stage: Stage) -> None:
    manifest = campaign(stage.namespace, "c", completion={"expectedCalls": 100})
    await stage.apply(manifest)
    status = await stage.look("c")
    manifest["spec"]["contacts"] = [{"id": "c", "timeZone": "Nowhere"}]
    await stage.apply(manifest)
    stage.clock.advance_to(run_of(status).last_end)
    status = await stage.poll("c")
    assert told(status, ConditionType.STALLED)[1] == "InvalidSpec"
    assert run_of(status).state is RunState.COMPLETED
