"""The table of cases beside `decide.py`: every rule, what wins over what, and what is left alone."""

from dataclasses import replace

import pytest
from builders import (
    NOW,
    at,
    campaign,
    observed,
)
from decide.case import HELD, PLANNED, Case
from decide.ending import ENDING
from decide.leaving import LEAVING
from decide.lists import LISTING
from decide.planning import PLANNING
from decide.sending import SENDING
from decide.verifying import VERIFYING

from campaign_operator.api.vocabulary import CANCEL_FINALIZER
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.domain.campaigns.campaign import Campaign
from campaign_operator.domain.decisions.actions import Decision, RecordOutcomes, Wait
from campaign_operator.domain.decisions.decide import decide
from campaign_operator.domain.status.mark import mark_of

CASES = [*PLANNING, *SENDING, *LEAVING, *ENDING, *LISTING, *VERIFYING]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_decide(case: Case) -> None:
    assert_is(decide(the_campaign(case), observed(case.spec, **case.seen), case.settings), case)


def the_campaign(case: Case) -> Campaign:
    """The case's campaign; with our finalizer as the rules would have left it, unless it says otherwise."""
    deletion_time = at(-60) if case.deleting else None
    held_back = any(runs.in_state(r, PLANNED, HELD) or runs.holds_back(r, NOW) for r in case.status.runs)
    finalizers = (CANCEL_FINALIZER,) if (held_back if case.finalizer is None else case.finalizer) else ()
    made = campaign(
        case.status, spec=case.spec, deletion_time=deletion_time, finalizers=finalizers, resolve=case.resolve
    )
    marks = case.status.runs and (finalizers or runs.submission_started(case.status.runs[-1])) and not case.unmarked
    return replace(made, has_run=mark_of(made, case.status.runs[-1].id)) if marks else made


def assert_is(decision: Decision, case: Case) -> None:
    if isinstance(case.then, type):
        assert isinstance(decision.action, case.then), decision
    else:
        assert decision.action == case.then
    if case.check is not None:
        assert decision.next_check is not None
        assert (decision.next_check - NOW).total_seconds() == case.check


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_an_operator_that_leaves_a_campaign_records_what_it_was_answered_and_begins_nothing(case: Case) -> None:
    action = decide(the_campaign(case), observed(case.spec, **case.seen), case.settings, leaving=True).action
    possibly_sent = {
        runs.attempt_of(run, window)
        for run in case.status.runs
        for window in runs.in_state(run, *window_states.POSSIBLY_SENT)
    }
    answered = possibly_sent & observed(case.spec, **case.seen).outcomes.keys()
    assert isinstance(action, RecordOutcomes if answered else Wait)


def test_every_rule_has_a_case() -> None:
    """A rule that no case reaches could be left out and nobody would notice."""
    from campaign_operator.domain.decisions.decide import RULES, RULES_OF_DELETION
    from campaign_operator.domain.decisions.situation import Situation

    unreached = []
    for rules, deleting in ((RULES, False), (RULES_OF_DELETION, True)):
        situations = [
            Situation(the_campaign(c), observed(c.spec, **c.seen), c.settings) for c in CASES if c.deleting is deleting
        ]
        unreached += [rule.__name__ for rule in rules if all(rule(s) is None for s in situations)]
    assert unreached == []
