"""A process that is stopped while it sends must not send when it goes on: by then somebody else may have sent."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from textwrap import dedent

import pytest

from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.outbound.exchange import HTTPExchange, Unanswered
from contract.exchange_kit import eventually, post
from scripted_server import LOOPBACK, Conversation, Received, ScriptedServer, answer, scripted_server
from standing_still import ENDED_BY_ITS_TIMER, is_to_end

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process that stands still")

TESTS = Path(__file__).parents[1]


async def sender_that_stops(server: ScriptedServer, over_within: str) -> Process:
    """A process that has stopped in the middle of sending."""
    sender = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "standing_still", server.url, str(server.ca_file), over_within),
        stdout=PIPE,
        cwd=TESTS,
    )
    await asyncio.to_thread(os.waitid, os.P_PID, sender.pid, os.WSTOPPED)
    return sender


async def test_a_process_that_stood_still_too_long_ends_before_it_sends() -> None:
    async with scripted_server(answer(201)) as server:
        sender = await sender_that_stops(server, "2")
        await eventually(lambda: is_to_end(sender.pid))
        sender.send_signal(signal.SIGCONT)
        assert await sender.wait() == ENDED_BY_ITS_TIMER
        await eventually(lambda: not server.open_connections)
        assert all(request.body == b"" for request in server.requests), "only the head of a request may have left"


async def test_a_process_that_stood_still_for_a_moment_goes_on() -> None:
    async with scripted_server(answer(201)) as server:
        sender = await sender_that_stops(server, "60")
        sender.send_signal(signal.SIGCONT)
        said, _ = await sender.communicate()
        assert (sender.returncode, said) == (0, b"Answered")


async def test_without_a_watchdog_it_would_send_however_late() -> None:
    """What the first test shows is the watchdog's doing."""
    async with scripted_server(answer(201)) as server:
        sender = await sender_that_stops(server, "never")
        sender.send_signal(signal.SIGCONT)
        said, _ = await sender.communicate()
        assert said == b"Answered"
        assert [request.body for request in server.requests] == [b"{}"]


async def test_the_first_process_of_a_container_ends_too() -> None:
    """The kernel spares it from signals that it has no handler for."""
    program = """
        import os, sys, time
        from campaign_operator.adapters.outbound.watchdog import KernelTimer
        print(os.getpid(), flush=True)  # before the timer is set, which may end it in the middle of a line
        KernelTimer()(0.01)
        time.sleep(60)  # it is ended long before; without an end the test would never fail
    """
    alone = ("unshare", "--user", "--map-root-user", "--pid", "--fork")
    probe = await asyncio.create_subprocess_exec(*alone, "true", stderr=PIPE)
    _, said = await probe.communicate()
    if probe.returncode != 0:
        pytest.skip(f"no process may be the first here: {said.decode().strip()}")
    process = await asyncio.create_subprocess_exec(*alone, sys.executable, "-c", dedent(program), stdout=PIPE)
    said, _ = await process.communicate()
    assert (said, process.returncode) == (b"1\n", ENDED_BY_ITS_TIMER)


async def test_where_the_kernel_gives_no_timer_it_is_told_and_the_operator_works() -> None:
    program = """
        import resource
        from campaign_operator.adapters.outbound.watchdog import set_timer_of_this_machine
        resource.setrlimit(resource.RLIMIT_SIGPENDING, (0, 0))
        set_timer = set_timer_of_this_machine()
        set_timer(0.01)
        set_timer(None)
    """
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", dedent(program), stdout=PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    assert b"the kernel provides no timer" in said
    assert b"timer_create: Resource temporarily unavailable" in said


async def test_the_kernel_gives_up_what_is_not_acknowledged() -> None:
    """Else it would go on delivering what a process has sent that stands still, and be heard a minute later."""

    async def once(conversation: Conversation, request: Received) -> None:
        await answer(200, {})(conversation, request)
        conversation.stop_acknowledging()

    async with scripted_server(once) as server:
        policy = EgressPolicy(ca_file=server.ca_file, allow_cidrs=LOOPBACK)
        egress = Egress(policy, unacknowledged_seconds=0.5)
        exchange = HTTPExchange(egress)
        await exchange.send(post(server), deadline_seconds=30)
        outcome = await exchange.send(post(server), deadline_seconds=30)
        await exchange.aclose()
        egress.close()
        assert outcome == Unanswered("the connection broke before the answer")
        assert len(server.requests) == 1
