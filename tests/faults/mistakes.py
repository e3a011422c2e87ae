"""Mistakes that are planted in an operator of the harness, each a patch of a few lines, and the plan that finds each.

They exist here only: the product has no switch for them. A harness that does not find these proves nothing. Some are
caught by more than one rule of the protocol, so a mistake may have to take away two.
"""

import uuid
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from typing import Any

import structlog

from campaign_operator.adapters.cxone import dialer, oauth, wire
from campaign_operator.adapters.kubernetes import kube
from campaign_operator.adapters.kubernetes.leader_election import Leadership
from campaign_operator.adapters.outbound import watchdog, webhook
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.decisions import cancelling, decide, situation
from campaign_operator.domain.decisions.actions import Decision, RemoveFinalizer
from campaign_operator.domain.dialing import permission
from campaign_operator.domain.dialing.outcomes import Listing, Schedule, ScheduleState, Unclear
from campaign_operator.domain.status import adoption, campaign_events, outbox, record
from campaign_operator.engine import writing
from campaign_operator.engine.observing import Observer
from campaign_operator.engine.submission import Submission
from campaign_operator.engine.writing import StatusWriter
from faults import mistakes_of_overlaps
from faults.planting import MISTAKES, found_by, put

CONTACT = "person-41"
LONDON = "submit[Europe/London]#1"


__all__ = ["MISTAKES", "mistakes_of_overlaps", "plant"]


def plant(name: str) -> None:
    """Make this mistake in this process."""
    MISTAKES[name].make()


class _NothingIsWritten:
    async def write(self, campaign: Any, status: Any, _: Any) -> Any:
        return replace(campaign, status=status)


@found_by(f"one-run: {LONDON} killed-late")
def intent_not_written() -> None:
    """The request leaves, and nothing on record says so."""
    send = Submission._send

    async def sent(self: Submission, *args: Any) -> Any:
        forgetful = copy(self)
        forgetful._writer = _NothingIsWritten()  # type: ignore[assignment] # of the writer it is asked to write alone
        return await send(forgetful, *args)

    put(Submission, "_send", sent)


@found_by("one-run: listing#1 paused")
def intent_without_resource_version() -> None:
    """Whoever writes last wins."""
    ask = kube.KubeStore._ask

    async def asked(
        self: Any, doing: str, method: str, path: str, names: Any, query: Any = None, body: Any = None
    ) -> Any:
        if method == "PUT":
            body["metadata"].pop("resourceVersion")
        return await ask(self, doing, method, path, names, query, body)

    put(kube.KubeStore, "_ask", asked)


@found_by(f"one-run: {LONDON} reset")
def result_before_the_answer() -> None:
    """What was about to be sent is called Submitted."""

    def intended(status: Any, place: Any, time_zones: Iterable[str], _: str) -> Any:
        return record.changed(
            status,
            place,
            time_zones,
            lambda w: record.window_in(w, WindowState.SUBMITTED, attempt=w.attempt + 1, schedule_id="assumed"),
        )

    put(record, "intended", intended)


class _AlwaysInForce:
    def in_force(self) -> bool:
        return True


@found_by(f"one-run: {LONDON} withheld")
def retry_after_a_time_out() -> None:
    """No answer is taken for no."""
    submit = dialer.CXoneDialer.submit

    async def submitted(self: Any, connection: Any, request: Any, allowed: Any) -> Any:
        outcome = await submit(self, connection, request, allowed)
        return await submit(self, connection, request, _AlwaysInForce()) if isinstance(outcome, Unclear) else outcome

    put(dialer.CXoneDialer, "submit", submitted)


@found_by(f"one-run: {LONDON} withheld")
def unclear_is_planned_again() -> None:
    """What may have been carried out is sent again as if it had not been."""
    answered = record._answered

    def forgetful(w: Any, outcome: Any, now: Any) -> Any:
        return record.window_in(w, WindowState.PLANNED) if isinstance(outcome, Unclear) else answered(w, outcome, now)

    put(record, "_answered", forgetful)


