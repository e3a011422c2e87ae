"""The rules of the code's `decide`, each under its own name and in the same order, on the states of the model.

Pure: a state and an operator's memory in, one action out. What the code waits for (`next_attempt_time`) may be over
at any time here, so no rule looks at it.
"""

from model.cancelling import (
    a_deleted_campaign_may_go,
    a_window_that_starts_while_it_is_cancelled_is_uncertain,
    an_unwanted_next_run_of_which_nothing_stands_is_dropped,
    an_unwanted_run_is_cancelled,
    the_finalizer_goes_when_nothing_holds_it,
    the_finalizer_is_put_back_while_something_holds_it,
    what_is_being_cancelled_is_deleted_at_the_dialer,
    what_was_cancelled_is_planned_again_when_it_is_wanted,
)
from model.setup import Omission
from model.situation import Action, Rule, Situation, changed, is_begun, is_cancelled, next_id, with_run
from model.world import (
    HELD,
    INTENT,
    MISSED,
    PLANNED,
    POSSIBLY_SENT,
    REJECTED,
    SUBMITTED,
    UNCERTAIN,
    UNDECIDED,
    Run,
    Window,
    in_hand,
    new_attempt,
    slots,
)

# What has already happened


def answers_are_put_on_record(s: Situation) -> Action | None:
    """An answer is recorded only while status still holds that very attempt."""
    any_attempt = s.setup.omits(Omission.ANSWER_ON_ANOTHER_ATTEMPT)
    for _, run in in_hand(s.resource):
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
    for _, run in in_hand(s.resource):
        changes = {slot: w._replace(state=state) for slot, w in slots(run) if w.state == INTENT}
        if changes:
            return Action("write", "marks an intent of another as uncertain", changed(s.resource, changes))
    return None


def uncertain_windows_are_looked_up(s: Situation) -> Action | None:
    """After the settling time; `onUncertain: Hold` is as a dialer without listing."""
    at_once = s.setup.omits(Omission.NO_SETTLING_TIME)
    for _, run in in_hand(s.resource):
        chosen = {slot: w for slot, w in slots(run) if w.state == UNCERTAIN and (w.settled or at_once)}
        if not chosen:
            continue
        if not s.setup.listing:
            state = PLANNED if s.setup.omits(Omission.NO_LISTING_IS_NOTHING) else HELD
            held = {slot: Window(state, w.attempt) for slot, w in chosen.items()}
            return Action("write", "holds what nobody can be asked about", changed(s.resource, held))
        return Action("look up", "lists the dialer for uncertain windows", slots=tuple(chosen))
    return None


# What is planned


def a_suspended_campaign_forgets_what_it_only_planned(s: Situation) -> Action | None:
    if not s.resource.suspend:
        return None
    for place, run in in_hand(s.resource):
        if not is_begun(run) and not any(s.has_started(slot) for slot, _ in slots(run)):
            if place == "run" and s.resource.finalizer:
                return Action("write", "removes the finalizer", s.resource._replace(finalizer=False))
            return Action("write", "drops the plan", with_run(s.resource, place, None))
    return None


def a_lost_status_is_made_again(s: Situation) -> Action | None:
    """Suspended or not, and also before the campaign goes."""
    r = s.resource
    left = s.setup.omits(Omission.LOST_STATUS_LEFT)
    if r.run is not None or not r.finalizer or left or (r.deleting and s.setup.orphan):
        return None
    return _plan(s, "run", 0)


def a_run_is_planned(s: Situation) -> Action | None:
    """At once, and anew whenever the spec changes before anything was submitted."""
    r = s.resource
    if r.suspend:
        return None
    if r.run is None:
        return _plan(s, "run", 0)
    if s.run_in_hand is not None and is_cancelled(s.run_in_hand) and r.next_run is None:
        return _plan(s, "run", r.run.id)
    if s.run_in_hand is not None and _is_to_be_planned_anew(s, s.run_in_hand):
        return _plan(s, "run", r.run.id)
    if not s.setup.recurring:
        return None
    if r.next_run is None and not any(w.state in UNDECIDED for w in r.run.windows):
        return _plan(s, "next_run", r.run.id + 1)
    if r.next_run is not None and _is_to_be_planned_anew(s, r.next_run):
        return _plan(s, "next_run", r.next_run.id)
    return None


def _is_to_be_planned_anew(s: Situation, run: Run) -> bool:
    may = not is_begun(run) or s.setup.omits(Omission.PLANNED_ANEW_WHILE_SUBMITTED)
    return may and run.plan != s.resource.spec


