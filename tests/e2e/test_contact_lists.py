"""Campaigns whose contacts stand in ConfigMaps, Secrets and at URLs: planned, planned anew, frozen, and told of."""

import asyncio
import gzip
from typing import Any

import pytest

from campaign_operator.adapters.contact_lists import ContactLists
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.list_reader import ListReader
from campaign_operator.adapters.outbound.downloads import Downloads
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.vocabulary import RunState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.engine.ports import ListReading
from campaign_operator.observability import metrics
from e2e_world import Manifest, campaign, config_map, secret
from scripted_server import Conversation, Received, Reply, ScriptedServer, answer, scripted_server
from stage import Stage, new_store, run_after, run_of, told, windows

NEW_YORK, LONDON, TOKYO = "America/New_York", "Europe/London", "Asia/Tokyo"
LIST = (
    "id,name,timeZone\nperson-1,Ann Smith,America/New_York\n"
    "person-2,Bob Jones,Europe/London\nperson-3,Cy Young,Europe/London\n"
)
THIRD = "c4,Di Brown,America/Chicago\n"
BAD = "c5,Ed Green,Europe/Londn\n"
IN_A_CONFIG_MAP = {"configMapKeyRef": {"name": "spring-contacts", "key": "contacts.csv"}}
IN_A_SECRET = {"secretKeyRef": {"name": "more-contacts", "key": "list.ndjson"}}
NDJSON = '{"id": "s1", "timeZone": "Europe/Paris"}\n{"id": "s2", "timeZone": "Europe/Paris"}\n'
ARRAY = b'[{"id": "z7", "timeZone": "Asia/Tokyo"}]'
PEOPLE = ("Ann", "Bob", "Smith", "person-1", "person-2")


def listed(stage: Stage, *sources: dict[str, Any], **spec: Any) -> Manifest:
    """A campaign of these lists; by default the one in the ConfigMap."""
    return campaign(stage.namespace, "c", **{"contacts": None, "contactsFrom": [*sources] or [IN_A_CONFIG_MAP], **spec})


def contacts(stage: Stage, text: str | bytes) -> Manifest:
    """The ConfigMap with the list."""
    return config_map(stage.namespace, "spring-contacts", contacts__csv=text)


def counts(windows_by_zone: dict[str, Any]) -> dict[str, int]:
    return {zone: window.contacts for zone, window in windows_by_zone.items()}


async def test_a_list_in_a_config_map_is_called(stage: Stage) -> None:
    manifest = listed(stage)
    await stage.apply(contacts(stage, LIST), manifest)
    status = await stage.look("c")
    assert counts(windows(status)) == {NEW_YORK: 1, LONDON: 2}
    assert run_of(status).state is RunState.SCHEDULED
    assert told(status, ConditionType.CONTACTS_VALID) == ("True", "ContactsRead", "3 contacts in 2 time zones")
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2
    assert [name for name in PEOPLE if name in status.model_dump_json()] == []


async def test_several_lists_are_read_as_one_whatever_their_form(stage: Stage) -> None:
    zipped = {"configMapKeyRef": {"name": "zipped", "key": "contacts.json.gz"}}
    odd = {
        "configMapKeyRef": {"name": "odd", "key": "export"},
        "format": "CSV",
        "idColumn": "Contact ID",
        "timeZoneColumn": "tz",
    }
    await stage.apply(
        contacts(stage, LIST),
        secret(stage.namespace, "more-contacts", {"list.ndjson": NDJSON}),
        config_map(
            stage.namespace, "zipped", contacts__json__gz=gzip.compress(b'[{"id": "z7", "timeZone": "Asia/Tokyo"}]')
        ),
        config_map(stage.namespace, "odd", export='\ufefftz,note,Contact ID\r\nAsia/Tokyo,"two\r\nlines",o1\r\n'),
        listed(stage, IN_A_CONFIG_MAP, IN_A_SECRET, zipped, odd),
    )
    status = await stage.look("c")
    assert counts(windows(status)) == {NEW_YORK: 1, LONDON: 2, "Europe/Paris": 2, TOKYO: 2}


