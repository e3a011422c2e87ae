"""What is known of numbers that begin alike is what the package says of each of them."""

import random
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.tzdata import TIMEZONE_DATA

from campaign_operator.domain.contacts import phone_prefixes
from campaign_operator.domain.contacts.phone_prefixes import PhonePrefixes
from campaign_operator.domain.contacts.phone_zones import PhoneNumberError, PhoneZones

CALLING_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
KINDS = sorted(set(PhoneNumberType.values()) - {PhoneNumberType.UNKNOWN})


class NothingKnown(PhonePrefixes):
    """Nothing is kept, so each number is looked up."""

    def note(self, number: phonenumbers.PhoneNumber, digits: str, zones: tuple[str, ...]) -> None:
        """Nothing."""


def examples(code: int) -> Iterator[str]:
    """Digits of a number of each kind of each country with that code."""
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        for kind in KINDS:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                yield phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]


def found_by(zones: PhoneZones, number: str) -> tuple[str, ...] | str:
    try:
        return zones.of(number)
    except PhoneNumberError as error:
        return str(error)


def looking_up() -> PhoneZones:
    zones = PhoneZones(None)
    zones.__dict__["_prefixes"] = NothingKnown()
    return zones


@pytest.mark.parametrize("code", CALLING_CODES)
def test_numbers_near_each_other_have_the_zones_that_each_has_by_itself(code: int) -> None:
    """One digit differs, or all that follow one: so numbers stand on both sides of each border."""
    chance, knowing, each = random.Random(code), PhoneZones(None), looking_up()  # noqa: S311 - not for secrets
    for digits in sorted(set(examples(code))):
        found_by(knowing, f"+{digits}")
        begin = len(str(code))
        for place in range(begin, len(digits)):
            other = chance.choice("0123456789")
            rest = "".join(chance.choices("0123456789", k=len(digits) - place - 1))
            for changed in (f"{digits[:place]}{other}{digits[place + 1 :]}", f"{digits[:place]}{other}{rest}"):
                number = f"+{changed}"
                assert found_by(knowing, number) == found_by(each, number), number


@pytest.mark.parametrize("code", [1, 7, 44, 54, 55, 61])
def test_all_numbers_that_begin_like_one_have_its_zones(code: int) -> None:
    """Of what is known nothing is left to chance: every next digit, and what follows at its ends and in between."""
    knowing, each = PhoneZones(None), looking_up()
    for digits in sorted(set(examples(code))):
        found_by(knowing, f"+{digits}")
    known = dict(knowing.__dict__["_prefixes"].__dict__["_zones"])
    assert known
    for (length, prefix), zones in known.items():
        for fill in "0123456789":
            for last in "0123456789":
                number = f"+{prefix.ljust(length - 1, fill)}{last}"
                assert each.of(number) == zones, number


def test_each_entry_of_the_package_s_table_counts_beside_shorter_ones() -> None:
    """Of an area code, some exchanges are in another zone. The shorter entries are asked for first here."""
    lengths = {code: {len(digits) for digits in examples(code)} for code in CALLING_CODES}
    knowing, each = PhoneZones(None), looking_up()
    for prefix in sorted(TIMEZONE_DATA, key=len):
        code = next(code for code in CALLING_CODES if prefix.startswith(str(code)))
        for length in lengths[code]:
            number = f"+{prefix.ljust(length, '2')}"
            assert found_by(knowing, number) == found_by(each, number), number


def test_nothing_is_known_where_the_package_may_take_off_a_national_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this version it takes none off a number that also is one by itself; so another prefix is put in."""
    prefix = phone_prefixes._Pattern(r"2\d*")  # noqa: SLF001 - what stands in for the data of a country
    monkeypatch.setattr(phone_prefixes, "_national_prefix", lambda _code: prefix)
    zones = PhoneZones(None)
    zones.of("+12125550100")
    zones.of("+13125550100")
    assert {known[:2] for _, known in zones.__dict__["_prefixes"].__dict__["_zones"]} == {"13"}


def test_a_million_numbers_of_a_country_are_looked_up_some_thousand_times() -> None:
    zones = PhoneZones(None)
    for exchange in range(200, 1000):
        if exchange % 100 != 11:
            assert zones.of(f"+1212{exchange}1234") == ("America/New_York",)
    assert len(zones.__dict__["_prefixes"].__dict__["_zones"]) < 50


def test_no_more_than_some_thousand_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign_operator.domain.contacts.phone_prefixes._MOST_PREFIXES", 1)
    zones = PhoneZones(None)
    for number, name in (("+12125550100", "America/New_York"), ("+13125550100", "America/Chicago")) * 2:
        assert zones.of(number) == (name,)
    assert len(zones.__dict__["_prefixes"].__dict__["_zones"]) == 1
