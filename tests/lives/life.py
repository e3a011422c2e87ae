"""What a random life is: what its campaign says, and what happens to it when.

Pure. The names of the days are those of `datetime.weekday`: Monday is 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from e2e_world import Manifest

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Hours:
    """The calling hours: whole hours of the day, on these days; a match outside is deferred or skipped."""

    start: int
    end: int
    days: tuple[int, ...]
    defers: bool

    def spec(self) -> Manifest:
        """As the resource has them."""
        return {
            "start": f"{self.start:02}:00",
            "end": f"{self.end:02}:00",
            "days": [DAYS[day] for day in self.days],
            "outside": "Defer" if self.defers else "Skip",
        }


@dataclass(frozen=True)
class Terms:
    """What a campaign says at one time: it calls these zones at `minute` past each of `clock_hours`, on these days."""

    zones: tuple[str, ...]
    clock_hours: tuple[int, ...]
    minute: int
    days: tuple[int, ...]
    window_seconds: int
    hours: Hours
    ahead_seconds: int
    recurring: bool
    suspended: bool = False

    @property
    def cron(self) -> str:
        """When it calls."""
        days = ",".join(str((day + 1) % 7) for day in self.days) if len(self.days) < len(DAYS) else "*"
        return f"{self.minute} {','.join(map(str, self.clock_hours))} * * {days}"

    def spec(self) -> Manifest:
        """As the resource says it."""
        return {
            "cron": self.cron,
            "contacts": [{"id": f"person-{number}", "timeZone": zone} for number, zone in enumerate(self.zones)],
            "windowSeconds": self.window_seconds,
            "callingHours": self.hours.spec(),
            "submitAheadSeconds": self.ahead_seconds,
            "runPolicy": "Recurring" if self.recurring else "Once",
            "suspend": self.suspended,
            "completion": {"graceSeconds": 3600},
        }


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that happens at one time."""

    at: datetime = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Edit(Act):
    """The user applies the campaign with other terms; suspending and resuming are edits, too."""

    terms: Terms

    def __str__(self) -> str:
        return f"applied with {self.terms}"


@dataclass(frozen=True, kw_only=True)
class Ask(Act):
    """The user asks for another look, by the annotation requestedAt."""


@dataclass(frozen=True, kw_only=True)
class Away(Act):
    """The operator dies, and another that remembers nothing begins so much later."""

    seconds: int


@dataclass(frozen=True, kw_only=True)
class Death(Act):
    """The operator dies before or after the next-but-so-many write, POST or DELETE, and another begins at once."""

    doing: str
    after: int
    carried_out: bool


@dataclass(frozen=True, kw_only=True)
class Trouble(Act):
    """The dialer answers the next-but-so-many calls of this kind otherwise; so many times. `effect` is that of a
    rule of the simulated dialer.
    """

    call: str
    effect: dict[str, Any]
    after: int
    times: int


@dataclass(frozen=True, kw_only=True)
class Outage(Act):
    """The dialer answers every call with 503 for so long."""

    seconds: int


@dataclass(frozen=True, kw_only=True)
class Deletion(Act):
    """The user deletes the campaign."""


@dataclass(frozen=True)
class Life:
    """One life; `acts` in their order. The same seed makes the same life."""

    seed: int
    begins: datetime
    ends: datetime
    terms: Terms
    orphans: bool
    lag_seconds: int
    acts: tuple[Act, ...] = field(default=())

    def __str__(self) -> str:
        policy = "Orphan" if self.orphans else "Cancel"
        head = f"life {self.seed} until {self.ends:%a %d %H:%M}, deletionPolicy {policy}, lag {self.lag_seconds} s"
        happens = [(self.begins, f"applied with {self.terms}"), *((act.at, str(act)) for act in self.acts)]
        return "\n".join((head, *(f"    {moment:%a %d %H:%M:%S} {what}" for moment, what in happens)))

    @property
    def slack(self) -> timedelta:
        """How long the operator may take for what there is to do: longer where something goes wrong on the way."""
        is_quiet = all(isinstance(act, Edit | Ask | Deletion) for act in self.acts)
        return timedelta(minutes=3) if is_quiet else timedelta(minutes=20)

    def disruptions(self) -> Iterator[tuple[datetime, datetime]]:
        """When the operator was away, or the dialer out of order."""
        for act in self.acts:
            if isinstance(act, Away | Outage):
                yield act.at, act.at + timedelta(seconds=act.seconds)

    def felt(self, moment: datetime) -> datetime:
        """When the operator can act upon what happens at that moment."""
        for begin, end in sorted(self.disruptions()):
            if begin <= moment < end:
                moment = end
        return moment

    def deleted_at(self) -> datetime | None:
        """When the user deletes it."""
        return next((act.at for act in self.acts if isinstance(act, Deletion)), None)

    def chapters(self) -> list[tuple[datetime, Terms | None]]:
        """From when on the operator goes by which terms; by none once the campaign is deleted."""
        found: list[tuple[datetime, Terms | None]] = [(self.felt(self.begins), self.terms)]
        for act in self.acts:
            if isinstance(act, Edit):
                found.append((self.felt(act.at), act.terms))
            elif isinstance(act, Deletion):
                found.append((self.felt(act.at), None))
        return found
