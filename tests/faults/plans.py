"""Plans: which exchange of which scenario is stopped how. A plan is one line, and the line replays it.

Pure. A plan is written `recurring: submit[Europe/Paris]#1 killed-late + status#3 reset`.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Cut(StrEnum):
    """What becomes of one exchange."""

    RESET = "reset"
    """The connection is reset; nothing was forwarded."""
    WITHHELD = "withheld"
    """Carried out, and the answer never comes."""
    CUT = "cut"
    """Carried out, and the answer ends in its middle."""
    LATE = "late"
    """Carried out after the operator has given up waiting, and never answered."""
    SLOW = "slow"
    """Carried out and answered, after some seconds: what others do meanwhile comes first."""
    BUSY = "busy"
    """429 with Retry-After; nothing was carried out."""
    BROKEN = "broken"
    """Carried out, and answered by 500."""
    CONFLICT = "conflict"
    """409 from the API server; nothing was carried out."""
    GONE = "gone"
    """410 from the API server; nothing was carried out."""
    SILENT = "silent"
    """A stream that stays open and says nothing any more."""
    KILLED_BEFORE = "killed-before"
    """The operator dies before the request is forwarded."""
    KILLED_AFTER = "killed-after"
    """Carried out; the operator dies before the answer comes."""
    KILLED_ANSWERED = "killed-answered"
    """Answered; the operator dies before it can act upon it."""
    KILLED_LATE = "killed-late"
    """The operator dies while the request is under way; it is carried out when the next has long begun."""
    PAUSED = "paused"
    """Answered; the operator stands still, through a settling time in which another works, and then goes on."""
    STOPPED = "stopped"
    """The operator stands still between its intent and this request, as above, and then goes on."""
    STOPPED_SENDING = "stopped-sending"
    """The same between its last look at the clock and the system call that sends."""


LATE_SECONDS = {Cut.SLOW: 5, Cut.LATE: 35, Cut.KILLED_LATE: 20}
"""How late these make a request at the dialer: SLOW shorter than anybody's patience and than the right to send, LATE
longer than the operator waits, and all of them shorter than the settling time.
"""


_READING = (Cut.WITHHELD, Cut.CUT, Cut.BROKEN, Cut.KILLED_BEFORE)
_SENDING = (
    *(Cut.RESET, Cut.WITHHELD, Cut.CUT, Cut.LATE, Cut.SLOW, Cut.BUSY, Cut.BROKEN),
    *(Cut.KILLED_BEFORE, Cut.KILLED_AFTER, Cut.KILLED_ANSWERED, Cut.KILLED_LATE, Cut.PAUSED),
)
CUTS: Mapping[str, tuple[Cut, ...]] = {
    "status": (*_SENDING, Cut.CONFLICT, Cut.GONE),
    "finalizer": (*_SENDING, Cut.CONFLICT),
    "submit": (*_SENDING, Cut.STOPPED, Cut.STOPPED_SENDING),
    "cancel": _SENDING,
    "webhook": tuple(cut for cut in _SENDING if cut is not Cut.PAUSED),
    "listing": (*_READING, Cut.RESET, Cut.BUSY, Cut.KILLED_ANSWERED, Cut.PAUSED),
    "token": (*_READING, Cut.RESET, Cut.BUSY, Cut.KILLED_ANSWERED),
    "watch": (Cut.RESET, Cut.CUT, Cut.GONE, Cut.SILENT, Cut.KILLED_BEFORE),
    "list": (*_READING, Cut.RESET, Cut.BUSY, Cut.GONE),
    "check": (*_READING, Cut.RESET, Cut.BUSY),
    "event": (Cut.WITHHELD, Cut.BROKEN, Cut.KILLED_BEFORE),
}
"""What can become of an exchange, by the first word of its name; all others only read."""


@dataclass(frozen=True, order=True)
class Fault:
    """One cut at one exchange."""

    exchange: str
    cut: Cut

    def __str__(self) -> str:
        return f"{self.exchange} {self.cut}"


@dataclass(frozen=True, order=True)
class Plan:
    """What goes wrong in one life of one scenario."""

    scenario: str
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        return f"{self.scenario}: {' + '.join(map(str, self.faults)) or 'nothing'}"


def lag_seconds(plan: Plan, settle_seconds: float) -> int:
    """By how much the dialer's listing lags in that life: as far as the promise allows, which is that a request takes
    effect and shows within the settling time.
    """
    late = sum(LATE_SECONDS.get(fault.cut, 0) for fault in plan.faults)
    return max(0, int(settle_seconds) - 1 - late)


_FAULT = re.compile(r"(?P<exchange>\S+#\d+) (?P<cut>\S+)")


def parse_plan(line: str) -> Plan:
    """The plan that is written so. Raises ValueError."""
    scenario, colon, said = line.partition(":")
    if not colon:
        raise ValueError(f"not a plan: {line!r} (SCENARIO: EXCHANGE#N CUT + ...)")
    if said.strip() == "nothing":
        return Plan(scenario.strip())
    faults = []
    for part in said.split("+"):
        found = _FAULT.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"not a fault: {part.strip()!r} (EXCHANGE#N CUT)")
        faults.append(Fault(found["exchange"], Cut(found["cut"])))
    return Plan(scenario.strip(), tuple(faults))


def cuts_of(exchange: str) -> tuple[Cut, ...]:
    """What can become of an exchange. One that only reads is the same each time, so after the second of its name an
    answer that does not come and a death are enough.
    """
    name, _, number = exchange.rpartition("#")
    cuts = CUTS.get(name.partition("[")[0])
    if cuts is None:
        return _READING if int(number) <= 2 else (Cut.WITHHELD, Cut.KILLED_BEFORE)
    return cuts


def single_faults(scenario: str, exchanges: Iterable[str]) -> Iterator[Plan]:
    """One plan for every exchange and every cut but one: SLOW lets others go first, and here there are none."""
    for exchange in exchanges:
        for cut in cuts_of(exchange):
            if cut is Cut.SLOW:
                continue
            yield Plan(scenario, (Fault(exchange, cut),))


def random_faults(recorded: Mapping[str, Sequence[str]], count: int, seed: int) -> Iterator[Plan]:
    """Pairs and triples of faults, the same for the same seed.

    What follows a first fault is not in the record of a run without any, so a number may be one or two higher than
    those recorded.
    """
    chance = random.Random(seed)  # noqa: S311 - not for secrets, and to be repeated
    scenarios = sorted(recorded)
    for _ in range(count):
        scenario = chance.choice(scenarios)
        faults: dict[str, Cut] = {}
        wanted = chance.choice((2, 2, 3))
        while len(faults) < wanted:
            name, _, number = chance.choice(recorded[scenario]).rpartition("#")
            exchange = f"{name}#{int(number) + chance.choice((0, 0, 0, 1, 2))}"
            faults[exchange] = chance.choice(cuts_of(exchange))
        yield Plan(scenario, tuple(Fault(exchange, cut) for exchange, cut in faults.items()))
