"""The resource at the API server: what it takes, what it refuses and in which words, and how kubectl shows it."""

import json
from typing import Any

import pytest
import yaml

from campaign_operator.api.crd import structural_schema
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import World, campaign
from serving import until

CRON = "must be five cron fields, such as '0 9 * * 1-5', or a descriptor, such as '@daily'"
SATURDAY = {"days": ["Sat"], "start": "10:00", "end": "13:00"}
URL = "must be an https URL with a host and without user information, such as https://hooks.example.com/cx"


async def refusal(control_plane: ControlPlane, namespace: str, **spec: Any) -> str:
    """What kubectl says to a campaign that is refused."""
    manifest = yaml.safe_dump(campaign(namespace, "c", **spec))
    answer = await control_plane.kubectl("create", "-f", "-", stdin=manifest, check=False)
    assert answer.exit_status == 1, "it was not refused"
    return answer.stderr.strip()


@pytest.mark.parametrize(
    "cron",
    ["0 9 * * * *", "R 9 * * *", "H 9 * * *", "? 9 * * *", "0 9 L * *", "0 9 * * 5#2", "1, 9 * * *", "TZ=UTC 0 9 * * *",
     "@every 5m", "@DAILY", "0 9 * *", "0 9 * * *\n", "tomorrow"],
)  # fmt: skip
async def test_a_cron_that_the_schema_can_tell_is_wrong(installed: ControlPlane, namespace: str, cron: str) -> None:
    shown = cron.replace("\n", "\\n")
    expected = f'The OutboundCampaign "c" is invalid: spec.cron: Invalid value: "{shown}": {CRON}'
    assert await refusal(installed, namespace, cron=cron) == expected


async def test_an_empty_cron_and_one_of_half_a_megabyte(installed: ControlPlane, namespace: str) -> None:
    assert "spec.cron in body should be at least 1 chars long" in await refusal(installed, namespace, cron="")
    assert "spec.cron: Too long: may not be more than 128 bytes" in await refusal(
        installed, namespace, cron="1" * 500_000
    )


