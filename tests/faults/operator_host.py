"""The process whose forks are the operators: everything is imported once, so an operator starts in a moment and can be
killed as it is in a cluster, by SIGKILL.

Reads one order a line (JSON) from stdin and answers with the process id. When stdin ends, it ends itself and all that
it started. What an operator runs is the product's own `main.run_operator`; of the harness's it has the clock and the
timer, a mistake where one is planted, a watch that lasts through jumps of the clock, and a User-Agent that tells which
operator it is.
"""

import asyncio
import gc
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp.connector
import anyio._backends._asyncio  # else it is imported with the first connection, which takes a tenth of a second
import anyio.streams.tls  # noqa: F401 - as above
import kopf

from campaign_operator import main, watches
from campaign_operator.adapters.cxone.dialer import CXoneDialer
from campaign_operator.adapters.kubernetes.leader_election import LeaseName
from campaign_operator.adapters.outbound import exchange
from campaign_operator.domain.campaigns.campaign import Settings
from campaign_operator.domain.dialing.outcomes import ScheduleRequest, SendPermission, SubmitOutcome
from campaign_operator.engine import alarms
from campaign_operator.settings import RunOptions
from faults.clock import OperatorLoop, SharedClock
from faults.exchanges import signed
from faults.mistakes import plant
from standing_still import StopsAfterTheLastLook

_FOR_EVER_SECONDS = 1e9


@dataclass(frozen=True, kw_only=True)
class Order:
    """What an operator is to be started with; plain values, since it goes through a pipe.

    `watch_is_renewed`: kopf begins its watch anew after 70 quiet seconds, as it does by default. Else a day that
    passes in one jump would cost a thousand watches, and as many looks at both clocks. `stops_before`: the submissions,
    `ZONE#N`, before which it stops itself (SIGSTOP), after the intent and with nothing under way that could have timed
    out when it goes on. `stops_sending`: those in which it does so after its last look at the clock. `lease`: the Lease
    that it has to hold before it begins; None where it is alone, or is to believe so.
    """

    slot: int
    namespace: str
    kubeconfig: str
    authority: str
    clock: str
    log: str
    settings: dict[str, float]
    skew_seconds: float = 0.0
    watch_is_renewed: bool = False
    stops_before: tuple[str, ...] = ()
    stops_sending: tuple[str, ...] = ()
    lease: str | None = None
    mistake: str | None = None


def serve() -> None:
    """Fork an operator for each order until stdin ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until an operator's loop listens to it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # what is there already is never looked at for garbage, and so stays shared with the forks
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        order = Order(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            _become_operator(order)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    os.killpg(0, signal.SIGKILL)


def _become_operator(order: Order) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        random.seed()
        log = os.open(order.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ["KUBECONFIG"] = order.kubeconfig
        # the machine's own roots are of no use here, and reading them takes longer than all the rest of a start
        os.environ["SSL_CERT_FILE"] = order.authority
        if not order.watch_is_renewed:
            _watch_for_ever()
        exchange.USER_AGENT = signed(exchange.USER_AGENT, order.slot)
        _stop_before(order.stops_before)
        _stop_sending(order.stops_sending)
        if order.mistake is not None:
            plant(order.mistake)
        clock = SharedClock(Path(order.clock), order.skew_seconds, order.slot)
        _libraries_go_by(clock)
        options = RunOptions(
            settings=Settings(**order.settings),
            namespaces=(order.namespace,),
            log_format="json",
            ca_file=Path(order.authority),
            allow_cidrs=(ip_network("127.0.0.0/8"),),
            lease=None if order.lease is None else LeaseName(order.namespace, order.lease),
        )
        with asyncio.Runner(loop_factory=lambda: OperatorLoop(clock, order.slot)) as runner:
            runner.run(main.run_operator(options, clock, partial(clock.ends_after, order.slot)))
    finally:
        sys.stderr.flush()
        os._exit(1)


def _libraries_go_by(clock: SharedClock) -> None:
    """By the machine's own clock an idle connection would never grow old, and be looked after every 15 seconds; and a
    Lease would never end.
    """
    time.time = lambda: clock.now().timestamp()
    time.monotonic = clock.monotonic
    aiohttp.connector.monotonic = clock.monotonic  # type: ignore[attr-defined]


def _watch_for_ever() -> None:
    original: Any = kopf.OperatorSettings.__init__

    def patient(self: kopf.OperatorSettings, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.watching.inactivity_timeout = _FOR_EVER_SECONDS

    kopf.OperatorSettings.__init__ = patient  # type: ignore[method-assign]
    watches.SILENT_SECONDS = _FOR_EVER_SECONDS
    alarms.CLOCKS_COMPARED_SECONDS = _FOR_EVER_SECONDS


def _stop_before(submissions: Container[str]) -> None:
    def stopped(permission: SendPermission) -> SendPermission:
        os.kill(os.getpid(), signal.SIGSTOP)
        return permission

    _with_permission(submissions, stopped)


def _stop_sending(submissions: Container[str]) -> None:
    _with_permission(submissions, StopsAfterTheLastLook)


def _with_permission(submissions: Container[str], other: Callable[[SendPermission], SendPermission]) -> None:
    submit, count = CXoneDialer.submit, Counter[str]()

    async def hesitant(
        self: CXoneDialer, connection: Any, request: ScheduleRequest, permission: SendPermission
    ) -> SubmitOutcome:
        count[request.time_zone] += 1
        if f"{request.time_zone}#{count[request.time_zone]}" in submissions:
            permission = other(permission)
        return await submit(self, connection, request, permission)

    CXoneDialer.submit = hesitant  # type: ignore[method-assign]


if __name__ == "__main__":
    serve()
