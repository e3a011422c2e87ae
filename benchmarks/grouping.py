"""What one schedule for each time zone is worth: 1,000 contacts in 10 zones against one request for each contact."""

from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic

from campaigns import ZONES, campaign_id
from figures import Line, Result, told
from plain_dialer import plain_dialer
from session import Session
from world import DialerSettings, World, running_world

WAIT_SECONDS = 60.0
LATENCY_MS = 30
TIMES_LESS = 50


async def measure(session: Session) -> Result:
    """Apply to Scheduled, against a plain client that sends as many requests as there are contacts."""
    contacts, rounds = (100, 1) if session.quick else (1000, 5)
    waits, requests = [], []
    async with running_world(session.binaries, DialerSettings(latency_ms=LATENCY_MS)) as world:
        meter = world.meter()
        for number in range(rounds):
            name = f"grouped-{number}"
            created = await world.campaigns.create(name, zones=len(ZONES), contacts=contacts)
            waits.append(await world.reached(name, "Scheduled", WAIT_SECONDS) - created)
            requests.append(await world.submissions(campaign_id(name)))
        session.progress(f"{contacts} contacts scheduled within {median(waits):.2f} s; now one request for each")
        plain = await _one_after_another(world, contacts)
        if await world.submissions(campaign_id("plain")) != contacts:
            raise AssertionError("the dialer did not see one request for each contact")
        usage = meter.usage()
    times = plain / median(waits)
    return Result(
        title=f"{contacts} contacts in {len(ZONES)} time zones",
        how=f"A dialer that takes {LATENCY_MS} ms for each request, and a campaign of {contacts} contacts: from the "
        f"moment before the create request leaves to `Scheduled`, median of {rounds} campaigns, and how many requests "
        f"for a schedule the dialer's ledger then shows; against {contacts} such requests, one for each contact, sent "
        "to the same dialer one after another by a plain HTTP client on one connection.",
        lines=(
            Line(
                "requests for schedules",
                str(max(requests)),
                str(len(ZONES)),
                set(requests) == {len(ZONES)},
            ),
            told("apply to Scheduled", median(waits), "s"),
            told("one request for each contact", plain, "s"),
            Line("times less", f"{times:.0f}", f"at least {TIMES_LESS}", times >= TIMES_LESS),
        ),
        kubernetes=world.kubernetes,
        others_percent=usage.others_percent,
    )


async def _one_after_another(world: World, contacts: int) -> float:
    """How many seconds the requests take, the one for the token not counted."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=6)
    async with plain_dialer(world) as dialer:
        begun = monotonic()
        for number in range(contacts):
            await dialer.submit(campaign_id("plain"), ZONES[number % len(ZONES)], start, start + timedelta(hours=4))
        return monotonic() - begun