@pytest.mark.parametrize(
    "url", ["http://a.example/x", "https:///x", "https://u:p@h", "https://u@h/", "ftp://h", "https://h h"]
)
async def test_a_webhook_that_is_not_plain_https(installed: ControlPlane, namespace: str, url: str) -> None:
    expected = f'The OutboundCampaign "c" is invalid: spec.webhook.url: Invalid value: "{url}": {URL}'
    assert await refusal(installed, namespace, webhook={"url": url}) == expected


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"contacts": []}, "spec.contacts: Invalid value: 0: spec.contacts in body should have at least 1 items"),
        ({"contacts": None}, "spec.contacts: Invalid value: must set exactly one of contacts and contactsFrom"),
        (
            {"contactsFrom": [{"url": {"address": "https://lists.example.com/a.csv"}}]},
            "spec.contacts: Invalid value: must set exactly one of contacts and contactsFrom",
        ),
        (
            {"contacts": None, "contactsFrom": [{}]},
            "spec.contactsFrom[0]: Invalid value: must set exactly one of configMapKeyRef, secretKeyRef and url",
        ),
        (
            {"contacts": None, "contactsFrom": [{"url": {}}]},
            "spec.contactsFrom[0].url: Invalid value: must set exactly one of address and secretRef",
        ),
        (
            {"contacts": None, "contactsFrom": [{"url": {"address": "http://lists.example.com/a.csv"}}]},
            'spec.contactsFrom[0].url.address: Invalid value: "http://lists.example.com/a.csv": must be an https URL',
        ),
        (
            {"contacts": None, "contactsFrom": [{"url": {"address": "https://h/a"}, "idColumn": " id"}]},
            'spec.contactsFrom[0].idColumn: Invalid value: " id": must be a single line without leading or trailing',
        ),
        (
            {"contacts": None, "contactsFrom": [{"url": {"address": "https://h/a"}, "idColumn": "timeZone"}]},
            "spec.contactsFrom[0]: Invalid value: idColumn and timeZoneColumn must be different columns",
        ),
        *(
            (
                {"contacts": None, "contactsFrom": [{"url": {"address": "https://h/a"}, "phoneColumn": column}]},
                "spec.contactsFrom[0]: Invalid value: phoneColumn must be another column than idColumn and timeZone",
            )
            for column in ("id", "timeZone")
        ),
        (
            {"contacts": None, "contactsFrom": [{"url": {"address": "https://h/a"}, "defaultRegion": "US"}]},
            "spec.contactsFrom[0]: Invalid value: defaultRegion requires phoneColumn",
        ),
        (
            {
                "contacts": None,
                "contactsFrom": [{"url": {"address": "https://h/a"}, "phoneColumn": "p", "defaultRegion": "us"}],
            },
            'spec.contactsFrom[0].defaultRegion: Invalid value: "us": spec.contactsFrom[0].defaultRegion in body',
        ),
        (
            {"contacts": None, "contactsFrom": [{"url": {"address": "https://h/a"}, "timeZoneFormat": "windows"}]},
            'spec.contactsFrom[0].timeZoneFormat: Unsupported value: "windows": supported values: "IANA", "Windows"',
        ),
        (
            {"submitAheadSeconds": -1},
            "spec.submitAheadSeconds: Invalid value: -1: spec.submitAheadSeconds in body should",
        ),
        ({"onInvalidContact": "Ignore"}, 'spec.onInvalidContact: Unsupported value: "Ignore"'),
        (
            {"contacts": [{"id": f"c{i}", "timeZone": "Etc/UTC"} for i in range(2001)]},
            "spec.contacts: Too many: 2001: must have at most 2000 items",
        ),
        (
            {"contacts": [{"id": "x" * 65, "timeZone": "Etc/UTC"}]},
            "spec.contacts[0].id: Too long: may not be more than 64",
        ),
        (
            {"timeZone": "Europe/London"},
            (
                "spec.timeZone: Invalid value: timeZone requires startMode SameInstant; with ContactLocal, each "
                "contact has its own time zone"
            ),
        ),
        ({"startMode": "contactlocal"}, 'spec.startMode: Unsupported value: "contactlocal"'),
        ({"runPolicy": "Twice"}, 'spec.runPolicy: Unsupported value: "Twice": supported values: "Once", "Recurring"'),
        (
            {"windowSeconds": 59},
            "spec.windowSeconds: Invalid value: 59: spec.windowSeconds in body should be greater than",
        ),
        ({"campaignID": "../x"}, "spec.campaignID: Invalid value"),
        ({"campaignID": None}, "spec.campaignID: Required value"),
        ({"connection": {"secretRef": {"name": "Not_A_Name"}}}, "spec.connection.secretRef.name: Invalid value"),
        (
            {"connection": {"secretRef": {"name": "a", "namespace": "b"}}},
            'unknown field "spec.connection.secretRef.namespace"',
        ),
        (
            {"callingHours": {"start": "8:00"}},
            "must be a valid time of day from 00:00 to 23:59 in the form HH:MM, such as 08:00",
        ),
        (
            {"callingHours": {"start": "24:00"}},
            "must be a valid time of day from 00:00 to 23:59 in the form HH:MM, such as 08:00",
        ),
        (
            {"callingHours": {"end": "24:01"}},
            "must be a valid time of day from 00:01 to 24:00 in the form HH:MM, such as 21:00",
        ),
        (
            {"callingHours": {"start": "22:00", "end": "06:00"}},
            (
                "spec.callingHours.start: Invalid value: start must be before end; the hours cannot go past midnight, "
                "and 24:00 is midnight at the end of the day"
            ),
        ),
        (
            {"callingHours": {"start": "21:00"}},
            "spec.callingHours.start: Invalid value: start must be before end",
        ),
        ({"callingHours": {"days": []}}, "spec.callingHours.days: Invalid value: 0"),
        ({"callingHours": {"days": ["Sunday"]}}, 'spec.callingHours.days[0]: Unsupported value: "Sunday"'),
        (
            {"callingHours": {"excludeDates": ["2028-02-29", "2026-02-31"]}},
            (
                'spec.callingHours.excludeDates[1]: Invalid value: "2026-02-31": must be a valid date in the form '
                "YYYY-MM-DD, such as 2026-12-25"
            ),
        ),
        (
            {"callingHours": {"excludeDates": ["2026-12-25"] * 367}},
            "spec.callingHours.excludeDates: Too many: 367: must have at most 366 items",
        ),
        (
            {"callingHours": {"weekly": [SATURDAY], "start": "08:00"}},
            "spec.callingHours.weekly: Invalid value: cannot be combined with start, end or days; remove them, or",
        ),
        (
            {"callingHours": {"weekly": [SATURDAY], "days": ["Mon"]}},
            "spec.callingHours.weekly: Invalid value: cannot be combined with start, end or days; remove them, or",
        ),
        (
            {"callingHours": {"weekly": [{**SATURDAY, "start": "13:00"}]}},
            "spec.callingHours.weekly[0].start: Invalid value: start must be before end; the hours cannot go past",
        ),
        (
            {"callingHours": {"weekly": [SATURDAY, {**SATURDAY, "start": "12:59", "end": "17:00"}]}},
            "spec.callingHours.weekly: Invalid value: must not have two spans that overlap on a day; join them, or",
        ),
        ({"callingHours": {"weekly": [{"days": ["Sat"], "start": "10:00"}]}}, "callingHours.weekly[0].end: Required"),
        ({"callingHours": {"weekly": []}}, "spec.callingHours.weekly: Invalid value: 0"),
        (
            {"callingHours": {"weekly": [SATURDAY] * 22}},
            "spec.callingHours.weekly: Too many: 22: must have at most 21 items",
        ),
        (
            {"callingHours": {"holidays": [{"country": "US"}] * 21}},
            "spec.callingHours.holidays: Too many: 21: must have at most 20 items",
        ),
        ({"callingHours": {"holidays": [{"subdivision": "TX"}]}}, "callingHours.holidays[0].country: Required value"),
        (
            {"callingHours": {"zones": [{"timeZones": ["Europe/Berlin"]}] * 51}},
            "spec.callingHours.zones: Too many: 51: must have at most 50 items",
        ),
        ({"callingHours": {"zones": [{}]}}, "spec.callingHours.zones[0].timeZones: Required value"),
        (
            {"callingHours": {"zones": [{"timeZones": ["Europe/Berlin"], "weekly": [SATURDAY, SATURDAY]}]}},
            "spec.callingHours.zones[0].weekly: Invalid value: must not have two spans that overlap on a day",
        ),
        (
            {"callingHours": {"zones": [{"timeZones": ["Europe/Berlin"], "excludeDates": ["2026-02-31"]}]}},
            'spec.callingHours.zones[0].excludeDates[0]: Invalid value: "2026-02-31": must be a valid date in the form',
        ),
        (
            {"callingHours": {"zones": [{"timeZones": ["Europe/Berlin"], "holidays": [{"country": "DE"}] * 21}]}},
            "spec.callingHours.zones[0].holidays: Too many: 21: must have at most 20 items",
        ),
        ({"callingHours": {"outside": "Drop"}}, 'spec.callingHours.outside: Unsupported value: "Drop"'),
        ({"callingHours": {"until": "20:00"}}, 'unknown field "spec.callingHours.until"'),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
