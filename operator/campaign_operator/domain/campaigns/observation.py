"""What is known at the moment of a decision beside the resource itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from campaign_operator.api.status import RunKey
from campaign_operator.domain.campaigns.runs import Attempt
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import SubmitOutcome
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.plan import RunPlan
from campaign_operator.domain.planning.zones import TZDATA_VERSION
from campaign_operator.domain.problem import Problem


class PlanQuestion(NamedTuple):
    """What a plan is asked for: the run after these, as of then."""

    after: tuple[RunKey, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Observation:
    """The world as this process sees it now."""

    now: datetime
    """The time of the decision, UTC."""

    blueprint: Blueprint | Problem
    """What runs are planned from, or what is wrong with it."""

    plans: Mapping[PlanQuestion, RunPlan | InvalidSpecError] = field(default_factory=dict, kw_only=True)
    """What was planned from the blueprint before the decision, since a search for a match may take a second. A rule
    that asks for another plan makes it itself.
    """

    plan_problem: Problem | None = field(default=None, kw_only=True)
    """Why nothing can be planned from the blueprint, such as calling hours in which no match of `cron` lies. What is
    submitted is held against the blueprint all the same.
    """

    connection: Connection | Problem | None
    """The connection to the dialer, or what is wrong with it; None if nothing needs one any more."""

    outcomes: Mapping[Attempt, SubmitOutcome] = field(default_factory=dict)
    """Answers to requests of this process that are not in the status yet."""

    settled_at: Mapping[Attempt, datetime] = field(default_factory=dict)
    """For each attempt that may have taken effect, when this process has waited out the settling time."""

    credentials_lost: bool = False
    """Whether the campaign and its namespace are being deleted, and the Secret is gone for good."""

    give_up_at: datetime | None = None
    """When a deletion stops waiting for the dialer; None while the campaign is not being deleted."""

    namespace_ends: bool = False
    """Whether the namespace of a campaign that is being deleted is being deleted, too."""

    asked_until: datetime | None = None
    """The end of the time for which this process last asked for calls, whether or not it got an answer."""

    polled_until: datetime | None = None
    """The end of the time for which this process last got an answer."""

    listed: bool = False
    """Whether this process alone wrote the status since it last looked at the dialer's listing."""

    look_again_at: datetime | None = None
    """A listing that is only read to make sure is not requested before this time."""

    poll_due: bool = False
    """Whether the poll timer has fired."""

    retry_now: bool = False
    """Whether a person, an edit or a changed Secret asks to retry what was refused."""

    lists_as_of: datetime | None = None
    """When contact lists that announce no change were last requested; None if there are none, or none was read yet."""

    lists_being_read: bool = False
    """Whether the contact lists are being read."""

    lists_were_read: bool = False
    """Whether the blueprint comes from what the lists contain now, and not from what was submitted."""

    tzdata_version: str = TZDATA_VERSION
    """The version of the time zone rules in use."""

    @property
    def spec_problem(self) -> Problem | None:
        """What a person must put right in the spec, or in the objects that it names."""
        return self.blueprint if isinstance(self.blueprint, Problem) else self.plan_problem
