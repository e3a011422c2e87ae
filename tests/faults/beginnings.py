"""How a life begins: the campaign as its user applies it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from e2e_world import Manifest
from faults.exchanges import HOOKS
from faults.world import World

PARIS, LONDON, ABIDJAN = "Europe/Paris", "Europe/London", "Africa/Abidjan"

Scenario = Callable[[World], Awaitable[None]]


def at(hour: int, minute: int = 0, *, day: int = 2) -> datetime:
    """A time of March 2027; every world begins on the second."""
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


def contacts(*zones: str) -> list[Manifest]:
    """A contact in each of these time zones."""
    return [{"id": f"person-{number}", "timeZone": zone} for number, zone in enumerate(zones, start=41)]


CONTACTS = contacts(PARIS, LONDON, ABIDJAN)


async def applied(world: World, **spec: Any) -> None:
    """Connect, start an operator, and apply the campaign."""
    await world.connect()
    await world.start()
    await apply(world, **spec)


async def apply(world: World, **spec: Any) -> None:
    """Apply the campaign: in Paris, London and Abidjan at nine and at eleven, unless it is said otherwise."""
    webhook = {"url": f"{world.place.dialer_fronts[0]}{HOOKS}{world.name}", "secretRef": {"name": "hook", "key": "k"}}
    people = {} if "contactsFrom" in spec else {"contacts": CONTACTS}
    await world.user.apply({"cron": "0 9,11 * * *", **people, "windowSeconds": 3600, "webhook": webhook, **spec})
