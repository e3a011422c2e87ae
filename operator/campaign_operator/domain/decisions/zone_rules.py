"""What a new version of the rules of time zones, or of the public holidays, does to a plan: it keeps its instants, and
somebody is told.
"""

from campaign_operator.api.status import RunStatus
from campaign_operator.api.vocabulary import Adjustment, WindowState
from campaign_operator.domain.campaigns import window_states
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.plan import nominal_time_of
from campaign_operator.domain.planning.zones import ZONE_NAMES

_NOT_COMPARED = window_states.WITHOUT_SCHEDULE | {WindowState.CANCELLED}


def moved_zones(run: RunStatus, blueprint: Blueprint) -> tuple[str, ...]:
    """The zones whose windows would lie elsewhere by the rules in use now, as far as the same spec can tell.

    One that these rules do not know any more, or not yet, is among them.
    """
    nominal_time = nominal_time_of(run.id)
    compared = [w for w in run.windows if w.state not in _NOT_COMPARED and not _started_late(w.adjustments)]
    if nominal_time is None or not compared or run.spec_hash != blueprint.spec_hash:
        return ()
    try:
        known = {w.time_zone: w.contacts for w in compared if w.time_zone in ZONE_NAMES}
        now_placed = blueprint.windows_of(nominal_time, known) if known else ()
    except InvalidSpecError:
        return tuple(w.time_zone for w in compared)
    times = {w.time_zone: (w.start, w.end) for w in now_placed if not w.is_skipped}
    return tuple(w.time_zone for w in compared if times.get(w.time_zone) != (w.start_time, w.end_time))


def _started_late(adjustments: tuple[Adjustment, ...]) -> bool:
    return Adjustment.STARTED_LATE in adjustments
