"""The public holidays of a country or a part of it, as the pinned `holidays` package has them.

Owns which holidays count: the package's category `public`, with the days on which they are observed. What is named for
a part of a country are the holidays of the whole country and its own. Reading installed package data counts as reading
a constant, as with `zones`; but to import the package takes a tenth of a second and 11 MB, so it is imported where
holidays are first asked for, and `read_holidays` is for whoever must not wait for that.

Names are in English where the package has them, whatever language the machine is set to.
"""

import difflib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from campaign_operator.domain.planning.date_set import NO_DATES, DateSet
from campaign_operator.wording import quoted

if TYPE_CHECKING:
    from holidays import HolidayBase

_LANGUAGE = "en_US"
_LIKENESS = 0.75
_CODE_LENGTH = 2


@dataclass(frozen=True, slots=True, order=True)
class HolidayCalendar:
    """The holidays of a country, or of a subdivision of it, both known to the package."""

    country: str
    subdivision: str | None = None

    def __contains__(self, day: date) -> bool:
        return day in _dates(self, day.year)

    def __str__(self) -> str:
        return self.country if self.subdivision is None else f"{self.country}-{self.subdivision}"

    def has_holidays_in(self, year: int) -> bool:
        """Whether the package has any of that year."""
        return len(_dates(self, year)) > 0

    def name_of(self, day: date) -> str | None:
        """What the holiday is called; None where the date is none."""
        return _year(self, day.year).get(day) if day in self else None


@cache
def holidays_version() -> str:
    """The version of the package, such as `0.109`."""
    return version("holidays")


def read_holidays(wanted: Iterable[tuple[str, str | None, int]]) -> None:
    """Imports the package and computes these years of countries and subdivisions, so that nobody waits for them later.
    Those that the package does not have are left out.
    """
    for country, subdivision, year in wanted:
        if has_country(country) and (subdivision is None or has_subdivision(country, subdivision)):
            _dates(HolidayCalendar(country, subdivision), year)


def has_country(country: str) -> bool:
    """Whether the package has the country by that code."""
    return country in _countries()


def has_subdivision(country: str, subdivision: str) -> bool:
    """Whether it has a subdivision of a country that it has."""
    return subdivision in _entity(country).subdivisions


def unknown_country_message(country: str) -> str:
    """Why a country is refused, and which was probably meant."""
    nearest = _nearest(country, {**_codes_by_name(), **{code: code for code in _countries()}})
    hint = f'did you mean "{nearest}"?' if nearest else "use a code of ISO 3166-1, such as US"
    return (
        f"Invalid value: {quoted(country)}: must be a country of the holidays package ({holidays_version()}), by its "
        f"code of two letters; {hint}"
    )


def unknown_subdivision_message(country: str, subdivision: str) -> str:
    """The same of a subdivision of a known country."""
    codes = _entity(country).subdivisions
    if not codes:
        return f"Invalid value: {quoted(subdivision)}: the holidays package has no subdivisions of {country}; remove it"
    # with the country before it, as in ISO 3166-2, or by its name
    wanted = subdivision.removeprefix(f"{country}-")
    nearest = _nearest(wanted, {**_entity(country).subdivisions_aliases, **{code: code for code in codes}})
    hint = f'did you mean "{nearest}"?' if nearest else f"supported values: {', '.join(codes)}"
    return f"Invalid value: {quoted(subdivision)}: must be a subdivision of {country} in the holidays package; {hint}"


@lru_cache(maxsize=4096)  # every subdivision that there is, for more than four years
def _dates(calendar: HolidayCalendar, year: int) -> DateSet:
    days = _year(calendar, year)
    return DateSet(days) if days else NO_DATES


def _year(calendar: HolidayCalendar, year: int) -> Mapping[date, str]:
    import holidays

    entity = _entity(calendar.country)
    if not entity.start_year <= year <= entity.end_year:
        return {}
    # of years for which it knows only some of the holidays it warns on standard error, which is full of logs
    warnings.filterwarnings("ignore", message="Requested Holidays are available only")
    return holidays.country_holidays(calendar.country, calendar.subdivision, years=year, language=_LANGUAGE)


def _entity(country: str) -> "type[HolidayBase]":
    import holidays

    entity: type[HolidayBase] = getattr(holidays, country)
    return entity


@cache
def _countries() -> frozenset[str]:
    from holidays.registry import COUNTRIES

    return frozenset(code for _, code, *_ in COUNTRIES.values())


@cache
def _codes_by_name() -> Mapping[str, str]:
    """By whatever else the package calls a country: its name, or another code."""
    from holidays.registry import COUNTRIES

    by_module = {module.replace("_", " "): names[1] for module, names in COUNTRIES.items()}
    return {**by_module, **{name: names[1] for names in COUNTRIES.values() for name in names}}


def _nearest(wanted: str, codes_by_name: Mapping[str, str]) -> str | None:
    """The code that was meant, or None where that would be a guess: two letters say too little to be likened."""
    folded = {name.casefold(): code for name, code in codes_by_name.items()}
    found = wanted.strip().casefold()
    if found in folded:
        return folded[found]
    names = [name for name in folded if len(name) > _CODE_LENGTH + 1]
    likest = difflib.get_close_matches(found, names, n=1, cutoff=_LIKENESS) if len(found) > _CODE_LENGTH else []
    return folded[likest[0]] if likest else None
