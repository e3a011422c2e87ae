"""What a campaign's runs are planned from at this moment: its spec, its calendar, its contact lists and the policies
that narrow its hours, put together.

Owns that the operator's policy is among them, whatever the campaign says, when all others are looked at, and that a
list is frozen by the submission. Decides nothing and writes nothing.
"""

import asyncio
from datetime import datetime
from functools import partial

from campaign_operator.api.conditions import Reason
from campaign_operator.api.vocabulary import RunPolicy
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.campaigns.campaign import Campaign, Settings
from campaign_operator.domain.decisions.situation import invalid_spec
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint, draw_blueprint
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.date_set import NO_DATES, DateSet
from campaign_operator.domain.planning.public_holidays import read_holidays
from campaign_operator.domain.planning.read_inputs import ListedContacts, ReadInputs
from campaign_operator.domain.problem import Problem
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.ports import CalendarSource, ContactSource, ListReading, PolicySource
from campaign_operator.wording import counted

_YEARS_AHEAD = 2

BEING_READ = Problem(Reason.READING_CONTACTS, "the contact lists are being read", transient=True)


class Blueprints:
    """Draws the blueprint of one campaign at a time, and again only when something of it has changed."""

    def __init__(
        self,
        contacts: ContactSource,
        calendars: CalendarSource,
        policies: PolicySource,
        settings: Settings,
        operators_policy: HoursPolicy | None = None,
    ) -> None:
        """`operators_policy`: that which narrows the hours of every campaign."""
        self._contacts = contacts
        self._calendars = calendars
        self._settings = settings
        self._policies = policies
        self._operators_policy = (operators_policy,) if operators_policy is not None else ()

    async def of(
        self, campaign: Campaign, memory: Memory, now: datetime
    ) -> tuple[Blueprint | Problem, ListReading | None]:
        """The blueprint or what is wrong, and what is known of the lists where they matter. Raises
        StoreUnavailableError.
        """
        dates = await self._excluded_dates(campaign)
        if isinstance(dates, Problem):
            return dates, None
        policies = await self._policies_of(campaign)
        if isinstance(policies, Problem):
            return policies, None
        await self._read_holidays(campaign, policies, memory, now.year)
        read_inputs = partial(ReadInputs, exclude_dates=dates, policies=policies)
        frozen = _frozen(campaign)
        if frozen is not None:
            blueprint = _drawn(campaign, memory, read_inputs(frozen))
            if not isinstance(blueprint, Blueprint) or not _is_wanted_again(campaign, blueprint):
                return blueprint, None
        if campaign.spec.contacts_from is None:
            return _drawn(campaign, memory, read_inputs()), None
        reading = await self._contacts.read(campaign, max_age_seconds=self._settings.poll_seconds / 2)
        if isinstance(reading, Problem):
            return reading, None
        if reading.count is None:
            return BEING_READ, reading
        policy = (campaign.spec.on_invalid_contact, campaign.spec.max_skipped_percent)
        try:
            listed = reading.count.accepted(*policy)
        except InvalidSpecError as error:
            said = "; ".join(str(error).splitlines())
            too_many = reading.count.too_many_skipped(*policy) is not None
            reason = Reason.TOO_MANY_INVALID_CONTACTS if too_many else Reason.INVALID_CONTACTS
            return Problem(reason, f"{counted(error.count, 'error')} in the lists: {said}"), reading
        return _drawn(campaign, memory, read_inputs(listed)), reading

    async def _read_holidays(
        self, campaign: Campaign, policies: tuple[HoursPolicy, ...], memory: Memory, year: int
    ) -> None:
        """Beside the loop: to import the package takes a tenth of a second, and a year of a country up to a
        millisecond. A plan that looks further ahead than two years computes the others itself.
        """
        hours, read = campaign.spec.calling_hours, (campaign.generation, policies, year)
        if memory.holidays_read == read:
            return
        written = (*hours.holidays, *(each for rules in hours.zones for each in rules.holidays))
        named = {(each.country, each.subdivision) for each in written}
        named |= {(each.country, each.subdivision) for policy in policies for each in policy.holidays}
        if named:
            years = range(year - 1, year + _YEARS_AHEAD + 1)
            wanted = [(*each, each_year) for each in named for each_year in years]
            await asyncio.to_thread(read_holidays, wanted)
        memory.holidays_read = read

    async def _policies_of(self, campaign: Campaign) -> tuple[HoursPolicy, ...] | Problem:
        """That which the campaign names, and last the operator's own, which none can leave out."""
        source = campaign.spec.calling_hours.policy_from
        if source is None:
            return self._operators_policy
        ref = source.config_map_key_ref
        found = await self._policies.policy(
            campaign.ref.namespace, ref.name, ref.key, max_age_seconds=self._settings.poll_seconds / 2
        )
        if isinstance(found, HoursPolicy):
            return (found, *self._operators_policy)
        return self._operators_policy if runs.is_over_for_good(campaign.status) else found

    async def _excluded_dates(self, campaign: Campaign) -> DateSet | Problem:
        source = campaign.spec.calling_hours.exclude_dates_from
        if source is None:
            return NO_DATES
        dates = await self._calendars.excluded_dates(
            campaign.ref.namespace, source, max_age_seconds=self._settings.poll_seconds / 2
        )
        # nothing is ever planned again, so whoever takes the calendar away breaks nothing
        return NO_DATES if isinstance(dates, Problem) and runs.is_over_for_good(campaign.status) else dates


def _frozen(campaign: Campaign) -> ListedContacts | None:
    """The contacts of the only run that can matter, once it is submitted."""
    run = runs.shown_run(campaign.status)
    if run is None or campaign.spec.contacts_from is None or not run.windows:
        return None
    only = campaign.deleting or campaign.spec.run_policy is RunPolicy.ONCE or runs.is_over_for_good(campaign.status)
    if only and runs.submission_started(run) and not runs.is_cancelled(run):
        return ListedContacts(runs.frozen_contacts(run), run.invalid_contacts)
    return None


def _is_wanted_again(campaign: Campaign, blueprint: Blueprint) -> bool:
    """Whether an edit asks for another plan, which is made from the lists as they are now."""
    run = runs.shown_run(campaign.status)
    over = campaign.deleting or runs.is_over_for_good(campaign.status)
    return run is not None and not over and run.spec_hash != blueprint.spec_hash


def _drawn(campaign: Campaign, memory: Memory, inputs: ReadInputs) -> Blueprint | Problem:
    key = (campaign.generation, inputs)
    if memory.blueprint is None or memory.blueprint[0] != key:
        try:
            memory.blueprint = key, draw_blueprint(campaign.spec, inputs)
        except InvalidSpecError as error:
            memory.blueprint = key, invalid_spec(error)
    return memory.blueprint[1]
