"""Rows of the table beside `decide.py`: when a run is submitted, and what lists, calendars and the rules of
zones make of it until then.
"""

from datetime import date
from typing import Any

from builders import (
    LISTED,
    at,
    blueprint,
    listed,
    problem,
    recurring,
    run,
    spec,
    status,
    window,
)
from decide.case import FIRST, LONDON, NEXT, NY, OPEN, SUBMITTED, UNCERTAIN, Case

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import RunStatus
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.domain.decisions.actions import (
    AddFinalizer,
    BeginCancellation,
    NoteRules,
    PlanRun,
    ReadLists,
    Submit,
    Wait,
)
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.date_set import DateSet
from campaign_operator.domain.planning.public_holidays import holidays_version
from campaign_operator.domain.planning.read_inputs import ListedContacts, ReadInputs
from campaign_operator.domain.planning.zones import TZDATA_VERSION

HOUR = 3600
LATE = spec(submitAheadSeconds=1800)
LISTS = listed()
AT_A_URL = listed(contactsFrom=[{"url": {"address": "https://lists.example.com/spring.csv"}}])
OTHER_LIST = blueprint(LISTS, ReadInputs(ListedContacts({NY: 2})))
ANOTHER_ZONE = blueprint(LISTS, ReadInputs(ListedContacts({NY: 1, "Asia/Tokyo": 1})))
ONE_LEFT_OUT = blueprint(LISTS, ReadInputs(ListedContacts(LISTED.by_zone, invalid=1)))
FOR_HOLIDAYS = blueprint(spec(callingHours={"holidays": [{"country": "US"}]}))
HOLIDAY = blueprint(spec(), ReadInputs(exclude_dates=DateSet({date(2026, 12, 25)})))
VANISHED = problem(Reason.CONTACTS_NOT_FOUND)
CALENDAR = spec(callingHours={"excludeDatesFrom": {"configMapKeyRef": {"name": "holidays", "key": "us.txt"}}})


def made_from(of: OutboundCampaignSpec, *windows: Any, **changes: Any) -> RunStatus:
    """A run that was planned from this spec and from what its lists held."""
    drawn = blueprint(of)
    return run(*windows, **{"spec_hash": drawn.spec_hash, "list_hash": drawn.list_hash, **changes})


def seen(drawn: Blueprint | Any, **more: Any) -> dict[str, Any]:
    """What is observed now: this blueprint."""
    return {"blueprint": drawn, **more}