async def test_a_changed_list_is_taken_up_within_a_poll_until_the_run_is_submitted(stage: Stage) -> None:
    manifest = listed(stage, submitAheadSeconds=3600)
    await stage.apply(contacts(stage, LIST), manifest)
    status = await stage.look("c")
    first_start = run_of(status).first_start
    assert run_of(status).state is RunState.PLANNED
    assert "to be submitted at" in told(status, ConditionType.READY)[2]
    assert stage.next_look("c") == stage.settings.poll_seconds
    # the export of the morning
    stage.clock.advance_to(first_start)
    stage.clock.advance(-7200)
    await stage.look("c")
    await stage.apply(contacts(stage, LIST + THIRD))
    stage.clock.advance(stage.settings.poll_seconds)
    status = await stage.look("c")
    assert counts(windows(status)) == {LONDON: 2, NEW_YORK: 1, "America/Chicago": 1}
    assert await stage.schedules(manifest["spec"]["campaignID"]) == []
    # submitted an hour ahead, and frozen by that
    stage.clock.advance(3600)
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED
    await stage.apply(contacts(stage, LIST))
    stage.clock.advance(stage.settings.poll_seconds)
    status = await stage.look("c")
    assert counts(windows(status)) == {LONDON: 2, NEW_YORK: 1, "America/Chicago": 1}
    assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 3


async def test_by_default_the_list_of_a_day_before_is_called(stage: Stage) -> None:
    await stage.apply(contacts(stage, LIST), listed(stage, runPolicy="Recurring"))
    await stage.look("c")
    await stage.apply(contacts(stage, LIST + THIRD))
    status = await stage.look("c")
    stage.clock.advance(stage.settings.poll_seconds)
    status = await stage.look("c")
    assert counts(windows(status)) == {LONDON: 2, NEW_YORK: 1}
    assert run_after(status).state is RunState.PLANNED
    assert len(run_after(status).windows) == 3


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
async def test_bad_rows_are_told_by_line_and_quoted_only_from_a_config_map(stage: Stage, kind: str) -> None:
    source = IN_A_CONFIG_MAP if kind == "ConfigMap" else {"secretKeyRef": {"name": "more-contacts", "key": "list.csv"}}
    await stage.apply(
        contacts(stage, LIST + BAD),
        secret(stage.namespace, "more-contacts", {"list.csv": LIST + BAD}),
        listed(stage, source),
    )
    status = await stage.look("c")
    stalled = told(status, ConditionType.STALLED)
    assert stalled[:2] == ("True", "InvalidContacts")
    assert ": line 5, column timeZone: " in stalled[2]
    assert ("Londn" in stalled[2]) == (kind == "ConfigMap")
    assert status.runs == ()
    assert [word for word in PEOPLE if word in status.model_dump_json()] == []
    assert (await stage.warnings("c"))[0] == ("InvalidContacts", stalled[2])


async def test_a_hundred_thousand_bad_rows_are_counted_and_twenty_shown(stage: Stage) -> None:
    rows = "".join(f"c{number},x{number}\n" for number in range(100_000))
    zipped = gzip.compress(("id,timeZone\n" + rows).encode())
    await stage.apply_without_a_copy(config_map(stage.namespace, "spring-contacts", contacts__csv=zipped))
    await stage.apply(listed(stage))
    message = told(await stage.look("c"), ConditionType.STALLED)[2]
    if not message:  # a look waits for five seconds, which a busy machine may need and more
        await stage.read_in_background.wait()
        message = told(await stage.look("c"), ConditionType.STALLED)[2]
    assert message.startswith("100000 errors in the lists: ")
    assert message.count("must be a valid time zone") == 20
    assert message.endswith("and 99980 more")


async def test_skip_plans_without_the_bad_rows_and_counts_them(stage: Stage) -> None:
    await stage.apply(contacts(stage, LIST + BAD), listed(stage, onInvalidContact="Skip", maxSkippedPercent=25))
    status = await stage.look("c")
    assert counts(windows(status)) == {NEW_YORK: 1, LONDON: 2}
    assert run_of(status).invalid_contacts == 1
    assert told(status, ConditionType.READY)[0] == "True"
    valid = told(status, ConditionType.CONTACTS_VALID)
    assert valid[:2] == ("False", "InvalidContactsSkipped")
    assert valid[2].startswith(
        "1 invalid row skipped, 3 contacts used: ConfigMap spring-contacts, key contacts.csv: line 5"
    )
    assert ("InvalidContactsSkipped", valid[2]) in await stage.warnings("c")


