"""Numbers that begin alike: where the first digits of a phone number decide its zones, whatever follows.

Owns how that is known, so that of a million numbers only some thousand are looked up. To look one up takes 20 µs; the
package compares it with some ten patterns, and most of them look at the first few digits only. A pattern can be asked
whether it does: with a sign in place of the digits that follow, it fits if the sign counts as a digit only where it
takes any digit, and then fits whatever follows; or it does not fit though the sign counts as every digit, and then
never does. If all patterns that the package compares with are of one kind or the other, and its table of zones has no
longer entry, numbers of this length that begin so have the same zones. Nothing is known of zones here.
"""

import re
from collections.abc import Iterator
from functools import cache

import phonenumbers
from phonenumbers.tzdata import TIMEZONE_DATA

_MOST_PREFIXES = 20_000
"""As many are kept: 5 MB. A list of numbers of all countries needs fewer."""

_ANY = "x"
# What takes characters in the patterns of the package, and how often, which is left as it is.
_ATOM = re.compile(r"\{[^}]*\}|\\d|\[[^\]]*\]|\d")
# What is in none of its patterns, and would need to be thought about.
_OTHER = re.compile(r"\[\^|\\[^d]|\(\?[^:]|\.")
_ZONE_PREFIXES = {prefix[:count] for prefix in TIMEZONE_DATA for count in range(1, len(prefix))}
"""What an entry of the table begins with, and is longer."""


class PhonePrefixes:
    """The zones of numbers by how they begin. Numbers are the digits after the +, with the country code."""

    def __init__(self) -> None:
        self._zones: dict[tuple[int, str], tuple[str, ...]] = {}
        # The lengths of those prefixes.
        self._counts: tuple[int, ...] = ()

    def find(self, digits: str) -> tuple[str, ...] | None:
        """The zones of the number, if numbers of its length that begin like it are known to have them. The package
        reads the number as it stands, then: no national prefix is taken off."""
        length = len(digits)
        for count in self._counts:
            zones = self._zones.get((length, digits[:count]))
            if zones is not None:
                return zones
        return None

    def note(self, number: phonenumbers.PhoneNumber, digits: str, zones: tuple[str, ...]) -> None:
        """These are its zones; so they are those of all numbers of its length that begin with as many of its digits as
        decide."""
        if len(self._zones) == _MOST_PREFIXES:
            return
        count = _deciding_digits(number, digits)
        if count is not None:
            self._zones[len(digits), digits[:count]] = zones
            self._counts = tuple(sorted({*self._counts, count}))


def _deciding_digits(number: phonenumbers.PhoneNumber, digits: str) -> int | None:
    """How many of the first digits decide; None where that is not known."""
    code = len(str(number.country_code))
    region = phonenumbers.region_code_for_number(number)
    length = len(digits) - code
    prefix, patterns = _national_prefix(number.country_code), _patterns(number.country_code, region, length)
    if prefix is None or patterns is None:
        return None
    for count in range(code + 1, len(digits)):
        national = digits[code:count].ljust(length, _ANY)
        is_decided = prefix.never_fits(national) and all(each.is_decided(national) for each in patterns)
        if is_decided and digits[:count] not in _ZONE_PREFIXES:
            return count
    return None


class _Pattern:
    """A pattern of the package for national numbers, and what it says of one of which only the first digits are
    known."""

    def __init__(self, pattern: str) -> None:
        self._surely = re.compile(_ATOM.sub(lambda found: rf"[\d{_ANY}]" if found[0] == r"\d" else found[0], pattern))
        self._possibly = re.compile(_ATOM.sub(lambda found: _with_any(found[0]), pattern))

    def never_fits(self, national: str) -> bool:
        """Whether it does not fit, whatever the unknown digits are."""
        return self._possibly.fullmatch(national) is None

    def is_decided(self, national: str) -> bool:
        """Whether it fits, or does not, whatever they are."""
        return self.never_fits(national) or self._surely.fullmatch(national) is not None


@cache
def _pattern(text: str) -> _Pattern:
    return _Pattern(text)


def _with_any(atom: str) -> str:
    if atom.startswith("{"):
        return atom
    return f"{atom[:-1]}{_ANY}]" if atom.startswith("[") else f"[{atom}{_ANY}]"


@cache
def _patterns(country_code: int, region: str | None, length: int) -> tuple[_Pattern, ...] | None:
    """Those that decide that a number of this length is of the region, and of which kind; None if one of them is not
    understood."""
    texts: set[str] = set()
    for each in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country_code]:
        texts.update(_texts(_metadata(country_code, each), length, is_the_one=each == region))
        if each == region:
            break
    return None if any(map(_OTHER.search, texts)) else tuple(map(_pattern, sorted(texts)))


@cache
def _national_prefix(country_code: int) -> _Pattern | None:
    """The pattern of numbers from which the package would take a national prefix of at least one digit; None if it is
    not understood."""
    main = _metadata(country_code, phonenumbers.region_code_for_country_code(country_code))
    prefix = main.national_prefix_for_parsing if main is not None else None
    if not prefix:
        return _Pattern("")
    return None if _OTHER.search(prefix) else _Pattern(rf"(?:{prefix})(?!\A)\d*")


def _metadata(country_code: int, region: str) -> phonenumbers.PhoneMetadata | None:
    return phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)


def _texts(of: phonenumbers.PhoneMetadata | None, length: int, *, is_the_one: bool) -> Iterator[str]:
    """The patterns by which a number is told to be of the region, and if it is, of which kind."""
    if of is None:
        return
    if of.leading_digits:
        yield rf"(?:{of.leading_digits})\d*"
    if is_the_one or not of.leading_digits:
        for kind in (
            of.general_desc,
            *(of.premium_rate, of.toll_free, of.shared_cost, of.voip, of.personal_number, of.pager, of.uan),
            *(of.voicemail, of.fixed_line, of.mobile),
        ):
            if kind is not None and kind.national_number_pattern and length in (kind.possible_length or (length,)):
                yield kind.national_number_pattern
