"""What the runs of a campaign are planned from, as one value, and the hash that tells an edit from a mere touch."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from typing import Any

from campaign_operator.api.vocabulary import ConcurrencyPolicy, PastZones, StartMode
from campaign_operator.domain.planning.calling_hours import CallingHours
from campaign_operator.domain.planning.cron import CronSchedule
from campaign_operator.domain.planning.date_set import DateSet


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """All that makes one plan another, but for the time and the earlier runs.

    A new field is part of the hash; none has a default, so that none can be forgotten where a spec is read.
    """

    schedule: CronSchedule
    """When runs are due, in floating time."""

    start_mode: StartMode
    """Whose clock a match is placed on: each zone's own, or that of `time_zone`."""

    time_zone: str
    """The zone of `cron` with SameInstant; of no account with ContactLocal."""

    window_seconds: int
    """How long a window is before the calling hours shorten it."""

    calling_hours: CallingHours
    """When calls may be made in each zone, the dates of the calendar included."""

    contacts_by_zone: Mapping[str, int]
    """How many contacts each zone has; at least one zone, each known, each with a contact."""

    past_zones: PastZones
    """What becomes of zones for which a match is past."""

    concurrency_policy: ConcurrencyPolicy
    """Whether a run may begin before the one before it has ended."""


def inputs_hash(inputs: PlanInputs, contacts: object) -> str:
    """16 hexadecimal digits over every field.

    `contacts` stands for the counts by zone, which a list of contactsFrom changes without an edit.
    """
    return _digest({**_fields(inputs), "contacts_by_zone": contacts})


def _fields(record: Any) -> dict[str, object]:
    return {each.name: getattr(record, each.name) for each in fields(record) if each.compare}


_PLAIN = frozenset({bool, int, str})
"""Most of what there is to hash: it is told by its class, because to ask for an abstract one takes longer."""


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(_canonical(value), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Canonical:
    """What is in its canonical form already: an entry of `zones` may be that of a hundred zones."""

    form: object


def _canonical(value: object) -> object:
    """As JSON, the same for equal values. Raises TypeError for a kind that nobody has thought of yet."""
    if type(value) in _PLAIN:
        return value
    if type(value) is tuple:
        return [_canonical(each) for each in value]
    match value:
        case None | bool() | int() | float() | str():
            return value
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): _canonical(each) for key, each in value.items()}
        case DateSet():
            return list(map(date.isoformat, value))  # in their order, which is that of their texts
        case AbstractSet():
            return sorted((_canonical(each) for each in value), key=json.dumps)
        case CallingHours():
            return _canonical(_hashed_hours(value))
        case _Canonical():
            return value.form
        case Sequence():
            return [_canonical(each) for each in value]
        case _ if is_dataclass(value):
            return _canonical(_fields(value))
        case _:
            raise TypeError(f"no canonical form of {type(value).__name__}")


def _hashed_hours(hours: CallingHours) -> Mapping[str, object]:
    """Hours that start, end and days can express, however they are written, hash as they did when there was nothing
    else, so that nothing is replanned for an upgrade. The closed dates of the campaign stand once, not for each zone,
    and a policy stands by its digest, since thousands of campaigns may have the same.
    """
    policies = {"policies": [policy.digest for policy in hours.policies]} if hours.policies else {}
    rules = hours.everywhere
    (closed,) = rules.closed
    same, *different = set(filter(None, rules.week)) or {()}
    if not different and len(same) == 1 and not closed.holidays and not hours.zones:
        (span,) = same
        return {
            "start": span.start,
            "end": span.end,
            "days": frozenset(rules.open_days),
            "exclude_dates": closed.exclude_dates,
            "outside": hours.outside,
            **policies,
        }
    entries = {id(of): of for of in hours.zones.values()}
    forms = {place: _Canonical(_canonical({"week": of.week, "closed": of.closed[-1]})) for place, of in entries.items()}
    zones = {name: forms[id(of)] for name, of in hours.zones.items()}
    return {"week": rules.week, "closed": closed, "zones": zones, "outside": hours.outside, **policies}
