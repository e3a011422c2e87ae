"""The words of other programs for time zones: told as the name that they surely stand for, and never read as it."""

import pytest
from contact_list_kit import config_map, errors, read, secret
from tzlocal.windows_tz import win_tz

from campaign_operator.domain.contacts.zone_words import certain_zone
from campaign_operator.domain.planning.zones import ZONE_NAMES, nearest_name

WORDS = {
    "HubSpot": ("america_slash_new_york", "America/New_York"),
    "HubSpot in capitals": ("US_slash_Eastern", "US/Eastern"),
    "HubSpot with a hyphen": ("america_slash_port_hyphen_au_hyphen_prince", "America/Port-au-Prince"),
    "HubSpot as it shows it": ("UTC -04:00 America New York", "America/New_York"),
    "HubSpot as it shows a place in a state": ("UTC -05:00 America Indiana (Tell City)", "America/Indiana/Tell_City"),
    "HubSpot as it shows a hyphen": ("UTC -04:00 America Port-Au-Prince", "America/Port-au-Prince"),
    "Rails": ("Eastern Time (US & Canada)", "America/New_York"),
    "Rails with its offset": ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
    "Rails, of a place": ("Brasilia", "America/Sao_Paulo"),
    "Windows": ("Eastern Standard Time", "America/New_York"),
    "Windows in another case": ("w. europe standard time", "Europe/Berlin"),
    "Windows as it shows it": ("(UTC-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"),
    "Salesforce": ("(GMT-05:00) Eastern Standard Time (America/New_York)", "America/New_York"),
    "a name behind its offset": ("(UTC+01:00) Europe/Berlin", "Europe/Berlin"),
}


@pytest.mark.parametrize("program", WORDS)
def test_the_word_of_a_program_is_told_with_the_name_that_it_stands_for(program: str) -> None:
    word, name = WORDS[program]
    count = read((config_map(), f'id,timeZone\nc1,"{word}"\n'.encode()))
    (error,) = errors(count)
    assert f"; use {name}, or timeZoneAliases" in error
    assert count.contacts == 0


@pytest.mark.parametrize(
    "word", ["+03:00", "GMT+2", "-5.00", "PST", "CST", "Eastern", "Central European", "(GMT-05:00)", "UTC -05:00"]
)
def test_a_word_that_may_stand_for_several_zones_is_told_without_one(word: str) -> None:
    assert certain_zone(word) is None
    (error,) = errors(read((config_map(), f"id,timeZone\nc1,{word}\n".encode())))
    assert error.endswith(", or timeZoneAliases")


def test_of_a_secret_no_name_is_told() -> None:
    for word, name in WORDS.values():
        (error,) = errors(read((secret(), f'id,timeZone\nc1,"{word}"\n'.encode())))
        assert word not in error
        assert name not in error.replace("such as Europe/London or America/New_York", "")


def test_every_word_of_windows_has_a_name_of_the_database() -> None:
    assert {certain_zone(word) for word in win_tz} <= ZONE_NAMES


def test_no_word_contradicts_a_place_of_the_database() -> None:
    """Hawaii and the like are no places; where a word is one, both ways lead to the same name."""
    for word in ("Paris", "Berlin", "Tokyo", "Buenos Aires", "Hong Kong"):
        assert certain_zone(word) is None
        assert nearest_name(word) is not None
