"""Other campaigns with our campaignID: which of them is in the way of a submission.

Owns whom the dialer is asked about, for how long its answer counts, and how long may be waited for it. Which claim wins
is decided by `domain.decisions.ownership`, and when to look by `submission`: before the intent, where rivals may have
to be asked about, and after it, where nobody is.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest

import structlog

from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.decisions.ownership import (
    Claim,
    Rival,
    claim_of,
    has_schedules_at,
    in_use,
    is_accepted,
    is_older,
    may_claim,
    may_have_schedules,
)
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import (
    AccessGranted,
    AccessOutcome,
    ListingNotOffered,
    Unavailable,
)
from campaign_operator.domain.problem import Problem
from campaign_operator.domain.status import record
from campaign_operator.engine.ports import CampaignStore, Clock, Dialer, StoreUnavailableError
from campaign_operator.engine.sightings import Sightings

ASK_SECONDS = 2.0
"""How long all rivals together may keep a campaign waiting."""

ASKED_AT_ONCE = 32
"""Each is a connection of its own, to a place that somebody else has named."""

ACCEPTED_SECONDS = 600.0
NOT_ACCEPTED_SECONDS = 60.0
"""How long an answer counts. No answer is remembered, too: a place that never answers keeps nobody waiting twice."""

_SWEEP_SECONDS = 60.0


SecretRef = tuple[str, str]
"""Namespace and name of a Secret."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Why a campaign must wait, and until when. No problem: somebody may own the campaign, and nobody has asked yet."""

    problem: Problem | None
    until: datetime