async def _connection_of(submission: Any, campaign: Any) -> Any:
    secret = campaign.spec.connection.secret_ref.name
    return (await submission._store.read_connection(campaign.ref.namespace, secret, max_age_seconds=0))[0]


@found_by("elected: status#3 paused")
def a_successor_is_no_reason_to_end() -> None:
    """That another holds the Lease is taken for a renewal that failed."""

    async def until_lost(self: Leadership) -> str:
        await self._election.renew_loop()
        return "the Lease could not be renewed"

    put(Leadership, "until_lost", until_lost)


def _adopt(fits: Callable[[Any, Schedule], bool]) -> None:
    def matching(windows: Iterable[Any], listing: Listing, named: Any) -> dict[str, Schedule]:
        del named
        standing = [s for s in listing.schedules if s.state is not ScheduleState.CANCELLED]
        return {w.time_zone: s for w in windows for s in standing if s.time_zone == w.time_zone and fits(w, s)}

    put(adoption, "matching", matching)


@found_by("one-run: nothing")
def adoption_ignores_the_end() -> None:
    """A schedule that opens at the same time and closes at another is taken for ours."""
    _adopt(lambda w, s: bool(s.start == w.start_time))


@found_by("one-run: nothing")
def adoption_of_another_run() -> None:
    """Any schedule of the zone is taken for ours."""
    _adopt(lambda _w, _s: True)


@found_by("edit: nothing")
def adoption_of_what_is_cancelled() -> None:
    """A cancelled schedule is taken for ours."""
    matching = adoption.matching

    def revived(windows: Any, listing: Listing, named: Any) -> Any:
        standing = tuple(replace(s, state=ScheduleState.SCHEDULED) for s in listing.schedules)
        return matching(windows, Listing(standing), named)

    put(adoption, "matching", revived)


@found_by(f"one-run: {LONDON} reset + listing#2 paused")
def version_read_after_the_listing() -> None:
    """An old listing is written over what another has done meanwhile, and counts as the look before the intent."""

    async def look_up(self: Any, campaign: Any, action: Any, memory: Any) -> Any:
        connection = await _connection_of(self, campaign)
        listing = await self._dialer.list_schedules(connection, campaign.spec.campaign_id)
        fresh = await self._store.read(campaign.ref)
        status = adoption.looked_up(fresh.status, action.run, action.time_zones, listing, connection)
        written = await self._writer.write(fresh, status, memory)
        memory.listed_version, memory.listed_by = written.resource_version, connection.hash
        return written

    put(Submission, "look_up", look_up)


@found_by(f"one-run: {LONDON} stopped-sending")
def no_watchdog() -> None:
    """A process that stood still while it was sending goes on."""
    put(watchdog.Watchdog, "over_within", lambda _self, _seconds: nullcontext())


@found_by(f"one-run: {LONDON} stopped")
def no_deadline_for_sending() -> None:
    """The right to send never lapses, and no process that stood still meanwhile is ended."""
    put(permission.IntentPermission, "in_force", lambda _: True)
    no_watchdog()


@found_by("suspended: status#2 paused")
def a_permission_goes_by_the_monotonic_clock_alone() -> None:
    """Which stands still while the machine is suspended."""

    def in_force(self: permission.IntentPermission) -> bool:
        return self.clock.monotonic() - self.begun_monotonic < self.send_within_seconds

    put(permission.IntentPermission, "in_force", in_force)


@found_by(f"crowded: {LONDON} cut")
def only_the_first_page() -> None:
    """A listing is taken for complete after its first page."""
    read_page = wire.read_page

    def first(*args: Any) -> Any:
        return replace(read_page(*args), total_pages=1)

    put(dialer, "read_page", first)


@found_by(f"one-run: {LONDON} killed-late")
def no_settling_time() -> None:
    """The listing is believed while the request may still be on its way."""

    def settled(self: Any, possibly_sent: set[Any], _: Any) -> Any:
        return dict.fromkeys(possibly_sent, self._clock.now())

    put(Observer, "_settled_at", settled)


