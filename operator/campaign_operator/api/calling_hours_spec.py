"""`spec.callingHours`: when a contact may be called, by the contact's own clock.

Owns the shape of the field and what a schema can check of it. What the hours mean is in
`domain/planning/calling_hours`.
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from campaign_operator.api.contacts_spec import ColumnName
from campaign_operator.api.references import ConfigMapKeyRef
from campaign_operator.api.schema import ResourceModel, rules
from campaign_operator.api.vocabulary import (
    MAX_EXCLUDED_DATES,
    MAX_HOLIDAY_CALENDARS,
    MAX_WEEKLY_SPANS,
    MAX_ZONE_RULES,
    MAX_ZONES_OF_A_RULE,
    Outside,
    TimeZoneName,
    Weekday,
)

_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_LONG_MONTH = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH = "(0[469]|11)-(0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(0[1-9]|1[0-9]|2[0-8])"
_LEAP_YEAR = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
# by a regular expression, since a date that CEL's own functions cannot read fails without our message
_DATE = f"[1-9][0-9]{{3}}-({_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY})|{_LEAP_YEAR}-02-29"
_DATE_MESSAGE = "must be a valid date in the form YYYY-MM-DD, such as 2026-12-25"
_ORDER_MESSAGE = (
    "start must be before end; the hours cannot go past midnight, and 24:00 is midnight at the end of the day"
)

_START_RULES = rules(
    (f"self.matches('^{_TIME}$')", "must be a valid time of day from 00:00 to 23:59 in the form HH:MM, such as 08:00")
)
_END_RULES = rules(
    (
        f"self.matches('^({_TIME}|24:00)$')",
        "must be a valid time of day from 00:01 to 24:00 in the form HH:MM, such as 21:00",
    )
)

DEFAULT_START, DEFAULT_END = "08:00", "21:00"
"""Not written into the schema: there they would stand beside `weekly`, which is in their place."""

StartOfDay = Annotated[str, Field(min_length=1, max_length=5, json_schema_extra=_START_RULES)]
EndOfDay = Annotated[str, Field(min_length=1, max_length=5, json_schema_extra=_END_RULES)]
ExcludedDate = Annotated[
    str,
    Field(
        min_length=1,
        max_length=10,
        json_schema_extra=rules((f"self.matches('^({_DATE})$')", _DATE_MESSAGE)),
    ),
]


class ExcludeDatesSource(ResourceModel):
    """A calendar that several campaigns share."""

    config_map_key_ref: ConfigMapKeyRef = Field(
        description=(
            "Key of a ConfigMap in the same namespace that contains one date per line, YYYY-MM-DD, with comments after "
            "a #; or CSV with a column of such dates; or an iCalendar file (.ics), of which each day of an all-day "
            "event is excluded."
        )
    )
    date_column: ColumnName = Field(
        default="date",
        description=(
            "CSV column that contains the dates. The header row may write its name with other capitals, spaces, "
            "underscores or hyphens. Default: date. Example: Holiday Date."
        ),
    )


class HoursPolicySource(ResourceModel):
    """A policy that several campaigns share."""

    config_map_key_ref: ConfigMapKeyRef = Field(
        description=(
            "Key of a ConfigMap in the same namespace that contains the policy: YAML or JSON of the shape of "
            "callingHours, without outside, excludeDatesFrom and policyFrom."
        )
    )


class WeeklySpan(ResourceModel):
    """Hours of some weekdays."""

    model_config = ConfigDict(json_schema_extra=rules(("self.start < self.end", _ORDER_MESSAGE, ".start")))

    days: tuple[Weekday, ...] = Field(
        min_length=1,
        max_length=len(Weekday),
        description="Weekdays to which start and end apply. Example: [Mon, Tue, Wed, Thu, Fri].",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    start: StartOfDay = Field(
        description='Time at which calls may start, as HH:MM, from 00:00 to 23:59. Example: "10:00".'
    )
    end: EndOfDay = Field(
        description=(
            "Time by which every schedule ends, as HH:MM. Must be after start; 24:00 is midnight at the end of the "
            'day. Example: "13:00".'
        )
    )


_NO_OVERLAP = (
    "self.all(a, self.filter(b, a.start < b.end && b.start < a.end && a.days.exists(day, day in b.days)).size() < 2)"
)
Week = Annotated[
    tuple[WeeklySpan, ...],
    Field(
        min_length=1,
        max_length=MAX_WEEKLY_SPANS,
        json_schema_extra={
            "x-kubernetes-list-type": "atomic",
            **rules((_NO_OVERLAP, "must not have two spans that overlap on a day; join them, or change their times")),
        },
    ),
]


class HolidayCalendarSpec(ResourceModel):
    """The public holidays of a country, or of a part of it."""

    country: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="Country, by its code of two letters in ISO 3166-1. Example: US."
    )
    subdivision: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        default=None,
        description=(
            "State, province or region of the country, by its code in the holidays package, which mostly is that of "
            "ISO 3166-2 without the country. Adds its holidays to those of the whole country. Default: none. "
            "Example: TX."
        ),
    )


Holidays = Annotated[
    tuple[HolidayCalendarSpec, ...],
    Field(max_length=MAX_HOLIDAY_CALENDARS, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
]
ExcludedDates = Annotated[
    tuple[ExcludedDate, ...],
    Field(max_length=MAX_EXCLUDED_DATES, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
]


class ZoneHoursSpec(ResourceModel):
    """Rules for some time zones."""

    time_zones: tuple[TimeZoneName, ...] = Field(
        min_length=1,
        max_length=MAX_ZONES_OF_A_RULE,
        description=(
            "Time zones to which these rules apply, by the names that the contacts have. At most 100. Each time zone "
            "can have one set of rules. Example: [Europe/Berlin, Europe/Vienna]."
        ),
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    weekly: Week | None = Field(
        default=None,
        description=(
            "Hours by weekday, in place of those of the campaign. At most 21 spans. Default: the hours of the campaign."
        ),
    )
    holidays: Holidays = Field(
        default=(),
        description=(
            "Public holidays on which nobody is called, in addition to those of the campaign. At most 20. Default: "
            "none. Example: [{country: DE}]."
        ),
    )
    exclude_dates: ExcludedDates = Field(
        default=(),
        description=(
            "Dates on which nobody is called, in addition to those of the campaign, as YYYY-MM-DD. At most 366. "
            'Default: none. Example: ["2026-12-24"].'
        ),
    )


class HoursSpec(ResourceModel):
    """When calls may be made, as a file of calling hours has it that many campaigns must keep to."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                f"(has(self.start) ? self.start : '{DEFAULT_START}') < (has(self.end) ? self.end : '{DEFAULT_END}')",
                _ORDER_MESSAGE,
                ".start",
            ),
            (
                "!has(self.weekly) || !(has(self.start) || has(self.end) || has(self.days))",
                "cannot be combined with start, end or days; remove them, or weekly",
                ".weekly",
            ),
        )
    )

    start: StartOfDay | None = Field(
        default=None,
        description='Time at which calls may start, as HH:MM, from 00:00 to 23:59. Default: 08:00. Example: "09:30".',
    )
    end: EndOfDay | None = Field(
        default=None,
        description=(
            "Time by which every schedule ends, as HH:MM. Must be after start; 24:00 is midnight at the end "
            'of the day. Default: 21:00. Example: "18:00".'
        ),
    )
    days: tuple[Weekday, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=len(Weekday),
        description="Weekdays on which calls are allowed. Default: all. Example: [Mon, Tue, Wed, Thu, Fri].",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    weekly: Week | None = Field(
        default=None,
        description=(
            "Hours by weekday, in place of start, end and days. A day can have several spans; a day without one is "
            'closed. At most 21 spans. Default: none. Example: [{days: [Sat], start: "10:00", end: "13:00"}].'
        ),
    )
    holidays: Holidays = Field(
        default=(),
        description=(
            "Public holidays on which nobody is called, by the local date of the contact. At most 20. Default: none. "
            "Example: [{country: US, subdivision: TX}]."
        ),
    )
    zones: tuple[ZoneHoursSpec, ...] = Field(
        default=(),
        max_length=MAX_ZONE_RULES,
        description=(
            "Different rules for some time zones. All others have the rules above. At most 50. Default: none."
        ),
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    exclude_dates: ExcludedDates = Field(
        default=(),
        description=(
            "Dates on which nobody is called, such as holidays, as YYYY-MM-DD. At most 366. Default: none. Example: "
            '["2026-12-25"].'
        ),
    )


class CallingHoursSpec(HoursSpec):
    """When calls may be made, by the clock and the calendar of the contact's own time zone."""

    exclude_dates_from: ExcludeDatesSource | None = Field(
        default=None,
        description=(
            "More dates on which nobody is called, from a calendar that many campaigns can share. A changed calendar "
            "takes effect like an edit. Default: none."
        ),
    )
    policy_from: HoursPolicySource | None = Field(
        default=None,
        description=(
            "A policy that narrows these hours: calls are made only when both allow them. If it is missing or invalid, "
            "nothing is planned or submitted. A changed policy takes effect like an edit. Default: none."
        ),
    )
    outside: Outside = Field(
        default=Outside.DEFER,
        description=(
            "What happens in a time zone whose start is outside these hours. Defer: the window starts when the hours "
            "next begin. Skip: the time zone is skipped in this run. Default: Defer. Example: Skip."
        ),
    )
