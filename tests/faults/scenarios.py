"""The lives that are played: what the user does, and what must come of it.

Each scenario is a coroutine that acts upon a world as a user would and waits for what a user would see. It says
nothing of faults; whatever happens on the way, it must come to its end. Paris opens at 08:00 UTC, London and Abidjan at
09:00.
"""

from datetime import timedelta

from campaign_operator.adapters.kubernetes.leader_election import LEASE_SECONDS
from campaign_operator.api.vocabulary import REQUESTED_AT_ANNOTATION, RESOLVE_ANNOTATION
from faults.beginnings import ABIDJAN, LONDON, PARIS, Scenario, applied, apply, at
from faults.overlaps import OVERLAPS
from faults.sights import (
    are_submitted,
    has_completed,
    is_gone,
    is_told,
    nothing_is_submitted,
    ready_is,
    run_is,
    run_of,
    windows_are,
)
from faults.world import BEGINNING, STILL_SECONDS, World
from stage import fault

_SHOWN = at(7, 32)
"""By then the dialer's listing shows what was there when the world began."""

OVERTAKEN_SECONDS = LEASE_SECONDS + 4.0
"""By then another leads: it has looked at the Lease twice after its end."""

OUTLASTED_SECONDS = OVERTAKEN_SECONDS + STILL_SECONDS
"""By then the other has looked up what was under way, and has submitted it again if the dialer does not have it."""

FIRST, SECOND = "20270302T0900", "20270302T1100"


async def _completed(world: World) -> None:
    await world.until(run_is("Completed"), "Completed", at(9, 55))
    await world.until(is_told, "told to its webhook")


async def one_run(world: World) -> None:
    """One run of three zones, to Completed and its webhook; beside it schedules that are not its own."""
    await world.dialer.submit(
        world.name,
        (PARIS, "2027-03-02T09:00:00+01:00", "2027-03-02T09:30:00+01:00"),
        (LONDON, "2027-03-02T09:00:00+00:00", "2027-03-02T09:30:00+00:00"),
        (LONDON, "2027-03-03T09:00:00+00:00", "2027-03-03T10:00:00+00:00"),
        (ABIDJAN, "2027-03-03T09:00:00+00:00", "2027-03-03T10:00:00+00:00"),
    )
    await world.pass_until(_SHOWN)
    with world.chapter():
        await applied(world)
        await world.until(run_is("Scheduled"), "Scheduled")
        await _completed(world)


async def crowded(world: World) -> None:
    """The dialer's listing has two pages, and what is the campaign's own stands on the second."""
    await world.dialer.submit(
        world.name,
        *(
            (ABIDJAN, f"2027-03-{day:02}T{hour}:00:00+00:00", f"2027-03-{day:02}T{hour}:20:00+00:00")
            for day in range(4, 31)
            for hour in range(10, 14)
        ),
    )
    await world.pass_until(_SHOWN)
    await applied(world)
    with world.chapter("listing", "submit"):
        await world.until(run_is("Scheduled"), "Scheduled")
    await _completed(world)


async def recurring(world: World) -> None:
    """Two runs, of which the second is submitted before the first begins."""
    await applied(world, runPolicy="Recurring")
    await world.until(run_is("Scheduled"), "Scheduled")
    with world.chapter():
        await world.until(are_submitted(FIRST, SECOND), "submitted with its next run")
        await world.until(has_completed(FIRST), "Completed", at(9, 55))
        await world.until(has_completed(SECOND), "Completed a second time", at(12, 10))
        await world.until(is_told, "told to its webhook twice")


async def edit(world: World) -> None:
    """An edit and its taking back, each before the first start."""
    await applied(world)
    await world.until(run_is("Scheduled", seconds=3600), "Scheduled")
    with world.chapter():
        await world.user.edit(windowSeconds=1800)
        await world.until(run_is("Scheduled", seconds=1800), "Scheduled as edited")
    await world.user.edit(windowSeconds=3600)
    await world.until(run_is("Scheduled", seconds=3600), "Scheduled as before")
    await _completed(world)


async def suspend(world: World) -> None:
    """Suspended and resumed before the first start, and again while Paris is called."""
    await applied(world)
    await world.until(run_is("Scheduled"), "Scheduled")
    with world.chapter():
        await world.user.edit(suspend=True)
        await world.until(nothing_is_submitted, "cancelled")
        await world.user.edit(suspend=False)
        await world.until(run_is("Scheduled"), "Scheduled again")
    await world.until(run_is("Running"), "Running", at(8))
    with world.chapter():
        await world.user.edit(suspend=True)
        await world.until(windows_are(Paris="Submitted", London="Cancelled", Abidjan="Cancelled"), "cancelled in part")
        await world.user.edit(suspend=False)
        await world.until(windows_are(Paris="Submitted", London="Submitted", Abidjan="Submitted"), "submitted again")
    await _completed(world)


