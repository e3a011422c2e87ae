"""What the operator takes of a list and a watch, by kopf and the real API server: pages of whole campaigns, metadata
alone of what happens afterwards, and each namespace by itself.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import kopf
import pytest
import yarl
from kubernetes.aio.client import ApiClient

from campaign_operator import campaign_answers, watches
from campaign_operator.adapters.kubernetes.api_server import APIServer
from campaign_operator.adapters.kubernetes.cluster import load_configuration
from campaign_operator.adapters.kubernetes.left_out import LeftOut
from campaign_operator.api.vocabulary import GROUP, PLURAL, VERSION
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_sandbox.control_plane import ControlPlane
from e2e_world import Manifest, campaign
from serving import until
from stage import Stage


class Seen:
    """Handlers that keep what they are given, as none of the operator's does."""

    def __init__(self) -> None:
        self.bodies: dict[str, dict[str, Any]] = {}
        self.listed: dict[str, Mapping[str, Any]] = {}
        self.all_listed: list[tuple[str, set[CampaignRef]]] = []

    def note_all_listed(self, namespace: str, listed: Collection[CampaignRef]) -> None:
        self.all_listed.append((namespace, set(listed)))

    @property
    def names(self) -> set[str]:
        """All that was seen."""
        return {*self.bodies, *self.listed}

    async def note_listed(self, page: Iterable[Mapping[str, Any]], *, are_whole: bool) -> None:
        for each in page:
            assert are_whole == ("spec" in each)
            self.listed[each["metadata"]["name"]] = each

    def register(self, registry: kopf.OperatorRegistry) -> None:
        @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
        async def note(body: kopf.Body, name: str, **_: Any) -> None:
            self.bodies[name] = dict(body)


def no_signals() -> None:
    """kopf would have SIGINT end it, and not pytest."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().remove_signal_handler(number)


@asynccontextmanager
async def watched(kubeconfig: Path, seen: Seen, *namespaces: str, selector: str = "") -> AsyncIterator[watches.Watches]:
    """The watches of these namespaces, as the operator has them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(kubeconfig))
        async with ApiClient(await load_configuration()) as client:
            found = watches.Watches(
                APIServer(client),
                namespaces,
                selector,
                seen.register,
                LeftOut(),
                on_listed=seen.note_listed,
                on_all_listed=seen.note_all_listed,
                on_left_out=lambda _: None,
                on_spawned=no_signals,
            )
            running = asyncio.create_task(found.run())
            try:
                yield found
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


async def test_a_campaign_is_listed_whole_and_of_a_change_the_watch_is_told_the_metadata_alone(
    stage: Stage, playhouse: tuple[ControlPlane, Path]
) -> None:
    seen = Seen()
    await stage.apply(campaign(stage.namespace, "before"))
    async with watched(playhouse[1], seen, stage.namespace) as found:

        async def ready() -> bool:
            return not found.why_not_ready()

        await until(ready)
        await stage.apply(campaign(stage.namespace, "after"))

        async def both() -> bool:
            return {"before", "after"} <= seen.names

        await until(both)
    assert seen.listed["before"]["metadata"]["resourceVersion"]
    assert seen.listed["before"]["spec"]
    assert seen.bodies["after"]["metadata"]["resourceVersion"]
    assert not {"spec", "status"} & seen.bodies["after"].keys()


async def test_kopf_keeps_nothing_of_the_campaigns_that_exist_when_a_watch_begins(
    stage: Stage, playhouse: tuple[ControlPlane, Path]
) -> None:
    """But for one from which it is to take the finalizer of an earlier version."""
    seen, old = Seen(), campaign(stage.namespace, "old")
    old["metadata"]["finalizers"] = ["campaign-operator.io/polling"]
    await stage.apply(campaign(stage.namespace, "before"), old)
    async with watched(playhouse[1], seen, stage.namespace):

        async def released() -> bool:
            return await stage.kubectl("get", "ocamp", "old", "-o", "jsonpath={.metadata.finalizers}") == ""

        await until(released)
    assert seen.listed.keys() == {"before", "old"}
    assert seen.bodies.keys() == {"old"}


