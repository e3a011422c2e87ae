"""All that passes between the operators of one world and the outside: what is under way, and what is to be cut.

Owns the names and numbers of exchanges, the faults that are still to come, and what the oracles want to know of the
traffic. It forwards nothing itself; the proxy does.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from faults.exchanges import Request, name_of
from faults.plans import Cut, Fault


@dataclass
class Traffic:
    """The exchanges of one world.

    `writings` counts what anybody has written of a campaign, and `version` is the newest resourceVersion that came of
    it; `watched` is how far each slot's watch has come, None where there is none that speaks. `token_secret` has the
    tokens that were given out and the client secret that each was got with; `secret_until` is the client secret that
    counts, and from when on (monotonic seconds) no other may be used, and `stale` are the exchanges that did.
    `chapter` are the exchanges that a scenario is about.
    """

    faults: list[Fault] = field(default_factory=list)
    fired: list[Fault] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    chapter: list[str] = field(default_factory=list)
    arrivals: int = 0
    writings: int = 0
    under_way: int = 0
    version: int = 0
    watched: dict[int, int | None] = field(default_factory=dict)
    zone_of: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    token_secret: dict[str, str] = field(default_factory=dict)
    secret_until: tuple[str, float] | None = None
    stale: list[str] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _topics: tuple[str, ...] | None = None

    def open_chapter(self, names: tuple[str, ...]) -> None:
        """From now on the exchanges of these names, or all if there are none, belong to the chapter."""
        self._topics = names

    def close_chapter(self) -> None:
        """No more exchanges belong to it."""
        self._topics = None

    @contextmanager
    def exchange(self, request: Request, at: float) -> Iterator[str]:
        """An exchange from its arrival (monotonic seconds) to its end; its name with its number."""
        name = name_of(request, self.zone_of)
        self._counts[name] += 1
        exchange = f"{name}#{self._counts[name]}"
        secret = self.token_secret.get(request.bearer_token())
        if self.secret_until is not None and secret not in (None, self.secret_until[0]) and at > self.secret_until[1]:
            self.stale.append(exchange)
        self.log.append(exchange)
        if self._topics is not None and (not self._topics or name.partition("[")[0] in self._topics):
            self.chapter.append(exchange)
        self.arrivals += 1
        self.under_way += 1
        try:
            yield exchange
        finally:
            self.under_way -= 1

    @contextmanager
    def parked(self) -> Iterator[None]:
        """While an exchange only waits for time to pass or for somebody to give up, it is not under way."""
        self.under_way -= 1
        try:
            yield
        finally:
            self.under_way += 1

    def cut_of(self, exchange: str) -> Cut | None:
        """What is to become of this exchange; each fault fires once."""
        for fault in self.faults:
            if fault.exchange == exchange:
                self.faults.remove(fault)
                self.fired.append(fault)
                return fault.cut
        return None

    def answered(self, exchange: str, request: Request, status: int, body: bytes) -> None:
        """Learn from an answer, whether or not the operator will see it."""
        if status >= 300 or not body:
            return
        if exchange.startswith("event#"):
            # not asked for at the end: those of one campaign are found by looking at all in the namespace
            self.events.append(request.json())
        elif exchange.startswith("submit["):
            self.zone_of[json.loads(body)["id"]] = request.json()["timezone"]
        elif exchange.startswith("token#"):
            self.token_secret[json.loads(body)["access_token"]] = request.basic_credentials() or ""
        elif request.is_about_a_campaign:
            self.told(json.loads(body))

    def told(self, campaign: dict[str, Any]) -> None:
        """Somebody has written a campaign, and was told of it at this resourceVersion, so a watch must come to it."""
        self.writings += 1
        self.version = max(self.version, int(campaign["metadata"]["resourceVersion"]))

    def watch_said(self, slot: int, lines: Iterable[bytes]) -> None:
        """The watch of a slot has come so far."""
        for line in lines:
            version = json.loads(line)["object"]["metadata"].get("resourceVersion", "0")
            self.watched[slot] = max(self.watched.get(slot) or 0, int(version))

    def is_caught_up(self, slot: int) -> bool:
        """Whether the operator of that slot has heard of all that was written."""
        watched = self.watched.get(slot)
        return watched is None or watched >= self.version
