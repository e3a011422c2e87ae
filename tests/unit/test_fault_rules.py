"""Which fault rule's turn it is, and which rules make sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from campaign_sandbox.fault_rules import AnswerInstead, Reset, RuleBook, problems
from campaign_sandbox.simulator.dialer_faults import FaultRule, RequestMatch, read_rule


def rule(status: int, after: int = 0, times: int | None = None) -> FaultRule:
    return FaultRule(match=RequestMatch(call="submit"), effect=AnswerInstead(status=status), after=after, times=times)


def fired(book: RuleBook[FaultRule], requests: int) -> list[int | None]:
    """The status with which each of so many matching requests is answered."""
    taken = [book.take(lambda _: True) for _ in range(requests)]
    return [one.effect.status if one and isinstance(one.effect, AnswerInstead) else None for one in taken]


@given(st.integers(0, 20), st.integers(1, 20))
def test_a_rule_lets_some_pass_then_fires_so_often_and_is_spent(after: int, times: int) -> None:
    book = RuleBook([rule(500, after, times)])

    assert fired(book, 50) == [None] * after + [500] * times + [None] * (50 - after - times)


def test_the_first_rule_that_fires_decides_and_hides_the_request_from_those_behind_it() -> None:
    book = RuleBook([rule(500, times=2), rule(501, after=1)])

    assert fired(book, 5) == [500, 500, None, 501, 501]


def test_a_rule_that_is_waiting_leaves_the_request_to_those_behind_it() -> None:
    book = RuleBook([rule(500, after=2), rule(501)])

    assert fired(book, 4) == [501, 501, 500, 500]


def test_a_request_that_does_not_match_counts_for_nothing() -> None:
    book = RuleBook([rule(500, after=1)])
    for _ in range(3):
        assert book.take(lambda _: False) is None

    assert fired(book, 2) == [None, 500]


def test_replacing_some_rules_leaves_the_counters_of_the_others_alone() -> None:
    book = RuleBook([rule(500, times=1), rule(501)])
    assert fired(book, 1) == [500]

    book.replace([rule(502)], where=lambda old: old.effect == AnswerInstead(status=501))

    assert fired(book, 2) == [502, 502]
    assert [(listed["seen"], listed["fired"]) for listed in book.listed()] == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("match", "covered"),
    [
        (RequestMatch(call="submit"), True),
        (RequestMatch(call="list"), False),
        (RequestMatch(call="submit", campaign_id="c1"), True),
        (RequestMatch(call="submit", campaign_id="c2"), False),
        (RequestMatch(call="submit", timezone="Asia/Tokyo"), True),
        (RequestMatch(call="submit", timezone="Asia/Seoul"), False),
        (RequestMatch(call="submit", campaign_id="c1", timezone="Asia/Tokyo"), True),
        (RequestMatch(call="submit", campaign_id="c1", timezone="Asia/Seoul"), False),
    ],
)
def test_every_part_of_a_match_that_is_given_must_hold(match: RequestMatch, covered: bool) -> None:
    assert match.covers("submit", ("c1",), "Asia/Tokyo") == covered


def test_a_match_that_names_a_campaign_holds_for_one_among_many_and_for_none_not() -> None:
    match = RequestMatch(call="analytics", campaign_id="c1")

    assert match.covers("analytics", ("c0", "c1"), None)
    assert not match.covers("analytics", (), None)


SUBMIT = '"match": {"call": "submit"}'
ANSWER_WITH = f'{{{SUBMIT}, "effect": {{"kind": "answer", "status": 500, "headers": {{%s}}}}}}'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{{{SUBMIT}, "effect": {{"kind": "reset"}}, "times": 0}}', "times: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "reset"}}, "after": -1}}', "after: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "reset", "carryOut": 1}}}}', "effect.reset.carryOut: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "reset", "carry": true}}}}', "effect.reset.carry: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "delay", "beforeSeconds": -1}}}}', "effect.delay.beforeSeconds: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "delay", "afterSeconds": NaN}}}}', "effect.delay.afterSeconds: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "cut", "where": "tail"}}}}', "effect.cut.where: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "answer"}}}}', "effect.answer.status: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "answer", "status": 199}}}}', "effect.answer.status: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "answer", "status": 204, "body": 1}}}}', "effect.answer: "),
        (ANSWER_WITH % '"A": "b\\r\\nc"', "effect.answer.headers.A: "),
        (ANSWER_WITH % '"A b": "c"', "effect.answer.headers.A b"),
        (ANSWER_WITH % '"Content-Length": "1"', "effect.answer: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "page", "shape": "empty"}}}}', "body: "),
        (f'{{{SUBMIT}, "effect": {{"kind": "notOffered"}}}}', "body: "),
        ('{"match": {"call": "list"}, "effect": {"kind": "page", "shape": "fewerCalls"}}', "body: "),
        ('{"match": {"call": "list"}, "effect": {"kind": "notOffered", "status": 500}}', "effect.notOffered"),
        ('{"match": {"call": "cancel"}, "effect": {"kind": "notJson"}}', "body: "),
        ('{"match": {"call": "cancel"}, "effect": {"kind": "oversized"}}', "body: "),
        ('{"match": {"call": "token", "campaignId": "c1"}, "effect": {"kind": "reset"}}', "body: "),
        ('{"match": {"call": "list", "timezone": "Etc/UTC"}, "effect": {"kind": "reset"}}', "body: "),
        ('{"effect": {"kind": "reset"}}', "match: "),
        ("", "body: "),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_the_path_of_its_field(text: str, problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_rule(text)

    assert problems(caught.value).startswith(problem)


def test_a_rule_survives_being_written_as_json_and_read_back() -> None:
    original = FaultRule(match=RequestMatch(call="submit", campaign_id="c1"), effect=Reset(carry_out=True), times=3)

    assert read_rule(original.model_dump_json(by_alias=True)) == original