async def test_other_refusals_name_the_field(
    installed: ControlPlane, namespace: str, spec: dict[str, Any], words: str
) -> None:
    assert words in await refusal(installed, namespace, **spec)


@pytest.mark.parametrize(
    ("field", "value", "supported"),
    [
        ("onUncertain", "verify", '"Verify", "Hold"'),
        ("deletionPolicy", "Delete", '"Cancel", "Orphan"'),
        ("deletionPolicy", "", '"Cancel", "Orphan"'),
    ],
)
async def test_a_misspelled_choice_is_answered_with_those_there_are(
    installed: ControlPlane, namespace: str, field: str, value: str, supported: str
) -> None:
    assert await refusal(installed, namespace, **{field: value}) == (
        'The OutboundCampaign "c" is invalid: \n'
        f'* spec.{field}: Unsupported value: "{value}": supported values: {supported}\n'
        "* <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct "
        "the existing errors to complete validation"
    )


async def test_the_campaign_id_never_changes(installed: ControlPlane, namespace: str) -> None:
    manifest = campaign(namespace, "c", suspend=True)
    await installed.kubectl("create", "-f", "-", stdin=yaml.safe_dump(manifest))
    manifest["spec"]["campaignID"] = "another"
    answer = await installed.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(manifest), check=False)
    assert (
        'spec.campaignID: Invalid value: "another": campaignID is immutable because submitted schedules belong to it; '
        "create a new resource instead"
    ) in answer.stderr


