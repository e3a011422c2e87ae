"""Reading a status that this version did not write: a newer operator's before a rollback, or one altered by hand.

Owns which parts of a status may be left out where they cannot be read. Those are words for people, waits, and what is
derived anew before each write. What submission, cancellation and counting depend on is never guessed: without it the
status as a whole cannot be read.
"""

from collections.abc import Hashable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from campaign_operator.api.conditions import Reason
from campaign_operator.api.status import Condition, OutboundCampaignStatus, parse_status
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.wording import listed

_WINDOW = "runs[].windows[]"
_LEFT_OUT = frozenset(
    {
        *("observedGeneration", "conditions[]", "state", "progress", "contacts", "windowCount", "nextRunTime"),
        *("webhookState", "lastHandledRequest", "history[]", "waitingResolutions[]"),
        *(
            "runs[].plannedTime",
            "runs[].startTime",
            "runs[].endTime",
            "runs[].verifiedUntil",
            "runs[].narrowedBy",
            "runs[].metrics.asOf",
        ),
        *(f"runs[].webhook.{field}" for field in ("nextAttemptTime", "lastStatusCode", "message")),
        *(f"{_WINDOW}.{field}" for field in ("adjustments[]", "adopted", "nextAttemptTime", "reason", "message")),
    }
)

Location = tuple[int | str, ...]


class UnreadableError(Exception):
    """What cannot be read, by its fields; names no value."""

    def __init__(self, part: str, locations: Iterable[Location]) -> None:
        paths = list(dict.fromkeys(_path(location, numbered=True) for location in locations))
        super().__init__(listed([f"{part}.{path}" for path in paths]))


def read_status(wire: Mapping[str, Any] | None) -> OutboundCampaignStatus:
    """The status, field by field where it does not fit as a whole. Raises UnreadableError.

    A window in a state that this version does not know is Held: it may have a schedule, and only a person can tell.
    """
    try:
        return _unambiguous(parse_status(dict(wire or {})))
    except ValidationError as error:
        locations = locations_of(error)
    readable = deepcopy(dict(wire or {}))
    left_out = set()
    for location in locations:
        if _path(location) == f"{_WINDOW}.state":
            _hold(_at(readable, location[:-1]))
        else:
            left_out.add(next((part for part in _parts(location) if _path(part) in _LEFT_OUT), ()))
    # from behind, so that the numbers of the items that are left still hold
    for location in sorted(left_out - {()}, key=_order, reverse=True):
        del _at(readable, location[:-1])[location[-1]]
    try:
        return _unambiguous(parse_status(readable))
    except ValidationError as error:
        raise UnreadableError("status", locations_of(error)) from None


def locations_of(error: ValidationError) -> list[Location]:
    """Where a model does not fit."""
    return [e["loc"] for e in error.errors(include_input=False)]


def _unambiguous(status: OutboundCampaignStatus) -> OutboundCampaignStatus:
    """No run is there twice, and no time zone in one run: what is sent for the one would be sent for the other."""
    twice: list[Location] = [("runs", number) for number in _repeated(run.key for run in status.runs)]
    for number, run in enumerate(status.runs):
        twice += [("runs", number, "windows", at) for at in _repeated(w.time_zone for w in run.windows)]
    if twice:
        raise UnreadableError("status", twice)
    return status


def _repeated(names: Iterable[Hashable]) -> list[int]:
    """The places at which a name stands again."""
    first: dict[Hashable, int] = {}
    return [number for number, name in enumerate(names) if first.setdefault(name, number) != number]


def read_conditions(wire: object) -> tuple[Condition, ...]:
    """The conditions of a status of which nothing else may be readable."""
    items = wire.get("conditions") if isinstance(wire, Mapping) else None
    found = []
    for item in items if isinstance(items, list) else ():
        try:
            found.append(Condition.model_validate(item))
        except ValidationError:
            continue
    return tuple(found)


def _hold(window: dict[str, Any]) -> None:
    message = f"state {window.get('state')} belongs to another version of the operator"
    window.setdefault("reason", Reason.WRITTEN_BY_NEWER_VERSION.value)
    window |= {"state": WindowState.HELD.value, "message": message[:256]}


def _at(status: Any, location: Location) -> Any:
    for part in location:
        status = status[part]
    return status


def _parts(location: Location) -> list[Location]:
    """The location and what it lies in, the innermost first."""
    return [location[:end] for end in range(len(location), 0, -1)]


def _path(location: Location, *, numbered: bool = False) -> str:
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]" if numbered else "[]"
        else:
            path += f".{part}" if path else part
    return path


def _order(location: Location) -> tuple[str, ...]:
    return tuple(f"{part:09}" if isinstance(part, int) else part for part in location)
