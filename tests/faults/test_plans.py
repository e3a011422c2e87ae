"""Plans as lines: what is printed replays."""

import pytest

from faults.plans import Cut, Fault, Plan, cuts_of, parse_plan, random_faults, single_faults

RECORDED = {
    "one-run": ["read#1", "status#1", "submit[Europe/London]#1"],
    "edit": ["cancel[Europe/London]#1", "status#9"],
}


@pytest.mark.parametrize(
    "line",
    [
        "one-run: nothing",
        "edit: submit[Europe/London]#2 killed-late",
        "recurring: status#3 paused + webhook#1 withheld + watch#1 silent",
    ],
)
def test_a_plan_is_read_as_it_is_written(line: str) -> None:
    assert str(parse_plan(line)) == line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("one-run", "not a plan"),
        ("one-run: status late", "not a fault: 'status late'"),
        ("one-run: status#1 exploded", "'exploded' is not a valid Cut"),
    ],
)
def test_what_is_no_plan_is_told(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_plan(line)


def test_there_is_a_plan_for_every_exchange_and_every_cut() -> None:
    plans = list(single_faults("one-run", RECORDED["one-run"]))
    assert Plan("one-run", (Fault("submit[Europe/London]#1", Cut.KILLED_LATE),)) in plans
    assert (
        len(plans)
        == len(set(plans))
        == sum(len([cut for cut in cuts_of(exchange) if cut is not Cut.SLOW]) for exchange in RECORDED["one-run"])
    )


def test_random_plans_are_the_same_for_the_same_seed() -> None:
    first, again, other = (list(random_faults(RECORDED, 50, seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert {len(plan.faults) for plan in first} == {2, 3}
