"""The rules of the code's `decide`, each under its own name and in the same order, on the states of the model.

Pure: a state and an operator's memory in, one action out. What the code waits for (`next_attempt_time`) may be over
at any time here, so no rule looks at it.
"""

from model.cancelling import (
    a_deleted_campaign_may_go,
    a_deletion_past_its_deadline_is_given_up,
    a_window_that_starts_while_it_is_cancelled_is_uncertain,
    an_unwanted_run_is_cancelled,
    the_finalizer_goes_when_nothing_holds_it,
    the_finalizer_is_put_back_while_something_holds_it,
    what_is_being_cancelled_is_deleted_at_the_dialer,
    what_was_cancelled_is_planned_again_when_it_is_wanted,
)
from model.planning import (
    a_cancelled_run_leaves,
    a_lost_status_is_made_again,
    a_run_is_planned,
    a_run_that_has_ended_is_finished,
    a_run_that_is_over_moves_to_history,
    a_suspended_campaign_forgets_what_it_only_planned,
    a_window_that_is_late_is_missed,
)
from model.setup import Omission
from model.situation import Action, Rule, Situation, changed, is_unwanted
from model.world import (
    HELD,
    INTENT,
    PLANNED,
    POSSIBLY_SENT,
    REJECTED,
    SUBMITTED,
    UNCERTAIN,
    Window,
    key,
    slots,
)

# What has already happened


def answers_are_put_on_record(s: Situation) -> Action | None:
    """An answer is recorded only while status still holds that very attempt."""
    any_attempt = s.setup.omits(Omission.ANSWER_ON_ANOTHER_ATTEMPT)
    for run in s.in_hand():
        changes = {
            slot: _answered(s, w, answer.stage, answer.schedule)
            for slot, w in slots(run)
            if w.state in POSSIBLY_SENT
            for answer in s.operator.answers
            if answer.slot == slot and (answer.attempt == w.attempt or any_attempt)
        }
        if changes:
            return Action("record", "records its answers", changed(s.resource, changes))
    return None


def _answered(s: Situation, w: Window, stage: str, schedule: int) -> Window:
    if stage == "accepted":
        return Window(SUBMITTED, w.attempt, schedule)
    if stage == "rejected":
        return Window(REJECTED, w.attempt)
    if stage == "unclear" and not s.setup.omits(Omission.UNCLEAR_IS_NOT_SENT):
        return w._replace(state=UNCERTAIN)
    return Window(PLANNED, w.attempt)


def an_intent_of_another_is_uncertain(s: Situation) -> Action | None:
    """Whoever wrote it may have sent it."""
    state = PLANNED if s.setup.omits(Omission.ANOTHERS_INTENT_IS_PLANNED) else UNCERTAIN
    for run in s.in_hand():
        changes = {slot: w._replace(state=state) for slot, w in slots(run) if w.state == INTENT}
        if changes:
            return Action("write", "marks an intent of another as uncertain", changed(s.resource, changes))
    return None


def uncertain_windows_are_looked_up(s: Situation) -> Action | None:
    """After the settling time of each, whatever else may lag; `onUncertain: Hold` is as a dialer without listing."""
    at_once = s.setup.omits(Omission.NO_SETTLING_TIME)
    for run in s.in_hand():
        chosen = {slot: w for slot, w in slots(run) if w.state == UNCERTAIN and (w.settled or at_once)}
        if not chosen:
            continue
        if not s.setup.listing:
            state = PLANNED if s.setup.omits(Omission.NO_LISTING_IS_NOTHING) else HELD
            held = {slot: Window(state, w.attempt) for slot, w in chosen.items()}
            return Action("write", "holds what nobody can be asked about", changed(s.resource, held))
        return Action("look up", "lists the dialer for uncertain windows", slots=tuple(chosen))
    return None


# What is to be submitted and told


def planned_windows_are_submitted(s: Situation) -> Action | None:
    """The finalizer, a listing that can be trusted, the intent, and only then the requests."""
    if s.resource.suspend:
        return None
    for run in s.in_hand():
        due = tuple(slot for slot, w in slots(run) if w.state == PLANNED)
        if not due or is_unwanted(s, run):
            continue
        if not s.resource.finalizer and not s.setup.omits(Omission.NO_FINALIZER):
            return Action("write", "adds the finalizer", s.resource._replace(finalizer=True))
        if not s.operator.listed and s.setup.listing and not s.setup.omits(Omission.NOT_LISTED_FIRST):
            if not s.resource.trusted and not s.setup.omits(Omission.LAG_IGNORED_BEFORE_INTENT):
                return None
            return Action("list first", "lists the dialer before an intent", slots=_to_be_listed(s, due))
        return Action("submit", "", slots=due)
    return None


def _to_be_listed(s: Situation, due: tuple[int, ...]) -> tuple[int, ...]:
    """One look counts for all that is planned, so it is looked at for all: a later run may be planned already, and its
    schedules stand, where a status was lost or restored.
    """
    if s.setup.omits(Omission.ONE_RUN_LISTED):
        return due
    return tuple(slot for run in s.in_hand() for slot, w in slots(run) if w.state == PLANNED)


def the_webhook_is_delivered(s: Situation) -> Action | None:
    """Until it is done, also from history."""
    finished = [(key(run), run.hook) for run in s.resource.runs if run.finished]
    for number, hook in (*finished, *s.resource.history):
        if hook == "pending":
            return Action("deliver", "delivers a webhook", slots=(number,))
    return None


RULES: tuple[Rule, ...] = (
    answers_are_put_on_record,
    an_intent_of_another_is_uncertain,
    a_window_that_starts_while_it_is_cancelled_is_uncertain,
    uncertain_windows_are_looked_up,
    a_lost_status_is_made_again,
    a_suspended_campaign_forgets_what_it_only_planned,
    an_unwanted_run_is_cancelled,
    what_is_being_cancelled_is_deleted_at_the_dialer,
    what_was_cancelled_is_planned_again_when_it_is_wanted,
    a_run_is_planned,
    a_cancelled_run_leaves,
    a_window_that_is_late_is_missed,
    a_run_that_has_ended_is_finished,
    a_run_that_is_over_moves_to_history,
    planned_windows_are_submitted,
    the_webhook_is_delivered,
    the_finalizer_is_put_back_while_something_holds_it,
    the_finalizer_goes_when_nothing_holds_it,
)

RULES_OF_DELETION: tuple[Rule, ...] = (
    a_deletion_past_its_deadline_is_given_up,
    answers_are_put_on_record,
    a_lost_status_is_made_again,
    a_deleted_campaign_may_go,
    an_intent_of_another_is_uncertain,
    a_window_that_starts_while_it_is_cancelled_is_uncertain,
    uncertain_windows_are_looked_up,
    an_unwanted_run_is_cancelled,
    what_is_being_cancelled_is_deleted_at_the_dialer,
)


def decide(s: Situation) -> Action | None:
    """The first rule that has something to do wins; None is to wait."""
    for rule in RULES_OF_DELETION if s.resource.deleting else RULES:
        action = rule(s)
        if action is not None:
            return action
    return None
