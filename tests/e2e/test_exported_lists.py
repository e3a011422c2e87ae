"""Lists as programs export them, in a cluster: read as they are, and the share of their rows that may be skipped."""

import pytest

from campaign_operator.api.conditions import ConditionType
from e2e_world import Manifest, campaign, config_map
from stage import Stage, run_of, told, windows

EXPORT = "sep=;\r\nContact ID;Name;TIME_ZONE\r\n1;Ann;Eastern Standard Time\r\n2;Bo;\r\n 3 ;Cy;Europe/London\r\n"


def exported(stage: Stage, aliases: dict[str, str], **spec: object) -> Manifest:
    source = {
        "configMapKeyRef": {"name": "spring-contacts", "key": "export"},
        "idColumn": "Contact ID",
        "timeZoneColumn": "Time Zone",
        "defaultTimeZone": "Asia/Tokyo",
        "timeZoneAliases": aliases,
    }
    return campaign(stage.namespace, "c", contacts=None, contactsFrom=[source], **spec)


async def test_an_export_of_excel_with_names_of_windows_is_called(stage: Stage) -> None:
    export = config_map(stage.namespace, "spring-contacts", export=EXPORT.encode("utf-16"))
    await stage.apply(export, exported(stage, {"Eastern Standard Time": "America/New_York"}))
    status = await stage.look("c")
    assert {zone: window.contacts for zone, window in windows(status).items()} == {
        "America/New_York": 1,
        "Asia/Tokyo": 1,
        "Europe/London": 1,
    }
    assert run_of(status).invalid_contacts == 0


async def test_nothing_is_planned_where_skip_would_leave_out_more_than_it_may(stage: Stage) -> None:
    export = config_map(stage.namespace, "spring-contacts", export=EXPORT)
    manifest = exported(stage, {"EST": "America/New_York"}, onInvalidContact="Skip")
    await stage.apply(export, manifest)
    status = await stage.look("c")
    stalled = told(status, ConditionType.STALLED)
    assert stalled[:2] == ("True", "TooManyInvalidContacts")
    assert told(status, ConditionType.CONTACTS_VALID)[:2] == ("False", "TooManyInvalidContacts")
    assert stalled[2].startswith(
        "1 error in the lists: spec.maxSkippedPercent: 1 of 3 rows are invalid, more than the 5% that may be skipped; "
    )
    assert status.runs == ()
    # raised, it is planned without another change
    manifest["spec"]["maxSkippedPercent"] = 34
    await stage.apply(manifest)
    assert run_of(await stage.look("c")).invalid_contacts == 1


async def test_a_list_with_phone_numbers_is_called_by_their_zones_and_unclear_ones_are_told(stage: Stage) -> None:
    rows = "id;phone;Time Zone\n1;+1 212 555 0100;\n2;07400 123456;\n3;+34612345678;\n4;;Tokyo Standard Time\n"
    source = {
        "configMapKeyRef": {"name": "spring-contacts", "key": "export"},
        "phoneColumn": "Phone",
        "defaultRegion": "GB",
        "defaultTimeZone": "Europe/Madrid",
        "timeZoneFormat": "Windows",
    }
    export = config_map(stage.namespace, "spring-contacts", export=rows)
    await stage.apply(export, campaign(stage.namespace, "c", contacts=None, contactsFrom=[source]))
    status = await stage.look("c")
    assert {zone: window.contacts for zone, window in windows(status).items()} == {
        "America/New_York": 1,
        "Asia/Tokyo": 1,
        "Europe/London": 1,
        "Europe/Madrid": 1,
    }
    assert told(status, ConditionType.CONTACTS_VALID) == (
        "True",
        "ContactsRead",
        "4 contacts (1 by defaultTimeZone, with phone numbers of several time zones) in 4 time zones",
    )


@pytest.mark.parametrize("value", ["", "x" * 65])
async def test_the_api_server_refuses_an_alias_of_no_or_too_many_characters(stage: Stage, value: str) -> None:
    with pytest.raises(Exception, match="must be values of 1 to 64 characters"):
        await stage.apply(exported(stage, {value: "America/New_York"}))