async def deletion(world: World) -> None:
    """Deleted with two runs submitted: nothing may be left to dial."""
    await applied(world, runPolicy="Recurring")
    await world.until(are_submitted(FIRST, SECOND), "submitted with its next run")
    with world.chapter():
        await world.user.delete()
        await world.until(is_gone, "gone")


async def no_listing(world: World) -> None:
    """The dialer has no listing, so a person looks at what is held, and says what became of it."""
    await world.dialer.put_faults(world.name, fault("list", "notOffered", status=404, campaign_id=world.name))
    with world.chapter("finalizer", "listing", "status", "submit"):
        await applied(world)
        await _scheduled_with_help(world)
    await _completed(world)


async def _scheduled_with_help(world: World) -> None:
    while run_of(await world.until(run_is("Scheduled", "Held"), "Scheduled or Held"))["state"] == "Held":
        await _resolve(world)


async def _resolve(world: World) -> None:
    campaign = await world.user.get()
    assert campaign is not None
    run = run_of(campaign)
    standing = {s["timezone"]: s["id"] for s in await world.dialer.schedules(world.name) if s["cancelledAt"] is None}
    held = [w["timeZone"] for w in run["windows"] if w["state"] == "Held"]
    said = ",".join(f"{run['id']}/{zone}={standing.get(zone, 'Resubmit')}" for zone in held)
    if campaign["metadata"].get("annotations", {}).get(RESOLVE_ANNOTATION) == said:
        await world.user.annotate(**{RESOLVE_ANNOTATION: None})
        await world.until(lambda found: "lastHandledResolve" not in (found or {}).get("status", {}), "open to a word")
    await world.user.annotate(**{RESOLVE_ANNOTATION: said})
    await world.until(
        lambda campaign: all(w["state"] != "Held" or w["timeZone"] not in held for w in run_of(campaign)["windows"]),
        "resolved",
    )


async def expired_token(world: World) -> None:
    """The token is refused in the middle of the submission, and again while the run is called."""
    await world.dialer.put_faults(
        world.name, fault("submit", "answer", status=401, campaign_id=world.name, time_zone=LONDON, times=1)
    )
    await applied(world)
    with world.chapter("token", "submit", "status"):
        await world.until(run_is("Scheduled"), "Scheduled")
    await world.pass_until(at(8, 30))
    await world.dialer.expire_tokens()
    with world.chapter():
        await world.pass_until(at(8, 45))
    await _completed(world)


async def rotation(world: World) -> None:
    """The client secret is changed at the dialer first, then in the Secret, with work to do in between."""
    await applied(world)
    await world.until(run_is("Scheduled"), "Scheduled")
    with world.chapter():
        world.client_secret = "rotated-secret"
        await world.dialer.expire_tokens()
        await world.user.edit(cron="5 9,11 * * *")
        await world.pass_until(at(7, 36))
        await world.connect()
        await world.user.annotate(**{REQUESTED_AT_ANNOTATION: "2027-03-02T07:36:00Z"})
        await world.until(run_is("Scheduled", run_id="20270302T0905"), "Scheduled as edited")
    await _completed(world)


async def wiped(world: World) -> None:
    """The runs are erased from the status by hand while its schedules stand."""
    await applied(world)
    await world.until(run_is("Scheduled"), "Scheduled")
    with world.chapter():
        await world.user.wipe()
        await world.until(run_is("Scheduled"), "Scheduled as before", at(7, 32))
    await _completed(world)


async def secret_changed(world: World) -> None:
    """The client secret is changed while the token that was got with the old one still counts."""
    await applied(world)
    await world.until(run_is("Scheduled"), "Scheduled")
    with world.chapter():
        world.client_secret = "rotated-secret"
        await world.connect()
        await world.pass_until(at(8, 25))
    await _completed(world)


async def unauthorized(world: World) -> None:
    """One zone is refused with 401, whatever the token, until somebody mends it."""
    await world.dialer.put_faults(
        world.name, fault("submit", "answer", status=401, campaign_id=world.name, time_zone=LONDON)
    )
    await applied(world)
    with world.chapter("token", "submit", "status"):
        await world.until(ready_is("DialerUnauthorized"), "refused")
        await world.dialer.put_faults(world.name)
        await world.user.annotate(**{REQUESTED_AT_ANNOTATION: "2027-03-02T07:31:00Z"})
        await world.until(run_is("Scheduled"), "Scheduled")
    await _completed(world)


async def recreated(world: World) -> None:
    """Deleted with Orphan and applied again: what stands at the dialer is taken over."""
    await applied(world, deletionPolicy="Orphan")
    await world.until(run_is("Scheduled"), "Scheduled")
    with world.chapter():
        await world.user.delete()
        await world.until(is_gone, "gone")
        await apply(world)
        await world.until(run_is("Scheduled"), "Scheduled again")
    await _completed(world)


