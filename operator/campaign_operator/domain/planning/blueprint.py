"""The parts of a spec that a plan is made from, checked and taken apart once.

Owns the question "is this spec one that can be planned?" and the hash by which an edit is told from a mere touch.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import ConcurrencyPolicy, PastZones, StartMode
from campaign_operator.domain.errors import InvalidSpecError, SpecError, SpecErrors
from campaign_operator.domain.planning.calling_hours import CallingHours, is_open_throughout, parse_calling_hours
from campaign_operator.domain.planning.cron import CronSchedule, parse_cron
from campaign_operator.domain.planning.plan import (
    NOTHING_TAKEN,
    PlannedWindow,
    RunPlan,
    Taken,
    count_contacts,
    placed_matches,
    placed_windows,
    plan_run,
)
from campaign_operator.domain.planning.plan_inputs import Inputs, ListedContacts
from campaign_operator.domain.planning.zones import ZONE_NAMES, UnknownTimeZoneError, load_zone, unknown_zone_message

DEFAULT_TIME_ZONE = "Etc/UTC"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a run is planned from.

    `spec_hash` covers the spec and the dates of its calendar, `list_hash` what the lists of contactsFrom hold, which is
    frozen by the submission. `invalid_contacts` are rows of the lists that were left out, and
    `contact_errors` says of the first of them why.
    """

    schedule: CronSchedule
    start_mode: StartMode
    time_zone: str
    window_seconds: int
    calling_hours: CallingHours
    contacts_by_zone: Mapping[str, int]
    spec_hash: str
    past_zones: PastZones = PastZones.WAIT
    concurrency_policy: ConcurrencyPolicy = ConcurrencyPolicy.ALLOW
    list_hash: str = ""
    invalid_contacts: int = 0
    contact_errors: tuple[str, ...] = ()

    def plan(self, now: datetime, lead_seconds: float, taken: Taken = NOTHING_TAKEN) -> RunPlan:
        """The next run after what earlier runs have taken. Raises InvalidSpecError where there is none."""
        return plan_run(
            self.schedule,
            start_mode=self.start_mode,
            time_zone=self.time_zone,
            window_seconds=self.window_seconds,
            calling_hours=self.calling_hours,
            contacts_by_zone=self.contacts_by_zone,
            now=now,
            lead_seconds=lead_seconds,
            past_zones=self.past_zones,
            concurrency_policy=self.concurrency_policy,
            taken=taken,
        )

    def windows_of(self, nominal_time: datetime, contacts_by_zone: Mapping[str, int]) -> tuple[PlannedWindow, ...]:
        """The windows of the run with this nominal time and these contacts. Raises InvalidSpecError."""
        return placed_windows(
            nominal_time,
            start_mode=self.start_mode,
            time_zone=self.time_zone,
            window_seconds=self.window_seconds,
            calling_hours=self.calling_hours,
            contacts_by_zone=contacts_by_zone,
        )

    def allows(self, time_zone: str, start: datetime, end: datetime) -> bool:
        """Whether calls may be made in that zone from `start` to `end`; never in one that is not known."""
        if time_zone not in ZONE_NAMES:
            return False
        return is_open_throughout(start, end, self.calling_hours, load_zone(time_zone))

    def first_match(self, nominal_time: datetime) -> datetime:
        """The instant at which the first zone reaches the match with this nominal time, before any calling hours."""
        placed = placed_matches(
            nominal_time, start_mode=self.start_mode, time_zone=self.time_zone, zones=self.contacts_by_zone
        )
        return min(each.instant for each in placed.values())


NO_INPUTS = Inputs()


def draw_blueprint(spec: OutboundCampaignSpec, inputs: Inputs = NO_INPUTS) -> Blueprint:
    """Check the spec beyond what its schema can. Raises InvalidSpecError with every error at once."""
    errors: list[InvalidSpecError] = []
    time_zone = spec.time_zone or DEFAULT_TIME_ZONE
    try:
        load_zone(time_zone)
    except UnknownTimeZoneError:
        errors.append(SpecError("spec.timeZone", unknown_zone_message(time_zone)))
    schedule, calling_hours, contacts_by_zone = None, None, None
    try:
        schedule = parse_cron(spec.cron)
    except InvalidSpecError as error:
        errors.append(error)
    try:
        calling_hours = parse_calling_hours(spec.calling_hours, inputs.exclude_dates)
    except InvalidSpecError as error:
        errors.append(error)
    try:
        contacts_by_zone = _contacts_by_zone(spec, inputs)
    except InvalidSpecError as error:
        errors.append(error)
    if schedule is None or calling_hours is None or contacts_by_zone is None or errors:
        raise SpecErrors(errors)
    listed = inputs.contacts or ListedContacts({})
    return Blueprint(
        schedule=schedule,
        start_mode=spec.start_mode,
        time_zone=time_zone,
        window_seconds=spec.window_seconds,
        calling_hours=calling_hours,
        contacts_by_zone=contacts_by_zone,
        spec_hash=_spec_hash(spec, time_zone, calling_hours, _named_contacts(spec, contacts_by_zone)),
        past_zones=spec.past_zones,
        concurrency_policy=spec.concurrency_policy,
        list_hash=listed.hash if inputs.contacts is not None else "",
        invalid_contacts=listed.invalid,
        contact_errors=listed.errors,
    )


def _contacts_by_zone(spec: OutboundCampaignSpec, inputs: Inputs) -> Mapping[str, int]:
    return inputs.contacts.by_zone if inputs.contacts is not None else count_contacts(spec.contacts or ())


def _named_contacts(spec: OutboundCampaignSpec, contacts_by_zone: Mapping[str, int]) -> object:
    """What the spec itself says of contacts: they themselves, or where they are."""
    if spec.contacts_from is None:
        return sorted(contacts_by_zone.items())
    return [spec.on_invalid_contact, *(source.to_wire() for source in spec.contacts_from)]


def _spec_hash(spec: OutboundCampaignSpec, time_zone: str, hours: CallingHours, contacts: object) -> str:
    inputs = [
        spec.cron.split(),
        spec.start_mode,
        time_zone,
        spec.window_seconds,
        spec.past_zones,
        spec.concurrency_policy,
        [hours.start.total_seconds(), hours.end.total_seconds(), sorted(hours.days), hours.outside],
        sorted(day.isoformat() for day in hours.exclude_dates),
        contacts,
    ]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:16]
