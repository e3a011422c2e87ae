"""One world: a namespace, its operators, its dialer, and a time of its own that passes when nothing is going on.

Owns the passing of time and the lives of the operators. It knows no scenario and judges nothing.
"""

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from campaign_operator.adapters.kubernetes.api_server import APIServer
from e2e_world import Manifest, condition
from faults.clock import SLOTS, SharedClock
from faults.desks import CLIENT_SECRET, DialerDesk
from faults.knowledge import forgotten
from faults.operator_host import Order
from faults.operators import OperatorHost, OperatorProcess
from faults.plans import Cut, Fault
from faults.sights import runs_of
from faults.traffic import Traffic
from faults.user import User

BEGINNING = datetime(2027, 3, 2, 7, 30, tzinfo=UTC)
"""Every world begins then, a Tuesday, so that a plan is the same whenever it is played."""

SETTINGS = {
    "poll_seconds": 1260.0,
    "settle_seconds": 60.0,
    "request_timeout_seconds": 30.0,
    "send_within_seconds": 10.0,
}
CALLS_IN_ALL = 100
CALLS_PER_SECOND = 0.0004
"""While a campaign is open it places a call every 2500 seconds: at 08:00, 08:41 and 09:23 those of a first run, at
10:05, 10:46 and 11:28 those of a second.
"""

RECOVERY_SECONDS = SETTINGS["request_timeout_seconds"] + 2 * SETTINGS["settle_seconds"] + 30
"""How long after the last fault all must be as it would have been without it: a request may have to be given up, what
became of it is known a settling time later, and meanwhile another run may be submitted, after which the listing is
trusted another settling time later.
"""

STILL_SECONDS = SETTINGS["settle_seconds"] + 10
"""How long an operator that is stopped stands still."""

KNOWS_SECONDS = 3.0
"""How long an operator that wakes, and leads no more, may go on: until it has looked at its Lease again and ended."""

_STOPS_ITSELF = (Cut.STOPPED, Cut.STOPPED_SENDING)
_OF_A_POLL = ("analytics", "token", "read", "secret")
_RESTART_SECONDS = 10.0
_CALM_LOOKS = 3
_LOOK_SECONDS = 0.001
_LONGEST_REST_SECONDS = 60.0
_MOST_EXCHANGES = 1000


class LostError(AssertionError):
    """The world does not come to what it must come to."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a world is: what outlives it, and is used by one world at a time."""

    namespace: str
    api: APIServer
    host: OperatorHost
    clock: SharedClock
    orders: tuple[Order, ...]
    dialer: DialerDesk
    dialer_fronts: tuple[str, ...]


