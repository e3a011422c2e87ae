"""The rules for windows of which nobody knows what the dialer has done: looked up, held, resolved by a person."""

from campaign_operator.api.vocabulary import OnUncertain, WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.decisions.actions import (
    Decision,
    Hold,
    LookUp,
    MarkUncertain,
    Resolve,
    ResolveWaiting,
)
from campaign_operator.domain.decisions.situation import Situation, is_connected
from campaign_operator.domain.status import resolution

NOBODY_KNOWS = "an earlier attempt may have taken effect; the operator looks it up after the settling time"
ALTERED = (
    "the status was changed by hand: a planned window has a schedule ID; the operator looks it up after the "
    "settling time"
)


def an_intent_of_another_is_uncertain(s: Situation) -> Decision | None:
    """Whoever wrote it may have sent it: an earlier life of this process, or another one."""
    for run in s.runs:
        strange = tuple(w.time_zone for w in runs.in_state(run, WindowState.INTENT))
        if strange:
            return Decision(MarkUncertain(run.key, strange, NOBODY_KNOWS), "an intent has no known answer")
    return None


def a_planned_window_that_names_a_schedule_is_uncertain(s: Situation) -> Decision | None:
    """No rule leaves it so: the status was altered by hand, and the schedule may stand."""
    for run in s.runs:
        altered = tuple(w.time_zone for w in runs.in_state(run, WindowState.PLANNED) if w.schedule_id is not None)
        if altered:
            return Decision(MarkUncertain(run.key, altered, ALTERED), "the status was changed by hand")
    return None


def uncertain_windows_are_looked_up(s: Situation) -> Decision | None:
    """After the settling time the listing tells whether the request was carried out."""
    if not is_connected(s):
        return None
    for run in s.runs:
        settled = tuple(
            w.time_zone
            for w in runs.in_state(run, WindowState.UNCERTAIN)
            if s.is_due(w.next_attempt_time)
            and (settled_at := s.observed.settled_at.get(runs.attempt_of(run, w))) is not None
            and settled_at <= s.now
        )
        if settled and s.campaign.spec.on_uncertain is OnUncertain.HOLD:
            return Decision(Hold(run.key, settled), "onUncertain is Hold")
        if settled:
            return Decision(LookUp(run.key, settled), "the settling time of uncertain submissions is over")
    return None


def a_person_has_said_what_became_of_held_windows(s: Situation) -> Decision | None:
    """By the annotation, which may live in Git: each value is acted upon once, until the annotation is taken away."""
    said = s.campaign.resolve or ""
    if resolution.remembered(said) == s.campaign.status.last_handled_resolve:
        return None
    return Decision(Resolve(), f"a person {'set' if said else 'removed'} the annotation")


def what_a_person_said_of_a_schedule_is_checked_when_its_time_has_come(s: Situation) -> Decision | None:
    """The dialer's listing tells whether the schedule is there; until it can be read, the entry waits."""
    due = any(s.is_due(entry.next_attempt_time) for entry in s.campaign.status.waiting_resolutions)
    if not due or not is_connected(s) or not s.listing_is_trusted:
        return None
    return Decision(ResolveWaiting(), "entries of the annotation wait for the dialer's listing")
