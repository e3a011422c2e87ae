"""A campaign that this version cannot work with, and what a person reads of it then.

Only its metadata and its conditions are known, so nothing but the conditions is written. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from campaign_operator.api import conditions
from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.status import Condition
from campaign_operator.domain.campaigns.campaign import Resource
from campaign_operator.domain.problem import Problem

_DERIVED = (ConditionType.READY, ConditionType.STALLED, ConditionType.RECONCILING)


@dataclass(frozen=True, slots=True)
class UnusableCampaign(Resource):
    """A resource whose spec or status is of another version, or is not kept by the API server as it was written.

    `secret_name` is that of the connection, and `dialer_hashes` are those of the runs in its status, where they can be
    read.
    """

    conditions: tuple[Condition, ...]
    problem: Problem
    secret_name: str | None
    dialer_hashes: frozenset[str] = frozenset()


def conditions_alone(
    earlier: Iterable[Condition], problem: Problem, generation: int, now: datetime
) -> tuple[Condition, ...]:
    """The conditions with this problem as the only news; the others stay as they are."""
    earlier = tuple(earlier)
    kind = ConditionType.RECONCILING if problem.transient else ConditionType.STALLED
    news = tuple(
        conditions.make(earlier, each, truth, problem.reason, problem.message, generation=generation, now=now)
        for each, truth in ((ConditionType.READY, False), (kind, True))
    )
    return (*news, *(c for c in earlier if c.type not in _DERIVED))