@dataclass
class World:
    """One life of one campaign, from its application to its end.

    `elects`: whether operators have to hold a Lease. `overstayed` are those that led on although they had lost it, in
    words; `unseated` counts those that ended for that reason. Who stands still does so for `still_seconds`, and as on a
    machine that is suspended if it `sleeps`; when it goes on, its wall clock is set back by `set_back_seconds`.
    `forgotten` are the schedules that stood, at some time, in no run of the status; in words.
    """

    place: Place
    name: str
    faults: tuple[Fault, ...] = ()
    mistake: str | None = None
    skew_seconds: float = 0.0
    writes_of_another: int = 0
    elects: bool = False
    still_seconds: float = STILL_SECONDS
    sleeps: bool = False
    set_back_seconds: float = 0.0
    poll_seconds: float = SETTINGS["poll_seconds"]
    traffic: Traffic = field(init=False)
    client_secret: str = CLIENT_SECRET
    trouble_until: float = 0.0
    forgotten: list[str] = field(default_factory=list)
    overstayed: list[str] = field(default_factory=list)
    unseated: int = 0
    arranged: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.traffic = Traffic([fault for fault in self.faults if fault.cut not in _STOPS_ITSELF])
        self._stops = [fault for fault in self.faults if fault.cut in _STOPS_ITSELF]
        self._can_stop_themselves = bool(self._stops)
        self._operators: dict[int, OperatorProcess] = {}
        self._timers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._restarting: set[int] = set()
        self._woken: dict[int, float] = {}
        # of two that see to one operator at once, one would start an operator that the other knows nothing of
        self._one_at_a_time = asyncio.Lock()
        self._is_over = False
        self.user = User(self.place.api, self.traffic, self.place.namespace, self.name)
        self.clock.set_to(BEGINNING)

    @property
    def clock(self) -> SharedClock:
        """Everybody's clock in this world."""
        return self.place.clock

    @property
    def dialer(self) -> DialerDesk:
        """The dialer, past the proxy. The campaign has the world's name there, too."""
        return self.place.dialer

    async def connect(self) -> None:
        """Apply the connection Secret with the client secret that counts from now on; it may take half the time between
        two polls until that is noticed.
        """
        await self.user.connect(self.place.dialer_fronts[0], self.client_secret)
        self.traffic.secret_until = self.client_secret, self.clock.monotonic() + self.poll_seconds / 2 + 30

    # The operators

    async def start(self, slot: int = 0) -> None:
        """Start an operator, unless there is one or the world is over."""
        async with self._one_at_a_time:
            await self._start(slot)

    async def _start(self, slot: int) -> None:
        living = self._operators.get(slot)
        if self._is_over or (living is not None and not living.has_ended()):
            return
        self.clock.is_starting(slot)
        self.traffic.watched[slot] = None
        order = replace(
            self.place.orders[slot],
            settings={**SETTINGS, "poll_seconds": self.poll_seconds},
            mistake=self.mistake,
            skew_seconds=self.skew_seconds,
            stops_before=self._submissions_with(Cut.STOPPED),
            stops_sending=self._submissions_with(Cut.STOPPED_SENDING),
            lease=self.name if self.elects else None,
            watch_is_renewed=any(fault.exchange.startswith("watch") for fault in self.faults),
        )
        self._operators[slot] = await self.place.host.start(order)

    def _submissions_with(self, cut: Cut) -> tuple[str, ...]:
        exchanges = (fault.exchange for fault in self._stops if fault.cut is cut)
        return tuple(exchange.removeprefix("submit[").replace("]", "") for exchange in exchanges)

    async def _kill(self, slot: int) -> None:
        operator = self._operators.pop(slot, None)
        self._woken.pop(slot, None)
        if operator is not None:
            await operator.kill()
        self.has_trouble()

    async def replace(self, slot: int) -> None:
        """Kill an operator and start another in its place."""
        async with self._one_at_a_time:
            await self._kill(slot)
            await self._start(slot)

    async def stand_still(self, slot: int) -> None:
        """Stop an operator, if it still lives, for longer than a settling time, while another works."""
        async with self._one_at_a_time:
            operator = self._operators.get(slot)
            if operator is None:
                return
            operator.stop()
            await self._start(1 - slot)
            self.has_trouble(self.still_seconds)
            self._later(self.still_seconds).add_done_callback(lambda _: self._go_on(slot, operator))

    def _go_on(self, slot: int, operator: OperatorProcess) -> None:
        """Continue an operator, or end it for the kernel, which knows nothing of this world's time."""
        if self.clock.has_ended(slot):
            operator.end()
        else:
            if self.sleeps:
                self.clock.slept(slot, self.still_seconds)
            self.clock.set_back(slot, self.set_back_seconds)
            operator.go_on()
            if self.elects and self._operators.get(slot) is operator:
                self._woken[slot] = self.clock.monotonic()

    def has_trouble(self, seconds: float = 0.0) -> None:
        """A fault has begun, which will last for so many seconds."""
        self.trouble_until = max(self.trouble_until, self.clock.monotonic() + seconds)

    async def end(self) -> None:
        """Kill all that lives or is about to, and let nothing of the campaign be left."""
        self._is_over = True
        async with self._one_at_a_time:
            for slot in list(self._operators):
                await self._kill(slot)
        assert not self.place.host.living(), "an operator outlived its world, and would act in the next"
        for _, _, timer in self._timers:
            timer.cancel()
        await self.user.remove()

    @contextmanager
    def chapter(self, *names: str) -> Iterator[None]:
        """What the scenario is about: the exchanges in here, or those of these names, are those that faults are tried
        at.

        How an operator starts, how a campaign comes to be submitted and how it comes to its end is the same in all
        scenarios, and the chapter of one of them only.
        """
        self.traffic.open_chapter(names)
        try:
            yield
        finally:
            self.traffic.close_chapter()

    async def before(self, exchange: str) -> None:
        """Let another writer be quicker than every second write of an operator; do what a scenario has arranged.

        What he writes makes the operator write again, so he stops at some time, or the two would never end.
        """
        name, _, number = exchange.rpartition("#")
        if self.writes_of_another > 0 and name in ("status", "finalizer") and int(number) % 2:
            self.writes_of_another -= 1
            await self.user.disturb(int(number))
        if exchange in self.arranged:
            await self.arranged.pop(exchange)()

    # The time

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this world's time."""
        self.has_trouble(seconds)
        await self._later(seconds)

    def _later(self, seconds: float) -> asyncio.Future[None]:
        timer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._timers, (self.clock.monotonic() + seconds, next(self._order), timer))
        return timer

    async def until(
        self, holds: Callable[[Manifest | None], bool], what: str, at: datetime | None = None
    ) -> Manifest | None:
        """Let time pass until the campaign is so; it is given as it is then, None if it is gone.

        It must come to that at once, or at the moment `at`, and no later than a recovery takes after the last fault.
        Raises LostError.
        """
        expected = self.clock.monotonic() + max(0.0, (at - self.clock.now()).total_seconds() if at else 0.0)
        seen, found = -1, None
        while True:
            await self._rest()
            if self.traffic.writings != seen:
                seen, found = self.traffic.writings, await self.user.get()
                schedules = await self.dialer.schedules(self.name)
                self.forgotten += forgotten(found, schedules, self.clock.now())
                if holds(found):
                    return found
            limit = max(expected, self.trouble_until) + RECOVERY_SECONDS
            limit += self._missed_polls_seconds() + self._rivals_seconds(found)
            moment = self._next_moment()
            if moment > limit:
                raise LostError(
                    f"it does not come to be {what}; it is {_told(await self.user.get())}; {self._told_of_operators()}"
                )
            self._jump_to(moment)

    def _missed_polls_seconds(self) -> float:
        """After a poll that failed another comes in time for everything; after two in a row only the one after them.
        A poll within a sixth of a period after a failure is answered with that failure, so it may be the next but one.
        """
        failed = [fault for fault in self.traffic.fired if fault.exchange.startswith(_OF_A_POLL)]
        return self.poll_seconds * 7 / 6 if len(failed) > 1 else 0.0

    def _rivals_seconds(self, found: Manifest | None) -> float:
        """Where two operators are at work, each run is submitted only once the listing shows what the other has sent of
        the run before it, a settling time later.
        """
        return SETTINGS["settle_seconds"] * len(runs_of(found)) if len(self._operators) > 1 else 0.0

    def _told_of_operators(self) -> str:
        now = self.clock.monotonic()
        waits = {slot: f"waits for {self.clock.next_timer(slot) - now:.0f} s" for slot in self._operators}
        found = [
            f"operator {slot} {'stands still' if one.stopped else waits[slot]}" for slot, one in self._operators.items()
        ]
        return ", ".join(found) or "there is no operator"

    async def pass_until(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        end = self.clock.monotonic() + (moment - self.clock.now()).total_seconds()
        while True:
            await self._rest()
            if self.clock.monotonic() >= end:
                return
            self._jump_to(min(end, self._next_moment()))

    async def pass_trouble(self) -> None:
        """Let time pass until the last fault is over, and whoever stood still has looked around."""
        seconds = max(0.0, self.trouble_until - self.clock.monotonic()) + 4 * KNOWS_SECONDS
        await self.pass_until(self.clock.now() + timedelta(seconds=seconds))

    def _next_moment(self) -> float:
        waits = [self.clock.next_timer(slot) for slot, one in self._operators.items() if not one.stopped]
        return min([*waits, *(moment for moment, _, _ in self._timers[:1])], default=math.inf)

    def _jump_to(self, moment: float) -> None:
        """Whoever waits for that moment is woken."""
        self.clock.advance(max(0.0, moment - self.clock.monotonic()) + 0.001)
        while self._timers and self._timers[0][0] <= self.clock.monotonic():
            timer = heapq.heappop(self._timers)[2]
            if not timer.done():
                timer.set_result(None)
        for operator in self._operators.values():
            operator.poke()

    async def _rest(self) -> None:
        """Wait until nothing goes on any more but the passing of time. Raises LostError where that is never."""
        calm, before, begun = 0, (-1, -1.0), time.monotonic()
        while calm < _CALM_LOOKS:
            await asyncio.sleep(_LOOK_SECONDS)
            await self._look_after_operators()
            now = (self.traffic.arrivals, sum(self.clock.wakenings(slot) for slot in range(SLOTS)))
            calm = calm + 1 if now == before and self._is_calm() else 0
            before = now
            if time.monotonic() - begun > _LONGEST_REST_SECONDS or self.traffic.arrivals > _MOST_EXCHANGES:
                raise LostError(f"it never rests; the last exchanges: {', '.join(self.traffic.log[-12:])}")

    def _is_calm(self) -> bool:
        return self.traffic.under_way == 0 and all(
            self.clock.is_idle(slot) and self.traffic.is_caught_up(slot) and operator.is_asleep()
            for slot, operator in self._operators.items()
            if not operator.stopped
        )

    async def _look_after_operators(self) -> None:
        """Start again what has ended, some seconds later, as a kubelet does; see to what has stopped itself."""
        for slot, operator in list(self._operators.items()):
            if self._can_stop_themselves and operator.has_stopped_itself():
                self.traffic.fired += self._stops
                self._stops.clear()
                await self.stand_still(slot)
            elif operator.has_ended():
                del self._operators[slot]
                self._note_its_end(slot)
                self.has_trouble(_RESTART_SECONDS)
                self._later(_RESTART_SECONDS).add_done_callback(partial(self._is_due, slot))
        while self._restarting:
            await self.start(self._restarting.pop())

    def _note_its_end(self, slot: int) -> None:
        woke = self._woken.pop(slot, None)
        if woke is None:
            return
        self.unseated += 1
        if (seconds := self.clock.monotonic() - woke) > KNOWS_SECONDS:
            self.overstayed.append(f"operator {slot} led on for {seconds:.1f} s after another had taken over")

    def _is_due(self, slot: int, _: asyncio.Future[None]) -> None:
        self._restarting.add(slot)


def _told(campaign: Manifest | None) -> str:
    if campaign is None:
        return "gone"
    runs = "; ".join(f"{run['id']} {run['state']} with {_told_of_windows(run)}" for run in runs_of(campaign))
    ready = condition(campaign.get("status", {}), "Ready")
    return f"{runs or 'without a run'}, Ready is {ready.get('reason')}: {ready.get('message')}"


def _told_of_windows(run: Manifest) -> list[tuple[str, str, str]]:
    return [(w["timeZone"], w["state"], w.get("message", "")) for w in run.get("windows", [])]
