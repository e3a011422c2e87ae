"""Runs the simulated dialer.

Owns the way from settings to a listening server. It does not know the command line.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from campaign_sandbox.running_server import running_server, wall_clock
from campaign_sandbox.simulator.application import simulator_application
from campaign_sandbox.simulator.simulator_settings import SimulatorSettings


@asynccontextmanager
async def simulated_dialer(settings: SimulatorSettings, now: Callable[[], datetime] = wall_clock) -> AsyncIterator[str]:
    """A simulated dialer for as long as the block runs; yields its base URL.

    Raises OSError as `running_server` does.
    """
    async with running_server(simulator_application(settings, now), settings.listener) as base_url:
        yield base_url


async def serve_dialer(settings: SimulatorSettings, announce: Callable[[str], None], stop: asyncio.Event) -> None:
    """Run a simulated dialer until `stop`; `announce` is told its base URL once it accepts connections.

    Raises OSError as `running_server` does.
    """
    async with simulated_dialer(settings) as base_url:
        announce(base_url)
        await stop.wait()