class Rivals:
    """Looks for other campaigns of one campaignID. Every look raises StoreUnavailableError."""

    def __init__(
        self,
        store: CampaignStore,
        dialer: Dialer,
        clock: Clock,
        sightings: Sightings | None,
        *,
        secret_age_seconds: float,
        ask_seconds: float,
    ) -> None:
        self._store = store
        self._dialer = dialer
        self._clock = clock
        self._sightings = sightings
        self._secret_age_seconds = secret_age_seconds
        self._ask_seconds = ask_seconds
        self._answers: dict[tuple[Connection, str], tuple[float, AccessOutcome]] = {}
        self._asking: dict[tuple[Connection, str], asyncio.Task[AccessOutcome]] = {}
        self._swept = clock.monotonic()

    async def before_intent(self, campaign: Campaign, connection: Connection) -> InTheWay | None:
        """What is in the way of beginning: who has schedules, and who is older and accepted by the dialer."""
        mine, now = claim_of(campaign, outstanding=False), self._clock.now()
        others = await self._others(campaign)
        problem = in_use(mine, _with_schedules(others, connection, now))
        if problem is None:
            secrets = _secrets_of(_preceding(mine, others, now))
            problem = in_use(mine, await self._accepted(secrets, connection, campaign.spec.campaign_id))
        return None if problem is None else self._wait(problem, record.IN_USE_RETRY_SECONDS)

    async def after_intent(self, campaign: Campaign, connection: Connection, *, looked_before: bool) -> InTheWay | None:
        """What has come in the way since: anybody who has, or may have, schedules by now.

        However old it is: it may have looked before our intent was there, so that it never learns of us. Both put
        theirs back where both see each other; the older one returns the sooner, and finds nothing in its way.

        Unless `before_intent` has `looked_before`, anybody who would come before us if the dialer accepted it, too.
        `campaign` is as the write of the intent has left it.
        """
        if self._sightings is not None and await self._sightings.is_alone(campaign):
            return None
        mine, now, others = claim_of(campaign, outstanding=False), self._clock.now(), await self._others(campaign)
        claims = _with_schedules(others, connection, now)
        problem = in_use(mine, claims)
        if problem is None:
            is_unasked = not looked_before and any(_preceding(mine, others, now))
            return InTheWay(None, now) if is_unasked else None
        sooner = is_older(mine, claims)
        return self._wait(problem, record.LEAST_RETRY_SECONDS if sooner else record.IN_USE_RETRY_SECONDS)

    def was_accepted(self, connection: Connection, campaign_id: str) -> None:
        """The dialer has listed the campaign, or taken a schedule of it, so it need not be asked about these."""
        self._remember(connection, campaign_id, AccessGranted())

    async def _others(self, campaign: Campaign) -> list[Rival]:
        found = await self._store.list_with_campaign_id(campaign.spec.campaign_id)
        return [other for other in found if other.uid != campaign.uid]

    def _wait(self, problem: Problem, seconds: float) -> InTheWay:
        return InTheWay(problem, self._clock.now() + timedelta(seconds=seconds))

    async def _accepted(
        self, secrets: Mapping[SecretRef, Claim], ours: Connection, campaign_id: str
    ) -> tuple[Claim, ...]:
        """The first claim that turns out to be accepted; all are asked about at once. Empty where none is in time."""
        places, deadline = asyncio.Semaphore(ASKED_AT_ONCE), asyncio.get_running_loop().time() + self._ask_seconds

        async def asked(secret: SecretRef, claim: Claim) -> Claim | None:
            async with places:
                accepted = await self._is_accepted(secret, ours, campaign_id, deadline)
            return claim if accepted else None

        asking = [asyncio.create_task(asked(secret, claim)) for secret, claim in _in_turn(secrets)]
        try:
            for answered in asyncio.as_completed(asking):
                claim = await answered
                if claim is not None:
                    return (claim,)
            return ()
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _is_accepted(self, secret: SecretRef, ours: Connection, campaign_id: str, deadline: float) -> bool:
        if asyncio.get_running_loop().time() >= deadline:
            return False
        try:
            async with asyncio.timeout_at(deadline):
                theirs, _ = await self._store.read_connection(*secret, self._secret_age_seconds)
                if isinstance(theirs, Problem) or theirs.api_base_url != ours.api_base_url:
                    return False
                # what is true of our own credentials is found out by what follows this look
                return theirs == ours or is_accepted(await self._access(theirs, campaign_id), theirs, ours)
        except (StoreUnavailableError, TimeoutError):
            return False

    async def _access(self, connection: Connection, campaign_id: str) -> AccessOutcome:
        """What the dialer says of these credentials, or said lately. Whoever asks meanwhile shares the answer, so that
        a hundred rivals that look at each other ask about a hundred, and not about ten thousand.
        """
        key = connection, campaign_id
        until, outcome = self._answers.get(key, (0.0, None))
        if outcome is not None and self._clock.monotonic() < until:
            return outcome
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._ask(connection, campaign_id))
        return await asyncio.shield(self._asking[key])

    async def _ask(self, connection: Connection, campaign_id: str) -> AccessOutcome:
        outcome: AccessOutcome = Unavailable("it did not answer in time")
        try:
            async with asyncio.timeout(self._ask_seconds):
                outcome = await self._dialer.check_access(connection, campaign_id)
        except TimeoutError:
            pass
        except Exception as error:  # whatever a stranger's Secret leads to is no trouble of ours
            _log.warning("a rival could not be asked about", error=type(error).__name__)
        finally:
            self._asking.pop((connection, campaign_id), None)
        self._remember(connection, campaign_id, outcome)
        return outcome

    def _remember(self, connection: Connection, campaign_id: str, outcome: AccessOutcome) -> None:
        now = self._clock.monotonic()
        if now - self._swept > _SWEEP_SECONDS:
            self._answers = {key: kept for key, kept in self._answers.items() if kept[0] > now}
            self._swept = now
        is_settled = isinstance(outcome, AccessGranted | ListingNotOffered)
        self._answers[connection, campaign_id] = (
            now + (ACCEPTED_SECONDS if is_settled else NOT_ACCEPTED_SECONDS),
            outcome,
        )


def _with_schedules(others: Iterable[Rival], connection: Connection, now: datetime) -> list[Claim]:
    return [claim_of(o, outstanding=True) for o in others if has_schedules_at(o, connection.dialer_hash, now)]


def _preceding(mine: Claim, others: Iterable[Rival], now: datetime) -> Iterator[tuple[Rival, Claim]]:
    """Those that would come before us if the dialer accepted them; nobody is asked about the others."""
    for other in others:
        claim = claim_of(other, outstanding=may_have_schedules(other, now))
        if may_claim(other, now) and in_use(mine, [claim]) is not None:
            yield other, claim


def _secrets_of(rivals: Iterable[tuple[Rival, Claim]]) -> dict[SecretRef, Claim]:
    """For each Secret one of its campaigns: all of them are accepted, or none."""
    return {(rival.ref.namespace, rival.secret_name): claim for rival, claim in rivals if rival.secret_name is not None}


def _in_turn(secrets: Mapping[SecretRef, Claim]) -> Iterator[tuple[SecretRef, Claim]]:
    """One of each namespace after the other, so that one with many keeps nobody else's from being asked about."""
    by_namespace: dict[str, list[tuple[SecretRef, Claim]]] = {}
    for secret, claim in secrets.items():
        by_namespace.setdefault(secret[0], []).append((secret, claim))
    return (each for each in chain.from_iterable(zip_longest(*by_namespace.values())) if each is not None)