async def test_a_config_map_that_vanishes_between_plan_and_submission(stage: Stage) -> None:
    """Nothing is sent from a list that somebody took away; when it is back, all goes on."""
    manifest = listed(stage, submitAheadSeconds=3600)
    await stage.apply(contacts(stage, LIST), manifest)
    first_start = run_of(await stage.look("c")).first_start
    await stage.kubectl("delete", "configmap", "spring-contacts")
    stage.clock.advance_to(first_start)
    stage.clock.advance(-3600)
    status = await stage.look("c")
    assert told(status, ConditionType.STALLED)[1] == "ContactsNotFound"
    assert run_of(status).state is RunState.PLANNED
    assert await stage.schedules(manifest["spec"]["campaignID"]) == []
    await stage.apply(contacts(stage, LIST))
    stage.clock.advance(stage.next_look("c"))
    assert run_of(await stage.look("c")).state is RunState.SCHEDULED


async def test_a_config_map_that_vanishes_after_the_submission_stops_nothing(stage: Stage) -> None:
    await stage.apply(contacts(stage, LIST), listed(stage, completion={"expectedCalls": 100}))
    status = await stage.look("c")
    await stage.kubectl("delete", "configmap", "spring-contacts")
    stage.clock.advance_to(run_of(status).last_end)
    status = await stage.poll("c")
    assert told(status, ConditionType.READY)[0] == "True"
    assert run_of(status).metrics.calls_completed > 0


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("an empty list", "", "is empty"),
        ("a header only", "id,timeZone\n", "no contacts"),
        ("no such column", "id,zone\nc1,Europe/London\n", "timeZone"),
        ("two id columns", "id,id,timeZone\n1,2,Europe/London\n", "id"),
        ("another encoding", LIST.replace("Ann", "Änn").encode("latin-1"), "UTF-8"),
        ("NUL", b"id,timeZone\nc1\x00,Europe/London\n", "line 2"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
async def test_a_list_that_is_none(stage: Stage, name: str, text: str | bytes, words: str) -> None:
    await stage.apply(contacts(stage, text), listed(stage))
    stalled = told(await stage.look("c"), ConditionType.STALLED)
    assert stalled[:2] == ("True", "InvalidContacts"), name
    assert words in stalled[2]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (IN_A_CONFIG_MAP, "spec.contactsFrom[0]: ConfigMap spring-contacts does not exist"),
        (IN_A_SECRET, "spec.contactsFrom[0]: Secret more-contacts does not exist"),
        (
            {"secretKeyRef": {"name": "cxone", "key": "nothing"}},
            "spec.contactsFrom[0]: Secret cxone does not have the key nothing",
        ),
        ({"url": {"secretRef": {"name": "cxone"}}}, "spec.contactsFrom[0]: Secret cxone: key url is missing"),
    ],
    ids=["no ConfigMap", "no Secret", "no such key", "a Secret without a url"],
)
async def test_a_list_that_is_not_there(stage: Stage, source: dict[str, Any], words: str) -> None:
    await stage.apply(listed(stage, source))
    status = await stage.look("c")
    if "url" in source:
        status = await looked_after_reading(stage)
    assert words in told(status, ConditionType.STALLED)[2]
    assert stage.next_look("c") == stage.settings.poll_seconds


ELSEWHERE = answer(302, headers={"Location": "https://elsewhere.example.com/"})


async def looked_after_reading(stage: Stage) -> Any:
    """The status when the lists were read in the background."""
    await stage.read_in_background.wait()
    stage.read_in_background.clear()
    return await stage.look("c")


def at_a_url(server: ScriptedServer, path: str = "/spring.csv") -> dict[str, Any]:
    return {"url": {"address": server.url + path}}


async def read_from(stage: Stage, server: ScriptedServer) -> Any:
    """The status of a new campaign whose list is there, after the first reading."""
    stage.list_egress = server.egress()
    await stage.restart_operator()
    await stage.apply(listed(stage, at_a_url(server)))
    await stage.look("c")
    return await looked_after_reading(stage)


