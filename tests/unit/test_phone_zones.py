"""The time zones of phone numbers: each one that the package can name is one of ours, and no message has a number."""

import subprocess
import sys

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType, timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from campaign_operator.domain.contacts.phone_zones import PhoneNumberError, PhoneZones, unknown_region_message
from campaign_operator.domain.planning.zones import ZONE_NAMES, current_name, zones_of_country

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
PERSONAL = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.VOIP)
OTHER = tuple(
    set(PhoneNumberType.values()) - {*PERSONAL, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.UNKNOWN}
)


def test_every_zone_that_the_package_can_name_is_one_of_the_database() -> None:
    named = {zone for zones in TIMEZONE_DATA.values() for zone in zones}
    assert len(named) > 250
    assert {current_name(zone) for zone in named} <= ZONE_NAMES
    # names that the database gave up are told by those that it has instead
    assert "Asia/Calcutta" in named
    assert PhoneZones(None).of("+919876543210") == ("Asia/Kolkata",)


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_has_the_zones_that_the_package_says_or_the_only_one_of_them_in_its_country(region: str) -> None:
    for kind in PERSONAL:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None or phonenumbers.number_type(number) == PhoneNumberType.UNKNOWN:
            continue
        said = timezone.time_zones_for_number(number)
        for form in (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.RFC3966):
            written = phonenumbers.format_number(number, form)
            if said == (timezone.UNKNOWN_TIMEZONE,):
                with pytest.raises(PhoneNumberError, match="time zone is not known"):
                    PhoneZones(None).of(written)
                continue
            found = PhoneZones(None).of(written)
            assert set(found) <= set(map(current_name, said))
            if len(found) > 1:
                assert found == tuple(dict.fromkeys(map(current_name, said)))
            national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            if phonenumbers.parse(national, region) == number:
                assert PhoneZones(region).of(national) == found


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125550100", ("America/New_York",)),
        ("+1 (212) 555-0100 ext. 7", ("America/New_York",)),
        ("tel:+1-212-555-0100", ("America/New_York",)),
        ("\uff0b12125550100", ("America/New_York",)),
        ("+49 1512 3456789", ("Europe/Berlin",)),
        ("+33 9 12 34 56 78", ("Europe/Paris",)),
        # one country of those that share the digits
        ("+44 7400 123456", ("Europe/London",)),
        ("+44 7797 712345", ("Europe/Jersey",)),
        ("+47 21 23 45 67", ("Europe/Oslo",)),
        # one country with several zones
        ("+34 612 34 56 78", ("Atlantic/Canary", "Europe/Madrid")),
    ],
)
def test_numbers_are_read_as_people_write_them(number: str, zones: tuple[str, ...]) -> None:
    assert PhoneZones(None).of(number) == zones
    assert PhoneZones("DE").of(number) == zones


def test_numbers_without_a_country_code_are_of_the_region() -> None:
    assert PhoneZones("US").of("(212) 555-0100") == ("America/New_York",)
    assert PhoneZones("US").of("12125550100") == ("America/New_York",)
    assert PhoneZones("GB").of("020 7946 0000") == ("Europe/London",)
    assert PhoneZones("DE").of("0049 1512 3456789") == ("Europe/Berlin",)
    with pytest.raises(
        PhoneNumberError, match=r"must begin with \+ and a country code, .*; .* set defaultRegion to it"
    ):
        PhoneZones(None).of("(212) 555-0100")


@pytest.mark.parametrize(
    "number", ["5", "+1", "+1 212 555 01", "+1 112 555 0100", "+999 1234567", "n/a", "1.21256E+10"]
)
def test_what_is_no_number_is_told_with_what_to_do(number: str) -> None:
    with pytest.raises(PhoneNumberError, match=r"^must be a valid phone number .*, or as it is dialed in US \(default"):
        PhoneZones("US").of(number)


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_by_which_no_person_is_reached_has_no_zone(region: str) -> None:
    for kind in OTHER:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None and phonenumbers.number_type(number) == kind:
            with pytest.raises(PhoneNumberError, match="is in no place"):
                PhoneZones(region).of(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def test_no_message_has_a_digit_of_the_number() -> None:
    for number in ("+18005550199", "7654321", "+999 7654321", "+1 987 654 3210", "+80012345678", "x" * 9999):
        for region in (None, "US"):
            with pytest.raises(PhoneNumberError) as raised:
                PhoneZones(region).of(number)
            told = f"{raised.value} {raised.value!r} {raised.value.__cause__} {raised.value.args}"
            assert number not in told
            assert not any(part in told for part in ("7654321", "8005550199", "12345678"))


def test_the_package_is_imported_only_for_a_list_with_phone_numbers() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/unit'); from contact_list_kit import config_map, read; "
        "from dataclasses import replace; import campaign_operator.cli, campaign_operator.main; "
        "read((config_map(), b'id,timeZone\\nc1,Asia/Tokyo\\n')); print('phonenumbers' in sys.modules); "
        "read((replace(config_map(), phone_column='phone'), b'id,phone\\n')); print('phonenumbers' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "True"]


def test_a_region_is_a_country_code() -> None:
    assert unknown_region_message("GB") is None
    assert unknown_region_message("UK") == 'Invalid value: "UK": must be a country code of ISO 3166-1, such as US or GB'


def test_zones_of_countries_are_those_of_the_database() -> None:
    assert zones_of_country("GB") == {"Europe/London"}
    assert "America/Boise" in zones_of_country("US")
    assert zones_of_country("XX") == zones_of_country(None) == frozenset()
