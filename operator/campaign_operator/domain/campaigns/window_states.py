"""What each state of a window means for its schedule: one row a state, from which every set of states follows."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from campaign_operator.api.vocabulary import WindowState


class AtTheDialer(Enum):
    """What is known of the schedule of a window at the dialer."""

    NEVER = auto()
    """There is none, and there will be none."""

    NOT_YET = auto()
    """There is none, and one may still come."""

    POSSIBLE = auto()
    """Nobody here knows."""

    LEAVING = auto()
    """There is one until its DELETE has an answer."""

    THERE = auto()
    """There is one, known by its id."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row of the table."""

    at_the_dialer: AtTheDialer

    settled: bool
    """Whether it is known that the window has a schedule, or that it gets none."""

    may_be_under_way: bool = False
    """Whether a request to submit it may be under way or carried out."""

    can_be_cancelled: bool = False
    """Whether something is left to cancel before the resource may go; once the window has started, nothing is."""


MEANINGS: Final = {
    WindowState.PLANNED: Meaning(AtTheDialer.NOT_YET, settled=False),
    WindowState.INTENT: Meaning(AtTheDialer.POSSIBLE, settled=False, may_be_under_way=True, can_be_cancelled=True),
    WindowState.UNCERTAIN: Meaning(AtTheDialer.POSSIBLE, settled=False, may_be_under_way=True, can_be_cancelled=True),
    WindowState.HELD: Meaning(AtTheDialer.POSSIBLE, settled=True),
    WindowState.SUBMITTED: Meaning(AtTheDialer.THERE, settled=True, can_be_cancelled=True),
    WindowState.CANCELLING: Meaning(AtTheDialer.LEAVING, settled=False, can_be_cancelled=True),
    WindowState.CANCELLED: Meaning(AtTheDialer.NOT_YET, settled=True),
    WindowState.REJECTED: Meaning(AtTheDialer.NEVER, settled=True),
    WindowState.MISSED: Meaning(AtTheDialer.NEVER, settled=True),
    WindowState.SKIPPED: Meaning(AtTheDialer.NEVER, settled=True),
}


def _states(belongs: Callable[[Meaning], bool]) -> frozenset[WindowState]:
    return frozenset(state for state in WindowState if belongs(MEANINGS[state]))


def _with(*known: AtTheDialer) -> frozenset[WindowState]:
    return _states(lambda row: row.at_the_dialer in known)


UNSETTLED: Final = _states(lambda row: not row.settled)
"""Those that do not yet tell whether there is a schedule."""

POSSIBLY_SENT: Final = _states(lambda row: row.may_be_under_way)
"""Those in which a request may be under way or carried out."""

HOLDING_BACK: Final = _states(lambda row: row.can_be_cancelled)
"""Those for which something is left to cancel before the resource may go; once started, none is."""

POSSIBLY_THERE: Final = _with(AtTheDialer.POSSIBLE, AtTheDialer.LEAVING)
"""Those in which nobody here knows whether the dialer has a schedule."""

STAYING: Final = _with(AtTheDialer.POSSIBLE, AtTheDialer.THERE)
"""Those of which the dialer has a schedule, or may have one that is not about to go."""

OUTSTANDING: Final = _with(AtTheDialer.POSSIBLE, AtTheDialer.LEAVING, AtTheDialer.THERE)
"""Those of which the dialer has a schedule, or may have one."""

MAY_CALL: Final = _states(lambda row: row.at_the_dialer is not AtTheDialer.NEVER)
"""Those of which there is, may be or may be again a schedule, which nothing else of its zone may overlap."""

WITHOUT_SCHEDULE: Final = _with(AtTheDialer.NEVER)
"""Those that never lead to a schedule."""

KNOWN_BY_ID: Final = _with(AtTheDialer.THERE, AtTheDialer.LEAVING)
"""Those in which the window names the id of its schedule."""

IN_FLIGHT: Final = POSSIBLY_THERE & UNSETTLED
"""Those that an answer of the dialer settles: a request to submit or to cancel is under way or its end is not known."""