def after(event: asyncio.Event, reply: Reply) -> Reply:
    """The same answer, when the time has come."""

    async def answered(conversation: Conversation, request: Received) -> None:
        await event.wait()
        await reply(conversation, request)

    return answered


def tagged(text: str, etag: str) -> Any:
    return answer(200, raw=text.encode(), headers={"ETag": etag})


async def test_a_list_at_a_url_costs_one_304_while_it_is_unchanged(stage: Stage) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    async with scripted_server(after(first, tagged(LIST, '"1"')), after(second, answer(304))) as server:
        stage.list_egress = server.egress()
        await stage.restart_operator()
        manifest = listed(stage, at_a_url(server), submitAheadSeconds=3600)
        await stage.apply(manifest)
        status = await stage.look("c")
        assert told(status, ConditionType.RECONCILING)[1] == "ReadingContacts"
        first.set()
        status = await looked_after_reading(stage)
        assert counts(windows(status)) == {NEW_YORK: 1, LONDON: 2}
        assert told(status, ConditionType.RECONCILING)[0] == ""
        # nobody asks while it waits
        stage.clock.advance_to(run_of(status).first_start)
        stage.clock.advance(-7200)
        await stage.look("c")
        assert len(server.requests) == 1
        # before the submission it is asked for once more
        stage.clock.advance(3600)
        assert run_of(await stage.look("c")).state is RunState.PLANNED
        second.set()
        assert run_of(await looked_after_reading(stage)).state is RunState.SCHEDULED
        assert [request.headers.get("if-none-match") for request in server.requests] == [None, '"1"']
        assert len(await stage.schedules(manifest["spec"]["campaignID"])) == 2


async def test_a_server_of_lists_that_asks_to_wait_is_left_alone_until_then(stage: Stage) -> None:
    busy = answer(503, headers={"Retry-After": "900"})
    async with scripted_server(busy, tagged(LIST, '"1"')) as server:
        status = await read_from(stage, server)
        message = "spec.contactsFrom[0]: the server answered 503 and asks to wait 900 s; the operator tries again"
        assert told(status, ConditionType.READY)[1:] == ("ContactsUnavailable", message)
        stage.clock.advance(890)
        await stage.look("c")
        assert len(server.requests) == 1
        stage.clock.advance(10)
        await stage.look("c")
        assert counts(windows(await looked_after_reading(stage))) == {NEW_YORK: 1, LONDON: 2}


async def test_a_list_at_a_url_that_has_changed_is_the_one_that_is_called(stage: Stage) -> None:
    async with scripted_server(tagged(LIST, '"1"'), tagged(LIST + THIRD, '"2"')) as server:
        stage.list_egress = server.egress()
        await stage.restart_operator()
        await stage.apply(listed(stage, at_a_url(server), submitAheadSeconds=3600))
        await stage.look("c")
        status = await looked_after_reading(stage)
        stage.clock.advance_to(run_of(status).first_start)
        stage.clock.advance(-3600)
        await stage.look("c")
        status = await looked_after_reading(stage)
        assert counts(windows(status)) == {LONDON: 2, NEW_YORK: 1, "America/Chicago": 1}
        assert run_of(status).state is RunState.SCHEDULED