LISTING = [
    # submitAheadSeconds
    Case(
        "a run is not submitted before its time, and is looked at when that comes",
        status(made_from(LATE)),
        Wait,
        spec=LATE,
        check=HOUR - 1800,
    ),
    Case(
        "a run is submitted when its time has come",
        status(made_from(LATE, window(start=1800))),
        Submit(FIRST, (NY,)),
        spec=LATE,
    ),
    Case(
        "a run that is begun is carried through, though its later windows are still far away",
        status(made_from(LATE, window(SUBMITTED), window(time_zone=LONDON, start=9 * HOUR, end=12 * HOUR))),
        Submit(FIRST, (LONDON,)),
        spec=LATE,
    ),
    Case(
        "as late as can be is as early as it takes to submit in time",
        status(made_from(spec(submitAheadSeconds=0), window(start=30))),
        Submit(FIRST, (NY,)),
        spec=spec(submitAheadSeconds=0),
    ),
    Case(
        "and no earlier",
        status(made_from(spec(submitAheadSeconds=0), window(start=40))),
        Wait,
        spec=spec(submitAheadSeconds=0),
        check=10,
    ),
    Case(
        "Recurring: the next run waits for its own time",
        status(run(window(SUBMITTED, **OPEN)), NEXT),
        Wait,
        spec=recurring(submitAheadSeconds=86400 - HOUR),
        check=HOUR,
    ),
    Case(
        "by default a run is submitted a day ahead", status(run(window(start=86400, end=90000))), Submit(FIRST, (NY,))
    ),
    Case(
        "and planned earlier than that it waits",
        status(run(window(start=86401, end=90000))),
        Wait,
        check=1,
    ),
    # contact lists
    Case("a run is planned from lists", status(), PlanRun, spec=LISTS, finalizer=False),
    Case(
        "a list that has changed plans anew",
        status(made_from(LISTS)),
        PlanRun,
        spec=LISTS,
        seen=seen(OTHER_LIST),
    ),
    Case(
        "so does one that leaves out another number of rows, since status counts them",
        status(made_from(LISTS)),
        PlanRun,
        spec=LISTS,
        seen=seen(ONE_LEFT_OUT),
    ),
    Case(
        "Recurring: a list that has changed plans the next run anew",
        status(made_from(LISTS, window(SUBMITTED, **OPEN)), made_from(LISTS, *NEXT.windows, id=NEXT.id)),
        PlanRun,
        spec=listed(runPolicy="Recurring"),
        seen=seen(OTHER_LIST),
    ),
    Case(
        "a list is frozen by the submission",
        status(made_from(LISTS, window(SUBMITTED))),
        Wait,
        spec=LISTS,
        seen=seen(ANOTHER_ZONE),
    ),
    Case(
        "and by an attempt of which nobody knows",
        status(made_from(LISTS, window(UNCERTAIN), window(time_zone=LONDON))),
        Submit(FIRST, (LONDON,)),
        spec=LISTS,
        seen=seen(OTHER_LIST),
    ),
    Case(
        "an edit of the spec is made with the list as it is now",
        status(made_from(LISTS, window(SUBMITTED))),
        BeginCancellation(FIRST, (NY,)),
        spec=listed(cron="30 10 * * *"),
    ),
    Case(
        "nothing is submitted while a list is gone",
        status(made_from(LISTS)),
        Wait,
        spec=LISTS,
        seen=seen(VANISHED),
        check=30,
    ),
    Case(
        "what is begun is carried through though a list is gone",
        status(made_from(LISTS, window(SUBMITTED), window(time_zone=LONDON))),
        Submit(FIRST, (LONDON,)),
        spec=LISTS,
        seen=seen(VANISHED),
    ),
    Case(
        "a campaign that waits looks whether its list has changed",
        status(made_from(LISTS, window(start=2 * 86400, end=3 * 86400))),
        Wait,
        spec=LISTS,
        check=30,
    ),
    Case(
        "and looks no more once it is submitted",
        status(made_from(LISTS, window(SUBMITTED))),
        Wait,
        spec=LISTS,
        check=HOUR - 720,
    ),
    Case(
        "nor while it is suspended",
        status(),
        Wait,
        spec=listed(suspend=True),
    ),
    # lists at a URL
    Case(
        "a list at a URL is asked for again before a run is planned from it",
        status(),
        ReadLists(),
        spec=AT_A_URL,
        seen={"lists_as_of": at(-31)},
    ),
    Case("a fresh one is planned from", status(), PlanRun, spec=AT_A_URL, seen={"lists_as_of": at(-1)}),
    Case(
        "nothing is planned while it is asked for",
        status(),
        Wait,
        spec=AT_A_URL,
        seen={"lists_as_of": at(-31), "lists_being_read": True},
        check=30,
    ),
    Case(
        "it is asked for again when the time to submit has come",
        status(made_from(AT_A_URL)),
        ReadLists(),
        spec=AT_A_URL,
        seen={"lists_as_of": at(HOUR - 86400 - 1)},
    ),
    Case(
        "once is enough",
        status(made_from(AT_A_URL)),
        Submit(FIRST, (NY,)),
        spec=AT_A_URL,
        seen={"lists_as_of": at(HOUR - 86400)},
    ),
    Case(
        "nothing is submitted while it is asked for",
        status(made_from(AT_A_URL)),
        Wait,
        spec=AT_A_URL,
        seen={"lists_as_of": at(HOUR - 86400 - 1), "lists_being_read": True},
        check=30,
    ),
    Case(
        "it is not asked for again and again while a run waits",
        status(made_from(AT_A_URL, window(start=2 * 86400, end=3 * 86400))),
        Wait,
        spec=AT_A_URL,
        seen={"lists_as_of": at(-9999)},
        check=86400,
    ),
    # calendars
    Case(
        "a calendar that has changed plans anew",
        status(run()),
        PlanRun,
        seen=seen(HOLIDAY),
    ),
    Case(
        "a calendar is no list: what it makes another plan of is cancelled",
        status(run(window(SUBMITTED))),
        BeginCancellation(FIRST, (NY,)),
        seen=seen(blueprint(spec(), ReadInputs(exclude_dates=DateSet({date(2026, 11, 24)})))),
    ),
    Case(
        "a campaign looks whether its calendar has changed until it starts",
        status(made_from(CALENDAR, window(SUBMITTED))),
        Wait,
        spec=CALENDAR,
        check=30,
    ),
    # the rules of time zones
    Case(
        "a new version of the rules is noted",
        status(run(window(SUBMITTED), tzdata_version="2020a")),
        NoteRules(FIRST, (NY,), ""),
    ),
    Case(
        "a new version of the holidays is noted",
        status(run(window(SUBMITTED), holidays_version="0.1", spec_hash=FOR_HOLIDAYS.spec_hash)),
        NoteRules(FIRST, (NY,), holidays_version()),
        seen=seen(FOR_HOLIDAYS),
    ),
    Case(
        "not where the spec has no holidays any more",
        status(run(holidays_version="0.1")),
        AddFinalizer,
        finalizer=False,
    ),
    Case(
        "and not where it had none when the run was planned",
        status(run(spec_hash=FOR_HOLIDAYS.spec_hash)),
        AddFinalizer,
        finalizer=False,
        seen=seen(FOR_HOLIDAYS),
    ),
    Case(
        "not of a run that has started",
        status(run(window(SUBMITTED, **OPEN), tzdata_version="2020a")),
        Wait,
        finalizer=False,
    ),
    Case("not the version in use", status(run(tzdata_version=TZDATA_VERSION)), AddFinalizer, finalizer=False),
    Case("nor one that nobody noted", status(run(tzdata_version="")), AddFinalizer, finalizer=False),
]
