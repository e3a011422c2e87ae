"""What the operator remembers of a campaign between two looks at it; nothing of it survives a restart, and nothing
needs to.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from campaign_operator.domain.campaigns.runs import Attempt
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import SubmitOutcome
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.read_inputs import ReadInputs
from campaign_operator.domain.problem import Problem

_OWN_WRITES_REMEMBERED = 16


@dataclass(slots=True)
class Memory:
    """`first_seen`: monotonic seconds at which each possibly sent attempt was first seen. `outcomes`: answers not on
    record yet.

    `listed_version` is the resourceVersion of a status of which every write since the dialer's last listing was this
    process's own. `has_unclaimed`: that listing shows schedules that no window holds, which a run that is planned
    later may find to be its own. `told_strangers`: those of which an Event told that somebody else made them.
    `look_again_at`: before then the listing is not asked for only to make sure. `poll_owed`: the poll timer has
    fired, and the poll is not made yet. `deleting_since` is in monotonic seconds, too. `connection` is the one last
    read, for the time when its Secret is gone before the campaign. `refused_version` is the version of the connection
    Secret that was refused, `own_versions` the resourceVersions that our own writes made, whose events tell nothing
    new. `blueprint` stands with what it was made from.
    """

    uid: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    first_seen: dict[Attempt, float] = field(default_factory=dict)
    outcomes: dict[Attempt, SubmitOutcome] = field(default_factory=dict)
    polled_until: datetime | None = None
    poll_owed: bool = False
    refused_version: str | None = None
    listed_version: str | None = None
    has_unclaimed: bool = False
    told_strangers: frozenset[str] = frozenset()
    look_again_at: datetime | None = None
    deleting_since: float | None = None
    connection: Connection | None = None
    own_versions: deque[str] = field(default_factory=lambda: deque(maxlen=_OWN_WRITES_REMEMBERED))
    blueprint: tuple[tuple[int, ReadInputs], Blueprint | Problem] | None = None
    faults_in_a_row: int = 0

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