async def last_ask(world: World) -> None:
    """The last call comes after the last poll; that the calls are asked for once more before the time-out makes the run
    Completed.
    """
    await applied(world, windowSeconds=3930, completion={"expectedCalls": 4, "graceSeconds": 0})
    await world.until(run_is("Scheduled"), "Scheduled")
    await world.pass_until(at(10, 4))
    with world.chapter("read", "secret", "status"):
        await world.until(run_is("Completed"), "Completed", at(10, 6))
    await world.until(is_told, "told to its webhook")


async def listed(world: World) -> None:
    """The contact list changes between plan and submission, a quarter of an hour before the first start."""
    await world.user.put_list(PARIS, LONDON)
    source = {"configMapKeyRef": {"name": world.name, "key": "contacts.csv"}}
    with world.chapter("config-map", "status"):
        await applied(world, contactsFrom=[source], submitAheadSeconds=900)
        await world.until(run_is("Planned"), "Planned")
    await world.pass_until(at(7, 40))
    await world.user.put_list(PARIS, LONDON, ABIDJAN)
    with world.chapter("config-map", "status"):
        every = windows_are(Paris="Submitted", London="Submitted", Abidjan="Submitted")
        await world.until(every, "submitted as it is now", at(7, 45))
    await world.user.put_list(PARIS)
    await _completed(world)


async def two_operators(world: World) -> None:
    """Two operators look after one campaign, from its application to its end."""
    await world.start(1)
    with world.chapter():
        await applied(world)
        await world.until(run_is("Scheduled", seconds=3600), "Scheduled")
        await world.user.edit(windowSeconds=1800)
        await world.until(run_is("Scheduled", seconds=1800), "Scheduled as edited")
    await world.user.edit(windowSeconds=3600)
    await world.until(run_is("Scheduled", seconds=3600), "Scheduled as before")
    await _completed(world)


async def elected(world: World, still_seconds: float = OUTLASTED_SECONDS) -> None:
    """As two operators, of which one works since it holds the Lease: until both have gone through an edit. One that
    stands still is overtaken, and believes to lead when it goes on.

    The rest is played without a Lease, whose renewals would make the two hours until the end of the run long ones.
    """
    world.elects, world.still_seconds = True, still_seconds
    await world.connect()
    await world.start(0)
    await world.pass_until(BEGINNING + timedelta(seconds=2))
    await world.start(1)
    with world.chapter("status", "submit", "cancel", "listing"):
        await apply(world)
        await world.until(run_is("Scheduled", seconds=3600), "Scheduled")
        await world.user.edit(windowSeconds=1800)
        await world.until(run_is("Scheduled", seconds=1800), "Scheduled as edited")
    await world.pass_trouble()
    world.elects = False
    for slot in (0, 1):
        await world.replace(slot)
    await world.user.edit(windowSeconds=3600)
    await world.until(run_is("Scheduled", seconds=3600), "Scheduled as before")
    await _completed(world)


async def overtaken(world: World) -> None:
    """The same, and who stands still goes on as soon as another surely leads: both are in the middle of it then."""
    await elected(world, OVERTAKEN_SECONDS)


async def suspended(world: World) -> None:
    """The same as the first, and it stands still since its machine is suspended: its monotonic clock does so, too."""
    world.sleeps = True
    await elected(world)


async def set_back(world: World) -> None:
    """The same as the first, and when it goes on its wall clock is earlier than it was when it stopped."""
    world.set_back_seconds = OUTLASTED_SECONDS + 20
    await elected(world)


async def another_writer(world: World) -> None:
    """Every second write of the operator is beaten by somebody who writes labels, annotations and status."""
    world.writes_of_another = 50
    await suspend(world)


async def ahead(world: World) -> None:
    """The operator's clock is five seconds ahead of the dialer's."""
    world.skew_seconds = 5.0
    await one_run(world)


async def behind(world: World) -> None:
    """The operator's clock is five seconds behind the dialer's."""
    world.skew_seconds = -5.0
    await one_run(world)


SCENARIOS: dict[str, Scenario] = {
    "one-run": one_run,
    "recurring": recurring,
    "edit": edit,
    "suspend": suspend,
    "deletion": deletion,
    "no-listing": no_listing,
    "expired-token": expired_token,
    "rotation": rotation,
    "wiped": wiped,
    "crowded": crowded,
    "secret-changed": secret_changed,
    "unauthorized": unauthorized,
    "recreated": recreated,
    "last-ask": last_ask,
    "listed": listed,
    **OVERLAPS,
    "two-operators": two_operators,
    "elected": elected,
    "overtaken": overtaken,
    "suspended": suspended,
    "set-back": set_back,
    "another-writer": another_writer,
    "ahead": ahead,
    "behind": behind,
}

REFERENCES = {
    **dict.fromkeys(("two-operators", "elected", "overtaken", "suspended", "set-back"), "edit"),
    "another-writer": "suspend",
    "ahead": "one-run",
    "behind": "one-run",
}
"""The scenarios that must come to what another comes to."""
