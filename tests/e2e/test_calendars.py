"""Holidays that a team keeps in one ConfigMap for all its campaigns."""

import asyncio
import weakref
from datetime import date
from typing import Any

import pytest

from campaign_operator.adapters.kubernetes.calendars import Calendars
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.calling_hours_spec import ExcludeDatesSource
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from e2e_world import Manifest, campaign, config_map
from stage import Stage, run_of, told

CLOSED = "2027-03-03 # the day of the next match\n"
US = ExcludeDatesSource.model_validate({"configMapKeyRef": {"name": "holidays", "key": "us.txt"}})


def with_calendar(stage: Stage, **spec: Any) -> Manifest:
    source = {"configMapKeyRef": {"name": "holidays", "key": "us.txt"}}
    zone = [{"id": "c1", "timeZone": "Europe/London"}]
    return campaign(stage.namespace, "c", contacts=zone, callingHours={"excludeDatesFrom": source}, **spec)


def holidays(stage: Stage, text: str) -> Manifest:
    return config_map(stage.namespace, "holidays", us__txt=text)


async def test_nobody_is_called_on_a_date_of_the_calendar(stage: Stage) -> None:
    await stage.apply(holidays(stage, "# public holidays\r\n\r\n" + CLOSED), with_calendar(stage))
    window = run_of(await stage.look("c")).windows[0]
    assert window.start_time.isoformat() == "2027-03-04T09:00:00+00:00", "the next match, not the next opening"
    assert window.adjustments == ()


@pytest.mark.parametrize(
    "text",
    [
        "name;date\nours;2027-03-03\n",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20200303\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR\n",
    ],
    ids=["CSV", "iCalendar"],
)
async def test_nobody_is_called_on_a_date_of_a_calendar_in_another_format(stage: Stage, text: str) -> None:
    await stage.apply(holidays(stage, text), with_calendar(stage))
    window = run_of(await stage.look("c")).windows[0]
    assert window.start_time.isoformat() == "2027-03-04T09:00:00+00:00"


async def test_a_date_that_is_added_cancels_what_is_submitted_for_it(stage: Stage) -> None:
    await stage.apply(holidays(stage, ""), with_calendar(stage))
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    await stage.apply(holidays(stage, CLOSED))
    stage.clock.advance(stage.next_look("c"))
    status = await stage.look("c")
    assert run_of(status).windows[0].start_time.isoformat() == "2027-03-04T09:00:00+00:00"
    states = [schedule["state"] for schedule in await stage.schedules(await campaign_id(stage))]
    assert states.count("CANCELLED") == 1


async def campaign_id(stage: Stage) -> str:
    return await stage.kubectl("get", "outboundcampaign", "c", "-o", "jsonpath={.spec.campaignID}")


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        (None, "CalendarNotFound", "ConfigMap holidays, key us.txt does not exist"),
        (
            "2027-01-01\n2027-02-31 # carnival\n",
            "InvalidCalendar",
            'key us.txt, line 2: "2027-02-31" is not a valid date',
        ),
        ("Christmas\n", "InvalidCalendar", 'line 1: "Christmas" is not a valid date'),
        ("name;date\nMay Day;1.5.2027\n", "InvalidCalendar", 'line 2: column date: "1.5.2027" is not a valid date'),
        ("BEGIN:VCALENDAR\n", "InvalidCalendar", '"END:VCALENDAR" is missing'),
    ],
    ids=["no calendar", "31 February", "a name without a date", "a German date", "a calendar that is cut off"],
)
async def test_a_calendar_that_cannot_be_read_is_told(stage: Stage, text: str | None, reason: str, words: str) -> None:
    if text is not None:
        await stage.apply(holidays(stage, text))
    await stage.apply(with_calendar(stage))
    status = await stage.look("c")
    stalled = told(status, ConditionType.STALLED)
    assert stalled[:2] == ("True", reason)
    assert words in stalled[2]
    assert status.runs == ()
    await stage.apply(holidays(stage, ""))
    stage.clock.advance(stage.next_look("c"))
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED


async def test_campaigns_that_share_a_calendar_have_one_set_of_dates(stage: Stage) -> None:
    await stage.apply(holidays(stage, CLOSED))
    calendars = Calendars(KeyedObjects(stage.api, stage.clock), stage.clock, ShortSteps())

    async def asked() -> object:
        return await calendars.excluded_dates(stage.namespace, US, max_age_seconds=30)

    first, *others = await asyncio.gather(*(asked() for _ in range(20)))
    assert first == {date(2027, 3, 3)}
    assert all(each is first for each in others)
    await stage.apply(holidays(stage, CLOSED + "2027-03-04\n"))
    stage.clock.advance(30)
    first, *others = await asyncio.gather(*(asked() for _ in range(20)))
    assert first == {date(2027, 3, 3), date(2027, 3, 4)}
    assert all(each is first for each in others)


async def test_a_calendar_that_nobody_asks_for_is_forgotten(stage: Stage) -> None:
    await stage.apply(holidays(stage, CLOSED))
    calendars = Calendars(KeyedObjects(stage.api, stage.clock), stage.clock, ShortSteps())
    found = await calendars.excluded_dates(stage.namespace, US, max_age_seconds=0)
    stage.clock.advance(400)
    assert await calendars.excluded_dates(stage.namespace, US, max_age_seconds=0) is found
    stage.clock.advance(400)
    calendars.forget_older_than(600)
    assert await calendars.excluded_dates(stage.namespace, US, max_age_seconds=0) is found
    stage.clock.advance(700)
    forgotten = weakref.ref(found)
    del found
    calendars.forget_older_than(600)
    assert forgotten() is None
