"""Calling hours policies in ConfigMaps, which the campaigns of their namespace name.

Owns that one that is missing or wrong is a problem and never an empty policy. A policy is read beside the event loop:
a text of 256 KiB that is all errors takes seconds.
"""

import asyncio

from campaign_operator.adapters.fair_places import FairPlaces
from campaign_operator.adapters.kubernetes.keyed_objects import NOT_FOUND, KeyedObjects
from campaign_operator.adapters.kubernetes.shared_readings import KeyPlace, SharedReadings
from campaign_operator.api.conditions import Reason
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.problem import Problem
from campaign_operator.engine.ports import Clock
from campaign_operator.validation.policy_file import InvalidPolicyError, policy_name, read_policy


class Policies:
    """ports.PolicySource."""

    def __init__(self, objects: KeyedObjects, clock: Clock) -> None:
        self._readings = SharedReadings(objects, clock, FairPlaces(share=1, total=4), _read)

    async def policy(self, namespace: str, name: str, key: str, *, max_age_seconds: float) -> HoursPolicy | Problem:
        """See ports.PolicySource."""
        return await self._readings.value(KeyPlace(namespace, name, key), max_age_seconds=max_age_seconds)

    def forget_older_than(self, seconds: float) -> None:
        """Drop what no campaign has asked for lately."""
        self._readings.forget_older_than(seconds)

    async def aclose(self) -> None:
        """End what is being read."""
        await self._readings.aclose()


async def _read(place: KeyPlace, data: bytes | None) -> HoursPolicy | Problem:
    if data is None:
        return Problem(
            Reason.POLICY_NOT_FOUND, f"{place} {NOT_FOUND}; create it, or remove spec.callingHours.policyFrom"
        )
    name = policy_name(place.name, place.key)
    try:
        return await asyncio.to_thread(read_policy, data, file=str(place), name=name)
    except InvalidPolicyError as error:
        return Problem(Reason.INVALID_POLICY, "; ".join(str(error).splitlines()))
