"""Calendars of excluded dates in ConfigMaps, which the campaigns of their namespace name.

Owns that one that is missing or wrong is a problem and never an empty calendar. A calendar may be a megabyte of text,
so one is read in short steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.keyed_objects import NOT_FOUND, KeyedObjects
from campaign_operator.adapters.kubernetes.shared_readings import KeyPlace, SharedReadings
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.calling_hours_spec import ExcludeDatesSource
from campaign_operator.api.conditions import Reason
from campaign_operator.domain.calendars.calendar_reading import calendar_steps
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.date_set import NO_DATES, DateSet
from campaign_operator.domain.problem import Problem
from campaign_operator.engine.ports import Clock

Dates = DateSet | Problem


@dataclass(frozen=True, slots=True)
class _CalendarPlace(KeyPlace):
    """Where a calendar stands, and in which column of a CSV file its dates are."""

    date_column: str


class Calendars:
    """ports.CalendarSource."""

    def __init__(self, objects: KeyedObjects, clock: Clock, steps: ShortSteps) -> None:
        self._steps = steps
        self._readings = SharedReadings(objects, clock, FairPlaces(share=2, total=8), self._read)

    async def excluded_dates(self, namespace: str, source: ExcludeDatesSource, *, max_age_seconds: float) -> Dates:
        """See ports.CalendarSource."""
        ref = source.config_map_key_ref
        place = _CalendarPlace(namespace, ref.name, ref.key, source.date_column)
        return await self._readings.value(place, max_age_seconds=max_age_seconds)

    def forget_older_than(self, seconds: float) -> None:
        """Drop what no campaign has asked for lately, so that calendars of campaigns that are gone take no memory."""
        self._readings.forget_older_than(seconds)

    async def aclose(self) -> None:
        """End what is being read."""
        await self._readings.aclose()

    async def _read(self, place: _CalendarPlace, data: bytes | None) -> Dates:
        if data is None:
            return Problem(
                Reason.CALENDAR_NOT_FOUND,
                f"{place} {NOT_FOUND}; create it, or remove spec.callingHours.excludeDatesFrom",
            )
        dates = NO_DATES

        def steps() -> Iterator[None]:
            nonlocal dates
            dates = (yield from calendar_steps(data, str(place), place.date_column)).dates

        try:
            await self._steps.take_all(steps())
        except InvalidSpecError as error:
            return Problem(Reason.INVALID_CALENDAR, "; ".join(str(error).splitlines()))
        return dates