@found_by("one-run: webhook#1 withheld")
def new_webhook_id() -> None:
    """Each attempt at a webhook is told under an id of its own."""
    deliver = webhook.WebhookNotifier.deliver

    async def delivered(self: Any, url: str, message: Any, signing_key: Any, *, owner: str) -> Any:
        return await deliver(self, url, replace(message, id=f"msg_{uuid.uuid4().hex}"), signing_key, owner=owner)

    put(webhook.WebhookNotifier, "deliver", delivered)


@found_by("deletion: nothing")
def finalizer_dropped_before_the_cancellation() -> None:
    """The resource goes and its schedules stay."""

    def at_once(s: Any) -> Decision | None:
        return Decision(RemoveFinalizer(), "it is deleted") if s.campaign.has_finalizer else None

    put(decide, "RULES_OF_DELETION", (at_once,))


@found_by("unauthorized: nothing")
def endless_401() -> None:
    """A refused token is fetched anew for as long as it is refused."""
    call = dialer.CXoneDialer._call

    async def stubborn(self: Any, connection: Any, *args: Any) -> Any:
        while getattr(outcome := await call(self, connection, *args), "status", None) == 401:
            self._tokens.discard(connection, await self._tokens.token(connection))
        return outcome

    put(dialer.CXoneDialer, "_call", stubborn)


@found_by("secret-changed: nothing")
def token_outlives_its_secret() -> None:
    """A token is kept by the client's id alone."""
    put(oauth, "credentials_key", lambda connection: connection.client_id)


@found_by("recreated: nothing")
def nothing_is_looked_at_before_the_intent() -> None:
    """What an earlier resource of that name has submitted is not seen."""
    submit = Submission.submit

    async def blind(self: Any, campaign: Any, action: Any, memory: Any) -> Any:
        memory.listed_version = campaign.resource_version
        memory.listed_by = (await _connection_of(self, campaign)).hash
        return await submit(self, campaign, action, memory)

    put(Submission, "submit", blind)


@found_by("edit: nothing")
def edit_forgets_what_stands() -> None:
    """The edited run is planned, and what was submitted of the old one stays."""
    kept = tuple(rule for rule in decide.RULES if rule is not cancelling.an_unwanted_run_is_cancelled)
    put(decide, "RULES", kept)
    put(situation, "is_outdated", lambda run, blueprint: run.spec_hash != blueprint.spec_hash)


@found_by("one-run: status#10 killed-after + status#11 killed-after + status#12 killed-after")
def outbox_after_the_end() -> None:
    """The end is written first, and that its webhook is due in a write of its own."""
    finished, write = outbox.finished, StatusWriter.write

    def bare(status: Any, key: Any, state: Any, uid: str, _: bool, now: Any) -> Any:
        return finished(status, key, state, uid, False, now)

    async def in_two(self: Any, campaign: Any, status: Any, *args: Any) -> Any:
        open_before = {run.key for run in campaign.status.runs if run.finish_time is None}
        written = await write(self, campaign, status, *args)
        with_outbox = written.status
        for run in written.status.runs:
            if run.key in open_before and run.finish_time is not None:
                with_outbox = finished(with_outbox, run.key, run.state, written.uid, True, run.finish_time)
        return await write(self, written, with_outbox, *args)

    put(outbox, "finished", bare)
    put(StatusWriter, "write", in_two)


@found_by("one-run: nothing")
def token_in_the_log() -> None:
    """A token is told to whoever reads the log."""
    token = oauth.TokenProvider.token

    async def told(self: Any, connection: Any) -> Any:
        found = await token(self, connection)
        structlog.get_logger().info("token", value=getattr(found, "value", None))
        return found

    put(oauth.TokenProvider, "token", told)


@found_by("one-run: nothing")
def contact_in_an_event() -> None:
    """Who is called is told to whoever may read Events."""
    planned = campaign_events.events_between

    def told(before: Any, after: Any) -> Any:
        return [replace(note, message=f"{note.message}: {CONTACT}") for note in planned(before, after)]

    put(writing, "events_between", told)
