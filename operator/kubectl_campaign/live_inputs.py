"""What a campaign of the cluster is planned from: its lists, its calendar and its policies, read with the rights of the
person who asks, by the operator's own readers.

Owns that a right which the person lacks is named, where the operator would say that an object is missing.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.kubernetes.api_server import APIAnswer
from campaign_operator.adapters.kubernetes.calendars import Calendars
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.kubernetes.policies import Policies
from campaign_operator.adapters.list_reader import ListReader, NamedLists, UnreadListsError
from campaign_operator.adapters.outbound.downloads import Downloads
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef, Settings
from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.calling_hours import CallingHours, HoursPolicy
from campaign_operator.domain.planning.date_set import NO_DATES, DateSet
from campaign_operator.domain.planning.written_hours import parse_calling_hours
from campaign_operator.domain.problem import Problem
from campaign_operator.engine.blueprints import Blueprints
from campaign_operator.engine.memory import Memory
from campaign_operator.engine.ports import ListReading, StoreUnavailableError
from kubectl_campaign.plugin_error import PluginError
from kubectl_campaign.refusals import Wish
from kubectl_campaign.user_cluster import UserCluster

_DOWNLOAD_SECONDS = 300.0
_LIMITS = ListLimits()
"""The operator's own defaults."""


@dataclass(frozen=True, slots=True)
class ListAccess:
    """How lists at URLs are downloaded from here."""

    ca_file: Path | None
    allow_cidrs: tuple[IPv4Network | IPv6Network, ...]
    proxy: str | None


class _PersonsRequests:
    """keyed_objects.Requests in the name of a person."""

    def __init__(self, cluster: UserCluster) -> None:
        self._cluster = cluster

    async def request(
        self,
        method: str,
        path: str,
        names: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        accept: str = "application/json",
    ) -> APIAnswer:
        """Only what is read is asked for. Raises PluginError."""
        named = names or {}
        wish = Wish(method.lower(), path.split("/")[-2], named.get("namespace"), named.get("name", ""))
        return APIAnswer(*await asyncio.to_thread(self._cluster.get, wish, path, accept))


class _ListsOnce:
    """ports.ContactSource that reads the lists when they are asked for."""

    def __init__(self, reader: ListReader) -> None:
        self._reader = reader

    async def read(self, campaign: Campaign, *, max_age_seconds: float) -> ListReading | Problem:
        """What the lists hold, or why they cannot be read."""
        spec = campaign.spec
        named = NamedLists(campaign.ref.namespace, spec.contacts_from or (), spec.on_invalid_contact)
        try:
            counted = await self._reader.read(named, await self._reader.versions(named, max_age_seconds), None)
        except UnreadListsError as error:
            return error.problem
        return ListReading(counted.count)

    def ask_again(self, campaign: Campaign) -> None:
        """Every reading asks again."""

    def forget(self, ref: CampaignRef) -> None:
        """Nothing is kept."""


async def live_blueprint(
    cluster: UserCluster, campaign: Campaign, policy: HoursPolicy | None, access: ListAccess, now: datetime
) -> Blueprint | Problem:
    """What the operator would plan from now. `policy`: the operator's. Raises PluginError."""
    clock, steps = SystemClock(), ShortSteps()
    objects = KeyedObjects(_PersonsRequests(cluster), clock)
    calendars, policies = Calendars(objects, clock, steps), Policies(objects, clock)
    egress = Egress(EgressPolicy(ca_file=access.ca_file, allow_cidrs=access.allow_cidrs, proxy=access.proxy))
    downloads = Downloads(egress, max_bytes=_LIMITS.max_bytes, timeout_seconds=_DOWNLOAD_SECONDS)
    try:
        lists = _ListsOnce(ListReader(objects, downloads, clock, _LIMITS, steps))
        blueprint, _ = await Blueprints(lists, calendars, policies, Settings(), policy).of(campaign, Memory(), now)
    except StoreUnavailableError as error:
        raise PluginError(str(error)) from None
    finally:
        await downloads.aclose()
        await calendars.aclose()
        await policies.aclose()
        egress.close()
    return blueprint


async def live_hours(cluster: UserCluster, spec: OutboundCampaignSpec) -> CallingHours | Problem:
    """The calling hours of the campaign, with its calendar and the policy that it names. Raises PluginError."""
    clock = SystemClock()
    objects = KeyedObjects(_PersonsRequests(cluster), clock)
    calendars, policies = Calendars(objects, clock, ShortSteps()), Policies(objects, clock)
    hours, dates = spec.calling_hours, NO_DATES
    try:
        if hours.exclude_dates_from is not None:
            found = await calendars.excluded_dates(cluster.namespace, hours.exclude_dates_from, max_age_seconds=0)
            if not isinstance(found, DateSet):
                return found
            dates = found
        if hours.policy_from is not None:
            ref = hours.policy_from.config_map_key_ref
            policy = await policies.policy(cluster.namespace, ref.name, ref.key, max_age_seconds=0)
            if not isinstance(policy, HoursPolicy):
                return policy
            return parse_calling_hours(hours, dates, (policy,))
        return parse_calling_hours(hours, dates)
    except StoreUnavailableError as error:
        raise PluginError(str(error)) from None
    finally:
        await calendars.aclose()
        await policies.aclose()
