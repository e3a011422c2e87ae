"""What the operator remembers of a campaign between two looks at it; nothing of it survives a restart, and nothing
needs to.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.campaigns.runs import Attempt
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import SubmitOutcome
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.read_inputs import ReadInputs
from campaign_operator.domain.problem import Problem

_OWN_WRITES_REMEMBERED = 16


@dataclass(slots=True)
class Memory:
    """What is remembered of one campaign."""

    uid: str = ""
    """The resource that all of this is about."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the pass that looks at the campaign."""

    first_seen: dict[Attempt, float] = field(default_factory=dict)
    """When each attempt that may have been sent was first seen, in monotonic seconds."""

    outcomes: dict[Attempt, SubmitOutcome] = field(default_factory=dict)
    """Answers of the dialer that are not in the status yet."""

    asked_until: datetime | None = None
    """The end of the time for which calls were last requested."""

    polled_until: datetime | None = None
    """The end of the time for which the dialer last told the calls."""

    poll_owed: bool = False
    """Whether the poll timer has fired and the poll is not made yet."""

    progress_due: float | None = None
    """When progress alone may be written again, in monotonic seconds; None where it has had no turn yet."""

    refused_version: str | None = None
    """The version of the connection Secret that the dialer refused."""

    listed_version: str | None = None
    """The resourceVersion of a status that this process alone wrote since the dialer's last listing."""

    listed_by: str | None = None
    """The connection, by its hash, whose listing that was: another dialer has not been looked at."""

    has_unclaimed: bool = False
    """Whether that listing has schedules that no window refers to; a run that is planned later may own them."""

    looks_for_rivals: bool = False
    """Whether others with this campaignID are looked for before each intent, since some were met or may have schedules.
    """

    told_strangers: frozenset[str] = frozenset()
    """The schedules of somebody else that an Event has reported."""

    look_again_at: datetime | None = None
    """A listing that is only read to make sure is not requested before this time."""

    deleting_since: float | None = None
    """When the deletion was first seen, in monotonic seconds."""

    connection: Connection | None = None
    """The connection as last read, in case its Secret goes before the campaign."""

    own_versions: deque[str] = field(default_factory=lambda: deque(maxlen=_OWN_WRITES_REMEMBERED))
    """The resourceVersions that our own writes made; their events tell nothing new."""

    at_hand: Campaign | None = None
    """The campaign as the last look left it, where a run is under way or about to start, so that the next poll, and the
    write that says Running, need no reading.
    """

    blueprint: tuple[tuple[int, ReadInputs], Blueprint | Problem] | None = None
    """The blueprint, with what it was made from."""

    holidays_read: tuple[int, tuple[HoursPolicy, ...], int] | None = None
    """For which generation of the spec and which policies their public holidays were read, and in which year."""

    faults_in_a_row: int = 0
    """How many passes have failed since the last that did not."""

    def wrote(self, before: str, after: str) -> None:
        """A write of our own took the resource from one resourceVersion to the next."""
        self.own_versions.append(after)
        if self.listed_version == before:
            self.listed_version = after

    def begin_anew(self, uid: str) -> None:
        """Forget all but the lock: a resource of the same name is not the same resource."""
        fresh = Memory(uid=uid, lock=self.lock)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))
