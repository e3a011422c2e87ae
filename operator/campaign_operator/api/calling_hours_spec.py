"""`spec.callingHours`: when a contact may be called, by the contact's own clock.

Owns the shape of the field and what a schema can check of it. What the hours mean is in
`domain/planning/calling_hours`.
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from campaign_operator.api.references import ConfigMapKeyRef
from campaign_operator.api.schema import ResourceModel, rules
from campaign_operator.api.vocabulary import MAX_EXCLUDED_DATES, Outside, Weekday

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

TimeOfDay = Annotated[str, Field(min_length=1, max_length=5)]
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
            "Key of a ConfigMap in the same namespace that contains one date per line, YYYY-MM-DD. Text after a # is "
            "a comment."
        )
    )


class CallingHoursSpec(ResourceModel):
    """When calls may be made, by the clock and the calendar of the contact's own time zone."""

    model_config = ConfigDict(json_schema_extra=rules(("self.start < self.end", _ORDER_MESSAGE, ".start")))

    start: TimeOfDay = Field(
        default="08:00",
        description='Time at which calls may start, as HH:MM, from 00:00 to 23:59. Default: 08:00. Example: "09:30".',
        json_schema_extra=rules(
            (
                f"self.matches('^{_TIME}$')",
                "must be a valid time of day from 00:00 to 23:59 in the form HH:MM, such as 08:00",
            )
        ),
    )
    end: TimeOfDay = Field(
        default="21:00",
        description=(
            "Time by which every schedule ends, as HH:MM. Must be after start; 24:00 is midnight at the end "
            'of the day. Default: 21:00. Example: "18:00".'
        ),
        json_schema_extra=rules(
            (
                f"self.matches('^({_TIME}|24:00)$')",
                "must be a valid time of day from 00:01 to 24:00 in the form HH:MM, such as 21:00",
            )
        ),
    )
    days: tuple[Weekday, ...] = Field(
        default=tuple(Weekday),
        min_length=1,
        max_length=len(Weekday),
        description="Weekdays on which calls are allowed. Default: all. Example: [Mon, Tue, Wed, Thu, Fri].",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    exclude_dates: tuple[ExcludedDate, ...] = Field(
        default=(),
        max_length=MAX_EXCLUDED_DATES,
        description=(
            "Dates on which nobody is called, such as holidays, as YYYY-MM-DD. At most 366. Default: none. Example: "
            '["2026-12-25"].'
        ),
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    exclude_dates_from: ExcludeDatesSource | None = Field(
        default=None,
        description=(
            "More dates on which nobody is called, from a calendar that many campaigns can share. A changed calendar "
            "takes effect like an edit. Default: none."
        ),
    )
    outside: Outside = Field(
        default=Outside.DEFER,
        description=(
            "What happens in a time zone whose start is outside these hours. Defer: the window starts when the hours "
            "next begin. Skip: the time zone is skipped in this run. Default: Defer. Example: Skip."
        ),
    )
