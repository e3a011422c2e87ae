"""The campaigns of a soak, and what happens to them: created, edited, suspended, resumed and deleted at random.

Owns what was asked for and when, which the ledger is held against in the end.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError
from campaigns import NAMESPACE, RESOURCE, ZONES, manifest
from kubernetes.aio.client import ApiClient, CoreV1Api, CustomObjectsApi
from kubernetes.aio.client.exceptions import ApiException
from soak_judging import Life, Terms

PERIODS = (6, 10, 15)
WINDOWS = (60, 120, 240)
MOST_ZONES = 4
MOST_CONTACTS = 100
LIST_KEY = "list.csv"
_REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
_MERGE_PATCH = "application/merge-patch+json"


class Inhabitants:
    """All campaigns that there are and were, by name; `acts` counts what was done to them. `unclear` are those to which
    something may have been done or not.
    """

    def __init__(self, client: ApiClient, chance: random.Random) -> None:
        """Of a namespace that has the connection `cxone`."""
        self._objects = CustomObjectsApi(client)
        self._core = CoreV1Api(client)
        self._chance = chance
        self._with_list: set[str] = set()
        self.lives: dict[str, Life] = {}
        self.alive: list[str] = []
        self.unclear: set[str] = set()
        self.acts: Counter[str] = Counter()

    async def create(self) -> None:
        """Create one more."""
        chance = self._chance
        name = f"soak-{len(self.lives)}"
        terms = Terms(*self._cron(), self._zones(), chance.choice(WINDOWS))
        life = Life(recurring=chance.random() < 0.85, chapters=[(_now(), terms)])
        # far more calls than the windows have time for: such a run times out
        expected = 100_000 if chance.random() < 0.2 else chance.randrange(10, 60)
        spec: dict[str, Any] = {
            "cron": terms.cron,
            "startMode": "SameInstant",
            "windowSeconds": terms.window_seconds,
            "runPolicy": "Recurring" if life.recurring else "Once",
            "submitAheadSeconds": chance.choice((60, 120, 300)),
            "completion": {"expectedCalls": expected, "graceSeconds": 60},
        }
        if chance.random() < 0.3:
            self._with_list.add(name)
        self.lives[name] = life
        self.alive.append(name)
        with self._clear(name):
            await self._create(name, terms, spec)

    async def _create(self, name: str, terms: Terms, spec: dict[str, Any]) -> None:
        if name in self._with_list:
            config_map: Any = {"metadata": {"name": name}, "data": {LIST_KEY: self._rows(terms)}}
            await self._core.create_namespaced_config_map(NAMESPACE, config_map)
            source = {"configMapKeyRef": {"name": name, "key": LIST_KEY}}
            spec |= {"contacts": None, "contactsFrom": [source]}
        body = manifest(NAMESPACE, name, terms.zones, self._contacts(), spec)
        await self._objects.create_namespaced_custom_object(**RESOURCE, namespace=NAMESPACE, body=body)
        self.acts["created"] += 1

    async def act(self) -> None:
        """Do something to one of them; where the API server gives no clear answer, it is not judged in the end."""
        name = self._chance.choice(self.alive)
        if self._chance.random() < 0.3:
            with self._clear(name):
                await self._delete(name)
            await self.create()
            return
        with self._clear(name):
            if self.lives[name].terms.suspended:
                await self._suspend(name, suspended=False)
            else:
                edits = (self._edit_contacts, self._edit_cron, self._edit_window, self._suspend)
                await self._chance.choice(edits)(name)

    @contextmanager
    def _clear(self, name: str) -> Iterator[None]:
        try:
            yield
        except (ApiException, ClientError, TimeoutError) as error:
            if isinstance(error, ApiException) and error.status in _REFUSED:
                raise
            self.unclear.add(name)
            if name in self.alive:
                self.alive.remove(name)
            self.acts["without an answer"] += 1

    async def stuck(self, now: datetime, patience: timedelta) -> list[str]:
        """Those that were deleted longer ago than `patience`, and are not gone."""
        found: Any = await self._objects.list_namespaced_custom_object(**RESOURCE, namespace=NAMESPACE)
        there = {each["metadata"]["name"] for each in found["items"]}
        return [
            name
            for name, life in self.lives.items()
            if life.deleted is not None and life.deleted + patience < now and name in there
        ]

    async def _delete(self, name: str) -> None:
        self.lives[name].deleted = _now()
        self.alive.remove(name)
        await self._objects.delete_namespaced_custom_object(**RESOURCE, namespace=NAMESPACE, name=name)
        if name in self._with_list:
            await self._core.delete_namespaced_config_map(name, NAMESPACE)
        self.acts["deleted"] += 1

    async def _edit_contacts(self, name: str) -> None:
        terms = self.lives[name].terms
        if name in self._with_list:
            # of the same time zones: nothing tells when the operator has seen it
            body: Any = {"data": {LIST_KEY: self._rows(terms)}}
            await self._core.patch_namespaced_config_map(name, NAMESPACE, body)
            self.acts["list edited"] += 1
            return
        terms = replace(terms, zones=self._zones())
        contacts = manifest(NAMESPACE, name, terms.zones, self._contacts(), {})["spec"]["contacts"]
        await self._edit(name, terms, {"contacts": contacts}, "contacts edited")

    async def _edit_cron(self, name: str) -> None:
        period, minute = self._cron()
        terms = replace(self.lives[name].terms, period=period, minute=minute)
        await self._edit(name, terms, {"cron": terms.cron}, "cron edited")

    async def _edit_window(self, name: str) -> None:
        terms = replace(self.lives[name].terms, window_seconds=self._chance.choice(WINDOWS))
        await self._edit(name, terms, {"windowSeconds": terms.window_seconds}, "window edited")

    async def _suspend(self, name: str, *, suspended: bool = True) -> None:
        terms = replace(self.lives[name].terms, suspended=suspended)
        await self._edit(name, terms, {"suspend": suspended}, "suspended" if suspended else "resumed")

    async def _edit(self, name: str, terms: Terms, spec: dict[str, Any], what: str) -> None:
        self.lives[name].chapters.append((_now(), terms))
        body = {"spec": spec}
        await self._objects.patch_namespaced_custom_object(
            **RESOURCE, namespace=NAMESPACE, name=name, body=body, _content_type=_MERGE_PATCH
        )
        self.acts[what] += 1

    def _cron(self) -> tuple[int, int]:
        period = self._chance.choice(PERIODS)
        return period, self._chance.randrange(period)

    def _zones(self) -> tuple[str, ...]:
        return tuple(self._chance.sample(ZONES, self._chance.randrange(1, MOST_ZONES + 1)))

    def _contacts(self) -> int:
        return self._chance.randrange(MOST_ZONES, MOST_CONTACTS + 1)

    def _rows(self, terms: Terms) -> str:
        rows = (f"person-{n},{terms.zones[n % len(terms.zones)]}\n" for n in range(self._contacts()))
        return "id,timeZone\n" + "".join(rows)


def _now() -> datetime:
    return datetime.now(UTC)
