"""How long one user waits: campaigns created one after another, each when the one before is Scheduled."""

from figures import Result, at_most, percentile, told
from session import Session
from world import running_world

WAIT_SECONDS = 30.0
MEDIAN_SECONDS = 0.5
P95_SECONDS = 1.0


async def measure(session: Session) -> Result:
    """From before the create request leaves to the event in which the run is Scheduled."""
    count = 20 if session.quick else 100
    waits = []
    async with running_world(session.binaries) as world:
        meter = world.meter()
        for number in range(1, count + 1):
            created = await world.campaigns.create(f"one-{number}", zones=2, contacts=50)
            waits.append(await world.reached(f"one-{number}", "Scheduled", WAIT_SECONDS) - created)
            if number % 20 == 0:
                session.progress(f"{number} of {count} scheduled, the last after {waits[-1]:.2f} s")
        usage = meter.usage()
    return Result(
        title="From apply to Scheduled",
        how=f"{count} campaigns of 50 contacts in 2 time zones, one after another, each created when the one before "
        "was Scheduled. A wait is from the moment before the create request leaves to the event of a watch in which "
        "`status.state` is `Scheduled`: by then the run is planned, the dialer was asked what it has, the intent "
        "is written, the schedules are submitted and their ids recorded.",
        lines=(
            at_most("median", percentile(waits, 50), MEDIAN_SECONDS, "s"),
            at_most("95th percentile", percentile(waits, 95), P95_SECONDS, "s"),
            told("longest", max(waits), "s"),
            told("CPU of the operator for each", usage.by_process["operator"] / count * 1000, "ms", 0),
            told("CPU of the API server and etcd for each", usage.control_plane_seconds / count * 1000, "ms", 0),
        ),
        kubernetes=world.kubernetes,
        others_percent=usage.others_percent,
    )
