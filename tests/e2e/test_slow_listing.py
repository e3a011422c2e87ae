"""An API server that needs longer for a page of campaigns than any other request may take.

The operator is the real program with a shorter time-out and small pages, since nobody wants to wait for the real ones.
"""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web

from campaign_operator.api.vocabulary import PLURAL
from campaign_sandbox.control_plane import ControlPlane
from campaign_sandbox.loopback_port import LOOPBACK
from e2e_world import World, campaign, start_program
from stage import Stage

REQUEST_SECONDS, PAGE_SECONDS, PER_PAGE = 2.0, 3.0, 2

HURRIED = f"""
from campaign_operator import watches
from campaign_operator.cli import main
watches.REQUEST_SECONDS, watches.CAMPAIGNS_PER_PAGE = {REQUEST_SECONDS}, {PER_PAGE}
main()
"""


@dataclass
class SlowLists:
    """Hands everything on to the API server, and answers for a page of campaigns only after `seconds`."""

    upstream: str
    session: aiohttp.ClientSession
    seconds: float
    pages: list[str] = field(default_factory=list)
    """What each answered page was asked to continue from; empty for a first page."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        is_page = request.path.endswith(f"/{PLURAL}") and request.query.get("limit") == str(PER_PAGE)
        if is_page:
            await asyncio.sleep(self.seconds)
        names = ("Accept", "Authorization", "Content-Type")
        async with self.session.request(
            request.method,
            self.upstream + request.path_qs,
            headers={name: request.headers[name] for name in names if name in request.headers},
            data=await request.read() or None,
        ) as answer:
            response = web.StreamResponse(
                status=answer.status, headers={"Content-Type": answer.headers["Content-Type"]}
            )
            await response.prepare(request)
            async for piece in answer.content.iter_any():
                await response.write(piece)
            await response.write_eof()
        if is_page:
            self.pages.append(request.query.get("continue", ""))
        return response


def by_way_of(server: str, kubeconfig: Path, folder: Path) -> Path:
    """The same kubeconfig with another server."""
    found = yaml.safe_load(kubeconfig.read_text())
    found["clusters"][0]["cluster"] = {"server": server}
    changed = folder / "kubeconfig"
    changed.write_text(yaml.safe_dump(found))
    return changed


@asynccontextmanager
async def slow_lists(
    control_plane: ControlPlane, kubeconfig: Path, folder: Path
) -> AsyncIterator[tuple[SlowLists, Path]]:
    """The proxy, and the kubeconfig that leads by way of it."""
    trusted = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=control_plane.ca_pem), limit=0)
    async with aiohttp.ClientSession(connector=trusted, timeout=aiohttp.ClientTimeout(total=None)) as session:
        lists = SlowLists(control_plane.server_url, session, PAGE_SECONDS)
        runner = web.ServerRunner(web.Server(lists.handle, handler_cancellation=True), shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, LOOPBACK, 0)
            await site.start()
            yield lists, by_way_of(site.name, kubeconfig, folder)
        finally:
            await runner.cleanup()


async def test_an_operator_serves_campaigns_of_which_each_page_takes_longer_than_a_request_may(
    stage: Stage, playhouse: tuple[ControlPlane, Path], world: World, tmp_path: Path
) -> None:
    control_plane, kubeconfig = playhouse
    names = [f"c{number}" for number in range(5)]
    await stage.apply(*(campaign(stage.namespace, name, suspend=True) for name in names))
    async with slow_lists(control_plane, kubeconfig, tmp_path) as (lists, by_proxy):
        program = [sys.executable, "-c", HURRIED]
        flags = ("--namespace", stage.namespace)
        operator = start_program(program, {"KUBECONFIG": str(by_proxy)}, world.authority, tmp_path, *flags)
        here = replace(world, control_plane=control_plane, operator=operator)
        try:
            for name in names:
                await here.wait_for_reason(stage.namespace, name, "Suspended")
            await here.apply(campaign(stage.namespace, "later", suspend=True))
            await here.wait_for_reason(stage.namespace, "later", "Suspended")
        finally:
            await operator.stop(timeout_seconds=40)
    assert [bool(page) for page in lists.pages] == [False, True, True]
