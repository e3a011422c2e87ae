"""What is known at the moment of a decision beside the resource itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaign_operator.domain.campaigns.runs import Attempt
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import SubmitOutcome
from campaign_operator.domain.planning.blueprint import Blueprint
from campaign_operator.domain.planning.zones import TZDATA_VERSION
from campaign_operator.domain.problem import Problem


@dataclass(frozen=True, slots=True)
class Observation:
    """The world as this process sees it now.

    `blueprint` and `connection` are the thing itself or what is wrong with it; no connection where none is needed any
    more. `outcomes` are answers to requests of this process that are not on record yet. `settled_at` tells, for each
    attempt that may have been carried out, the instant at which this process will have waited out the settling time.
    `credentials_lost`: the campaign and its namespace are being deleted, and the Secret is gone for good.
    `give_up_at`: the instant from which a deletion waits for the dialer no longer; None while the campaign is not
    being deleted. `namespace_ends`: so is its namespace. `polled_until` is up to when the calls were last asked for by
    this process, whether or not the analytics answered. `listed`: every write of the status since the dialer's listing
    was last looked at was this process's own. `look_again_at`: a listing that is only looked at to make sure is not
    asked for before. `poll_due` and `retry_now` are wishes: the poll timer has fired; a
    person, an edit or a changed Secret asks to try again what was refused. `lists_as_of` is when contact lists that
    tell nobody of a change were last asked for; None where there are none, or none was read yet. `lists_were_read`: the
    blueprint is made from what the lists hold now, and not from what they held at the submission. `tzdata_version` is
    that of the rules of zones in use.
    """

    now: datetime
    blueprint: Blueprint | Problem
    connection: Connection | Problem | None
    outcomes: Mapping[Attempt, SubmitOutcome] = field(default_factory=dict)
    settled_at: Mapping[Attempt, datetime] = field(default_factory=dict)
    credentials_lost: bool = False
    give_up_at: datetime | None = None
    namespace_ends: bool = False
    polled_until: datetime | None = None
    listed: bool = False
    look_again_at: datetime | None = None
    poll_due: bool = False
    retry_now: bool = False
    lists_as_of: datetime | None = None
    lists_being_read: bool = False
    lists_were_read: bool = False
    tzdata_version: str = TZDATA_VERSION
