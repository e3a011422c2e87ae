"""Keys of ConfigMaps that several campaigns name, each read once for all of them and again when it has changed.

Owns which are remembered: those that a campaign has asked for lately. How the bytes are read is given. A namespace has
few readings at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.keyed_objects import ABSENT, KeyedObjects
from campaign_operator.api.references import ObjectKind, named
from campaign_operator.engine.ports import Clock

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a value stands; a subclass may add how it is read."""

    namespace: str
    name: str
    key: str

    def __str__(self) -> str:
        return named(ObjectKind.CONFIG_MAP, self.name, self.key)


OnePlace = TypeVar("OnePlace", bound=KeyPlace)


@dataclass(slots=True)
class _Known(Generic[Value]):
    version: str
    value: Value = field(repr=False)
    asked_at: float
    """When a campaign last asked, in monotonic seconds."""


class SharedReadings(Generic[OnePlace, Value]):
    """What stands in keys of ConfigMaps. `read` makes a value of the bytes, which are None where there is no such key
    or no such object.
    """

    def __init__(
        self,
        objects: KeyedObjects,
        clock: Clock,
        places: FairPlaces,
        read: Callable[[OnePlace, bytes | None], Awaitable[Value]],
    ) -> None:
        self._objects = objects
        self._clock = clock
        self._places = places
        self._read = read
        self._known: dict[OnePlace, _Known[Value]] = {}
        self._readings: dict[OnePlace, asyncio.Task[Value]] = {}

    async def value(self, place: OnePlace, *, max_age_seconds: float) -> Value:
        """The value as it was at most so long ago. Raises StoreUnavailableError."""
        version = await self._objects.version(
            ObjectKind.CONFIG_MAP, place.namespace, place.name, max_age_seconds=max_age_seconds
        )
        if version == ABSENT:
            self._known.pop(place, None)
            return await self._read(place, None)
        while True:
            known = self._known.get(place)
            if known is not None and known.version == version:
                known.asked_at = self._clock.monotonic()
                return known.value
            reading = self._readings.get(place)
            if reading is None:
                reading = self._readings[place] = asyncio.create_task(self._read_anew(place), name="shared reading")
                return await asyncio.shield(reading)
            # it was begun for another campaign, maybe before the ConfigMap changed
            await asyncio.shield(reading)

    def forget_older_than(self, seconds: float) -> None:
        """Drop what no campaign has asked for lately."""
        limit = self._clock.monotonic() - seconds
        self._known = {place: known for place, known in self._known.items() if known.asked_at >= limit}

    async def aclose(self) -> None:
        """End what is being read."""
        readings = tuple(self._readings.values())
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)

    async def _read_anew(self, place: OnePlace) -> Value:
        try:
            async with self._places.take(place.namespace):
                data, version = await self._objects.data(ObjectKind.CONFIG_MAP, place.namespace, place.name)
                value = await self._read(place, (data or {}).get(place.key))
            self._known[place] = _Known(version, value, self._clock.monotonic())
            return value
        finally:
            del self._readings[place]