async def test_what_is_left_out_is_filled_in_where_everybody_can_see_it(
    installed: ControlPlane, namespace: str
) -> None:
    made = await installed.kubectl("create", "-f", "-", "-o", "json", stdin=yaml.safe_dump(campaign(namespace, "c")))
    found = json.loads(made.stdout)
    given = {"campaignID", "cron", "connection", "contacts"}
    assert {key: value for key, value in found["spec"].items() if key not in given} == {
        "startMode": "ContactLocal",
        "runPolicy": "Once",
        "concurrencyPolicy": "Allow",
        "pastZones": "Wait",
        "maxSkippedPercent": 5,
        "onInvalidContact": "Reject",
        "windowSeconds": 14400,
        "submitAheadSeconds": 86400,
        # start, end and days have none there: beside weekly, they would say what is not so
        "callingHours": {"outside": "Defer"},
        "completion": {"graceSeconds": 3600},
        "onUncertain": "Verify",
        "deletionPolicy": "Cancel",
        "suspend": False,
    }
    assert found["status"] == {"observedGeneration": -1}


async def test_kubectl_get_tells_the_story(world: World, namespace: str) -> None:
    await world.connect(namespace)
    await world.apply(
        campaign(namespace, "spring", campaignID="8f14e45f", contacts=[{"id": "c", "timeZone": "Etc/UTC"}])
    )
    status = await world.wait_for_state(namespace, "spring", "Scheduled")
    for name in ("outboundcampaigns", "outboundcampaign", "ocamp", "campaigns"):
        shown = (await world.kubectl("get", name, "-n", namespace)).stdout.splitlines()
        assert shown[0].split("  ")
        assert shown[0].replace("  ", "\t").split() == (
            ["NAME", "CAMPAIGN", "STATE", "PROGRESS", "NEXT", "RUN", "SUSPEND", "READY", "AGE"]
        )
        assert shown[1].split()[:-1] == [
            "spring",
            "8f14e45f",
            "Scheduled",
            "0/1",
            "(0%)",
            status["nextRunTime"],
            "false",
            "True",
        ]
    wide = (await world.kubectl("get", "ocamp", "-o", "wide", "-n", namespace)).stdout.splitlines()
    assert wide[0].split()[-6:] == ["AGE", "CRON", "CONTACTS", "WINDOWS", "WEBHOOK", "MESSAGE"]
    ready = f"run {status['runs'][0]['id']}: 1 window for 1 contact submitted, first start {status['nextRunTime']}"
    assert wide[1].endswith(ready)

    async def the_event_is_there() -> bool:
        return bool(await world.events(namespace, "spring"))

    await until(the_event_is_there)
    described = (await world.kubectl("describe", "ocamp", "spring", "-n", namespace)).stdout
    assert "campaign-operator  run" in described
    assert "Type:                  Ready" in described


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("outboundcampaigns.spec.cron", "Example: 0 9 * * 1-5."),
        ("ocamp.spec.windowSeconds", "Seconds for which each schedule stays open"),
        ("ocamp.spec.completion.graceSeconds", "Default: 3600."),
        ("ocamp.spec.onUncertain", "Default: Verify. Example: Hold."),
        ("ocamp.spec.deletionPolicy", "Default: Cancel. Example: Orphan."),
        ("ocamp.status.runs.plannedFrom", "resourceVersion of the resource from which the run was planned"),
        ("ocamp.status.lastHandledResolve", "campaign-operator.io/resolve that the operator handled"),
        ("ocamp.status.runs.windows.reason", "Reason for the state of the window"),
    ],
)
async def test_kubectl_explain_has_meaning_default_and_example(installed: ControlPlane, path: str, words: str) -> None:
    text = (await installed.kubectl("explain", path)).stdout
    assert words in " ".join(text.split())


async def test_every_field_has_a_description_and_every_value_a_bound(installed: ControlPlane) -> None:
    """What is not bounded can be filled until the object is too large to be written."""
    lacking: list[str] = []

    def walk(schema: dict[str, Any], path: str) -> None:
        kind = schema.get("type")
        if path.count(".") > 1 and not path.endswith("[]") and "description" not in schema:
            lacking.append(f"{path} has no description")
        if kind == "string" and not schema.keys() & {"maxLength", "enum", "format"}:
            lacking.append(f"{path} has no maxLength")
        if kind == "integer" and not {"minimum", "maximum"} <= schema.keys():
            lacking.append(f"{path} has no bounds")
        if kind == "array":
            if "maxItems" not in schema or "x-kubernetes-list-type" not in schema:
                lacking.append(f"{path} has no maxItems or no list type")
            walk(schema["items"], f"{path}[]")
        for name, sub in schema.get("properties", {}).items():
            if path or name in ("spec", "status"):
                walk(sub, f"{path}.{name}")

    walk(structural_schema(), "")
    assert lacking == []
