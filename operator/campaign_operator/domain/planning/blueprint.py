"""The parts of a spec that a plan is made from, checked and taken apart once.

Owns the question "is this spec one that can be planned?" and the hash by which an edit is told from a mere touch.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import StartMode
from campaign_operator.domain.errors import InvalidSpecError, SpecError, SpecErrors
from campaign_operator.domain.planning.calling_hours import ZoneHours, is_open_throughout
from campaign_operator.domain.planning.cron import parse_cron
from campaign_operator.domain.planning.deciding_rules import DecidingRule, deciding_rules
from campaign_operator.domain.planning.plan import (
    NOTHING_TAKEN,
    PlannedWindow,
    RunPlan,
    Taken,
    count_contacts,
    first_match,
    placed_windows,
    plan_run,
    plan_search,
)
from campaign_operator.domain.planning.plan_inputs import PlanInputs, inputs_hash
from campaign_operator.domain.planning.public_holidays import holidays_version
from campaign_operator.domain.planning.read_inputs import ListedContacts, ReadInputs
from campaign_operator.domain.planning.windows import place
from campaign_operator.domain.planning.written_hours import parse_calling_hours
from campaign_operator.domain.planning.zones import ZONE_NAMES, UnknownTimeZoneError, load_zone, unknown_zone_message

DEFAULT_TIME_ZONE = "Etc/UTC"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a run is planned from, and by what it is known."""

    inputs: PlanInputs

    spec_hash: str
    """Of the spec, the dates of its calendar and its policies: another one is an edit."""

    list_hash: str = ""
    """Of what the lists of contactsFrom hold, which is frozen by the submission; empty without lists."""

    invalid_contacts: int = 0
    """Rows of the lists that were left out."""

    contact_errors: tuple[str, ...] = ()
    """Why, of the first of them."""

    of_several_zones: int = 0
    """Contacts that count in the default zone, one of several that their phone numbers can be in."""

    @property
    def rules_in_use(self) -> tuple[ZoneHours, ...]:
        """The hours that any zone of a contact has."""
        return tuple(rules for rules, _ in self.inputs.calling_hours.by_rules(self.inputs.contacts_by_zone))

    @property
    def holidays_version(self) -> str:
        """The version of the holidays package, where the plan depends on it; else empty."""
        return holidays_version() if self.inputs.calling_hours.holidays else ""

    def plan(self, now: datetime, lead_seconds: float, taken: Taken = NOTHING_TAKEN) -> RunPlan:
        """The next run after what earlier runs have taken. Raises InvalidSpecError where there is none."""
        return plan_run(self.inputs, now=now, lead_seconds=lead_seconds, taken=taken)

    def search(self, now: datetime, lead_seconds: float, taken: Taken) -> Generator[None, None, RunPlan]:
        """The same, giving control back before it takes long."""
        return plan_search(self.inputs, now=now, lead_seconds=lead_seconds, taken=taken)

    def windows_of(self, nominal_time: datetime, contacts_by_zone: Mapping[str, int]) -> tuple[PlannedWindow, ...]:
        """The windows of the run with this nominal time and these contacts. Raises InvalidSpecError."""
        return placed_windows(replace(self.inputs, contacts_by_zone=contacts_by_zone), nominal_time)

    def allows(self, time_zone: str, start: datetime, end: datetime) -> bool:
        """Whether calls may be made in that zone from `start` to `end`; never in one that is not known."""
        if time_zone not in ZONE_NAMES:
            return False
        return is_open_throughout(start, end, self.inputs.calling_hours, load_zone(time_zone))

    def deciding_rules(self, window: PlannedWindow, nominal_time: datetime) -> tuple[DecidingRule, ...]:
        """The rules of the calling hours by which the window is not the plain one of the match."""
        is_local, zone = self.inputs.start_mode is StartMode.CONTACT_LOCAL, load_zone(window.time_zone)
        match = place(nominal_time, zone if is_local else load_zone(self.inputs.time_zone)).instant
        day = nominal_time.date() if is_local else match.astimezone(zone).date()
        return deciding_rules(self.inputs.calling_hours, window.time_zone, day, match, window)

    def narrowing(self, plan: RunPlan) -> tuple[str, ...]:
        """The policies that moved, shortened or skipped a window of the plan, by their names."""
        policies = self.inputs.calling_hours.policies
        if not policies:
            return ()
        deciding = {rule.source for each in plan.windows for rule in self.deciding_rules(each, plan.nominal_time)}
        return tuple(policy.name for policy in policies if policy.name in deciding)

    def first_match(self, nominal_time: datetime) -> datetime:
        """The instant at which the first zone reaches the match with this nominal time, before any calling hours."""
        return first_match(self.inputs, nominal_time)


NO_INPUTS = ReadInputs()


def draw_blueprint(spec: OutboundCampaignSpec, inputs: ReadInputs = NO_INPUTS) -> Blueprint:
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
        calling_hours = parse_calling_hours(spec.calling_hours, inputs.exclude_dates, inputs.policies)
    except InvalidSpecError as error:
        errors.append(error)
    try:
        contacts_by_zone = _contacts_by_zone(spec, inputs)
    except InvalidSpecError as error:
        errors.append(error)
    if schedule is None or calling_hours is None or contacts_by_zone is None or errors:
        raise SpecErrors(errors)
    listed = inputs.contacts or ListedContacts({})
    planned_from = PlanInputs(
        schedule=schedule,
        start_mode=spec.start_mode,
        time_zone=time_zone,
        window_seconds=spec.window_seconds,
        calling_hours=calling_hours,
        contacts_by_zone=contacts_by_zone,
        past_zones=spec.past_zones,
        concurrency_policy=spec.concurrency_policy,
    )
    return Blueprint(
        inputs=planned_from,
        spec_hash=inputs_hash(planned_from, _named_contacts(spec, contacts_by_zone)),
        list_hash=listed.hash if inputs.contacts is not None else "",
        invalid_contacts=listed.invalid,
        contact_errors=listed.errors,
        of_several_zones=listed.of_several_zones,
    )


def _contacts_by_zone(spec: OutboundCampaignSpec, inputs: ReadInputs) -> Mapping[str, int]:
    return inputs.contacts.by_zone if inputs.contacts is not None else count_contacts(spec.contacts or ())


def _named_contacts(spec: OutboundCampaignSpec, contacts_by_zone: Mapping[str, int]) -> object:
    """What the spec itself says of contacts: they themselves, or where they are."""
    if spec.contacts_from is None:
        return contacts_by_zone
    return [spec.on_invalid_contact, *(source.to_wire() for source in spec.contacts_from)]