async def test_the_address_and_the_token_in_a_secret_are_told_to_nobody(stage: Stage) -> None:
    async with scripted_server(tagged(LIST + BAD, '"1"')) as server:
        stage.list_egress = server.egress()
        await stage.restart_operator()
        url = server.url + "/export?signature=very-secret"
        await stage.apply(
            secret(stage.namespace, "crm", {"url": url, "token": "bearer-secret"}),
            listed(stage, {"url": {"secretRef": {"name": "crm"}}, "format": "CSV"}),
        )
        await stage.look("c")
        status = await looked_after_reading(stage)
        assert server.requests[0].headers["authorization"] == "Bearer bearer-secret"
        stalled = told(status, ConditionType.STALLED)
        assert stalled[:2] == ("True", "InvalidContacts")
        assert "spec.contactsFrom[0].url: line 5, column timeZone: " in stalled[2]
        said = status.model_dump_json() + str(await stage.warnings("c"))
        assert [word for word in ("localhost", "very-secret", "bearer-secret", "Londn", *PEOPLE) if word in said] == []


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (answer(503), ConditionType.RECONCILING, "ContactsUnavailable"),
        (answer(403), ConditionType.STALLED, "ContactsUnreadable"),
        (
            answer(302, headers={"Location": "https://elsewhere.example.com/"}),
            ConditionType.STALLED,
            "ContactsUnreadable",
        ),
    ],
    ids=["an outage passes", "a refusal is a person's business", "a redirect is not followed"],
)
async def test_a_url_that_gives_no_list_is_told_and_tried_again(
    stage: Stage, reply: Any, kind: ConditionType, reason: str
) -> None:
    async with scripted_server(reply, tagged(LIST, '"1"')) as server:
        status = await read_from(stage, server)
        assert told(status, kind)[:2] == ("True", reason)
        assert told(status, ConditionType.READY)[:2] == ("False", reason)
        assert (await stage.warnings("c"))[0][0] == reason
        stage.clock.advance(600)
        await stage.look("c")
        status = await looked_after_reading(stage)
        assert told(status, ConditionType.READY)[0] == "True"
        assert counts(windows(status)) == {NEW_YORK: 1, LONDON: 2}


async def test_campaigns_that_name_the_same_list_read_it_once(stage: Stage) -> None:
    read = metrics.list_readings.labels("Read")._value  # noqa: SLF001 - the library has no other way to ask a counter
    names = ("c", "c2", "c3")
    await stage.apply(
        contacts(stage, LIST),
        *(campaign(stage.namespace, name, contacts=None, contactsFrom=[IN_A_CONFIG_MAP]) for name in names),
    )
    before = read.get()
    for status in await asyncio.gather(*(stage.look(name) for name in names)):
        assert counts(windows(status)) == {NEW_YORK: 1, LONDON: 2}
    assert read.get() - before == 1


def without_patience(stage: Stage) -> tuple[ContactLists, asyncio.Queue[CampaignRef]]:
    """Lists that no look waits for, and whom they wake."""
    downloads = Downloads(stage.egress)
    stage.stack.push_async_callback(downloads.aclose)
    reader = ListReader(KeyedObjects(stage.api, stage.clock), downloads, stage.clock, ListLimits(), ShortSteps())
    woken = asyncio.Queue[CampaignRef]()
    return ContactLists(reader, stage.clock, woken.put_nowait, patience_seconds=0), woken


async def test_a_campaign_is_looked_at_again_after_lists_that_it_did_not_wait_for(stage: Stage) -> None:
    await stage.apply(contacts(stage, LIST), listed(stage))
    lists, woken = without_patience(stage)
    waiting = await new_store(stage).read(CampaignRef(stage.namespace, "c"))
    assert waiting is not None
    assert await lists.read(waiting, max_age_seconds=30) == ListReading(None, being_read=True)
    assert await woken.get() == waiting.ref
    found = await lists.read(waiting, max_age_seconds=30)
    assert isinstance(found, ListReading)
    assert found.count is not None
    assert found.count.contacts == 3


async def test_what_a_list_held_counts_no_more_while_it_is_read_again_after_a_change(stage: Stage) -> None:
    """Or who was taken out of it a minute before the submission would be called."""
    await stage.apply(contacts(stage, LIST), listed(stage))
    lists, woken = without_patience(stage)
    campaign = await new_store(stage).read(CampaignRef(stage.namespace, "c"))
    assert campaign is not None
    await lists.read(campaign, max_age_seconds=0)
    await woken.get()
    assert (await lists.read(campaign, max_age_seconds=0)) != ListReading(None)
    await stage.apply(contacts(stage, "".join(LIST.splitlines(keepends=True)[:-1])))
    assert await lists.read(campaign, max_age_seconds=0) == ListReading(None, being_read=True)
    await woken.get()
    found = await lists.read(campaign, max_age_seconds=0)
    assert isinstance(found, ListReading)
    assert found.count is not None
    assert found.count.contacts == 2
