"""The rules of the code's `decide`, each under its own name and in the same order, on the states of the model.

Pure: a state and an operator's memory in, one action out. What the code waits for (`next_attempt_time`) may be over
at any time here, so no rule looks at it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from model.setup import Omission, Setup
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
    WITHDRAWING,
    WITHDRAWN,
    ZONES,
    Operator,
    Resource,
    Run,
    Window,
    World,
    in_hand,
    new_attempt,
    slots,
)

AT_THE_DIALER = (SUBMITTED, HELD, *POSSIBLY_SENT)
HOLDING_BACK = (*POSSIBLY_SENT, WITHDRAWING, SUBMITTED)
POSSIBLY_THERE = (*POSSIBLY_SENT, WITHDRAWING, HELD)
NOTHING = (WITHDRAWN, REJECTED, MISSED)


@dataclass(frozen=True)
class Action:
    """What to do: `write` a resource, or a request (`submit`, `list first`, `look up`, `delete`, `deliver`)."""

    kind: str
    label: str
    resource: Resource | None = None
    slots: tuple[int, ...] = ()
    schedule: int = 0


@dataclass(frozen=True)
class Situation:
    """What the rules look at."""

    world: World
    operator: Operator
    setup: Setup

    @cached_property
    def resource(self) -> Resource:
        return self.world.resource

    @cached_property
    def run_in_hand(self) -> Run | None:
        run = self.resource.run
        return run if run is not None and not run.finished else None

    def has_started(self, slot: int) -> bool:
        return slot in self.world.started


Rule = Callable[[Situation], Action | None]


def decide(s: Situation) -> Action | None:
    """The first rule that has something to do wins; None is to wait."""
    for rule in RULES_OF_DELETION if s.resource.deleting else RULES:
        action = rule(s)
        if action is not None:
            return action
    return None


def with_run(resource: Resource, place: str, run: Run | None) -> Resource:
    """The resource with another run in that place."""
    return resource._replace(run=run) if place == "run" else resource._replace(next_run=run)


def changed(resource: Resource, changes: Mapping[int, Window]) -> Resource:
    """The resource with other windows, by slot."""
    for place, run in in_hand(resource):
        windows = tuple(changes.get(slot, w) for slot, w in slots(run))
        if windows != run.windows:
            resource = with_run(resource, place, run._replace(windows=windows))
    return resource


def is_begun(run: Run) -> bool:
    return any(w.attempt > 0 or w.state != PLANNED for w in run.windows)


def is_cancelled(run: Run) -> bool:
    return all(w.state in NOTHING for w in run.windows) and any(w.state == WITHDRAWN for w in run.windows)


def is_outdated(s: Situation, run: Run) -> bool:
    there = (*AT_THE_DIALER, WITHDRAWING)
    started = any(w.state in there and s.has_started(slot) for slot, w in slots(run))
    return run.plan != s.resource.spec and not started


def is_unwanted(s: Situation, place: str, run: Run) -> bool:
    """Whether what has not started is to be withdrawn; see `why_unwanted`."""
    if s.resource.deleting or s.resource.suspend:
        return not (s.resource.deleting and s.setup.orphan)
    replaced = place == "next_run" and s.run_in_hand is not None and is_cancelled(s.run_in_hand)
    return replaced or is_outdated(s, run)


def holds_back(s: Situation, run: Run) -> bool:
    return any(
        w.state in HOLDING_BACK and (w.state != SUBMITTED or not s.has_started(slot)) for slot, w in slots(run)
    )


def needs_finalizer(s: Situation, run: Run) -> bool:
    """What holds the resource back, and what is held: without the finalizer neither would a deletion tell of its
    schedule, nor a lost status be known to be one.
    """
    held = any(w.state == HELD and not s.has_started(slot) for slot, w in slots(run))
    return holds_back(s, run) or (held and not s.setup.omits(Omission.FINALIZER_DROPPED_WHILE_HELD))


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


def a_window_that_starts_while_it_is_withdrawn_is_uncertain(s: Situation) -> Action | None:
    """Nobody may delete a schedule that calls. The question gets a number of its own, so that neither an answer nor a
    settling time of the attempt that submitted it can be taken for one of the withdrawal.
    """
    if s.setup.omits(Omission.STARTED_DELETED):
        return None
    for _, run in in_hand(s.resource):
        keeps = s.setup.omits(Omission.WITHDRAWAL_KEEPS_ATTEMPT)
        changes = {
            slot: w._replace(state=UNCERTAIN, attempt=w.attempt if keeps else new_attempt(s.world), settled=keeps)
            for slot, w in slots(run)
            if w.state == WITHDRAWING and s.has_started(slot)
        }
        if changes:
            return Action("write", "marks a withdrawal that has started as uncertain", changed(s.resource, changes))
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


# What is planned, and what is taken back


def a_suspended_campaign_forgets_what_it_only_planned(s: Situation) -> Action | None:
    if not s.resource.suspend:
        return None
    for place, run in in_hand(s.resource):
        if not is_begun(run) and not any(s.has_started(slot) for slot, _ in slots(run)):
            if place == "run" and s.resource.finalizer:
                return Action("write", "removes the finalizer", s.resource._replace(finalizer=False))
            return Action("write", "drops the plan", with_run(s.resource, place, None))
    return None


def an_unwanted_run_is_withdrawn(s: Situation) -> Action | None:
    """All of it that has not started. What may be under way is settled first, by the rules above."""
    for place, run in in_hand(s.resource):
        if not is_begun(run) or not is_unwanted(s, place, run):
            continue
        changes = {slot: _withdrawn(w) for slot, w in slots(run) if _can_be_withdrawn(s, slot, w)}
        straight = [slot for slot, w in changes.items() if w.state == WITHDRAWING]
        if straight and s.setup.omits(Omission.NO_WITHDRAWING):
            return Action("delete", "", slots=(straight[0],), schedule=changes[straight[0]].schedule)
        if changes:
            return Action("write", "withdraws an unwanted run", changed(s.resource, changes))
    return None


def _withdrawn(w: Window) -> Window:
    if w.state == SUBMITTED:
        return Window(WITHDRAWING, w.attempt, w.schedule)
    return Window(WITHDRAWN, w.attempt)


def _can_be_withdrawn(s: Situation, slot: int, w: Window) -> bool:
    if w.state in POSSIBLY_SENT:
        return s.setup.omits(Omission.UNSETTLED_WITHDRAWN)
    return w.state == PLANNED or (w.state == SUBMITTED and not s.has_started(slot) and not w.cannot)


def what_is_withdrawing_is_deleted_at_the_dialer(s: Situation) -> Action | None:
    """One at a time here; the code sends a batch, of which any part may come to nothing."""
    for _, run in in_hand(s.resource):
        for slot, w in slots(run):
            if w.state == WITHDRAWING:
                return Action("delete", "", slots=(slot,), schedule=w.schedule)
    return None


def what_was_withdrawn_is_planned_again_when_it_is_wanted(s: Situation) -> Action | None:
    """Beside windows that stand."""
    keeps = s.setup.omits(Omission.RESTORED_WITH_OLD_ATTEMPT)
    for place, run in in_hand(s.resource):
        withdrawn = {slot: w for slot, w in slots(run) if w.state == WITHDRAWN}
        if withdrawn and any(w.state in AT_THE_DIALER for w in run.windows) and not is_unwanted(s, place, run):
            # `cannot` marks, for that omission only, that the old number is to be used again
            planned = {slot: Window(PLANNED, w.attempt, cannot=keeps) for slot, w in withdrawn.items()}
            return Action("write", "restores what was withdrawn", changed(s.resource, planned))
    return None


def a_cancelled_next_run_is_dropped(s: Situation) -> Action | None:
    if s.resource.next_run is not None and is_cancelled(s.resource.next_run):
        return Action("write", "drops the cancelled next run", s.resource._replace(next_run=None))
    return None


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


def next_id(s: Situation, least: int) -> int | None:
    """The next run that cron matches and that has not begun; None where there is none left."""
    begun = {slot // ZONES for slot in s.world.started}
    return next((n for n in range(least, s.setup.runs) if n not in begun), None)


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
    failed = all(w.state in (REJECTED, MISSED) for w in run.windows)
    if not failed and run.id not in s.world.over:
        return None
    hook = "pending" if s.setup.webhook and not s.setup.omits(Omission.OUTBOX_AFTER_END) else ""
    return Action("finish", "finishes a run", s.resource._replace(run=run._replace(finished=True, hook=hook)))


def the_next_run_takes_over_at_its_first_start(s: Situation) -> Action | None:
    """The run before it is finished by then. One whose webhook is pending stays in history."""
    r = s.resource
    if r.run is None or r.next_run is None or not any(s.has_started(slot) for slot, _ in slots(r.next_run)):
        return None
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


# How a resource goes away


def the_finalizer_is_put_back_while_something_holds_it(s: Situation) -> Action | None:
    held_back = any(needs_finalizer(s, run) for _, run in in_hand(s.resource))
    if s.resource.finalizer or not held_back or s.setup.omits(Omission.NO_FINALIZER):
        return None
    return Action("write", "puts the finalizer back", s.resource._replace(finalizer=True))


def the_finalizer_goes_when_nothing_holds_it(s: Situation) -> Action | None:
    if not s.resource.finalizer or s.resource.run is None:
        return None
    if any(needs_finalizer(s, run) or any(w.state == PLANNED for w in run.windows) for _, run in in_hand(s.resource)):
        return None
    return Action("write", "removes the finalizer", s.resource._replace(finalizer=False))


def a_deleted_campaign_may_go(s: Situation) -> Action | None:
    """When nothing is left to withdraw. With Orphan, too, what may be under way is settled first: a resource of the
    same name would be listed before that request shows.
    """
    going = Action("go", "removes the finalizer of a deleted resource")
    if not s.resource.finalizer:
        return None
    if s.setup.orphan:
        under_way = any(w.state in POSSIBLY_SENT for _, run in in_hand(s.resource) for w in run.windows)
        return going if s.setup.omits(Omission.ORPHAN_AT_ONCE) or not under_way else None
    if s.setup.omits(Omission.FINALIZER_DROPPED_EARLY):
        return going
    waiting = any(
        holds_back(s, run)
        and any(w.state in HOLDING_BACK and not (w.state == SUBMITTED and w.cannot) for w in run.windows)
        for _, run in in_hand(s.resource)
    )
    return None if waiting else going


RULES: tuple[Rule, ...] = (
    answers_are_put_on_record,
    an_intent_of_another_is_uncertain,
    a_window_that_starts_while_it_is_withdrawn_is_uncertain,
    uncertain_windows_are_looked_up,
    a_suspended_campaign_forgets_what_it_only_planned,
    an_unwanted_run_is_withdrawn,
    what_is_withdrawing_is_deleted_at_the_dialer,
    what_was_withdrawn_is_planned_again_when_it_is_wanted,
    a_cancelled_next_run_is_dropped,
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
    a_deleted_campaign_may_go,
    an_intent_of_another_is_uncertain,
    a_window_that_starts_while_it_is_withdrawn_is_uncertain,
    uncertain_windows_are_looked_up,
    an_unwanted_run_is_withdrawn,
    what_is_withdrawing_is_deleted_at_the_dialer,
)
