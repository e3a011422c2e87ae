"""What a rolling update came to, and what is wrong with it: judged by the dialer's ledger, the status of each campaign,
the events of a watch and the logs. Pure.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from e2e_world import Manifest
from faults.knowledge import instants
from rollouts.uncertainty import Span

LOOK_UP_SECONDS = 10.0
"""From the end of the settling time until the outcome of the look-up is on record, on a machine that is busy."""

_NEVER_LOGGED = ('"unexpected error"', "too many actions in one pass", "never retrieved")


@dataclass(frozen=True)
class HandOver:
    """One replica that led has ended and another leads. Times are wall clock seconds.

    `under_way` is the number of submissions that the dialer had received and not answered when the signal was sent.
    `submits_at` is when the dialer received the first submission of the new leader; None if there was none.
    """

    signal: str
    under_way: int
    signalled_at: float
    leads_at: float
    submits_at: float | None

    def __str__(self) -> str:
        waited = "nothing" if self.submits_at is None else f"{self.submits_at - self.signalled_at:.1f} s"
        return (
            f"{self.signal} with {self.under_way} submissions under way; another replica led after "
            f"{self.leads_at - self.signalled_at:.1f} s, and its first submission came after {waited}"
        )


@dataclass(frozen=True)
class Account:
    """All that was seen. By the clock of the spans, `killed_at` is when the first replica was killed, if one was, and
    `leads` are the times since which each replica led. `ended` are the last words of replicas that nobody has ended.
    """

    settle_seconds: float
    killed_at: float | None
    hand_overs: tuple[HandOver, ...]
    leads: tuple[float, ...]
    campaigns: tuple[Manifest, ...]
    schedules: tuple[Manifest, ...]
    spans: tuple[Span, ...]
    ended: tuple[str, ...]
    log: str = field(repr=False)

    def problems(self) -> list[str]:
        """All that is not as it should be, in words."""
        return [*self._twice(), *self._lost(), *self._uncertain(), *self._hand_overs(), *self._ended(), *self._logged()]

    def told(self) -> Iterator[str]:
        """The figures, a line each."""
        yield f"{len(self.campaigns)} campaigns, {len(self.schedules)} schedules"
        yield from map(str, self.hand_overs)
        if not self.spans:
            yield "no window was Uncertain"
            return
        whole = max(span.seconds for span in self.spans)
        since = max(self.seconds_under_one_leader(span) for span in self.spans)
        yield (
            f"{len(self.spans)} windows were Uncertain, for {whole:.1f} s at most, and for {since:.1f} s at most since "
            f"the replica led that looked it up; the settling time is {self.settle_seconds:g} s"
        )

    def seconds_under_one_leader(self, span: Span) -> float:
        """How long a window was Uncertain under the leader that settled it: each begins the settling time anew."""
        return span.ended - max([span.begun, *(at for at in self.leads if at <= span.ended)])

    def _twice(self) -> Iterator[str]:
        made = Counter((s["campaignId"], s["timezone"], s["startTime"]) for s in self.schedules)
        yield from (f"submitted {count} times: {' '.join(what)}" for what, count in made.items() if count > 1)

    def _lost(self) -> Iterator[str]:
        standing = {s["id"]: s for s in self.schedules if s["cancelledAt"] is None}
        known = set()
        for campaign in self.campaigns:
            name, status = campaign["metadata"]["name"], campaign.get("status", {})
            if status.get("state") != "Scheduled":
                yield f"{name} is {status.get('state')}"
            for window in (window for run in status.get("runs", []) for window in run["windows"]):
                schedule = standing.get(window.get("scheduleID", ""))
                known.add(window.get("scheduleID"))
                if schedule is None or window["state"] != "Submitted":
                    yield f"{name} has no schedule in {window['timeZone']}, which is {window['state']}"
                elif instants(schedule) != instants(window) or schedule["timezone"] != window["timeZone"]:
                    yield f"{name} has another's schedule in {window['timeZone']}"
        yield from (f"no window has the schedule {schedule_id}" for schedule_id in standing.keys() - known)

    def _uncertain(self) -> Iterator[str]:
        limit = self.settle_seconds + LOOK_UP_SECONDS
        for span in self.spans:
            if self.killed_at is None or span.begun < self.killed_at:
                yield f"{' '.join(span.window)} was Uncertain for {span.seconds:.1f} s, and no replica had been killed"
            elif (seconds := self.seconds_under_one_leader(span)) > limit:
                yield f"{' '.join(span.window)} was Uncertain for {seconds:.1f} s under one leader"

    def _hand_overs(self) -> Iterator[str]:
        yield from (f"no submission was under way at: {each}" for each in self.hand_overs if not each.under_way)

    def _ended(self) -> Iterator[str]:
        yield from (f"a replica has ended by itself: {words}" for words in self.ended)

    def _logged(self) -> Iterator[str]:
        yield from (
            f"logged: {line[:300]}" for line in self.log.splitlines() if any(said in line for said in _NEVER_LOGGED)
        )
