"""Zone names: which are accepted, where zones are read from, and what is suggested for a mistyped one."""

import shutil
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from campaign_operator.domain.planning import zones
from campaign_operator.domain.planning.zones import (
    TZDATA_VERSION,
    ZONE_NAMES,
    UnknownTimeZoneError,
    canonical_name,
    load_zone,
    nearest_name,
    unknown_zone_message,
)


def test_every_name_of_the_package_but_those_that_are_no_zones_is_accepted() -> None:
    listed = set(files("tzdata").joinpath("zones").read_text().split())
    assert listed - ZONE_NAMES == {"Factory", "EST", "MST", "HST"}
    assert len(ZONE_NAMES) == 594


def test_every_accepted_name_loads_and_knows_its_own_name() -> None:
    for name in ZONE_NAMES:
        assert load_zone(name).key == name


def test_a_link_is_a_zone_like_the_name_it_points_to() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert noon.astimezone(load_zone("US/Eastern")).utcoffset() == timedelta(hours=-4)
    assert noon.astimezone(load_zone("America/New_York")).utcoffset() == timedelta(hours=-4)


def test_a_zone_is_read_once() -> None:
    assert load_zone("Europe/London") is load_zone("Europe/London")


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Factory",
        "localtime",
        "posixrules",
        "america/new_york",
        "America/New_york",
        "Europe/London ",
        "EUROPE/LONDON",
        "Europe",
        "Europe/",
        "/Europe/London",
        "./Europe/London",
        "Europe/../Europe/London",
        "../zoneinfo/Europe/London",
        "/etc/localtime",
        "../../../etc/passwd",
        "Europe\\London",
        "Europe/London\0",
        "\0",
        "tzdata.zi",
        "zone.tab",
        "__init__.py",
        "right/Europe/London",
        "UTC+2",
        "x" * 10_000,
        "../" * 3_000,
        "\ud800",
    ],
)
def test_anything_else_is_an_unknown_name(name: str) -> None:
    with pytest.raises(UnknownTimeZoneError) as caught:
        load_zone(name)
    assert "must be a valid time zone of the IANA database" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.fixture
def machine_whose_london_is_tokyo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "Europe"
    folder.mkdir()
    with (
        files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").open("rb") as tokyo,
        (folder / "London").open("wb") as london,
    ):
        shutil.copyfileobj(tokyo, london)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONTZPATH", str(tmp_path))
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()
    load_zone.cache_clear()
    yield
    monkeypatch.undo()
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()
    load_zone.cache_clear()


@pytest.mark.usefixtures("machine_whose_london_is_tokyo")
def test_the_machines_own_zone_files_are_not_read() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    tokyo = timedelta(hours=9)
    assert noon.astimezone(zoneinfo.ZoneInfo("Europe/London")).utcoffset() == tokyo, "the trap is not set"
    assert noon.astimezone(load_zone("Europe/London")).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("america/new_york", "America/New_York"),
        ("america/new york", "America/New_York"),
        ("New York", "America/New_York"),
        ("US/New_York", "America/New_York"),
        ("Amercia/New_York", "America/New_York"),
        ("America-New_York", "America/New_York"),
        ("Europe\\Berlin", "Europe/Berlin"),
        (" Berlin ", "Europe/Berlin"),
        ("Europe/Londn", "Europe/London"),
        ("Los Angelos", "America/Los_Angeles"),
        ("São Paulo", "America/Sao_Paulo"),
        ("right/Europe/London", "Europe/London"),
        ("utc", "UTC"),
        ("est5edt", "EST5EDT"),
        ("US Eastern", "US/Eastern"),
        ("Louisville", "America/Kentucky/Louisville"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Istanbul", "Europe/Istanbul"),
    ],
)
def test_a_slip_is_told_the_name_that_was_meant(value: str, name: str) -> None:
    assert nearest_name(value) == name
    assert unknown_zone_message(value).endswith(f'did you mean "{name}"?')


@pytest.mark.parametrize(
    "value",
    [
        *(
            "PST",
            "EDT",
            "BST",
            "IST",
            "WEST",
            "Z",
            "EST5",
            "GMT+2",
            "UTC+2",
            "UTC-05:00",
            "+02:00",
            "Etc/GMT+14",
        ),
        *("Eastern", "Central", "Mumbai", "Bern", "Europe/Munich", "Washington", "Factory", "localtime"),
        *("", " ", "/", "\0", "America", "Europe/", "../../etc/passwd", "New York" * 1_000),
    ],
)
def test_no_name_is_guessed_where_several_or_none_could_be_meant(value: str) -> None:
    assert nearest_name(value) is None
    assert unknown_zone_message(value).endswith("use a name such as Europe/London or America/New_York")


def test_names_differ_by_more_than_their_case() -> None:
    assert len({name.casefold() for name in ZONE_NAMES}) == len(ZONE_NAMES)


def test_the_message_names_value_rule_and_remedy() -> None:
    assert unknown_zone_message("america/new_york") == (
        f'Invalid value: "america/new_york": must be a valid time zone of the IANA database ({TZDATA_VERSION}); '
        'did you mean "America/New_York"?'
    )
    assert TZDATA_VERSION[:4].isdigit()
    assert zones.TZDATA_VERSION[4:].isalpha()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EST", "America/New_York, or America/Panama"),
        ("MST", "America/Denver, or America/Phoenix"),
        ("HST", "America/Adak, or Pacific/Honolulu"),
    ],
)
def test_a_standard_time_is_refused_with_the_two_places_it_may_stand_for(name: str, meant: str) -> None:
    assert name not in ZONE_NAMES
    assert meant in unknown_zone_message(name)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("US/Eastern", "America/New_York"),
        ("GMT+0", "Etc/GMT"),
        ("Nowhere/Else", "Nowhere/Else"),
    ],
)
def test_every_link_has_a_canonical_name(name: str, canonical: str) -> None:
    assert canonical_name(name) == canonical


def test_a_zone_and_its_links_have_the_same_rules() -> None:
    for name in ZONE_NAMES:
        here, there = load_zone(name), load_zone(canonical_name(name))
        moments = [datetime(2026, month, 15, tzinfo=UTC) for month in range(1, 13)]
        assert [m.astimezone(here).utcoffset() for m in moments] == [m.astimezone(there).utcoffset() for m in moments]
