"""The bodies the simulated dialer reads, checked as strictly as the real one is expected to.

Owns the shape of a request, and the sentence that says which field is wrong. It does not know who asks, nor
what is done with it. The checks are written from the API's description alone and share nothing with the
operator's own code.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from campaign_sandbox.fault_rules import problems
from campaign_sandbox.server_answers import refused_with
from campaign_sandbox.simulator.simulator_zones import zone, zone_names

LARGEST_PAGE = 100
MOST_PAST_SCHEDULES = 10_000_000

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_YEARS = range(1971, 9999)  # a day of margin to what a datetime can hold, for any offset


@dataclass(frozen=True)
class TimeRange:
    """The time from `start` to `end`, either of which may be open."""

    start: datetime | None
    end: datetime | None

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether what lasts from `start` to `end` lies in it, in part or as a whole."""
        return (self.start is None or end > self.start) and (self.end is None or start < self.end)


class UnprocessableError(Exception):
    """A body that breaks a rule; the message names the field."""


def _instant(value: object) -> datetime:
    """Read an RFC 3339 date-time (section 5.6 there); it keeps the offset it was written with."""
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        try:
            instant = datetime.fromisoformat(value.upper())
        except ValueError:
            instant = None
        if instant is not None and instant.year in _YEARS:
            return instant
    raise PydanticCustomError("rfc3339", "must be an RFC 3339 date-time with an offset")


def _zone_name(value: object) -> str:
    if isinstance(value, str) and value in zone_names():
        return value
    raise PydanticCustomError("timezone", "must be the name of a time zone of the IANA database, as spelled there")


Instant = Annotated[datetime, BeforeValidator(_instant)]
ZoneName = Annotated[str, BeforeValidator(_zone_name)]
Metric = Literal["callsCompleted", "callsAttempted", "connected"]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


BodyT = TypeVar("BodyT", bound=_Body)


class ScheduleRequest(_Body):
    """The body of a submission."""

    campaign_id: str
    start_time: Instant
    end_time: Instant
    timezone: ZoneName
    schedule_type: Literal["ONE_TIME"]

    def check(self, campaign_id: str, now: datetime) -> None:
        """Raise UnprocessableError unless it is for this campaign, ahead, and in its zone's offset."""
        if self.campaign_id != campaign_id:
            raise UnprocessableError("campaignId: must be the campaign of the path")
        for name, instant in (("startTime", self.start_time), ("endTime", self.end_time)):
            if instant.utcoffset() != instant.astimezone(zone(self.timezone)).utcoffset():
                raise UnprocessableError(f"{name}: its offset is not the one of timezone at that instant")
        if self.start_time < now:
            raise UnprocessableError("startTime: lies in the past")
        if self.end_time <= self.start_time:
            raise UnprocessableError("endTime: must be after startTime")


class ScheduleByHand(_Body):
    """The body that makes a schedule as somebody else at the dialer would: at any time, in any zone."""

    campaign_id: str
    start_time: Instant
    end_time: Instant
    timezone: ZoneName


class Move(_Body):
    """The body that gives a schedule other times; what is left out stays."""

    start_time: Instant | None = None
    end_time: Instant | None = None


class Past(_Body):
    """The body that gives a campaign so many finished schedules, of which the last ends at `until`, or now."""

    count: Annotated[int, Field(ge=0, le=MOST_PAST_SCHEDULES)]
    timezone: ZoneName = "Etc/UTC"
    until: Instant | None = None


class Lag(_Body):
    """The body that says by how much the listing of a campaign lags."""

    seconds: Annotated[int, Field(ge=0, le=3600)]


class _CampaignFilter(_Body):
    any_of: Annotated[list[str], Field(alias="in", min_length=1)]


class _Filter(_Body):
    campaign_id: _CampaignFilter


class AnalyticsQuery(_Body):
    """The body of an analytics query."""

    date_from: Instant
    date_to: Instant
    group_by: Annotated[list[Literal["campaignId"]], Field(min_length=1, max_length=1)]
    metrics: Annotated[list[Metric], Field(min_length=1)]
    filter: _Filter
    page: Annotated[int, Field(ge=1)]
    page_size: Annotated[int, Field(ge=1, le=LARGEST_PAGE)]

    def check(self) -> None:
        """Raise UnprocessableError when the range of dates is empty or reversed."""
        if self.date_to <= self.date_from:
            raise UnprocessableError("dateTo: must be after dateFrom")

    @property
    def campaign_ids(self) -> list[str]:
        return sorted(set(self.filter.campaign_id.any_of))


def read_range(query: Mapping[str, str]) -> TimeRange:
    """The range of time in a listing's query. Raises UnprocessableError."""
    found: dict[str, datetime | None] = {"from": None, "to": None}
    for name in found.keys() & query.keys():
        try:
            found[name] = _instant(query[name])
        except PydanticCustomError as error:
            raise UnprocessableError(f"{name}: {error.message()}") from None
    return TimeRange(found["from"], found["to"])


def read_json(content_type: str | None, body: bytes) -> Any:
    """The JSON of a body. Raises RefusedError with 400 for anything else."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise refused_with(HTTPStatus.BAD_REQUEST, "malformed", "the body must be application/json")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise refused_with(HTTPStatus.BAD_REQUEST, "malformed", "the body is not valid JSON") from None


def read_body(model: type[BodyT], content: Any) -> BodyT:
    """Check a body's JSON against its model. Raises UnprocessableError with every wrong field by name."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise UnprocessableError(problems(error)) from None
