"""The time zones of phone numbers, as the pinned `phonenumbers` package has them.

Owns which numbers have zones: those by which a person is reached, where the package knows the zones of their first
digits or of their country. A number is people's data and is in no message. Reading installed package data counts as
reading a constant, as with `zones`; but to import the package takes a twentieth of a second and 9 MB, so it is imported
where numbers are first asked for, and `read_phone_data` is for whoever must not wait for that.
"""

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from campaign_operator.domain.planning.zones import current_name, zones_of_country
from campaign_operator.wording import quoted

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_EXAMPLE = "+442079460000"
_FEWEST_DIGITS = 7


class PhoneNumberError(ValueError):
    """A number that has no zone. As text: why, without the number, and what to do."""


def may_be_a_number(value: str) -> bool:
    """Whether a value of any column may be a phone number, and so must not be shown: the shortest have seven digits."""
    return sum(map(str.isdigit, value)) >= _FEWEST_DIGITS


@cache
def read_phone_data() -> None:
    """Imports the package and looks up a number of each country, so that nobody waits for its data and patterns later:
    those of some countries take ten milliseconds. Does so once in a process.
    """
    import phonenumbers

    zones = PhoneZones(None)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                with suppress(PhoneNumberError):
                    zones.of(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def unknown_region_message(region: str) -> str | None:
    """Why a region is refused; None where it is one."""
    import phonenumbers

    if region in phonenumbers.SUPPORTED_REGIONS:
        return None
    return f"Invalid value: {quoted(region)}: must be a country code of ISO 3166-1, such as US or GB"


class PhoneZones:
    """The zones of numbers of one list. `region`: that of numbers without a country code; None where all have one."""

    def __init__(self, region: str | None) -> None:
        import phonenumbers.timezone

        from campaign_operator.domain.contacts.phone_prefixes import PhonePrefixes

        self._package = phonenumbers
        self._prefixes = PhonePrefixes()
        self._region = region
        kinds = phonenumbers.PhoneNumberType
        # a VoIP number moves with its owner like a mobile one, and is of its country all the same
        self._personal = {kinds.FIXED_LINE, kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE, kinds.VOIP}

    def of(self, number: str) -> tuple[str, ...]:
        """The zones that the number may be in, at least one, by their current names in the order of the package. Of a
        country that has only one of them it is that one: numbers of Great Britain are not in Guernsey. Raises
        PhoneNumberError.
        """
        if number.startswith("+") and number.isascii() and number[1:].isdecimal():
            known = self._prefixes.find(number[1:])
            if known is not None:
                return known
        try:
            parsed = self._package.parse(number, self._region)
        except self._package.NumberParseException as error:
            without_code = error.error_type == error.INVALID_COUNTRY_CODE and self._region is None
            raise (self._has_no_country_code() if without_code else self._is_not_valid()) from None
        digits = f"{parsed.country_code}{self._package.national_significant_number(parsed)}"
        known = self._prefixes.find(digits)
        if known is None:
            known = self._look_up(parsed)
            self._prefixes.note(parsed, digits, known)
        return known

    def _look_up(self, parsed: "PhoneNumber") -> tuple[str, ...]:
        kind = self._package.number_type(parsed)
        if kind == self._package.PhoneNumberType.UNKNOWN:
            raise self._is_not_valid()
        if kind not in self._personal:
            raise PhoneNumberError("is a toll-free, premium-rate or other number that is in no place")
        zones = self._package.timezone.time_zones_for_number(parsed)
        if self._package.timezone.UNKNOWN_TIMEZONE in zones:
            raise PhoneNumberError("is a number of which the time zone is not known")
        current = tuple(dict.fromkeys(map(current_name, zones)))
        of_country = zones_of_country(self._package.region_code_for_number(parsed)).intersection(current)
        return tuple(of_country) if len(of_country) == 1 else current

    def _is_not_valid(self) -> PhoneNumberError:
        region = "" if self._region is None else f", or as it is dialed in {self._region} (defaultRegion)"
        return PhoneNumberError(f"must be a valid phone number with its country code, such as {_EXAMPLE}{region}")

    def _has_no_country_code(self) -> PhoneNumberError:
        return PhoneNumberError(
            f"must begin with + and a country code, such as {_EXAMPLE}; if all such numbers of the list are of one "
            "country, set defaultRegion to it"
        )
