"""Calendars of excluded dates in ConfigMaps, read once for all campaigns that share them.

Owns which are remembered: those that a campaign has asked for lately. A calendar may be a megabyte of text, so one is
read in short steps, and a namespace has few readings at once.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.keyed_objects import ABSENT, NOT_FOUND, KeyedObjects
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.calling_hours_spec import ExcludeDatesSource
from campaign_operator.api.conditions import Reason
from campaign_operator.api.references import ObjectKind, named
from campaign_operator.domain.calendars.calendar_reading import calendar_steps
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.date_set import NO_DATES, DateSet
from campaign_operator.domain.problem import Problem
from campaign_operator.engine.ports import Clock

Dates = DateSet | Problem


class _Place(NamedTuple):
    namespace: str
    name: str
    key: str
    date_column: str

    def __str__(self) -> str:
        return named(ObjectKind.CONFIG_MAP, self.name, self.key)


@dataclass(slots=True)
class _Calendar:
    version: str
    dates: Dates
    asked_at: float
    """When a campaign last asked, in monotonic seconds."""


class Calendars:
    """ports.CalendarSource."""

    def __init__(self, objects: KeyedObjects, clock: Clock, steps: ShortSteps) -> None:
        self._objects = objects
        self._clock = clock
        self._steps = steps
        self._known: dict[_Place, _Calendar] = {}
        self._readings: dict[_Place, asyncio.Task[Dates]] = {}
        self._places = FairPlaces(share=2, total=8)

    async def excluded_dates(self, namespace: str, source: ExcludeDatesSource, *, max_age_seconds: float) -> Dates:
        """See ports.CalendarSource."""
        ref = source.config_map_key_ref
        place = _Place(namespace, ref.name, ref.key, source.date_column)
        version = await self._objects.version(
            ObjectKind.CONFIG_MAP, namespace, ref.name, max_age_seconds=max_age_seconds
        )
        if version == ABSENT:
            self._known.pop(place, None)
            return _missing(place)
        while True:
            known = self._known.get(place)
            if known is not None and known.version == version:
                known.asked_at = self._clock.monotonic()
                return known.dates
            reading = self._readings.get(place)
            if reading is None:
                reading = self._readings[place] = asyncio.create_task(self._read(place), name="calendar")
                return await asyncio.shield(reading)
            # it was begun for another campaign, maybe before the ConfigMap changed
            await asyncio.shield(reading)

    def forget_older_than(self, seconds: float) -> None:
        """Drop what no campaign has asked for lately, so that calendars of campaigns that are gone take no memory."""
        limit = self._clock.monotonic() - seconds
        self._known = {place: calendar for place, calendar in self._known.items() if calendar.asked_at >= limit}

    async def aclose(self) -> None:
        """End what is being read."""
        readings = tuple(self._readings.values())
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)

    async def _read(self, place: _Place) -> Dates:
        try:
            async with self._places.take(place.namespace):
                data, version = await self._objects.data(ObjectKind.CONFIG_MAP, place.namespace, place.name)
                dates = await self._dates(place, (data or {}).get(place.key))
            self._known[place] = _Calendar(version, dates, self._clock.monotonic())
            return dates
        finally:
            del self._readings[place]

    async def _dates(self, place: _Place, data: bytes | None) -> Dates:
        if data is None:
            return _missing(place)
        dates = NO_DATES

        def steps() -> Iterator[None]:
            nonlocal dates
            dates = (yield from calendar_steps(data, str(place), place.date_column)).dates

        try:
            await self._steps.take_all(steps())
        except InvalidSpecError as error:
            return Problem(Reason.INVALID_CALENDAR, "; ".join(str(error).splitlines()))
        return dates


def _missing(place: _Place) -> Problem:
    return Problem(
        Reason.CALENDAR_NOT_FOUND,
        f"{place} {NOT_FOUND}; create it, or remove spec.callingHours.excludeDatesFrom",
    )
