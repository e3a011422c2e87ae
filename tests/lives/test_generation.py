"""Lives by chance: the same for the same seed, and of every kind."""

from lives.generation import life_of
from lives.life import Away, Death, Deletion, Edit, Outage, Trouble


def test_the_same_seed_makes_the_same_life() -> None:
    assert life_of(7) == life_of(7)
    assert life_of(7) != life_of(8)


def test_among_two_hundred_lives_there_is_everything() -> None:
    lives = [life_of(seed) for seed in range(200)]
    happenings = {type(act) for life in lives for act in life.acts}
    assert {Edit, Away, Death, Trouble, Outage, Deletion} <= happenings
    assert {life.lag_seconds for life in lives} == {0, 59}
    assert {life.terms.recurring for life in lives} == {True, False}
    assert any(act.terms.suspended for life in lives for act in life.acts if isinstance(act, Edit))
    assert {len(life.terms.zones) for life in lives} == {1, 2, 3, 4}
    assert {len(life.terms.clock_hours) for life in lives} == {1, 2, 3, 4}
