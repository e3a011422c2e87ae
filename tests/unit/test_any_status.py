"""Whatever status the CustomResourceDefinition takes, by whoever it was written: the operator lives with it.

Statuses are made from the schema itself, and played through the real core, from alarm to alarm. The plugin shows them.
"""

import asyncio
from contextlib import suppress
from typing import Any

from builders import CONNECTION, NOW, SETTINGS, at, blueprint, recurring, spec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lone_campaign import Life, LoneStore, WillingDialer, wire
from structlog.testing import capture_logs

from campaign_operator.adapters.kubernetes.campaign_wire import campaign_of
from campaign_operator.api.conditions import Reason
from campaign_operator.api.crd import Schema, structural_schema
from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.dialing.outcomes import Schedule, ScheduleState
from campaign_operator.engine.ports import UnusableError
from kubectl_campaign.campaign_list import campaign_list
from kubectl_campaign.explanation import why_campaign, why_zone
from kubectl_campaign.plugin_error import PluginError
from kubectl_campaign.resolution_entries import written_entries
from kubectl_campaign.seen_campaign import SeenCampaign
from kubectl_campaign.status_lines import changed_lines
from kubectl_campaign.status_screen import status_screen
from kubectl_campaign.status_wire import status_json
from manual_clock import ManualClock

DAY = 86_400
EXAMPLES = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a status is read as it is; making it smaller takes minutes
    suppress_health_check=list(HealthCheck),
)

ZONES = st.sampled_from(["America/New_York", "Europe/London", "Asia/Tokyo", "Mars/Base"])
INSTANTS = st.one_of(
    st.sampled_from([-2 * DAY, -7200, -3600, -60, 0, 20, 60, 3600, 18_000, DAY, 2 * DAY]).map(
        lambda s: to_rfc3339(at(s))
    ),
    st.sampled_from(
        ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-25T09:00:00+14:00"]
    ),
)
SOUND_INSTANTS = st.sampled_from([-7200, -3600, -60, 20, 3600, 18_000, DAY]).map(lambda s: to_rfc3339(at(s)))
WORDS: dict[str, st.SearchStrategy[str]] = {
    "timeZone": ZONES,
    "id": st.sampled_from(["20261123T0900", "20261124T0900", "20261125T0900"]),
    "runID": st.sampled_from(["20261123T0900", "20261124T0900"]),
    "plannedFrom": st.sampled_from(["", "1", "2"]),
    "specHash": st.sampled_from([blueprint().spec_hash, blueprint(recurring()).spec_hash, "x"]),
    "connectionHash": st.sampled_from([CONNECTION.hash, CONNECTION.hash, "x"]),
    "dialerHash": st.sampled_from([CONNECTION.dialer_hash, "x"]),
    "scheduleID": st.sampled_from(["s-1", "s-2", "s-3"]),
    "reason": st.sampled_from([*Reason, "SomethingNew"]).map(str),
}


def values(schema: Schema, name: str, sound: bool) -> st.SearchStrategy[Any]:
    """What the API server takes for a field of this schema; times that can be used, where they shall be `sound`."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            return objects(schema, sound)
        case "array":
            return st.lists(values(schema["items"], name, sound), max_size=3)
        case "integer":
            least, most = schema.get("minimum", 0), schema.get("maximum", 2**53)
            return st.sampled_from(sorted({least, min(1, most), min(2, most), most}))
        case "boolean":
            return st.booleans()
    if schema.get("format") == "date-time":
        return SOUND_INSTANTS if sound else INSTANTS
    return WORDS.get(name, st.sampled_from(["x", "20261124T0900", "Resubmit"]))


_OF_A_LIFE = {"runs", "windows"}


def objects(schema: Schema, sound: bool) -> st.SearchStrategy[dict[str, Any]]:
    required = set(schema.get("required", ())) | (_OF_A_LIFE if sound else set())
    fields = {name: values(field, name, sound) for name, field in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )


STATUS = structural_schema()["properties"]["status"]
STATUSES = st.one_of(objects(STATUS, sound=True), objects(STATUS, sound=True), objects(STATUS, sound=False))
SPECS = st.sampled_from(
    [
        spec(),
        recurring(),
        spec(suspend=True),
        recurring(suspend=True),
        spec(onUncertain="Hold"),
        recurring(webhook={"url": "https://hooks.example.com/cx"}),
        spec(deletionPolicy="Orphan"),
        spec(cron="30 14 * * *", startMode="SameInstant", completion={"expectedCalls": 1, "graceSeconds": 0}),
    ]
)
MARKS = st.sampled_from(
    [None, "20261123T0900 sales/spring-renewals 8f14e45f", "20261124T0900 sales/spring-renewals 8f14e45f"]
)


def life(campaign: dict[str, Any]) -> Life:
    """The campaign, and at the dialer whatever it may have there."""
    try:
        runs = campaign_of(campaign).status.runs
    except UnusableError:
        runs = ()
    there = (WindowState.INTENT, WindowState.UNCERTAIN, WindowState.SUBMITTED, WindowState.HELD, WindowState.CANCELLING)
    found = {(w.time_zone, w.start_time, w.end_time): w for run in runs for w in run.windows if w.state in there}
    schedules = [
        Schedule(w.schedule_id or f"old-{number}", *window, ScheduleState.SCHEDULED)
        for number, (window, w) in enumerate(found.items())
    ]
    return Life(LoneStore(campaign), WillingDialer(schedules), ManualClock(NOW))


def assert_at_rest(logs: list[Any]) -> None:
    """No pass ended in an unexpected error, and none took all of its steps."""
    bad = [line for line in logs if line["event"] in ("unexpected error", "too many actions in one pass; waiting")]
    assert bad == []


@given(STATUSES, SPECS, MARKS)
@EXAMPLES
def test_every_status_is_lived_with_and_nothing_is_sent_that_may_have_been_sent_before(
    status: dict[str, Any], of: OutboundCampaignSpec, mark: str | None
) -> None:
    played = life(wire(of, status, mark, deleting=False))
    with capture_logs() as logs:
        asyncio.run(played.play(DAY, looks=6))
    assert_at_rest(logs)
    assert played.dialer.doubles == []


@given(STATUSES, SPECS, MARKS)
@EXAMPLES
def test_every_deleted_campaign_goes_by_its_deadline(
    status: dict[str, Any], of: OutboundCampaignSpec, mark: str | None
) -> None:
    played = life(wire(of, status, mark, deleting=True))
    with capture_logs() as logs:
        asyncio.run(played.play(SETTINGS.deletion_deadline_seconds + 1, looks=4))
    assert_at_rest(logs)
    assert played.store.wire is None
    assert played.dialer.doubles == []


@given(STATUSES, SPECS, st.sampled_from([80, 120, None]))
@EXAMPLES
def test_every_status_can_be_shown_to_a_person(
    status: dict[str, Any], of: OutboundCampaignSpec, width: int | None
) -> None:
    seen = SeenCampaign.of(wire(of, status, None, deleting=False))
    screens = [
        status_screen(seen, NOW, width=width),
        why_campaign(seen, NOW, width=width),
        campaign_list([seen], NOW, everywhere=True, width=width),
        "\n".join(changed_lines(None, seen, NOW)),
        *(why_zone(seen, zone, {}, NOW, width=width) for zone in ("America/New_York", "Mars/Base")),
    ]
    assert all(character.isprintable() or character == "\n" for screen in screens for character in screen)
    assert status_json(seen, NOW)
    with suppress(PluginError):
        assert written_entries(seen, ["New_York=Resubmit"])
