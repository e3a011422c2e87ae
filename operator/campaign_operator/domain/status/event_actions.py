"""What the operator was doing when it had something to tell: the `action` of an Event, a plain verb for each reason.

Events are filtered by it, and two Events of one series have the same. A reason that several actions can give has the
verb of the one that usually does.
"""

from campaign_operator.api.conditions import Reason

REASONS_BY_ACTION: dict[str, tuple[Reason, ...]] = {
    "Plan": (
        Reason.PLANNED,
        Reason.MATCH_SKIPPED,
        Reason.EDIT_APPLIES_TO_NEXT_RUN,
        Reason.EDIT_IGNORED,
        Reason.INVALID_SPEC,
        Reason.INVALID_CALENDAR,
        Reason.CALENDAR_NOT_FOUND,
        Reason.INVALID_POLICY,
        Reason.POLICY_NOT_FOUND,
        Reason.ALREADY_RUN,
        Reason.TIME_ZONE_DATA_CHANGED,
        Reason.HOLIDAY_DATA_CHANGED,
    ),
    "ReadLists": (
        Reason.CONTACTS_UNAVAILABLE,
        Reason.INVALID_CONTACTS,
        Reason.TOO_MANY_INVALID_CONTACTS,
        Reason.CONTACTS_NOT_FOUND,
        Reason.CONTACTS_UNREADABLE,
        Reason.INVALID_CONTACTS_SKIPPED,
    ),
    "Submit": (
        Reason.SUBMITTED,
        Reason.SECRET_NOT_FOUND,
        Reason.SECRET_INVALID,
        Reason.CREDENTIALS_REFUSED,
        Reason.DIALER_UNAUTHORIZED,
        Reason.DIALER_FORBIDDEN,
        Reason.CAMPAIGN_NOT_FOUND,
        Reason.DESTINATION_REFUSED,
        Reason.CAMPAIGN_ID_IN_USE,
        Reason.CONNECTION_CHANGED,
        Reason.FINALIZER_REFUSED,
        Reason.WINDOW_REJECTED,
        Reason.WINDOW_MISSED,
        Reason.WINDOW_STARTED_LATE,
    ),
    "LookUp": (
        Reason.SCHEDULE_ADOPTED,
        Reason.LISTING_TOO_LONG,
        Reason.WINDOW_HELD,
        Reason.SCHEDULE_DRIFTED,
        Reason.UNKNOWN_SCHEDULES,
    ),
    "Start": (Reason.STARTED,),
    "Cancel": (
        Reason.CANCELLED,
        Reason.CANCELLING,
        Reason.SCHEDULES_CANCELLED,
        Reason.CANNOT_CANCEL,
    ),
    "Resolve": (Reason.RESOLVED, Reason.RESOLUTION_REJECTED),
    "Finish": (Reason.COMPLETED, Reason.NOTHING_TO_CALL, Reason.TIMED_OUT, Reason.FAILED, Reason.RUN_FAILED),
    "Deliver": (Reason.WEBHOOK_DELIVERED, Reason.WEBHOOK_GONE, Reason.WEBHOOK_FAILED),
    "Release": (Reason.SCHEDULES_ORPHANED,),
    "Read": (
        Reason.API_SERVER_REFUSES,
        Reason.STATUS_UNREADABLE,
        Reason.SPEC_UNREADABLE,
        Reason.CUSTOM_RESOURCE_DEFINITION_OUTDATED,
    ),
}
_ACTIONS: dict[str, str] = {reason: action for action, reasons in REASONS_BY_ACTION.items() for reason in reasons}


def action_of(reason: str) -> str:
    """The verb; `Reconcile` for a reason that no Event has today."""
    return _ACTIONS.get(reason, "Reconcile")