async def test_many_campaigns_are_listed_in_pages(
    stage: Stage, playhouse: tuple[ControlPlane, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API server itself cuts no answer: each page is a request with a limit, and the next begins where it ended."""
    monkeypatch.setattr(watches, "CAMPAIGNS_PER_PAGE", 2)
    seen, names = Seen(), {f"c{number}" for number in range(5)}
    await stage.apply(*(campaign(stage.namespace, name) for name in sorted(names)))
    pages: list[str | None] = []
    original = aiohttp.ClientSession.request

    def counted(self: aiohttp.ClientSession, method: Any, url: Any, **given: Any) -> Any:
        if yarl.URL(url).path.endswith(PLURAL) and "watch" not in yarl.URL(url).query:
            pages.append(yarl.URL(url).query.get("limit"))
        return original(self, method, url, **given)

    monkeypatch.setattr(aiohttp.ClientSession, "request", counted)
    async with watched(playhouse[1], seen, stage.namespace):

        async def all_of_them() -> bool:
            return bool(seen.all_listed)

        await until(all_of_them)
    assert names <= seen.names
    assert seen.all_listed == [(stage.namespace, {CampaignRef(stage.namespace, name) for name in names})]
    assert [limit for limit in pages if limit != "1"] == ["2", "2", "2"]


async def test_a_page_that_is_too_large_is_listed_as_metadata_alone(
    stage: Stage, playhouse: tuple[ControlPlane, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other pages are not."""
    monkeypatch.setattr(watches, "CAMPAIGNS_PER_PAGE", 1)
    monkeypatch.setattr(campaign_answers, "MOST_PAGE_BYTES", 50_000)
    contacts = [{"id": f"contact-{number:05}", "timeZone": "Asia/Tokyo"} for number in range(2000)]
    await stage.apply(
        campaign(stage.namespace, "a"),
        campaign(stage.namespace, "large", contacts=contacts),
        campaign(stage.namespace, "z"),
    )
    seen = Seen()
    async with watched(playhouse[1], seen, stage.namespace) as found:

        async def ready() -> bool:
            return not found.why_not_ready()

        await until(ready)
    assert {name for name, each in seen.listed.items() if "spec" in each} == {"a", "z"}
    assert seen.listed["large"]["metadata"]["resourceVersion"]


async def test_a_watch_with_a_selector_is_told_of_what_matches_alone(
    stage: Stage, playhouse: tuple[ControlPlane, Path]
) -> None:
    """The API server filters: what nobody here serves costs nothing here."""

    def made(name: str, team: str) -> Manifest:
        manifest = campaign(stage.namespace, name)
        return {**manifest, "metadata": {**manifest["metadata"], "labels": {"team": team}}}

    seen = Seen()
    await stage.apply(made("theirs-1", "support"), made("mine-1", "sales"))
    async with watched(playhouse[1], seen, stage.namespace, selector="team in (sales, marketing)"):

        async def listed() -> bool:
            return "mine-1" in seen.listed

        await until(listed)
        await stage.apply(made("theirs-2", "support"), made("mine-2", "marketing"))

        async def told() -> bool:
            return "mine-2" in seen.bodies

        await until(told)
    assert seen.names == {"mine-1", "mine-2"}
    assert seen.all_listed == [(stage.namespace, {CampaignRef(stage.namespace, "mine-1")})]


async def test_a_namespace_without_campaigns_is_watched_at_once(
    stage: Stage, playhouse: tuple[ControlPlane, Path]
) -> None:
    seen = Seen()
    async with watched(playhouse[1], seen, stage.namespace) as found:

        async def ready() -> bool:
            return not found.why_not_ready()

        await until(ready)
        await stage.apply(campaign(stage.namespace, "first"))

        async def told() -> bool:
            return "first" in seen.bodies

        async with asyncio.timeout(5):
            await until(told)
    assert seen.all_listed == [(stage.namespace, set())]


async def test_in_a_quiet_cluster_a_watch_is_heard_of_and_one_that_is_not_is_begun_anew(
    stage: Stage, playhouse: tuple[ControlPlane, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With seconds for minutes. Nothing happens to any campaign."""
    monkeypatch.setattr(watches, "RENEWED_SECONDS", 1)
    monkeypatch.setattr(watches, "SILENT_SECONDS", 3.0)
    monkeypatch.setattr(watches, "FIRST_HEARD_SECONDS", 5.0)
    begun: list[None] = []
    spawn = kopf.spawn_tasks

    async def counted(**given: Any) -> Any:
        begun.append(None)
        return await spawn(**given)

    monkeypatch.setattr(kopf, "spawn_tasks", counted)
    seen = Seen()
    async with watched(playhouse[1], seen, stage.namespace) as found:

        async def ready() -> bool:
            return not found.why_not_ready()

        await until(ready)
        for _ in range(50):
            await asyncio.sleep(0.1)  # what is to be seen is that time passes and nothing comes of it
            assert found.why_not_alive() == []
        assert len(begun) == 1
        assert len(seen.all_listed) == 1
        assert await ready()

        # it is renewed too seldom to be heard of: dead, for all that anybody can tell
        monkeypatch.setattr(watches, "SILENT_SECONDS", 0.3)
        monkeypatch.setattr(watches, "RENEWED_SECONDS", 240)

        async def anew() -> bool:
            return len(begun) > 1

        await until(anew)
