"""The words of other programs for time zones: of Windows, Ruby on Rails (as CRMs and help desks have it), HubSpot and
Salesforce.

Owns which of them surely stand for one name of the IANA database. They are told as the remedy, and never read as that
name: a list that means something else by its words would call people at a wrong hour. Those of Windows are read where
the spec says that the list has them.
"""

import difflib
import re
from collections.abc import Mapping
from functools import cache

from campaign_operator.domain.planning.zones import ZONE_NAMES, current_name
from campaign_operator.wording import quoted

# Those of Rails that are no place of the database; the others are known by it.
_RAILS: Mapping[str, str] = {
    "International Date Line West": "Etc/GMT+12",
    "Midway Island": "Pacific/Midway",
    "American Samoa": "Pacific/Pago_Pago",
    "Hawaii": "Pacific/Honolulu",
    "Alaska": "America/Juneau",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Mountain Time (US & Canada)": "America/Denver",
    "Arizona": "America/Phoenix",
    "Central Time (US & Canada)": "America/Chicago",
    "Saskatchewan": "America/Regina",
    "Guadalajara": "America/Mexico_City",
    "Central America": "America/Guatemala",
    "Eastern Time (US & Canada)": "America/New_York",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "Quito": "America/Lima",
    "Atlantic Time (Canada)": "America/Halifax",
    "Newfoundland": "America/St_Johns",
    "Brasilia": "America/Sao_Paulo",
    "Greenland": "America/Nuuk",
    "Mid-Atlantic": "Atlantic/South_Georgia",
    "Cape Verde Is.": "Atlantic/Cape_Verde",
    "Edinburgh": "Europe/London",
    "Bern": "Europe/Zurich",
    "West Central Africa": "Africa/Algiers",
    "Pretoria": "Africa/Johannesburg",
    "St. Petersburg": "Europe/Moscow",
    "Abu Dhabi": "Asia/Muscat",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "Islamabad": "Asia/Karachi",
    "Chennai": "Asia/Kolkata",
    "Mumbai": "Asia/Kolkata",
    "New Delhi": "Asia/Kolkata",
    "Sri Jayawardenepura": "Asia/Colombo",
    "Hanoi": "Asia/Bangkok",
    "Beijing": "Asia/Shanghai",
    "Osaka": "Asia/Tokyo",
    "Sapporo": "Asia/Tokyo",
    "Solomon Is.": "Pacific/Guadalcanal",
    "New Caledonia": "Pacific/Noumea",
    "Marshall Is.": "Pacific/Majuro",
    "Wellington": "Pacific/Auckland",
    "Nuku'alofa": "Pacific/Tongatapu",
    "Tokelau Is.": "Pacific/Fakaofo",
    "Chatham Is.": "Pacific/Chatham",
    "Samoa": "Pacific/Apia",
}
# Before the words of Windows and Rails, such as (GMT-05:00), and before those that HubSpot shows, such as UTC -04:00.
_OFFSET = re.compile(r"(?:\((?:GMT|UTC)(?:[+-]\d{1,2}:\d{2})?\)|\AUTC [+-]\d{2}:\d{2} )\s*", re.IGNORECASE)
# Behind those of Salesforce, such as (America/New_York).
_NAME_AT_THE_END = re.compile(r"\(([A-Za-z_]+/[\w/+-]+)\)\Z")


# Words of Windows have an ending in common, which makes any two of them alike.
_LIKENESS = 0.9
_LONGEST_GUESSED = 64
_WINDOWS_RULE = "must be a name of a time zone in Windows, such as Eastern Standard Time (timeZoneFormat: Windows)"


@cache
def windows_zones() -> Mapping[str, str]:
    """The name of the IANA database for each name of Windows: that of CLDR for no particular territory ("001")."""
    # needed only for a list that has them or is wrong
    from tzlocal.windows_tz import win_tz

    return {word: current_name(name) for word, name in win_tz.items()}


def not_windows_message(value: str) -> str:
    """Why a value is refused in a list with names of Windows and, if it is clear, what was meant."""
    if value in ZONE_NAMES:
        remedy = "this is a name of the IANA database; leave out timeZoneFormat, or use timeZoneAliases"
    else:
        nearest = _nearest_of_windows(value)
        remedy = "use timeZoneAliases for other values" if nearest is None else f'did you mean "{nearest}"?'
    return f"Invalid value: {quoted(value)}: {_WINDOWS_RULE}; {remedy}"


def unshown_windows_message() -> str:
    """The same of a value that must not be shown."""
    return f"{_WINDOWS_RULE}; use timeZoneAliases for other values"


def certain_zone(value: str) -> str | None:
    """The name of the IANA database that this surely stands for, None where that is not known."""
    named = _NAME_AT_THE_END.search(value)
    if named is not None and named[1] in ZONE_NAMES:
        return named[1]
    word = _OFFSET.sub("", value, count=1)
    if word != value and word in ZONE_NAMES:
        return word
    return _names_by_word().get(word.casefold())


@cache
def _names_by_word() -> Mapping[str, str]:
    places = [name for name in ZONE_NAMES if "/" in name]
    of_hubspot = {name.replace("/", "_slash_").replace("-", "_hyphen_"): name for name in places}
    of_hubspot |= {_shown_by_hubspot(name): name for name in places}
    return {word.casefold(): name for word, name in (of_hubspot | dict(windows_zones()) | dict(_RAILS)).items()}


def _shown_by_hubspot(name: str) -> str:
    """Such as `America New York` and `America Indiana (Knox)`."""
    region, *places = name.replace("_", " ").split("/")
    return " ".join([region, *places[:1], *(f"({place})" for place in places[1:])])


def _nearest_of_windows(value: str) -> str | None:
    if len(value) > _LONGEST_GUESSED:
        return None
    by_comparable = {_comparable(word): word for word in windows_zones()}
    likest = difflib.get_close_matches(_comparable(value), by_comparable, n=1, cutoff=_LIKENESS)
    return by_comparable[likest[0]] if likest else None


def _comparable(word: str) -> str:
    return " ".join(word.casefold().split())
