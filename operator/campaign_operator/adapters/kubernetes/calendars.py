"""Calendars of excluded dates in ConfigMaps, read once for all campaigns that share them."""

from datetime import date

from campaign_operator.adapters.kubernetes.keyed_objects import ABSENT, NOT_FOUND, KeyedObjects
from campaign_operator.api.conditions import Reason
from campaign_operator.api.references import ObjectKind, named
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.excluded_dates import parse_excluded_dates
from campaign_operator.domain.problem import Problem

Dates = frozenset[date] | Problem


class Calendars:
    """ports.CalendarSource."""

    def __init__(self, objects: KeyedObjects) -> None:
        self._objects = objects
        self._known: dict[tuple[str, str, str], tuple[str, Dates]] = {}

    async def excluded_dates(self, namespace: str, name: str, key: str, *, max_age_seconds: float) -> Dates:
        """See ports.CalendarSource."""
        place, where = (namespace, name, key), named(ObjectKind.CONFIG_MAP, name, key)
        version = await self._objects.version(ObjectKind.CONFIG_MAP, namespace, name, max_age_seconds=max_age_seconds)
        if version == ABSENT:
            self._known.pop(place, None)
            return _missing(where)
        known = self._known.get(place)
        if known is None or known[0] != version:
            data, version = await self._objects.data(ObjectKind.CONFIG_MAP, namespace, name)
            known = self._known[place] = version, _dates(where, (data or {}).get(key))
        return known[1]


def _dates(where: str, data: bytes | None) -> Dates:
    if data is None:
        return _missing(where)
    try:
        return parse_excluded_dates(data.decode("utf-8"), where)
    except UnicodeDecodeError:
        return Problem(Reason.INVALID_CALENDAR, f"{where}: is not UTF-8 text")
    except InvalidSpecError as error:
        return Problem(Reason.INVALID_CALENDAR, "; ".join(str(error).splitlines()))


def _missing(where: str) -> Problem:
    return Problem(
        Reason.CALENDAR_NOT_FOUND,
        f"{where} {NOT_FOUND}; create it, or remove spec.callingHours.excludeDatesFrom",
    )