def _plan(s: Situation, place: str, least: int) -> Action | None:
    """A status that was lost is settled like any other uncertain window: what was under way may still be."""
    number = next_id(s, least)
    if number is None:
        return None
    window, label = Window(), f"plans {place}"
    if s.resource.run is None and s.resource.finalizer and not s.setup.omits(Omission.NOT_LISTED_FIRST):
        label = "plans a run whose status was lost"
        if not s.setup.omits(Omission.LOST_STATUS_LISTED_AT_ONCE):
            counts_anew = s.setup.omits(Omission.LOST_STATUS_COUNTS_ANEW)
            window = Window(UNCERTAIN, 1 if counts_anew else new_attempt(s.world))
    run = Run(number, s.resource.spec, (window,) * s.setup.zones)
    return Action("plan", label, with_run(s.resource, place, run))


def a_window_that_is_late_is_missed(s: Situation) -> Action | None:
    """Every window here is too short to be sent late."""
    for _, run in in_hand(s.resource):
        changes = {
            slot: Window(MISSED, w.attempt) for slot, w in slots(run) if w.state == PLANNED and s.has_started(slot)
        }
        if changes and not s.setup.omits(Omission.NO_START_CHECK):
            return Action("write", "gives up what is too late", changed(s.resource, changes))
    return None


# How a run ends


def a_run_that_has_ended_is_finished(s: Situation) -> Action | None:
    """The end and the webhook's outbox entry are written together."""
    run = s.run_in_hand
    if run is None or is_cancelled(run):
        return None
    if s.setup.omits(Omission.PROMOTED_UNDECIDED) and s.resource.next_run is not None:
        return None
    failed = all(w.state in (REJECTED, MISSED) for w in run.windows)
    if not failed and run.id not in s.world.over:
        return None
    hook = "pending" if s.setup.webhook else "none"
    if s.setup.omits(Omission.OUTBOX_AFTER_END):
        hook = ""
    return Action("finish", "finishes a run", s.resource._replace(run=run._replace(finished=True, hook=hook)))


def the_next_run_takes_over_at_its_first_start(s: Situation) -> Action | None:
    """The run before it is finished by then, or was cancelled while the next one could not be cancelled. One whose
    webhook is pending stays in history.
    """
    r = s.resource
    if r.run is None or r.next_run is None or not any(s.has_started(slot) for slot, _ in slots(r.next_run)):
        return None
    if s.run_in_hand is not None and is_cancelled(s.run_in_hand):
        replaced = r._replace(run=r.next_run, next_run=None)
        omitted = s.setup.omits(Omission.CANCELLED_NOT_REPLACED)
        return None if omitted else Action("write", "puts the next run in place of a cancelled one", replaced)
    if s.run_in_hand is not None and not s.setup.omits(Omission.PROMOTED_UNDECIDED):
        return None
    hook = "" if s.setup.omits(Omission.OUTBOX_FORGOTTEN) else r.run.hook
    history = ((r.run.id, hook), *r.history)
    if s.setup.omits(Omission.OUTBOX_CUT_OFF):
        history = history[: s.setup.history]
    else:
        history = tuple(h for n, h in enumerate(history) if n < s.setup.history or h[1] == "pending")
    return Action("write", "promotes the next run", r._replace(run=r.next_run, next_run=None, history=history))


# What is to be submitted and told


def planned_windows_are_submitted(s: Situation) -> Action | None:
    """The finalizer, a listing, the intent, and only then the requests."""
    if s.resource.suspend:
        return None
    for _, run in in_hand(s.resource):
        due = tuple(slot for slot, w in slots(run) if w.state == PLANNED)
        if not due:
            continue
        if not s.resource.finalizer and not s.setup.omits(Omission.NO_FINALIZER):
            return Action("write", "adds the finalizer", s.resource._replace(finalizer=True))
        if not s.operator.listed and s.setup.listing and not s.setup.omits(Omission.NOT_LISTED_FIRST):
            return Action("list first", "lists the dialer before an intent", slots=due)
        return Action("submit", "", slots=due)
    return None


def the_webhook_is_delivered(s: Situation) -> Action | None:
    """Until it is done, also from history."""
    run = s.resource.run
    finished = [] if run is None or not run.finished else [(run.id, run.hook)]
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
    an_unwanted_next_run_of_which_nothing_stands_is_dropped,
    a_run_is_planned,
    a_window_that_is_late_is_missed,
    a_run_that_has_ended_is_finished,
    the_next_run_takes_over_at_its_first_start,
    planned_windows_are_submitted,
    the_webhook_is_delivered,
    the_finalizer_is_put_back_while_something_holds_it,
    the_finalizer_goes_when_nothing_holds_it,
)

RULES_OF_DELETION: tuple[Rule, ...] = (
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
