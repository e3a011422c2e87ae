"""Rules of `callingHours` that do not do what they seem to: zones without a contact, years without holidays."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from campaign_operator.api.calling_hours_spec import CallingHoursSpec, HolidayCalendarSpec
from campaign_operator.domain.planning.public_holidays import HolidayCalendar
from campaign_operator.domain.planning.zones import canonical_name
from campaign_operator.validation.findings import FieldError, FieldPath, warning_in_spec
from campaign_operator.wording import listed

_HOURS = "callingHours"


def warnings_of_hours(hours: CallingHoursSpec, zones: Collection[str], now: datetime) -> Iterator[FieldError]:
    """`zones`: of the contacts; none where they are not known."""
    yield from _of_years_without_holidays((_HOURS, "holidays"), hours.holidays, now)
    for index, each in enumerate(hours.zones):
        path = (_HOURS, "zones", index)
        yield from _of_years_without_holidays((*path, "holidays"), each.holidays, now)
        without = [name for name in each.time_zones if name not in zones] if zones else []
        if without:
            yield warning_in_spec((*path, "timeZones"), f"no contact is in {listed(without)}{_meant(without, zones)}")


def _meant(without: Sequence[str], zones: Collection[str]) -> str:
    """A zone has several names, and rules apply by that which the contact has."""
    of_contacts = {canonical_name(zone): zone for zone in sorted(zones, reverse=True)}
    others = [of_contacts[canonical_name(name)] for name in without if canonical_name(name) in of_contacts]
    if not others:
        return ""
    return f"; rules apply by the exact name, and contacts are in {listed(others)}, which has the same clocks"


def _of_years_without_holidays(
    path: FieldPath, calendars: Sequence[HolidayCalendarSpec], now: datetime
) -> Iterator[FieldError]:
    """Of some countries the package does not know every year."""
    for index, each in enumerate(calendars):
        calendar = HolidayCalendar(each.country, each.subdivision)
        missing = [str(year) for year in (now.year, now.year + 1) if not calendar.has_holidays_in(year)]
        if missing:
            yield warning_in_spec(
                (*path, index),
                f"the holidays package has no holidays of {calendar} in {' and '.join(missing)}; list them in "
                "excludeDates",
            )
