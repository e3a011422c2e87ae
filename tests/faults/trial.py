"""One life, played and read out."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from faults.beginnings import CONTACTS
from faults.lane import Lane
from faults.oracles import Outcome
from faults.plans import Plan, lag_seconds
from faults.scenarios import SCENARIOS
from faults.world import RECOVERY_SECONDS, SETTINGS, LostError, World

_AFTERWARDS = timedelta(seconds=RECOVERY_SECONDS + 10)
"""Watched beyond the end, for what a stopped operator or a late request may still do."""


Arranged = Mapping[str, Callable[[], Awaitable[None]]]
"""What is done just before an exchange of that name is forwarded."""


async def play(
    lane: Lane, plan: Plan, name: str, mistake: str | None = None, arranged: Arranged | None = None
) -> Outcome:
    """Play one plan in a world of its own; `name` is that of its campaign and must be new."""
    world = World(lane.place, name, plan.faults, mistake, arranged=dict(arranged or {}))
    before = [log.stat().st_size if log.exists() else 0 for log in lane.logs]
    lane.proxy.world = world
    try:
        await world.dialer.put_lag(name, lag_seconds(plan, SETTINGS["settle_seconds"]))
        lost = await _live(world, plan)
        campaign = await world.user.get()
        logs = [path.read_bytes()[start:] for path, start in zip(lane.logs, before, strict=True) if path.exists()]
        people = tuple(contact["id"] for contact in CONTACTS)
        return Outcome(
            plan=plan,
            lost=lost,
            at=world.clock.now(),
            poll_seconds=world.poll_seconds,
            forgotten=tuple(world.forgotten),
            overstayed=tuple(world.overstayed),
            unseated=world.unseated,
            fired=tuple(world.traffic.fired),
            exchanges=tuple(world.traffic.log),
            chapter=tuple(world.traffic.chapter),
            schedules=tuple(await world.dialer.schedules(name)),
            status=None if campaign is None else campaign["status"],
            deliveries=tuple(await lane.receiver.deliveries(f"/hooks/{name}")),
            events=tuple(world.traffic.events),
            log=b"".join(logs).decode(),
            forbidden=(*lane.forbidden, *world.traffic.token_secret, world.client_secret, *people),
            stale_tokens=tuple(world.traffic.stale),
        )
    finally:
        await world.end()
        await lane.proxy.end_world()


async def _live(world: World, plan: Plan) -> str | None:
    """Why the scenario did not come to its end, if it did not."""
    try:
        await SCENARIOS[plan.scenario](world)
        await world.pass_until(world.clock.now() + _AFTERWARDS)
    except LostError as error:
        return str(error)
    return None
