"""A process that stands still at the worst moment: after its last look at the clock, before the system call that sends.

As a program (URL, PEM file of the authority, and seconds or `never`) it sends one request so, and says what came of it.
"""

import asyncio
import ipaddress
import os
import signal
import sys
from pathlib import Path

from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import HTTPExchange, OutgoingRequest, OverInTime
from campaign_operator.adapters.outbound.watchdog import KernelTimer, Watchdog
from campaign_operator.domain.dialing.outcomes import SendPermission

ENDED_BY_ITS_TIMER = 14
"""The exit status of a process that the kernel's timer has ended."""


def is_to_end(pid: int) -> bool:
    """Whether the signal of its timer waits for the main thread of a process that stands still."""
    lines = Path(f"/proc/{pid}/task/{pid}/status").read_text().splitlines()
    (pending,) = (int(line.split()[1], 16) for line in lines if line.startswith("SigPnd:"))
    return bool(pending & 1 << signal.SIGALRM - 1)


class StopsAfterTheLastLook:
    """A permission after whose second asking, the one before a request's body, the process stops itself (SIGSTOP)."""

    def __init__(self, permission: SendPermission) -> None:
        self._permission = permission
        self._looks = 0

    def in_force(self) -> bool:
        """See SendPermission."""
        answer = self._permission.in_force()
        self._looks += 1
        if self._looks == 2:
            os.kill(os.getpid(), signal.SIGSTOP)
        return answer


class _AlwaysInForce:
    def in_force(self) -> bool:
        return True


async def _send(url: str, authority: Path, over_within: float | None) -> str:
    egress = Egress(EgressPolicy(ca_file=authority, allow_cidrs=(ipaddress.ip_network("127.0.0.0/8"),)))
    watchdog = Watchdog(SystemClock(), KernelTimer())
    exchange = HTTPExchange(egress, over_in_time=None if over_within is None else OverInTime(watchdog, over_within))
    request = OutgoingRequest("lane", "POST", url, body=b"{}")
    outcome = await exchange.send(request, deadline_seconds=30, permission=StopsAfterTheLastLook(_AlwaysInForce()))
    await exchange.aclose()
    egress.close()
    return type(outcome).__name__


if __name__ == "__main__":
    _url, _authority, _seconds = sys.argv[1:]
    sys.stdout.write(asyncio.run(_send(_url, Path(_authority), None if _seconds == "never" else float(_seconds))))
